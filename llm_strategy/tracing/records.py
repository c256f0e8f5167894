"""Spans as plain values, and as lines of a trace file.

A trace file holds one span a line, as JSON. A span that is still open may stand there as well, without an end; a later
line with the same id takes its place. A file that was cut off in the middle is still a trace: whatever is whole counts.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, cast, get_args

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError
from pydantic_core import to_json

from llm_strategy.errors import TraceFileError

if TYPE_CHECKING:
    from collections.abc import Iterable
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

_DEEPEST = 50
"""How deep the data in an attribute is written, where they have to be cleaned."""
Nanoseconds: TypeAlias = Annotated[int, Field(ge=0, lt=2**63)]
"""A time that a clock can tell; what a damaged line says beyond it is no time."""
_AnyKind: TypeAlias = Annotated[Kind, BeforeValidator(lambda kind: kind if kind in get_args(Kind) else "step")]
"""A level; what a later version may have besides is shown as a step."""


@dataclass(frozen=True, slots=True)
class EventRecord:
    """Something that happened at one moment of a span: an exception, an access to a file, a score."""

    name: str
    """What kind of thing; see `semconv`."""
    time: Nanoseconds
    """When, in nanoseconds since 1970."""
    attributes: dict[str, Any] = field(default_factory=dict[str, Any])
    """What there is to say about it."""

    def text(self, name: str) -> str:
        """Return an attribute as text; empty where there is none."""
        return _text(self.attributes.get(name))

    def number(self, name: str) -> float | None:
        """Return an attribute as a number; None where there is none, or it is not finite."""
        return _number(self.attributes.get(name))


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
    kind: _AnyKind
    """Its level."""
    start: Nanoseconds
    """When it began, in nanoseconds since 1970."""
    end: Nanoseconds | None = None
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
        """How long it took; None while it is open. Where the clock was set back in between, it took no time."""
        return None if self.end is None else max(0, self.end - self.start) / 1e9

    @property
    def failed(self) -> bool:
        """Whether it ended with an error."""
        return self.status == "error"

    def text(self, name: str) -> str:
        """Return an attribute as text; empty where there is none."""
        return _text(self.attributes.get(name))

    def number(self, name: str) -> float | None:
        """Return an attribute as a number; None where there is none, or it is not finite."""
        return _number(self.attributes.get(name))

    def data(self, name: str) -> Any:
        """Return an attribute that holds JSON as data; None where it is absent or damaged."""
        try:
            return json.loads(self.text(name))
        except (ValueError, RecursionError):
            return None


_ADAPTER = TypeAdapter(SpanRecord)


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if abs(value) <= sys.float_info.max else None  # false for what is no number as well


def line_of(span: SpanRecord) -> bytes:
    """Return a span as a line of a trace file, with its line break.

    A text that has no bytes (half of a surrogate pair) is written with a replacement character; what is no JSON is
    written as text.
    """
    data = {"v": SCHEMA_VERSION, **{name: getattr(span, name) for name in SpanRecord.__slots__}}
    try:
        return to_json(data, inf_nan_mode="constants") + b"\n"
    except ValueError:
        return to_json(_clean(data), inf_nan_mode="constants") + b"\n"


def _clean(value: object, depth: int = 0) -> Any:
    """Return data as JSON can hold them."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, EventRecord):
        value = {name: getattr(value, name) for name in EventRecord.__slots__}
    if depth < _DEEPEST and isinstance(value, dict):
        members = cast("dict[object, object]", value).items()
        return {_clean(str(name)): _clean(member, depth + 1) for name, member in members}
    if depth < _DEEPEST and isinstance(value, list | tuple):
        return [_clean(item, depth + 1) for item in cast("list[object] | tuple[object, ...]", value)]
    text = "..." if isinstance(value, dict | list | tuple) else str(value)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


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
            span = _mended(line)
            if span is not None:
                yield span


def _mended(line: bytes) -> SpanRecord | None:
    """Read a line that other programs wrote in ways that are not quite JSON: with halves of surrogate pairs, say."""
    try:
        return _ADAPTER.validate_python(_clean(json.loads(line.decode("utf-8", "replace"))))
    except (ValueError, RecursionError):
        return None


def read_spans(path: Path) -> tuple[SpanRecord, ...]:
    """Return the spans of a trace file, each once, in the order in which they began.

    Raises:
        TraceFileError: there is no such file, or no line of it is a span.
    """
    try:
        with path.open("rb") as lines:
            spans = distinct(read_lines(lines))
    except OSError as error:
        raise TraceFileError(f"The trace {str(path)!r} cannot be read: {error.strerror}.") from error
    if not spans:
        raise TraceFileError(
            f"{str(path)!r} holds no span. Traces are .jsonl files, written by `with trace(..., directory=...)` and by "
            "programs that run with LLM_STRATEGY_TRACE set."
        )
    return tuple(sorted(spans, key=lambda span: span.start))
