"""What a trace is in numbers: a row for each call, and one for the whole."""

from __future__ import annotations

import math
import re
from itertools import chain
from typing import TYPE_CHECKING

from llm_strategy.tracing import semconv
from llm_strategy.tracing.totals import totals_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from llm_strategy.tracing.recorded import RecordedTrace
    from llm_strategy.tracing.records import SpanRecord
    from llm_strategy.tracing.totals import Totals

__all__ = ["CALL", "call_rows", "total_row"]

CALL = "llm_strategy/call"
"""The number of a call: what the other numbers of its row are drawn over."""

_PREFIX = "llm_strategy/"
_WHOLE = "llm_strategy/trace/"
_SIGNS = re.compile(r"[^\w/-]", re.ASCII)


def call_rows(trace: RecordedTrace) -> list[dict[str, float]]:
    """Return a row for each call of an LLM function, and for each request outside of one, in the order of beginning.

    What a function inside another one asks counts for the inner one alone, so that columns add up to the totals. What
    is not known, such as the cost of a request without a price, is absent.

    >>> from llm_strategy.testing.sample_traces import sample_trace
    >>> call_rows(sample_trace(1))[0]["llm_strategy/input_tokens"]
    130
    """
    groups: dict[str, list[SpanRecord]] = {}
    owners = _owners(trace.spans)
    for span in trace.spans:
        owner = owners[span.span]
        if owner is not None:
            groups.setdefault(owner, []).append(span)
    known = {span.span: span for span in trace.spans}
    return [_row(known[owner], group) for owner, group in groups.items()]


def total_row(traces: Sequence[RecordedTrace]) -> dict[str, float]:
    """Return the sums over traces, and their last scores.

    >>> from llm_strategy.testing.sample_traces import sample_trace
    >>> total_row([sample_trace(3)])["llm_strategy/trace/calls"]
    3
    """
    totals = totals_of(list(chain.from_iterable(trace.spans for trace in traces)))
    scores = {name: score for trace in traces for name, score in trace.scores.items()}
    counts = {"calls": totals.calls, "chats": totals.chats, "retries": totals.retries, "errors": totals.errors}
    more = {
        "actions": totals.actions,
        "cache_hits": totals.cache_hits,
        "unmeasured": totals.unmeasured,
        "unpriced": totals.unpriced,
        "seconds": _seconds(traces),
    }
    row: dict[str, float | None] = {**counts, **more, **_usage(totals), **_scores(scores)}
    return _finite(_WHOLE, row)


def _seconds(traces: Sequence[RecordedTrace]) -> float:
    return sum(trace.totals.seconds for trace in traces)


def _owners(spans: Iterable[SpanRecord]) -> dict[str, str | None]:
    """Return the call that each span belongs to: the function around it, else the outermost request around it."""
    known = {span.span: span for span in spans}
    owners: dict[str, str | None] = {}
    for span in known.values():
        path: list[SpanRecord] = []
        seen: set[str] = set()
        here: SpanRecord | None = span
        while here is not None and here.span not in owners and here.kind != "function" and here.span not in seen:
            path.append(here)
            seen.add(here.span)
            here = known.get(here.parent or "")
        owner = None if here is None else owners.get(here.span) or (here.span if here.kind == "function" else None)
        if here is not None:
            owners.setdefault(here.span, owner)
        for inner in reversed(path):
            owner = owner or (inner.span if inner.kind == "chat" else None)
            owners[inner.span] = owner
    return owners


def _row(call: SpanRecord, group: Sequence[SpanRecord]) -> dict[str, float]:
    totals = totals_of(group)
    chats = [span for span in group if span.kind == "chat"]
    first = next((span.number(semconv.FIRST_CHUNK) for span in chats if semconv.FIRST_CHUNK in span.attributes), None)
    scores = {
        str(event.attributes.get(semconv.EVALUATION_NAME)): event.attributes.get(semconv.EVALUATION_SCORE)
        for span in group
        for event in span.events
        if event.name == semconv.EVALUATION
    }
    row: dict[str, float | None] = {
        **_usage(totals),
        "seconds": call.seconds,
        "first_chunk_seconds": first,
        "chats": totals.chats,
        "retries": totals.retries,
        "error": int(call.failed),
        **_scores(scores),
    }
    return _finite(_PREFIX, row)


def _usage(totals: Totals) -> dict[str, float | None]:
    tokens: dict[str, float | None] = {
        "input_tokens": totals.input_tokens,
        "output_tokens": totals.output_tokens,
        "cached_tokens": totals.cached_tokens,
        "reasoning_tokens": totals.reasoning_tokens,
    }
    return {**(tokens if totals.tokens or not totals.unmeasured else {}), "cost_usd": totals.cost}


def _scores(scores: Mapping[str, object]) -> dict[str, float | None]:
    # A dot in the name of a metric leads into a dictionary; other signs are not allowed in names.
    named = {f"score/{_SIGNS.sub('_', name)}": score for name, score in scores.items()}
    return {name: score if isinstance(score, int | float) else None for name, score in named.items()}


def _finite(prefix: str, row: dict[str, float | None]) -> dict[str, float]:
    return {f"{prefix}{name}": value for name, value in row.items() if value is not None and math.isfinite(value)}
