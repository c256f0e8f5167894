"""Outcomes in order, of work that is done in any order."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, TypeVar

from llm_strategy.errors import BudgetExceededError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from llm_strategy.flow import Result

__all__ = ["in_order"]

I = TypeVar("I")  # noqa: E741 (one of the items)
T = TypeVar("T")


def in_order(
    results: Callable[[Iterable[I]], Generator[Result[T]]],
    items: Sequence[I],
) -> Generator[T]:
    """Give the value of each item as soon as it and those before it are there.

    After an error no further items are begun, and those under way come to their ends: they were paid for.

    >>> from llm_strategy.flow import Result
    >>> def backwards(items):
    ...     for index, item in reversed(list(enumerate(items))):
    ...         yield Result(item, None, index)
    >>> list(in_order(backwards, ["a", "b"]))
    ['a', 'b']

    Raises:
        Exception: that of the first item in order that has one.
    """
    waiting: dict[int, Result[T]] = {}
    ended = False
    place = 0

    def fed() -> Iterator[I]:
        for item in items:
            if ended:
                return
            yield item

    with closing(results(fed())) as coming:
        for result in coming:
            waiting[result.index] = result
            ended = ended or result.error is not None
            while place in waiting and waiting[place].error is None:
                yield waiting.pop(place).unwrap()
                place += 1
    if waiting:
        raise _ending(waiting)


def _ending(waiting: dict[int, Result[T]]) -> Exception:
    """Return the first error, with what was finished behind it where it can hold that."""
    results = [waiting[place] for place in sorted(waiting)]
    error = next(result.error for result in results if result.error is not None)
    if isinstance(error, BudgetExceededError):
        error.results = tuple(result.value for result in results if result.ok)
    return error
