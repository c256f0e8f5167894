"""A trace that was recorded: its spans, and what can be asked about them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from llm_strategy.tracing import semconv
from llm_strategy.tracing.chats import ChatNode, merged_chats
from llm_strategy.tracing.records import SpanRecord, read_spans
from llm_strategy.tracing.totals import Totals, totals_of
from llm_strategy.tracing.tree import TreeNode, tree_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["RecordedTrace"]


@dataclass(frozen=True)
class RecordedTrace:
    """The spans of one trace, in the order in which they began."""

    spans: tuple[SpanRecord, ...]
    """What was recorded; open spans among them have no end."""
    path: Path | None = None
    """The file that they came from."""

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a trace file. Raises TraceFileError."""
        return cls(read_spans(path), path)

    @classmethod
    def of(cls, spans: Iterable[SpanRecord]) -> Self:
        """Make a trace of spans."""
        return cls(tuple(sorted(spans, key=lambda span: span.start)))

    @cached_property
    def session(self) -> SpanRecord | None:
        """The outermost span, where it is there."""
        return next((span for span in self.spans if span.kind == "session"), None)

    @property
    def id(self) -> str:
        """Id of the trace: 32 hexadecimal digits."""
        return self.spans[0].trace if self.spans else ""

    @property
    def name(self) -> str:
        """Name of the session."""
        return self.session.name if self.session else (self.path.stem if self.path else "trace")

    @cached_property
    def totals(self) -> Totals:
        """Calls, tokens, cost and errors."""
        return totals_of(self.spans)

    def tree(self) -> TreeNode:
        """Return the spans as a tree, under the session."""
        return tree_of(self.spans)

    def chats(self) -> tuple[ChatNode, ...]:
        """Return the conversations as trees: what several of them begin with stands there once."""
        return merged_chats(self.spans)

    @property
    def hyperparameters(self) -> dict[str, dict[str, Any]]:
        """Every hyperparameter that was used, by function and name."""
        found = self.session.data(semconv.HYPERPARAMETERS_OPERATIVE) if self.session else None
        return found if isinstance(found, dict) else {}

    @property
    def scores(self) -> dict[str, float]:
        """The last score of each name."""
        events = (event for span in self.spans for event in span.events if event.name == semconv.EVALUATION)
        return {
            str(event.attributes.get(semconv.EVALUATION_NAME)): float(event.attributes[semconv.EVALUATION_SCORE])
            for event in sorted(events, key=lambda event: event.time)
            if isinstance(event.attributes.get(semconv.EVALUATION_SCORE), int | float)
        }
