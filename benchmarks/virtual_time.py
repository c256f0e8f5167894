"""Flows run by a clock that jumps from event to event, and a provider that counts what it is sent."""

import contextvars
import heapq
import itertools
import random
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from llm_strategy.errors import RateLimitedError, TransportError
from llm_strategy.flow import ChatRequest, Flow, Profile, Sleep
from llm_strategy.flow.turns import WaitFor
from llm_strategy.messages import Message, Reply, Usage


class _Within:
    """A flow that is carried on in one context, whoever carries it on."""

    def __init__(self, context: contextvars.Context, flow: Flow[Any]) -> None:
        self._context, self._flow = context, flow

    def send(self, answer: object) -> Any:
        return self._context.run(self._flow.send, answer)

    def throw(self, error: Exception) -> Any:
        return self._context.run(self._flow.throw, error)


class VirtualTime:
    """Runs flows; the clock stands still while something can be done, and jumps to the next event else."""

    def __init__(self, now: float = 10_000.0) -> None:
        self.now = now
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()

    def __call__(self) -> float:
        return self.now

    def at(self, when: float, call: Callable[[], None]) -> None:
        heapq.heappush(self._events, (when, next(self._numbers), call))

    def begin(self, flow: Flow[Any]) -> None:
        context = contextvars.copy_context()  # as a thread or a task of its own has one
        self.at(self.now, lambda: self._go(_Within(context, flow), None, None))

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self._events and self._events[0][0] <= end:
            self.now, _, call = heapq.heappop(self._events)
            call()
        self.now = end

    def _go(self, flow: _Within, answer: object, error: Exception | None) -> None:
        try:
            wanted: Any = flow.send(answer) if error is None else flow.throw(error)
        except StopIteration:
            return
        if isinstance(wanted, ChatRequest):
            seconds, reply = wanted.model.answer(wanted, self.now)  # type: ignore[attr-defined]
            failed = isinstance(reply, Exception)
            self.at(self.now + seconds, lambda: self._go(flow, None if failed else reply, reply if failed else None))
        elif isinstance(wanted, Sleep):
            self.at(self.now + wanted.seconds, lambda: self._go(flow, None, None))
        else:
            self._wait(flow, wanted)

    def _wait(self, flow: _Within, wanted: WaitFor) -> None:
        over: list[bool] = []

        def wake() -> None:
            if not over:
                over.append(True)
                self._go(flow, wanted.turn.given, None)

        wanted.turn.on_given(lambda: self.at(self.now, wake))
        if wanted.seconds is not None:
            self.at(self.now + wanted.seconds, wake)


@dataclass(eq=False)
class Provider:
    """A model behind a provider with limits, which nobody is told of: it counts, and refuses what is beyond them."""

    clock: VirtualTime
    at_once: int | None = None
    seconds: float = 1.0
    replies: tuple[int, int] = (20, 300)
    name: str = "simulated"
    account: str = "simulated:account"
    profile: Profile = field(default_factory=Profile)
    sent: list[tuple[float, int]] = field(default_factory=list)
    """When a request came, and its tokens in all."""
    refused: int = 0
    early: int = 0
    """Requests before the time that was asked for."""
    under_way: int = 0
    _since: float = 0.0
    _until: float = 0.0
    _dice: random.Random = field(default_factory=lambda: random.Random(1))

    def answer(self, request: ChatRequest, now: float) -> tuple[float, Reply | TransportError]:
        self.early += self._since < now < self._until  # at the very moment of the refusal, it is under way
        if self.at_once is not None and self.under_way >= self.at_once:
            self.refused += 1
            return 0.05, RateLimitedError("slower", status=429, retryable=True)
        prompt = 50 + len(request.messages[-1].content) // 4
        reply = self._dice.randint(*self.replies)
        insort(self.sent, (now, prompt + reply))
        self.under_way += 1
        seconds = self.seconds * self._dice.uniform(0.5, 1.5)
        self.clock.at(now + seconds, self._ended)
        return seconds, Reply(Message.assistant("."), "stop", usage=Usage(prompt, reply))

    def closed_until(self, when: float) -> RateLimitedError:
        self._since, self._until = self.clock.now, max(when, self._until)
        return RateLimitedError("later", status=429, retryable=True, retry_after=when - self.clock.now)

    def _ended(self) -> None:
        self.under_way -= 1


def busiest(sent: Iterable[tuple[float, int]], window: float, weigh: Callable[[int], int]) -> int:
    """The most that was sent in any window of so many seconds."""
    times = sorted(sent)
    weights = [weigh(tokens) for _, tokens in times]
    sums = [0, *itertools.accumulate(weights)]
    most = 0
    for start, (when, _) in enumerate(times):
        end = bisect_left(times, (when + window, -1))
        most = max(most, sums[end] - sums[start])
    return most
