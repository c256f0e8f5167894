"""Many calls in threads of this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from llm_strategy.executors.items import done_with
from llm_strategy.flow import Parallel, iterate

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from llm_strategy.flow import Flow, Result

__all__ = ["ThreadExecutor"]

I = TypeVar("I")  # noqa: E741 (one of the items)
T = TypeVar("T")


class ThreadExecutor:
    """Calls a function on many items, in threads of this process.

    >>> executor = ThreadExecutor()
    >>> sorted(result.unwrap() for result in executor.map(len, ["a", "bb", "ccc"]))
    [1, 2, 3]
    """

    def map(self, function: Callable[[I], T], items: Iterable[I], limit: int = 16) -> Generator[Result[T]]:
        """Give the result of each item as soon as it is there; see `Executor`.

        Args:
            function: what is called on each item.
            items: taken one at a time, as places become free.
            limit: how many calls are under way at once, at most.
        """
        return iterate(_flow(function, items, limit))


def _flow(function: Callable[[Any], Any], items: Iterable[Any], limit: int) -> Flow[None]:
    flows = (done_with(function, item) for item in items)
    yield Parallel(flows, limit=limit, as_completed=True)
