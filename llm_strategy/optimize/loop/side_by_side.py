"""Calling a function on several items at once, with the outcomes in order."""

from __future__ import annotations

from contextlib import closing
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from llm_strategy.flow import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from llm_strategy.flow import Executor

__all__ = ["side_by_side"]

I = TypeVar("I")  # noqa: E741 (one of the items)
T = TypeVar("T")


def side_by_side(
    function: Callable[[I], T],
    items: Sequence[I],
    workers: int,
    executor: Executor | None,
    is_last: Callable[[T], bool] = lambda _: False,
) -> list[Result[T]]:
    """Return the outcomes of items in order; the scopes around hold inside.

    After an error no more are begun; what was begun by then was paid for, and is among the outcomes.

    >>> [one.value for one in side_by_side(len, ["a", "bb"], 1, None)]
    [1, 2]

    Args:
        function: what is called.
        items: what it is called on.
        workers: how many calls are under way at once, at most.
        executor: where they are carried out; None for this thread where there is one worker, or else for threads.
        is_last: whether no more are to be begun after a value, as after an error.
    """
    found: list[Result[T]] = []
    ended = False

    def waiting() -> Iterator[I]:
        for item in items:
            if ended:
                return
            yield item

    with closing(_outcomes(function, waiting(), workers, executor)) as outcomes:
        for one in outcomes:
            found.append(one)
            ended = ended or not one.ok or is_last(one.unwrap())
    return sorted(found, key=lambda one: one.index)


def _outcomes(
    function: Callable[[I], T], items: Iterable[I], workers: int, executor: Executor | None
) -> Generator[Result[T]]:
    if executor is None and workers == 1:
        return _one_by_one(function, items)
    chosen: Any = executor or import_module("llm_strategy.executors.threads").ThreadExecutor()
    made: Generator[Result[T]] = chosen.map(function, items, workers)
    return made


def _one_by_one(function: Callable[[I], T], items: Iterable[I]) -> Generator[Result[T]]:
    for index, item in enumerate(items):
        try:
            yield Result(function(item), index=index)
        except Exception as error:  # noqa: BLE001 (as executors do)
            yield Result(error=error, index=index)
