"""The forms in which a model may wrap the value that it was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from llm_strategy.parsing.plain import is_object
from llm_strategy.parsing.scalars import folded
from llm_strategy.parsing.strict_json import parse_strictly

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["is_failure", "unwrapped"]

_ARGUMENT_KEYS: Final = ("arguments", "parameters", "args", "input", "kwargs")
_ANSWER_KEYS: Final = frozenset(
    {"answer", "finalanswer", "result", "finalresult", "output", "response", "value", "returnvalue", "json", "data"}
)
"""Keys, folded, that hold the value beside a field for the model's reasoning."""
_FAILURE_KEYS: Final = frozenset({"error", "errors", "detail", "exception", "traceback"})
"""Keys, folded, that say of an object that it reports a failure: nothing in it is the value."""
_TOOL_KEYS: Final = frozenset({"name", "tool", "function", "tool_name"})
_MOST_LAYERS: Final = 4
_MOST_FIELDS: Final = 6


def unwrapped(value: Any, key: str | None) -> Iterator[tuple[Any, int, str]]:
    """Yield the readings of a value, the likeliest first, with what each costs and the name of the repair.

    Args:
        value: plain JSON data.
        key: the key under which the value was asked for, if it was.
    """
    if key is not None and is_object(value) and key in value:
        yield value[key], 0, ""
        yield value, 3, ""
    else:
        yield value, 0, ""
    for layer in range(1, _MOST_LAYERS + 1):
        inner = _one_layer(value, key)
        if inner is None:
            return
        value, repair = inner
        yield value, 2 * layer, repair


def is_failure(key: str) -> bool:
    """Whether a key says of what stands under it that it reports a failure.

    >>> is_failure("Error"), is_failure("answer")
    (True, False)
    """
    return folded(key) in _FAILURE_KEYS


def _one_layer(value: Any, key: str | None) -> tuple[Any, str] | None:
    """What stands inside the outermost wrapping, and the name of the repair; None if there is no wrapping."""
    if isinstance(value, str):
        return _decoded(value)
    if not is_object(value):
        return None
    fields = value
    if key is not None:
        for name, inner in fields.items():
            if folded(name) == folded(key):
                return inner, "envelope"
    if any(is_failure(name) for name in fields):
        return None
    if len(fields) == 1:
        return next(iter(fields.values())), "unasked envelope"
    return _named_part(fields) if len(fields) <= _MOST_FIELDS else None


def _named_part(fields: dict[str, Any]) -> tuple[Any, str] | None:
    """The part of an object that says by its key that it is the value."""
    answers = [inner for name, inner in fields.items() if folded(name) in _ANSWER_KEYS]
    if len(answers) == 1:
        return answers[0], "unasked envelope"
    if not _TOOL_KEYS.isdisjoint(fields):
        for name in _ARGUMENT_KEYS:
            if name in fields:
                return fields[name], "tool call as text"
    if isinstance(fields.get("properties"), dict) and fields.get("type") == "object":
        return fields["properties"], "value written as a schema"
    return None


def _decoded(text: str) -> tuple[Any, str] | None:
    """The container that a string encodes."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return parse_strictly(text), "encoded twice"
    except ValueError:
        return None
