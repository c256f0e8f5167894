"""Telling the budget of the optimization from one of the task's own.

A task that ran out of its own budget has failed, which is data. One that ran out of the budget around the optimization
has not been tried, whatever it made of the error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llm_strategy.errors import BudgetExceededError
from llm_strategy.flow.followed import follow
from llm_strategy.flow.layers import layers_around
from llm_strategy.flow.ranks import BUDGET
from llm_strategy.flow.requests import Stream
from llm_strategy.flow.time_limits import TimeLimits

if TYPE_CHECKING:
    from collections.abc import Callable

    from llm_strategy.flow.layers import Layer, Onward, Path
    from llm_strategy.flow.requests import ChatRequest, Flow, Request
    from llm_strategy.messages import Chunk

__all__ = ["Refusals"]


class Refusals:
    """A layer that notes when a budget around it refuses a request. Budgets inside of it come before it."""

    rank = BUDGET

    def __init__(self) -> None:
        self.error: BudgetExceededError | None = None
        """The first refusal."""
        self._around = layers_around()

    def __call__(self, request: Request, path: Path, onward: Onward) -> Flow[Any]:  # noqa: ARG002
        """Pass the request on."""
        try:
            answer: object = yield from onward(request)
        except BudgetExceededError as error:
            self.note(error)
            raise
        if isinstance(answer, Stream):
            follow(answer, _Following(self))
        return answer

    def time_limits(self, request: ChatRequest) -> TimeLimits:
        """Ask the budgets around: where their time is over, requests end before they come here."""
        limits = TimeLimits()
        for layer in self._around():
            said: Callable[[ChatRequest], TimeLimits] | None = getattr(layer, "time_limits", None)
            if said is not None:
                try:
                    limits = limits.and_also(said(request))
                except BudgetExceededError as error:
                    self.note(error)
                    raise
        return limits

    def note(self, error: BudgetExceededError) -> None:
        """Keep the first refusal."""
        self.error = self.error or error

    def __reduce__(self) -> tuple[Any, ...]:
        from llm_strategy.flow.standing import STANDING

        return _Sent, (tuple(one for one in self._around() if one not in STANDING),)  # those are everywhere


class _Sent(Refusals):
    """The same in another process."""

    def __init__(self, around: tuple[Layer, ...]) -> None:
        super().__init__()
        self._around = lambda: around


class _Following:
    """Notes that a stream was cut off because nothing was left."""

    def __init__(self, refusals: Refusals) -> None:
        self._refusals = refusals

    def asked(self) -> None:
        """The next piece is wanted."""

    def saw(self, chunk: Chunk) -> None:
        """A piece has come."""

    def over(self, error: BaseException | None) -> None:
        """The stream has ended."""
        if isinstance(error, BudgetExceededError):
            self._refusals.note(error)
