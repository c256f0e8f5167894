"""The layer that lets a request wait for its place: at the gate of its account, under its rates, after its pauses."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, TypeVar

from llm_strategy.errors import RateLimitedError, TimedOutError
from llm_strategy.flow.account import account_of
from llm_strategy.flow.estimates import Estimates
from llm_strategy.flow.followed import follow
from llm_strategy.flow.limits.accounts import Accounts
from llm_strategy.flow.limits.passage import Passage, StreamPassage, asked_inside
from llm_strategy.flow.limits.rates import Rates
from llm_strategy.flow.own_limit import own_limit
from llm_strategy.flow.ranks import LIMITS
from llm_strategy.flow.requests import ChatRequest, OpenStream
from llm_strategy.flow.turns import WaitFor
from llm_strategy.tracing.recording import current_span

if TYPE_CHECKING:
    from collections.abc import Callable

    from llm_strategy.flow.layers import Onward, Path
    from llm_strategy.flow.limits.books import Books
    from llm_strategy.flow.limits.gate import Place
    from llm_strategy.flow.requests import Flow, Request, Stream
    from llm_strategy.messages import Reply

__all__ = ["SHARED_ACCOUNTS", "LimitsLayer"]

_P = TypeVar("_P", bound=Passage)

SHARED_ACCOUNTS: Final = Accounts()
"""What all scopes of this process share."""
_LONGEST_PAUSE: Final = 120.0
"""The longest pause, in seconds, that a request without a deadline waits for."""
_LOOK: Final = 1.0
"""Seconds after which to look what other processes gave back."""


class LimitsLayer:
    """Sends requests as their account allows.

    Args:
        rates: requests and tokens a minute.
        concurrency: how many requests may be under way at once, beside what the account is found to bear.
        books: where what is sent is counted; None counts in this process.
        accounts: what is known of accounts.
        standing: whether it is there without being asked for: it then limits only what providers count together.
        clock: tells the time as `ChatRequest.deadline` counts it.
    """

    __slots__ = ("_accounts", "_clock", "_rated", "_standing", "books", "concurrency", "estimates", "rates")

    rank: Final = LIMITS
    kind: Final = "limits"

    def __init__(
        self,
        rates: Rates | None = None,
        concurrency: int | None = None,
        books: Books | None = None,
        *,
        accounts: Accounts = SHARED_ACCOUNTS,
        standing: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.rates = Rates() if rates is None else rates
        """Requests and tokens a minute."""
        self.concurrency = concurrency
        """How many requests may be under way at once."""
        self.books = books
        """Where what is sent is counted."""
        self.estimates = Estimates()
        """What requests may cost."""
        self._accounts = accounts
        self._standing = standing
        self._clock = clock
        self._rated = self.rates.requests is not None or self.rates.tokens is not None

    def __call__(self, request: Request, path: Path, onward: Onward) -> Flow[Any]:  # noqa: ARG002
        """Let requests to models wait; pass all others on."""
        chat = request.request if isinstance(request, OpenStream) else request
        if not isinstance(chat, ChatRequest):
            return onward(request)
        counted: object = getattr(chat.model, "account", None)
        if self._standing and not counted:
            return onward(request)
        return self._reply(chat, onward) if chat is request else self._stream(chat, onward)

    def forget_pauses(self) -> None:
        """Let all accounts be asked again that it has to do with."""
        if self.books is not None:
            self.books.forget_pauses()
        self._accounts.forget_pauses()

    def tokens(self, request: ChatRequest) -> tuple[int, int]:
        """Return how many tokens a request may cost, for its prompt and for its reply."""
        if self.rates.tokens is None:
            return 0, 0
        reply, limit = self.estimates.reply(request), own_limit(request)
        return self.estimates.prompt(request), reply if limit is None else min(reply, limit)

    def _reply(self, request: ChatRequest, onward: Onward) -> Flow[Reply]:
        passage = self._begun(Passage, request)
        try:
            yield from self._admitted(passage)
            passage.begins()
            try:
                reply: Reply = yield from onward(request)
            except BaseException as error:
                passage.failed(error)
                raise
            finally:
                passage.rests()
            passage.replied(reply.usage, cached=reply.cached)
            return reply
        finally:
            passage.leave()

    def _stream(self, request: ChatRequest, onward: Onward) -> Flow[Stream]:
        passage = self._begun(StreamPassage, request)
        try:
            yield from self._admitted(passage)
            passage.begins()
            try:
                stream: Stream = yield from onward(OpenStream(request))
            except BaseException as error:
                passage.failed(error)
                raise
            finally:
                passage.rests()
        except BaseException:
            passage.leave()
            raise
        follow(stream, passage)
        return stream

    def _begun(self, kind: type[_P], request: ChatRequest) -> _P:
        model = request.model
        account = self._accounts.of(account_of(model))
        alone: bool = self.books is None or not getattr(model, "account", None)
        books = self._accounts.books if alone or self.books is None else self.books
        if asked_inside(account):
            place = account.gate.beside()
        else:
            place = account.gate.enter(self.concurrency, stream=kind is StreamPassage)
        return kind(self, request, account, place, books)

    def _admitted(self, passage: Passage) -> Flow[None]:
        account, place = passage.account, passage.place
        if self._rated:
            current_span()  # begins the trace of a process: that takes its time, which is not to come after the count
        while not place.inside:
            yield WaitFor(place.turn, self._until(passage.request, account.gate.patience(place)))
            if not place.inside:
                self._check_time(passage.request)
                account.gate.look()
        if not self._rated and not passage.books.paused(account.name):
            return
        door = account.door.enter()
        try:
            while not door.inside:
                place.turn = door.turn
                yield WaitFor(door.turn, self._until(passage.request, account.door.patience(door)))
                if not door.inside:
                    self._check_time(passage.request)
                    account.door.look()
            yield from self._timed(passage, door)
        finally:
            account.door.leave(door)

    def _timed(self, passage: Passage, door: Place) -> Flow[None]:
        """Wait until the account is not paused, and the rates allow one more."""
        account, request = passage.account, passage.request
        while True:
            self._check_time(request)
            turn = account.stir
            paused = passage.books.paused(account.name)
            if paused and paused > self._patience(request):
                raise _paused(request, paused)
            wait = paused or (passage.take() if self._rated else 0.0)
            if wait <= 0:
                return
            passage.place.turn = door.turn = turn
            if passage.books.shared:
                wait = min(wait, _LOOK)
            yield WaitFor(turn, self._until(request, wait))

    def _patience(self, request: ChatRequest) -> float:
        return _LONGEST_PAUSE if request.deadline is None else request.deadline - self._clock()

    def _until(self, request: ChatRequest, seconds: float | None) -> float | None:
        if request.deadline is None:
            return seconds
        left = max(0.0, request.deadline - self._clock())
        return left if seconds is None else min(seconds, left)

    def _check_time(self, request: ChatRequest) -> None:
        if request.deadline is not None and self._clock() >= request.deadline:
            raise TimedOutError(
                f"Model {request.model.name!r} was not asked: the limits of its account left no place for the request "
                "before the time for the call was over."
            )


def _paused(request: ChatRequest, seconds: float) -> RateLimitedError:
    return RateLimitedError(
        f"Model {request.model.name!r} was not asked: its provider wants no request for another {seconds:.6g} s.",
        retryable=True,
        retry_after=seconds,
    )
