"""A trace that was recorded: its spans, and what can be asked about them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, cast

from llm_strategy.tracing import semconv
from llm_strategy.tracing.calls import CallRow, calls_of, scores_of
from llm_strategy.tracing.chats import ChatNode, merged_chats
from llm_strategy.tracing.file_accesses import FileAccess, file_accesses_of
from llm_strategy.tracing.functions import FunctionRow, functions_of
from llm_strategy.tracing.records import SpanRecord, distinct, read_spans
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
        """Make a trace of spans; of several with the same id, the last one counts."""
        return cls(tuple(sorted(distinct(spans), key=lambda span: span.start)))

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

    def calls(self) -> tuple[CallRow, ...]:
        """Return the calls of LLM functions, one row each, in the order in which they began."""
        return calls_of(self.tree())

    def functions(self) -> tuple[FunctionRow, ...]:
        """Return the LLM functions that were called, one row each, in the order of their first calls."""
        return functions_of(self.calls())

    def file_accesses(self) -> tuple[FileAccess, ...]:
        """Return the accesses to files, step by step."""
        return file_accesses_of(self.spans)

    @property
    def hyperparameters(self) -> dict[str, dict[str, Any]]:
        """Every hyperparameter that was used, by function and name."""
        found = self.session.data(semconv.HYPERPARAMETERS_OPERATIVE) if self.session else None
        by_function = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
        return {name: values for name, values in by_function.items() if isinstance(values, dict)}

    @property
    def scores(self) -> dict[str, float]:
        """The last score of each name."""
        return scores_of(self.spans)
