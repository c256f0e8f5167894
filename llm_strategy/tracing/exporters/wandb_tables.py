"""The spans of a trace as a table: one row each, and every nested value as JSON in a text.

A table of wandb takes the type of each column from its first row, nested types included, and refuses rows of another.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias, cast

from pydantic_core import to_json

from llm_strategy.tracing import semconv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.tracing.recorded import RecordedTrace
    from llm_strategy.tracing.records import SpanRecord

__all__ = ["COLUMNS", "span_rows"]

Cell: TypeAlias = "str | int | float | None"

COLUMNS = (
    "trace",
    "span",
    "parent",
    "kind",
    "name",
    "start",
    "seconds",
    "status",
    "message",
    "input_tokens",
    "output_tokens",
    "cost_usd",
    "attributes",
    "events",
)
"""The columns of the table."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def span_rows(traces: Sequence[RecordedTrace]) -> list[list[Cell]]:
    """Return a row of `COLUMNS` for each span, in the order in which they began.

    >>> from llm_strategy.testing.sample_traces import sample_trace
    >>> dict(zip(COLUMNS, span_rows([sample_trace(1)])[0]))["start"]
    '2026-09-21T14:13:20.000000+00:00'
    """
    return [_row(span) for trace in traces for span in trace.spans]


def _row(span: SpanRecord) -> list[Cell]:
    events = [{"name": event.name, "time": event.time, "attributes": event.attributes} for event in span.events]
    return [
        span.trace,
        span.span,
        span.parent,
        span.kind,
        _text(span.name),
        (_EPOCH + timedelta(microseconds=span.start // 1000)).isoformat(timespec="microseconds"),
        span.seconds,
        span.status,
        _text(span.message),
        _whole(span.number(semconv.INPUT_TOKENS)),
        _whole(span.number(semconv.OUTPUT_TOKENS)),
        span.number(semconv.COST),
        _json(span.attributes),
        _json(events),
    ]


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def _text(text: str) -> str:
    """Return a text that has bytes: half of a surrogate pair becomes a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _json(value: object) -> str:
    try:
        return to_json(value, inf_nan_mode="constants").decode()
    except ValueError:
        return to_json(_cleaned(value), inf_nan_mode="constants").decode()


def _cleaned(value: object) -> object:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict):
        return {_text(str(key)): _cleaned(inner) for key, inner in cast("dict[object, object]", value).items()}
    if isinstance(value, list | tuple):
        return [_cleaned(inner) for inner in cast("list[object]", value)]
    return value
