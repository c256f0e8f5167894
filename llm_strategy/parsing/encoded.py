"""Decode a list or object that stands as text inside a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from llm_strategy.errors import MalformedReplyError
from llm_strategy.parsing.strict_json import parse_strictly
from llm_strategy.parsing.tolerant import parse_tolerantly

if TYPE_CHECKING:
    from llm_strategy.parsing.limits import Budget

__all__ = ["decode_container"]

C = TypeVar("C", list[Any], dict[str, Any])


def decode_container(value: Any, kind: type[C], budget: Budget) -> C | None:
    """Return the list or object that a text encodes from its first to its last character; None if it does not.

    Raises:
        OversizedReplyError: nesting or effort beyond the limits.
    """
    if not isinstance(value, str):
        return None
    text = value.strip()
    if text[:1] + text[-1:] != ("[]" if kind is list else "{}"):
        return None
    budget.spend(1, characters=len(text))
    try:
        found = parse_strictly(text)
    except ValueError:
        found = _tolerantly(text, budget)
    return found if isinstance(found, kind) else None


def _tolerantly(text: str, budget: Budget) -> Any:
    try:
        parsed = parse_tolerantly(text, 0, budget)
    except MalformedReplyError:
        return None
    return None if parsed.cut or parsed.end < len(text) else parsed.value
