"""What the flows of a `Parallel` came to: the part that does not depend on how they are run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llm_strategy.errors import BudgetExceededError
from llm_strategy.flow.requests import Result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llm_strategy.flow.requests import Flow, Parallel

__all__ = ["Gathered"]


class Gathered:
    """The outcomes of flows that run side by side.

    Flows are taken from where they come one at a time, as places become free: there may be any number of them.
    """

    def __init__(self, parallel: Parallel[Any]) -> None:
        self._parallel = parallel
        self._flows: Iterator[tuple[int, Flow[Any]]] = enumerate(parallel.flows)
        self._results: dict[int, Result[Any]] = {}

    def next_flow(self) -> tuple[int, Flow[Any]] | None:
        """Return the next flow that is to begin, with its number; None after the last one."""
        return next(self._flows, None)

    def take(self, index: int, value: object, error: BaseException | None) -> Result[Any] | None:
        """Take the outcome of flow number `index`; return what is to be emitted. Raises what ends them all."""
        if error is not None and not isinstance(error, Exception):
            raise error
        if self._parallel.as_completed:
            return Result(value, error, index)
        if error is not None and not self._parallel.keep_errors:
            raise error
        self._results[index] = Result(value, error, index)
        return None

    def late(self, index: int, value: object) -> None:
        """Take the value of a flow that ended although nobody waits for all of them any more."""
        self._results[index] = Result(value, None, index)

    def answer(self) -> tuple[Any, ...] | None:
        """Return what the flow that asked is answered with."""
        if self._parallel.as_completed:
            return None
        results = self._in_order()
        return tuple(results) if self._parallel.keep_errors else tuple(result.value for result in results)

    def note(self, error: BaseException | None) -> None:
        """Keep what was finished in an error that tells of a budget: it was paid for."""
        if isinstance(error, BudgetExceededError) and not self._parallel.as_completed:
            error.results = tuple(result.value for result in self._in_order() if result.ok)

    def _in_order(self) -> list[Result[Any]]:
        return [self._results[index] for index in sorted(self._results)]
