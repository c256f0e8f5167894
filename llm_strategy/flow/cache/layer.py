"""The layer that answers what was asked before.

One request goes upstream for each key: in this process by a table of flights, between processes by leases in the file.
Waiting is a request to the driver, like all else that takes time. Nothing that is wrong with the file, or with what is
in it, makes a call fail.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from llm_strategy.errors import StoredDataError
from llm_strategy.flow.cache.entry import Found
from llm_strategy.flow.cache.keeping import again, is_kept, pieces_of
from llm_strategy.flow.cache.known import entry_of, known_reply
from llm_strategy.flow.cache.shared import borrowed
from llm_strategy.flow.cache.streams import keep_stream
from llm_strategy.flow.cache.wait import Wait, looks
from llm_strategy.flow.cache.work import WaitFor, Work
from llm_strategy.flow.fingerprint import fingerprint
from llm_strategy.flow.forgetting import Forget
from llm_strategy.flow.observed import observed
from llm_strategy.flow.ranks import CACHE
from llm_strategy.flow.requests import ChatRequest, OpenStream, Stream
from llm_strategy.flow.waiting import Sleep
from llm_strategy.tracing.recording import current_span

if TYPE_CHECKING:
    from llm_strategy.flow.cache.flights import Flight, Outcome
    from llm_strategy.flow.cache.options import CacheOptions
    from llm_strategy.flow.cache.shared import Shared
    from llm_strategy.flow.layers import Onward, Path
    from llm_strategy.flow.requests import Flow, Request
    from llm_strategy.messages import Reply

__all__ = ["CacheLayer"]

_LOG = logging.getLogger("llm_strategy.cache")
_TOLD: set[str] = set()


class CacheLayer:
    """Answers requests whose reply is known, and keeps the replies to others."""

    __slots__ = ("options",)

    rank: Final = CACHE
    kind: Final = "cache"

    def __init__(self, options: CacheOptions) -> None:
        self.options = options
        """Which file, and what is done with it."""

    def __call__(self, request: Request, path: Path, onward: Onward) -> Flow[Any]:  # noqa: ARG002 (the form of a layer)
        """Answer a request to a model from the file, or pass it on and keep the reply."""
        if isinstance(request, Forget):
            return self._forgotten(request, onward)
        asked = request.request if isinstance(request, OpenStream) else request
        if not isinstance(asked, ChatRequest) or not self.options.concern(asked):
            return onward(request)
        key = _key_of(asked)
        if key is None:
            return onward(request)
        return self._reply(asked, key, onward) if asked is request else self._stream(asked, key, onward)

    def _reply(self, request: ChatRequest, key: str, onward: Onward) -> Flow[Reply]:
        with borrowed(self.options.path) as cache:
            if not cache.store.is_ready:
                yield Work(cache.store.open, cache.background)
            known = yield from self._known(cache, key)
            if known is None and self.options.read and self.options.write:
                known, reply = yield from self._shared_flight(cache, request, key, onward)
            elif known is None:
                reply = yield from self._asked(cache, request, key, onward)
            else:
                reply = known
            return reply if known is None else (yield from _told(request, again(known)))

    def _stream(self, request: ChatRequest, key: str, onward: Onward) -> Flow[Stream]:
        """Stream a known reply, or the model's, which is kept when it is whole.

        Streams wait for nobody, and nobody waits for them: how fast they end is up to who reads them.
        """
        with borrowed(self.options.path) as cache:
            yield Work(cache.store.open, cache.background)  # also lets replies be written that came just now
            known = yield from self._known(cache, key)
            if known is not None:
                return (yield from _streamed(request, again(known)))
            stream: Stream = yield from onward(OpenStream(request))
        if self.options.write:
            keep_stream(stream, request, key, self.options)
        return stream

    def _known(self, cache: Shared, key: str) -> Flow[Reply | None]:
        found = cache.store.find(key, self.options.ttl) if self.options.read else None
        return (yield from self._checked(cache, key, found)) if found is not None else None

    def _checked(self, cache: Shared, key: str, found: Found) -> Flow[Reply | None]:
        try:
            return known_reply(found.data, f"cache {str(cache.path)!r}, {key[:16]!r}")
        except StoredDataError:
            yield Work(lambda: cache.store.remove([key]), cache.background)
            return None

    def _shared_flight(
        self, cache: Shared, request: ChatRequest, key: str, onward: Onward
    ) -> Flow[tuple[Reply | None, Any]]:
        """Return the reply that another call brought, or else the one that was asked for here."""
        wait = Wait(request)
        while True:
            flight, leads = cache.flights.join(key)
            if leads:
                return (yield from self._led(cache, wait, flight, onward))
            outcome: Outcome = yield WaitFor(flight, wait.seconds(flight.patience))
            if outcome is not None and outcome != "alone":
                cache.store.note_hit(key)
                return outcome, None
            if outcome is None and flight.lost:
                yield from self._given_up(cache, flight)
            elif outcome == "alone" or wait.over():
                return None, (yield from self._asked(cache, request, key, onward))

    def _led(self, cache: Shared, wait: Wait, flight: Flight, onward: Onward) -> Flow[tuple[Reply | None, Any]]:
        """Ask for all who wait in this process, when no other process does."""
        outcome: Outcome = None
        try:
            known = yield from self._leased(cache, wait, flight.key, flight.token)
            if known is not None:
                outcome = known
                return known, None
            reply = yield from self._asked(cache, wait.request, flight.key, onward, flight.token)
            outcome = reply if is_kept(reply) else "alone"
            return None, reply
        finally:
            cache.flights.end(flight, outcome)

    def _given_up(self, cache: Shared, flight: Flight) -> Flow[None]:
        """Let another one ask, where the event loop of who asked is gone."""
        cache.heartbeat.let_go(flight.token)
        yield Work(lambda: cache.store.release(flight.key, flight.token), cache.background)
        cache.flights.end(flight, None)

    def _leased(self, cache: Shared, wait: Wait, key: str, token: str) -> Flow[Reply | None]:
        """Return the reply that another process has brought, or take the lease of the key, where time allows it."""
        pause = looks()
        while True:
            if not cache.store.is_leased(key):
                claim: Found | bool = yield Work(
                    lambda: cache.store.claim(key, token, self.options.ttl), cache.background
                )
                known = (yield from self._checked(cache, key, claim)) if isinstance(claim, Found) else None
                if known is not None or claim is True:
                    return known
            if wait.over():
                return None
            yield Sleep(wait.seconds(next(pause)))
            known = yield from self._known(cache, key)
            if known is not None:
                return known

    def _asked(self, cache: Shared, request: ChatRequest, key: str, onward: Onward, token: str = "") -> Flow[Reply]:
        """Ask the model, and keep its reply; a reply that came is kept even where nobody wants it any more."""
        if token:
            cache.heartbeat.hold(token)
        ending = Work(lambda: cache.store.release(key, token), cache.background)
        try:
            reply: Reply = yield from onward(request)
            if self.options.write and is_kept(reply):
                entry = entry_of(request, reply, key)
                ending = Work(lambda: cache.store.put(entry, self.options.max_bytes, token), cache.background)
            if token or self.options.write:
                yield ending
        except Exception:
            if token:
                yield ending  # before the next one tries
            raise
        else:
            return reply
        finally:
            cache.heartbeat.let_go(token)
            if token or self.options.write:
                ending.ensure()

    def _forgotten(self, request: Forget, onward: Onward) -> Flow[None]:
        keys = [_key_of(one) for one in request.requests if self.options.write and self.options.concern(one)]
        known = [key for key in keys if key is not None]
        if known:
            with borrowed(self.options.path) as cache:
                yield Work(lambda: cache.store.remove(known), cache.background)
        yield from onward(request)


def _key_of(request: ChatRequest) -> str | None:
    """Return the key of a request; None where its model, or what it says of itself, cannot be written as JSON."""
    try:
        return fingerprint(request)
    except (TypeError, ValueError, RecursionError) as error:
        if request.model.name not in _TOLD:
            _TOLD.add(request.model.name)
            _LOG.warning("Model %r is not cached: what it says of itself is no JSON (%s).", request.model.name, error)
        return None


def _told(request: ChatRequest, reply: Reply) -> Flow[Reply]:
    """Return a known reply, and leave a span that says so where there is a trace."""
    around = current_span()
    return reply if around is None else (yield from observed(request, around, lambda _: _given(reply)))


def _streamed(request: ChatRequest, reply: Reply) -> Flow[Stream]:
    stream = Stream.of(pieces_of(reply))
    around = current_span()
    return stream if around is None else (yield from observed(OpenStream(request), around, lambda _: _given(stream)))


def _given(answer: Any) -> Flow[Any]:
    return answer
    yield
