"""What a trace cost: sums over its chat spans, which are the only ones that carry usage."""

from __future__ import annotations

from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING

from llm_strategy.tracing.links import parents_of
from llm_strategy.tracing.records import distinct
from llm_strategy.tracing.sums import Sums

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from llm_strategy.tracing.records import SpanRecord

__all__ = ["RunningTotals", "Totals", "totals_of"]


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over a trace."""

    calls: int = 0
    """Calls of LLM functions."""
    chats: int = 0
    """Requests to models, those answered by a cache included."""
    actions: int = 0
    """Pieces of code that were run in a sandbox."""
    retries: int = 0
    """Attempts after the first one of a prompt, and requests that were sent again because no reply came."""
    errors: int = 0
    """Chats and functions that failed, and attempts whose reply was of no use."""
    cache_hits: int = 0
    """Requests that a cache answered."""
    input_tokens: int = 0
    """Tokens of prompts, cached ones included."""
    output_tokens: int = 0
    """Tokens of replies, reasoning included."""
    cached_tokens: int = 0
    """Tokens of prompts that providers had in their caches."""
    reasoning_tokens: int = 0
    """Tokens of hidden reasoning."""
    unmeasured: int = 0
    """Requests whose tokens nobody reported, failed ones included: where there are any, the sums are lower bounds."""
    known_cost: float = 0.0
    """US dollars, of the requests whose price is known."""
    unpriced: int = 0
    """Requests whose price is not known: one that failed may have been billed."""
    seconds: float = 0.0
    """Wall clock time from the first beginning to the last end."""

    @property
    def cost(self) -> float | None:
        """US dollars; None where the price of any request is not known."""
        return None if self.unpriced else self.known_cost

    @property
    def tokens(self) -> int:
        """Tokens of prompts and replies, as far as they were reported."""
        return self.input_tokens + self.output_tokens


def totals_of(spans: Iterable[SpanRecord]) -> Totals:
    """Return the sums over the spans of a trace.

    A chat span around other chat spans, as a model that asks other models makes it, has no usage of its own: its usage
    is that of the spans inside.
    """
    known = distinct(spans)
    parents = parents_of(known)
    around = _around((parents.get(span.span) for span in known if span.kind == "chat"), parents)
    sums, clock = Sums(), _Clock()
    for span in known:
        sums.count(span, holds_chats=span.span in around)
        clock.add(span)
    return _totals(sums, clock)


class RunningTotals:
    """Totals of a session that is under way: they grow with each span that is added, by any thread.

    What is held is the sums, and what spans under way need: nothing of a span that has ended.

    >>> from llm_strategy.testing.sample_traces import sample_trace
    >>> running = RunningTotals()
    >>> for span in sorted(sample_trace(2).spans, key=lambda span: span.end):
    ...     running.add(span)
    >>> running.totals == sample_trace(2).totals
    True
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._sums = Sums()
        self._clock = _Clock()
        self._open: dict[str, SpanRecord] = {}
        self._around: set[str] = set()

    def add(self, span: SpanRecord) -> None:
        """Count a span: once when it has ended, after those inside it; before that, it may be added as an open one."""
        with self._lock:
            self._clock.add(span)
            if span.end is None:
                self._open[span.span] = span
                return
            self._open.pop(span.span, None)
            holds_chats = span.span in self._around
            self._around.discard(span.span)
            if span.parent is not None and (holds_chats or span.kind == "chat"):
                self._around.add(span.parent)
            self._sums.count(span, holds_chats=holds_chats)

    @property
    def totals(self) -> Totals:
        """The sums so far."""
        with self._lock:
            parents = {span.span: span.parent for span in self._open.values() if span.parent is not None}
            chats = (parents.get(span.span) for span in self._open.values() if span.kind == "chat")
            around = _around([*self._around, *chats], parents)
            sums = replace(self._sums)
            for span in self._open.values():
                sums.count(span, holds_chats=span.span in around)
            return _totals(sums, self._clock)


class _Clock:
    """The time from the first beginning to the last end."""

    def __init__(self) -> None:
        self.first: int | None = None
        self.last: int | None = None

    def add(self, span: SpanRecord) -> None:
        self.first = span.start if self.first is None else min(self.first, span.start)
        if span.end is not None:
            self.last = span.end if self.last is None else max(self.last, span.end)

    @property
    def seconds(self) -> float:
        return 0.0 if self.first is None or self.last is None else max(0, self.last - self.first) / 1e9


def _around(starts: Iterable[str | None], parents: Mapping[str, str]) -> set[str]:
    """Return the ids of the spans at `starts` and of all that are around them, each looked at once."""
    found: set[str] = set()
    for start in starts:
        here = start
        while here is not None and here not in found:
            found.add(here)
            here = parents.get(here)
    return found


def _totals(sums: Sums, clock: _Clock) -> Totals:
    return Totals(
        calls=sums.calls,
        chats=sums.chats,
        actions=sums.actions,
        retries=sums.retries,
        errors=sums.errors,
        cache_hits=sums.cache_hits,
        input_tokens=sums.input_tokens,
        output_tokens=sums.output_tokens,
        cached_tokens=sums.cached_tokens,
        reasoning_tokens=sums.reasoning_tokens,
        unmeasured=sums.unmeasured,
        known_cost=sums.known_cost,
        unpriced=sums.unpriced,
        seconds=clock.seconds,
    )
