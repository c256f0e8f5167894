"""Traces: what happened in a call, as spans that can be kept, looked at and summed up.

The names below are loaded when they are first used: a program that is not traced pays for none of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llm_strategy.tracing.difference import difference as difference
    from llm_strategy.tracing.files import record_file as record_file
    from llm_strategy.tracing.index import TraceIndex as TraceIndex
    from llm_strategy.tracing.live import TraceOptions as TraceOptions
    from llm_strategy.tracing.live import trace as trace
    from llm_strategy.tracing.prices import Price as Price
    from llm_strategy.tracing.prices import register_price as register_price
    from llm_strategy.tracing.query import TraceQuery as TraceQuery
    from llm_strategy.tracing.recorded import RecordedTrace as RecordedTrace
    from llm_strategy.tracing.recording import span as span
    from llm_strategy.tracing.records import EventRecord as EventRecord
    from llm_strategy.tracing.records import SpanRecord as SpanRecord
    from llm_strategy.tracing.runs import run_table as run_table
    from llm_strategy.tracing.scores import record_score as record_score
    from llm_strategy.tracing.totals import Totals as Totals

__all__ = [
    "EventRecord",
    "Price",
    "RecordedTrace",
    "SpanRecord",
    "Totals",
    "TraceIndex",
    "TraceOptions",
    "TraceQuery",
    "difference",
    "record_file",
    "record_score",
    "register_price",
    "run_table",
    "span",
    "trace",
]

_HOMES = {
    "EventRecord": "records",
    "Price": "prices",
    "RecordedTrace": "recorded",
    "SpanRecord": "records",
    "Totals": "totals",
    "TraceIndex": "index",
    "TraceOptions": "live",
    "TraceQuery": "query",
    "difference": "difference",
    "record_file": "files",
    "record_score": "scores",
    "register_price": "prices",
    "run_table": "runs",
    "span": "recording",
    "trace": "live",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
