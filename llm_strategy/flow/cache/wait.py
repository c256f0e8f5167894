"""How long a request waits for the reply to an equal one that is under way.

A cache stands above retries and budgets, which therefore do not see the wait. It ends all the same by the deadline of
the call, and with the time of a budget. A timeout is for one attempt, and who waits makes none: who has waited as long
as all his own attempts may take asks by himself.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, overload

from llm_strategy.errors import TimedOutError
from llm_strategy.flow.time_limits import time_limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llm_strategy.flow.requests import ChatRequest

__all__ = ["Wait", "looks"]

_FIRST_LOOK, _LONGEST_LOOK = 0.005, 0.25
_GROWTH: Final = 1.5


def looks() -> Iterator[float]:
    """Yield the seconds between two looks at another process: few at first, for replies take long or not.

    >>> pauses = looks()
    >>> [next(pauses) for _ in range(3)]
    [0.005, 0.0075, 0.01125]
    """
    seconds = _FIRST_LOOK
    while True:
        yield seconds
        seconds = min(_GROWTH * seconds, _LONGEST_LOOK)


class Wait:
    """The wait of one request; it begins with the first question about its time."""

    __slots__ = ("_alone", "_began", "_ends", "request")

    def __init__(self, request: ChatRequest) -> None:
        self.request = request
        """What waits."""
        self._began: float | None = None
        self._ends: float | None = None
        self._alone: float | None = None

    @overload
    def seconds(self, most: float) -> float: ...
    @overload
    def seconds(self, most: float | None) -> float | None: ...
    def seconds(self, most: float | None) -> float | None:
        """Return how long to wait for now; None as long as it takes."""
        self._begin()
        now = time.monotonic()
        left = [max(0.0, end - now) for end in (self._ends, self._alone) if end is not None]
        return min([*left, *([] if most is None else [most])], default=None)

    def over(self) -> bool:
        """Return whether it waits no more, and asks by itself.

        Raises:
            TimedOutError: the time for the call is over.
            BudgetExceededError: the time of a budget is over.
        """
        self._begin()
        now = time.monotonic()
        if self._ends is not None and now >= self._ends:
            time_limits(self.request)  # a budget says itself that its time is over
            raise TimedOutError(
                f"Model {self.request.model.name!r} was not asked: the same request was under way already, and no "
                "reply to it came before the time for the call was over.",
                retryable=self.request.timeout is not None,
            )
        return self._alone is not None and now >= self._alone

    def _begin(self) -> None:
        if self._began is not None:
            return
        limits, self._began = time_limits(self.request), time.monotonic()
        ends = [] if limits.deadline is None else [limits.deadline]
        if self.request.timeout is not None:
            ends.append(self._began + self.request.timeout)
        self._ends = min(ends, default=None)
        self._alone = None if limits.attempts is None else self._began + limits.attempts
