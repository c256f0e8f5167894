"""Which files were touched in which step: what a heat map shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llm_strategy.tracing import semconv

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llm_strategy.tracing.records import SpanRecord

__all__ = ["FileAccess", "file_accesses_of"]


@dataclass(frozen=True, slots=True)
class FileAccess:
    """One access to a file."""

    step: int
    """Number, from 0, of the span among those that touched files, in the order in which they began."""
    span: str
    """Id of the span."""
    path: str
    """The file."""
    operation: str
    """`read`, `write`, `create` or `delete`."""


def file_accesses_of(spans: Iterable[SpanRecord]) -> tuple[FileAccess, ...]:
    """Return the accesses to files, by span in order of their beginning, and in each by time.

    >>> from llm_strategy.testing.sample_traces import sample_trace
    >>> [(one.step, one.path, one.operation) for one in file_accesses_of(sample_trace(2).spans)]
    [(0, 'src/file_0.py', 'read'), (1, 'src/file_1.py', 'write')]
    """
    steps: dict[str, int] = {}
    found: list[FileAccess] = []
    for span in sorted(spans, key=lambda span: span.start):
        events = [event for event in span.events if event.name == semconv.FILE and event.text(semconv.FILE_PATH)]
        for event in sorted(events, key=lambda event: event.time):
            step = steps.setdefault(span.span, len(steps))
            path, operation = event.text(semconv.FILE_PATH), event.text(semconv.FILE_OPERATION)
            found.append(FileAccess(step, span.span, path, operation))
    return tuple(found)
