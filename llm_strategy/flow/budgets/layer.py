"""The layer that pays for requests out of a budget."""

from __future__ import annotations

import time
from contextvars import ContextVar
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import TimedOutError
from llm_strategy.flow.budgets.ledger import Wanted
from llm_strategy.flow.budgets.payment import Payment, StreamPayment, cost_of
from llm_strategy.flow.budgets.refusal import refusal
from llm_strategy.flow.followed import follow
from llm_strategy.flow.own_limit import own_limit
from llm_strategy.flow.ranks import BUDGET
from llm_strategy.flow.requests import ChatRequest, OpenStream
from llm_strategy.flow.sent import noting_sent
from llm_strategy.flow.time_limits import TimeLimits, time_limits

if TYPE_CHECKING:
    from llm_strategy.flow.budgets.ledger import Grant, Ledger
    from llm_strategy.flow.budgets.pricing import Pricing
    from llm_strategy.flow.estimates import Estimates
    from llm_strategy.flow.layers import Onward, Path
    from llm_strategy.flow.requests import Flow, Request, Stream
    from llm_strategy.messages import Reply

__all__ = ["BudgetLayer"]

_ASKING: ContextVar[tuple[Payment, ...]] = ContextVar("llm_strategy_asking", default=())
"""The requests whose models are at work here: a model may ask other models, and would wait for itself."""


class BudgetLayer:
    """Reserves what a request may cost, sends it with what it may take, and settles when its reply is there."""

    rank = BUDGET

    def __init__(self, ledger: Ledger, pricing: Pricing, estimates: Estimates) -> None:
        self.ledger = ledger
        """The books."""
        self.pricing = pricing
        """What models cost."""
        self.estimates = estimates
        """What prompts and replies may cost."""
        limits = ledger.state().limits
        self._money = limits.money is not None
        self._tokens = self._money or limits.tokens is not None

    def __call__(self, request: Request, path: Path, onward: Onward) -> Flow[Any]:  # noqa: ARG002
        """Answer requests to models within the budget; pass all others on."""
        if isinstance(request, ChatRequest):
            return self._reply(request, onward)
        if isinstance(request, OpenStream):
            return self._stream(request, onward)
        return onward(request)

    def time_limits(self, request: ChatRequest) -> TimeLimits:  # noqa: ARG002 (it is the same for all)
        """Return when the time is over: for layers above, where a call may wait, too. Raises BudgetExceededError."""
        state = self.ledger.state()
        if state.limits.seconds is None:
            return TimeLimits()
        if state.seconds >= state.limits.seconds:
            raise refusal(state, Wanted(), "seconds")
        return TimeLimits(time.monotonic() + state.limits.seconds - state.seconds)

    def replayed(self, request: ChatRequest, reply: Reply | None) -> None:
        """Count a request that was sent in an earlier run."""
        if reply is None or not reply.cached:
            self.ledger.charge(cost_of(self, request, Wanted(), reply))

    def _reply(self, request: ChatRequest, onward: Onward) -> Flow[Reply]:
        payment, grant, around = Payment(self, request), None, _ASKING.get()
        try:
            grant = yield from self._granted(request, payment)
            _ASKING.set((*around, payment))
            reply: Reply = yield from noting_sent(onward(_within(request, grant)), payment.sent)
            payment.replied(reply)
        except TimedOutError as error:
            payment.failed(error)
            if grant is not None and grant.seconds is not None:
                self._check_time(error)
            raise
        except BaseException as error:
            payment.failed(error)
            raise
        finally:
            _ASKING.set(around)
            payment.settle()
        payment.check_whole(reply.finish_reason, reply)
        return reply

    def _stream(self, request: OpenStream, onward: Onward) -> Flow[Stream]:
        payment = StreamPayment(self, request.request)
        try:
            grant = yield from self._granted(request.request, payment)
            opening = OpenStream(_within(request.request, grant))
            stream: Stream = yield from noting_sent(onward(opening), payment.sent)
        except BaseException as error:
            payment.failed(error)
            payment.settle()
            raise
        self.ledger.opened(grant)
        follow(stream, payment)
        return stream

    def _granted(self, request: ChatRequest, payment: Payment) -> Flow[Grant]:
        for outer in _ASKING.get():
            outer.holds()
        payment.wanted = self._wanted(request)
        payment.grant = grant = self.ledger.reserve(payment.wanted)
        if grant.waiting:
            payment.grant = grant = yield self.ledger.waiting(grant, time_limits(request).left)
        if grant.waiting:
            time_limits(request)  # where the time of a budget is over, that is said
            raise TimedOutError(
                f"Model {request.model.name!r} was not asked: requests under way have reserved what is left of a "
                "budget, and gave nothing back before the time for the call was over."
            )
        return grant

    def _wanted(self, request: ChatRequest) -> Wanted:
        if not self._tokens:
            return Wanted()
        input_price, output_price = self.pricing.of_tokens(request.model) if self._money else (0, 0)
        return Wanted(
            prompt=self.estimates.prompt(request),
            reply=own_limit(request),
            likely=self.estimates.reply(request),
            input_price=input_price,
            output_price=output_price,
        )

    def _check_time(self, error: TimedOutError) -> None:
        state = self.ledger.state()
        if state.limits.seconds is not None and state.seconds >= state.limits.seconds:
            raise refusal(state, Wanted(), "seconds", sent=True) from error


def _within(request: ChatRequest, grant: Grant) -> ChatRequest:
    """The request with no more tokens and time than were granted."""
    if grant.reply is not None and grant.reply != request.sampling.max_tokens:
        request = replace(request, sampling=replace(request.sampling, max_tokens=grant.reply))
    if grant.seconds is not None:
        ends = time.monotonic() + grant.seconds
        if request.deadline is None or ends < request.deadline:
            request = replace(request, deadline=ends)
    return request
