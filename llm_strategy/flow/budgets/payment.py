"""What one request costs a budget, from its reservation to its bill."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from llm_strategy.errors import BudgetExceededError, DamagedReplyError, TimedOutError
from llm_strategy.flow.budgets.amounts import Amount
from llm_strategy.flow.budgets.ledger import Grant, Wanted
from llm_strategy.flow.estimates import FIRST_REPLY, bytes_of, prompt_bound
from llm_strategy.messages import Reply, Usage

if TYPE_CHECKING:
    from llm_strategy.flow.budgets.layer import BudgetLayer
    from llm_strategy.flow.requests import ChatRequest
    from llm_strategy.messages import Chunk

__all__ = ["Payment", "StreamPayment", "cost_of"]

_CUT_OFF: Final = frozenset({"length", "max_tokens", "model_length", "max_output_tokens", "incomplete"})
_ONE_CALL: Final = Amount(calls=1)


def cost_of(layer: BudgetLayer, request: ChatRequest, wanted: Wanted, reply: Reply | None) -> Amount:
    """Return what a request cost; without a reply, one call."""
    if reply is None:
        return _ONE_CALL
    if reply.usage.input_tokens or reply.usage.output_tokens:
        layer.estimates.learn(request, reply.usage)
        return _billed(layer, request, reply.model, reply.usage)
    said = reply.message.content + "".join(call.arguments for call in reply.message.tool_calls)
    return _estimated(layer, request, wanted, bytes_of(said))


def _billed(layer: BudgetLayer, request: ChatRequest, model: str, usage: Usage, estimated: int = 0) -> Amount:
    money = layer.pricing.cost(request.model, model, usage)
    tokens = usage.input_tokens + usage.output_tokens
    return Amount(1, tokens, money or 0, estimated, 1 if money is None else 0)


def _estimated(layer: BudgetLayer, request: ChatRequest, wanted: Wanted, reply: int) -> Amount:
    """The cost where no bill came: a bound for the prompt, and `reply` tokens."""
    prompt = wanted.prompt or prompt_bound(request)  # takes no lock: the garbage collector may be who asks
    return _billed(layer, request, "", Usage(prompt, reply), 1)


class Payment:
    """Keeps track of what is known of a request's cost, and settles it once.

    What was never sent costs nothing. What failed with an answer of the provider cost a call. Where nobody knows
    whether the reply was made and billed (it came too late, damaged, or nobody waited for it), an estimate is kept.
    """

    def __init__(self, layer: BudgetLayer, request: ChatRequest) -> None:
        self.layer = layer
        """Whose budget it is."""
        self.request = request
        """What is paid for."""
        self.wanted = Wanted()
        """What it may cost."""
        self.grant: Grant | None = None
        """What was reserved."""
        self._cost = Amount()
        self._sent = False

    def sent(self) -> None:
        """The request goes to the model."""
        self._sent = True
        self._cost = _ONE_CALL

    def replied(self, reply: Reply) -> None:
        """Its reply is there. One that came out of a cache was never sent."""
        self._cost = (
            Amount() if reply.cached or not self._sent else cost_of(self.layer, self.request, self.wanted, reply)
        )

    def failed(self, error: BaseException) -> None:
        """No reply will come; or another budget has told that it was cut off."""
        if isinstance(error, BudgetExceededError) and isinstance(error.reply, Reply):
            self.replied(error.reply)
        elif self._sent and (isinstance(error, TimedOutError | DamagedReplyError) or not isinstance(error, Exception)):
            reply = self.wanted.likely or FIRST_REPLY
            limit = None if self.grant is None else self.grant.reply
            most = reply if limit is None else min(reply, limit)
            self._cost = _estimated(self.layer, self.request, self.wanted, most)

    def holds(self) -> None:
        """Nobody is to wait for what it has reserved."""
        if self.grant is not None:
            self.layer.ledger.opened(self.grant)

    def settle(self) -> None:
        """Put the cost into the books."""
        if self.grant is not None:
            self.layer.ledger.settle(self.grant, self._cost)

    def check_whole(self, finish_reason: str | None, reply: Reply | None = None) -> None:
        """Raise BudgetExceededError where the reply was cut off because no more was left for it."""
        grant = self.grant
        if grant is not None and grant.rest and finish_reason is not None and finish_reason.lower() in _CUT_OFF:
            state = self.layer.ledger.state()
            limit = "tokens" if state.limits.money is None else "dollars"
            error = BudgetExceededError(
                f"{state.limits}: the reply was cut off after {grant.reply} tokens, which was all that was left for "
                "it. Raise the budget to go on; what was finished beside it is in `error.results`.",
                limit=limit,
            )
            error.reply = reply
            raise error


class StreamPayment(Payment):
    """Follows a streamed reply to its bill. One that is closed early has none: what was read of it is estimated."""

    def __init__(self, layer: BudgetLayer, request: ChatRequest) -> None:
        super().__init__(layer, request)
        self._usage = Usage()
        self._bytes = 0
        self._model = ""
        self._finish_reason: str | None = None
        self._cached = False

    def asked(self) -> None:
        """The next piece is wanted."""

    def saw(self, chunk: Chunk) -> None:
        """A piece has come."""
        self._usage += chunk.usage or Usage()
        self._bytes += bytes_of(chunk.text)
        self._model = chunk.model or self._model
        self._finish_reason = chunk.finish_reason or self._finish_reason
        self._cached = self._cached or chunk.cached

    def over(self, error: BaseException | None) -> None:
        """The stream has ended. Raises BudgetExceededError where it was cut off because no more was left."""
        if self._cached:
            self._cost = Amount()
        elif self._usage.input_tokens or self._usage.output_tokens:
            self.layer.estimates.learn(self.request, self._usage)
            self._cost = _billed(self.layer, self.request, self._model, self._usage)
        elif error is None or self._bytes or isinstance(error, GeneratorExit | TimedOutError | DamagedReplyError):
            self._cost = _estimated(self.layer, self.request, self.wanted, self._bytes)
        self.settle()
        if error is None:
            self.check_whole(self._finish_reason)
