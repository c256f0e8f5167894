"""The layer that lets each rollout pay out of its own purse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llm_strategy.errors import BudgetExceededError
from llm_strategy.flow.ranks import BUDGET
from llm_strategy.flow.requests import ChatRequest, OpenStream
from llm_strategy.flow.time_limits import TimeLimits
from llm_strategy.optimize.rollouts.current import current_rollout

if TYPE_CHECKING:
    from collections.abc import Callable

    from llm_strategy.flow.budgets.layer import BudgetLayer
    from llm_strategy.flow.layers import Onward, Path
    from llm_strategy.flow.requests import Flow, Request
    from llm_strategy.messages import Reply
    from llm_strategy.optimize.budget.batch import Batch
    from llm_strategy.optimize.budget.cost import Line

__all__ = ["Counter", "PayingLayer"]


class Counter:
    """Where the batch lies whose rollouts are under way."""

    def __init__(self) -> None:
        self.batch: Batch | None = None
        """The batch; None where there is none."""


class PayingLayer:
    """Lets the requests of a rollout pass the layers of its purse.

    Of several layers of one search, the innermost one pays: a judge inside of a task's scope pays on its own line.

    In the worker of a cluster there are no purses of rollouts: all of them pay out of one for the whole batch.
    """

    rank = BUDGET

    def __init__(self, line: Line, counter: Counter, kind: str) -> None:
        self.kind = kind
        """What the layers of one search have in common."""
        self._line: Line = line
        self._counter = counter

    def __call__(self, request: Request, path: Path, onward: Onward) -> Flow[Any]:
        """Answer requests to models within the budget; pass all others on."""
        if isinstance(request, ChatRequest | OpenStream):
            return _through(self._layers(), request, path, onward)
        return onward(request)

    def time_limits(self, request: ChatRequest) -> TimeLimits:
        """Return when the time is over. Raises BudgetExceededError."""
        return _time_limits(self._layers(), request)

    def replayed(self, request: ChatRequest, reply: Reply | None) -> None:
        """Count a request that was sent in an earlier run."""
        for layer in self._layers():
            layer.replayed(request, reply)

    def _layers(self) -> tuple[BudgetLayer, ...]:
        current, batch = current_rollout(), self._counter.batch
        if batch is None:
            raise BudgetExceededError("A rollout goes on that nobody waits for any more: it may spend nothing.")
        return batch.layers(None if current is None else current.order.key, self._line)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        batch = self._counter.batch
        return _FarLayer, (self.kind, () if batch is None else batch.strays.sent(self._line))


class _FarLayer:
    """Stands for the layer in another process."""

    rank = BUDGET

    def __init__(self, kind: str, layers: tuple[BudgetLayer, ...]) -> None:
        self.kind = kind
        self._layers = layers

    def __call__(self, request: Request, path: Path, onward: Onward) -> Flow[Any]:
        if isinstance(request, ChatRequest | OpenStream):
            return _through(self._layers, request, path, onward)
        return onward(request)

    def time_limits(self, request: ChatRequest) -> TimeLimits:
        return _time_limits(self._layers, request)

    def replayed(self, request: ChatRequest, reply: Reply | None) -> None:
        for layer in self._layers:
            layer.replayed(request, reply)


def _through(layers: tuple[BudgetLayer, ...], request: Request, path: Path, onward: Onward) -> Flow[Any]:
    if not layers:
        return onward(request)
    return layers[0](request, path, lambda below: _through(layers[1:], below, path, onward))


def _time_limits(layers: tuple[BudgetLayer, ...], request: ChatRequest) -> TimeLimits:
    limits = TimeLimits()
    for layer in layers:
        limits = limits.and_also(layer.time_limits(request))
    return limits
