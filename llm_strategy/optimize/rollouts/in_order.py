"""Outcomes of work that is done in any order, and the same in order."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from llm_strategy.errors import BudgetExceededError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from llm_strategy.flow import Result

__all__ = ["as_completed", "in_order"]

I = TypeVar("I")  # noqa: E741 (one of the items)
T = TypeVar("T")

_Done: TypeAlias = "Callable[[Iterable[I]], Generator[Result[T]]]"


def as_completed(done: _Done[I, T], items: Sequence[I]) -> Generator[tuple[int, T]]:
    """Give the value of each item with its place as soon as it is there.

    After an error no further items are begun, and those under way come to their ends: they were paid for.

    Raises:
        Exception: that of the first item in order that has one, at the end.
    """
    errors: dict[int, Exception] = {}

    def fed() -> Iterator[I]:
        for item in items:
            if errors:
                return
            yield item

    with closing(done(fed())) as results:
        for result in results:
            if result.error is None:
                yield result.index, result.unwrap()
            else:
                errors[result.index] = result.error
    if errors:
        raise errors[min(errors)]


def in_order(done: _Done[I, T], items: Sequence[I]) -> Generator[T]:
    """Give the value of each item as soon as it and those before it are there; see `as_completed`.

    >>> from llm_strategy.flow import Result
    >>> def backwards(items):
    ...     for index, item in reversed(list(enumerate(items))):
    ...         yield Result(item, None, index)
    >>> list(in_order(backwards, ["a", "b"]))
    ['a', 'b']
    """
    waiting: dict[int, T] = {}
    place = 0
    try:
        with closing(as_completed(done, items)) as values:
            for index, value in values:
                waiting[index] = value
                while place in waiting:
                    yield waiting.pop(place)
                    place += 1
    except BudgetExceededError as error:
        error.results = tuple(waiting[index] for index in sorted(waiting))
        raise
