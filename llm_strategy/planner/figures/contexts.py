"""How long the requests were: of a planner's turns, and of the chats of any other trace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llm_strategy.planner.figures.turns import count_of
from llm_strategy.tracing import semconv

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from llm_strategy.planner.figures.turns import Turn
    from llm_strategy.tracing.records import SpanRecord

__all__ = ["ContextSize", "contexts_of", "contexts_of_chats"]


@dataclass(frozen=True, slots=True)
class ContextSize:
    """How long one request was."""

    name: str
    """What sent it."""
    letters: int | None
    """Its letters; None where the trace does not tell."""
    tokens: int | None
    """Its tokens, as the model's server told; None where it did not."""


def contexts_of(turns: Iterable[Turn]) -> tuple[ContextSize, ...]:
    """Return the sizes of the requests of turns, those that are not known at all among them."""
    found = [ContextSize(turn.key.title, turn.letters, turn.tokens) for turn in turns]
    return tuple(found) if any(map(_is_known, found)) else ()


def contexts_of_chats(spans: Sequence[SpanRecord]) -> tuple[ContextSize, ...]:
    """Return the sizes of the requests of chats; of a request and its reply out of a journal, one counts."""
    chats = [span for span in spans if span.kind == "chat"]
    asked = {span.text(semconv.INPUT_MESSAGES) for span in chats if not _is_replayed(span)} - {""}
    found = [
        ContextSize(span.name, _letters(span), count_of(span, semconv.INPUT_TOKENS))
        for span in chats
        if not (_is_replayed(span) and span.text(semconv.INPUT_MESSAGES) in asked)
    ]
    return tuple(one for one in found if _is_known(one))


def _is_known(size: ContextSize) -> bool:
    return size.letters is not None or size.tokens is not None


def _is_replayed(span: SpanRecord) -> bool:
    return span.attributes.get(semconv.REPLAYED) is True


def _letters(span: SpanRecord) -> int | None:
    """Return how long the texts of a request are together; None where they were not captured."""
    messages: Any = span.data(semconv.INPUT_MESSAGES)
    if not isinstance(messages, list):
        return None
    parts = [part for message in _list(messages) for part in _list(_mapping(message).get("parts"))]
    texts = [_mapping(part).get(name) for part in parts for name in ("content", "arguments", "response")]
    return sum(len(text) for text in texts if isinstance(text, str))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType]


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}  # pyright: ignore[reportUnknownVariableType]
