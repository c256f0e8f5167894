"""Calls of LLM functions, one row each, with all that happened inside summed up."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, cast

from llm_strategy.tracing import semconv
from llm_strategy.tracing.sums import Sums

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llm_strategy.tracing.records import SpanRecord
    from llm_strategy.tracing.tree import TreeNode

__all__ = ["CallRow", "calls_of", "error_of", "scores_of"]


@dataclass(frozen=True, slots=True)
class CallRow:
    """One call of an LLM function. Usage includes that of the functions which were called inside."""

    span: str
    """Id of its span."""
    name: str
    """Module and qualified name of the function."""
    start: int
    """When it began, in nanoseconds since 1970."""
    seconds: float | None
    """How long it took; None while it is open, or where the run was stopped in it."""
    error: str
    """Type and message of its error; empty where it did not fail."""
    chats: int
    """Requests to models."""
    input_tokens: int | None
    """Tokens of prompts; None where any request did not report them."""
    output_tokens: int | None
    """Tokens of replies; None likewise."""
    cost: float | None
    """US dollars; None where the price of any request is not known."""
    retries: int
    """Attempts after the first one of a prompt, and requests that were sent again because no reply came."""
    scores: dict[str, float] = field(default_factory=dict[str, float])
    """The last score of each name that was noted on it."""
    hyperparameters: dict[str, Any] = field(default_factory=dict[str, Any])
    """What the scopes in force had set for this function, by name."""

    @property
    def tokens(self) -> int | None:
        """Tokens of prompts and replies; None where they are not known."""
        return (
            None if self.input_tokens is None or self.output_tokens is None else self.input_tokens + self.output_tokens
        )

    @property
    def score(self) -> float | None:
        """The score called `score`, or the only one; None where there is none."""
        return self.scores.get("score", next(iter(self.scores.values())) if len(self.scores) == 1 else None)

    def as_dict(self) -> dict[str, Any]:
        """Return the row as plain data, by name of the column."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


def calls_of(tree: TreeNode) -> tuple[CallRow, ...]:
    """Return the calls in a tree, in the order in which they began.

    >>> from llm_strategy.testing.sample_traces import sample_trace
    >>> [(call.retries, call.tokens) for call in calls_of(sample_trace(3).tree())]
    [(0, 150), (0, 151), (1, 334)]
    """
    rows: list[CallRow] = []
    inside: dict[int, Sums] = {}  # sums of the children, by their depth: from the bottom up they come before parents
    for depth, node in reversed(list(tree.walk())):
        sums = inside.pop(depth + 1, None) or Sums()
        sums.count(node.span, holds_chats=sums.chats > 0)
        if node.span.kind == "function":
            rows.append(_row(node.span, sums))
        if depth in inside:
            inside[depth].include(sums)
        else:
            inside[depth] = sums
    rows.reverse()
    return tuple(sorted(rows, key=lambda row: row.start))


def scores_of(spans: Iterable[SpanRecord]) -> dict[str, float]:
    """Return the last score of each name that was noted on spans; what is no finite number is none."""
    events = [event for span in spans for event in span.events if event.name == semconv.EVALUATION]
    found: dict[str, float] = {}
    for event in sorted(events, key=lambda event: event.time):
        score = event.number(semconv.EVALUATION_SCORE)
        if score is not None and math.isfinite(score):
            found[event.text(semconv.EVALUATION_NAME) or "score"] = float(score)
    return found


def _row(span: SpanRecord, sums: Sums) -> CallRow:
    name = span.text(semconv.FUNCTION) or span.name
    told = span.data(semconv.HYPERPARAMETERS)
    own = cast("dict[str, Any]", told).get(name) if isinstance(told, dict) else None
    return CallRow(
        span=span.span,
        name=name,
        start=span.start,
        seconds=span.seconds,
        error=error_of(span),
        chats=sums.chats,
        input_tokens=None if sums.unmeasured else sums.input_tokens,
        output_tokens=None if sums.unmeasured else sums.output_tokens,
        cost=sums.cost,
        retries=sums.retries,
        scores=scores_of([span]),
        hyperparameters=cast("dict[str, Any]", own) if isinstance(own, dict) else {},
    )


def error_of(span: SpanRecord) -> str:
    """Return type and message of the error of a span; empty where it did not fail."""
    if not span.failed:
        return ""
    kind = span.text(semconv.ERROR_TYPE)
    told = span.message if not kind or span.message.startswith(kind) else f"{kind}: {span.message}".rstrip(": ")
    return told or "failed"
