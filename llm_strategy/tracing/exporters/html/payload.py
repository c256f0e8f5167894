"""Everything that a page shows, as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llm_strategy.tracing.exporters.html.conversations import merged_rows, prompts_of
from llm_strategy.tracing.exporters.html.coordinates import coordinates_of
from llm_strategy.tracing.exporters.html.files import files_of
from llm_strategy.tracing.exporters.html.parameters import parameters_of
from llm_strategy.tracing.exporters.html.spans import Forest
from llm_strategy.tracing.exporters.html.texts import Texts, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.tracing.recorded import RecordedTrace

__all__ = ["payload_of"]


def payload_of(traces: Sequence[RecordedTrace]) -> dict[str, Any]:
    """Return the data of a page: texts once, then what refers to them by number.

    >>> from llm_strategy.testing.sample_traces import sample_trace
    >>> sorted(payload_of([sample_trace(1)]))
    ['runs', 'texts', 'traces']
    """
    texts = Texts()
    forests = [Forest.of(trace) for trace in traces]
    shown = [_trace(trace, forest, texts) for trace, forest in zip(traces, forests, strict=True)]
    return {"traces": shown, "runs": coordinates_of(traces, forests), "texts": texts.all}


def _trace(trace: RecordedTrace, forest: Forest, texts: Texts) -> dict[str, Any]:
    totals = trace.totals
    return {
        "id": trace.id,
        "name": trace.name,
        "file": trace.path.name if trace.path else "",
        "state": _state(trace),
        "began": forest.began // 1_000_000,
        "length": (forest.ended - forest.began) // 1000,
        "totals": {name: plain(getattr(totals, name)) for name in totals.__slots__} | {"cost": totals.cost},
        "scores": {name: plain(score) for name, score in trace.scores.items()},
        "spans": forest.rows(texts),
        "prompts": prompts_of(forest),
        "chats": merged_rows(trace, forest, texts),
        "files": files_of(trace, forest, texts),
        "parameters": parameters_of(trace, texts),
    }


def _state(trace: RecordedTrace) -> str:
    """Say how a trace ended, as far as its file knows."""
    if not trace.spans:
        return "empty"
    if trace.session is None:
        return "partial"
    if trace.session.end is None:
        return "open"
    return "failed" if trace.session.failed else "finished"
