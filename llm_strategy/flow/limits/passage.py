"""The way of one request past the limits: what it holds, and what its end tells."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from llm_strategy.errors import RateLimitedError, TimedOutError, TransportError
from llm_strategy.messages import Usage

if TYPE_CHECKING:
    from llm_strategy.flow.limits.accounts import Account
    from llm_strategy.flow.limits.books import Books
    from llm_strategy.flow.limits.gate import Place
    from llm_strategy.flow.limits.layer import LimitsLayer
    from llm_strategy.flow.requests import ChatRequest
    from llm_strategy.messages import Chunk

__all__ = ["Passage", "StreamPassage", "asked_inside"]

_INSIDE: ContextVar[tuple[Passage, ...]] = ContextVar("llm_strategy_inside", default=())
"""The requests whose models are at work here: a model may ask others of its account, and would wait for itself."""
_OVERLOADED: Final = frozenset({408, 429, 503, 504, 529})


def asked_inside(account: Account) -> bool:
    """Whether a request that holds a place of an account asks this: it waits for the answer, and keeps its place."""
    return any(one.holds(account) for one in _INSIDE.get())


class Passage:
    """Holds the place of a request at the gate, and its count under the rates; gives back what it did not need."""

    __slots__ = (
        "_around",
        "_counted",
        "_inside",
        "_piece",
        "_reply",
        "_succeeded",
        "account",
        "books",
        "layer",
        "place",
        "request",
    )

    def __init__(self, layer: LimitsLayer, request: ChatRequest, account: Account, place: Place, books: Books) -> None:
        self.layer = layer
        """Whose limits they are."""
        self.request = request
        """What is sent."""
        self.account = account
        """Whose account it is."""
        self.place = place
        """Its place at the gate."""
        self.books = books
        """Where it is counted."""
        self._around: tuple[Passage, ...] = ()
        self._inside: tuple[Passage, ...] | None = None
        self._counted: int | None = None
        self._reply = 0
        self._piece = 0
        self._succeeded: bool | None = None

    def begins(self) -> None:
        """The model is at work, here."""
        self._around = _INSIDE.get()
        self._inside = (*self._around, self)
        _INSIDE.set(self._inside)

    def rests(self) -> None:
        """The model is not at work any more, or not now."""
        if _INSIDE.get() is self._inside:  # a flow that is collected ends in the context of somebody else
            _INSIDE.set(self._around)

    def holds(self, account: Account) -> bool:
        """Whether it is inside the gate of an account."""
        return self.account is account and self.place.inside and not self.place.over

    def take(self) -> float:
        """Count the request where the rates allow it; return how many seconds to wait, 0 where it was counted."""
        prompt, reply = self.layer.tokens(self.request)
        wait, piece = self.books.take(self.account.name, self.layer.rates, prompt + reply)
        if wait <= 0:
            self._counted, self._reply, self._piece = prompt + reply, reply, piece
        return wait

    def replied(self, usage: Usage, *, cached: bool) -> None:
        """Take note of a reply."""
        if cached:
            self._give_back(self._counted or 0)
            return
        self._succeeded = True
        if usage.input_tokens or usage.output_tokens:
            self._give_back((self._counted or 0) - usage.input_tokens - usage.output_tokens)
            if self._counted is not None:
                self.layer.estimates.learn(self.request, usage)

    def failed(self, error: BaseException) -> None:
        """Take note of a failure: whether the provider wants fewer requests, and none for a while."""
        if not isinstance(error, TransportError):
            return
        if error.retry_after is not None and error.retry_after > 0:
            self.books.pause(self.account.name, error.retry_after)
        if isinstance(error, RateLimitedError):
            self._succeeded = False if error.retryable else None  # a quota that is used up is no matter of pace
        elif isinstance(error, TimedOutError) or error.status in _OVERLOADED:
            self._succeeded = False
        if error.status is not None:
            self._give_back(self._reply)

    def leave(self) -> None:
        """Give the place to the next one."""
        self.account.gate.leave(self.place, succeeded=self._succeeded)

    def _give_back(self, tokens: int) -> None:
        if self._counted is not None and tokens:
            self.books.settle(self.account.name, self.layer.rates, self._piece, -tokens)
            self.account.stirred()


class StreamPassage(Passage):
    """Follows a streamed reply: it holds its place to the end."""

    __slots__ = ("_cached", "_usage")

    def __init__(self, layer: LimitsLayer, request: ChatRequest, account: Account, place: Place, books: Books) -> None:
        super().__init__(layer, request, account, place, books)
        self._usage = Usage()
        self._cached = False

    def asked(self) -> None:
        """The next piece is wanted."""
        self.begins()
        self.account.gate.reads(self.place)

    def saw(self, chunk: Chunk) -> None:
        """A piece has come."""
        self.rests()
        self.account.gate.rests(self.place)
        self._usage += chunk.usage or Usage()
        self._cached = self._cached or chunk.cached

    def over(self, error: BaseException | None) -> None:
        """The stream has ended."""
        self.rests()
        if error is None or isinstance(error, GeneratorExit):
            self.replied(self._usage, cached=self._cached)
        else:
            self.failed(error)
        self.leave()
