"""The way of one request past the limits: what it holds, and what its end tells."""

from __future__ import annotations

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

__all__ = ["Passage", "StreamPassage"]

_OVERLOADED: Final = frozenset({408, 429, 503, 504, 529})


class Passage:
    """Holds the place of a request at the gate, and its count under the rates; gives back what it did not need."""

    __slots__ = ("_counted", "_piece", "_reply", "_succeeded", "account", "books", "layer", "place", "request")

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
        self._counted: int | None = None
        self._reply = 0
        self._piece = 0
        self._succeeded: bool | None = None

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
        self.account.gate.reads(self.place)

    def saw(self, chunk: Chunk) -> None:
        """A piece has come."""
        self.account.gate.rests(self.place)
        self._usage += chunk.usage or Usage()
        self._cached = self._cached or chunk.cached

    def over(self, error: BaseException | None) -> None:
        """The stream has ended."""
        if error is None or isinstance(error, GeneratorExit):
            self.replied(self._usage, cached=self._cached)
        else:
            self.failed(error)
        self.leave()
