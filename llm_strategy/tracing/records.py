"""Spans as plain values, and as lines of a trace file.

A trace file holds one span a line, as JSON. A span that is still open may stand there as well, without an end; a later
line with the same id takes its place. A file that was cut off in the middle is still a trace: whatever is whole counts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from llm_strategy.errors import TraceFileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = [
    "Attribute",
    "EventRecord",
    "Kind",
    "SpanRecord",
    "Status",
    "distinct",
    "line_of",
    "read_lines",
    "read_spans",
]

Attribute: TypeAlias = (
    "str | bool | int | float | tuple[str, ...] | tuple[bool, ...] | tuple[int, ...] | tuple[float, ...]"
)
"""What OpenTelemetry allows as the value of an attribute."""
Kind = Literal["session", "function", "prompt", "attempt", "chat", "tool", "code", "step"]
"""The level of a span. A `step` is a span of the user's own."""
Status = Literal["unset", "ok", "error"]

SCHEMA_VERSION = 1
"""Version of the form of a line."""


@dataclass(frozen=True, slots=True)
class EventRecord:
    """Something that happened at one moment of a span: an exception, an access to a file, a score."""

    name: str
    """What kind of thing; see `semconv`."""
    time: int
    """When, in nanoseconds since 1970."""
    attributes: dict[str, Any] = field(default_factory=dict[str, Any])
    """What there is to say about it."""


@dataclass(frozen=True, slots=True)
class SpanRecord:
    """One span of a trace."""

    trace: str
    """Id of the trace: 32 hexadecimal digits."""
    span: str
    """Id of the span: 16 hexadecimal digits."""
    parent: str | None
    """Id of the span around it; it may be missing in the file of a run that was stopped."""
    name: str
    """What it is, for people."""
    kind: Kind
    """Its level."""
    start: int
    """When it began, in nanoseconds since 1970."""
    end: int | None = None
    """When it ended; None while it is open, or where the run was stopped in it."""
    status: Status = "unset"
    """`error` where it failed."""
    message: str = ""
    """Why it failed."""
    attributes: dict[str, Any] = field(default_factory=dict[str, Any])
    """What there is to say about it; names are in `semconv`."""
    events: tuple[EventRecord, ...] = ()
    """What happened in it, in order of time."""

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it is open."""
        return None if self.end is None else (self.end - self.start) / 1e9

    @property
    def failed(self) -> bool:
        """Whether it ended with an error."""
        return self.status == "error"

    def text(self, name: str) -> str:
        """Return an attribute as text; empty where there is none."""
        value = self.attributes.get(name)
        return value if isinstance(value, str) else "" if value is None else str(value)

    def number(self, name: str) -> float | None:
        """Return an attribute as a number; None where there is none."""
        value = self.attributes.get(name)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def data(self, name: str) -> Any:
        """Return an attribute that holds JSON as data; None where it is absent or damaged."""
        try:
            return json.loads(self.text(name))
        except (ValueError, RecursionError):
            return None


_ADAPTER = TypeAdapter(SpanRecord)


def line_of(span: SpanRecord) -> bytes:
    """Return a span as a line of a trace file, with its line break.

    A text that has no bytes (half of a surrogate pair) is written with a replacement character.
    """
    data = {"v": SCHEMA_VERSION, **{name: getattr(span, name) for name in SpanRecord.__slots__}}
    try:
        return to_json(data, inf_nan_mode="constants") + b"\n"
    except ValueError:
        return json.dumps(data, default=_plain).encode("ascii", "replace") + b"\n"


def _plain(value: object) -> Any:
    return (
        {name: getattr(value, name) for name in EventRecord.__slots__} if isinstance(value, EventRecord) else str(value)
    )


def distinct(spans: Iterable[SpanRecord]) -> list[SpanRecord]:
    """Return each span once, in the order in which they first stand there.

    The last one of several with the same id counts; one that has ended counts before one that is open.
    """
    known: dict[str, SpanRecord] = {}
    for span in spans:
        before = known.get(span.span)
        if before is None or before.end is None or span.end is not None:
            known[span.span] = span
    return list(known.values())


def read_lines(lines: Iterable[bytes]) -> Iterable[SpanRecord]:
    """Yield the spans in lines, in order, skipping what is no whole span: the end of a file that was cut off, say."""
    for line in lines:
        try:
            yield _ADAPTER.validate_json(line)
        except ValidationError:
            continue


def read_spans(path: Path) -> tuple[SpanRecord, ...]:
    """Return the spans of a trace file, each once, in the order in which they began.

    Raises:
        TraceFileError: there is no such file, or no line of it is a span.
    """
    try:
        with path.open("rb") as lines:
            spans: Mapping[str, SpanRecord] = {span.span: span for span in read_lines(lines)}
    except OSError as error:
        raise TraceFileError(f"The trace {str(path)!r} cannot be read: {error.strerror}.") from error
    if not spans:
        raise TraceFileError(
            f"{str(path)!r} holds no span. Traces are .jsonl files, written by `with trace(..., directory=...)` and by "
            "programs that run with LLM_STRATEGY_TRACE set."
        )
    return tuple(sorted(spans.values(), key=lambda span: span.start))
