"""Calling a function on many items: in this thread, in several, or wherever an executor does it."""

from __future__ import annotations

import contextvars
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from llm_strategy.flow import Parallel, Result, iterate

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from llm_strategy.flow import Executor, Flow

__all__ = ["side_by_side"]

I = TypeVar("I")  # noqa: E741 (one of the items)
T = TypeVar("T")


def side_by_side(
    function: Callable[[I], T], items: Iterable[I], *, workers: int, executor: Executor | None = None
) -> Generator[Result[T]]:
    """Give the result of each item as soon as it is there, errors among them; items are taken as places become free.

    >>> sorted(result.unwrap() for result in side_by_side(len, ["a", "bb"], workers=2))
    [1, 2]
    """
    if executor is not None:
        return executor.map(function, items, workers)
    return _one_by_one(function, items) if workers == 1 else iterate(_together(function, items, workers))


def _one_by_one(function: Callable[[I], T], items: Iterable[I]) -> Generator[Result[T]]:
    for index, item in enumerate(items):
        try:
            # In a context of its own, as in a thread: what one call leaves there, the next one does not find.
            value = contextvars.copy_context().run(function, item)
        except Exception as error:  # noqa: BLE001 (it is given as a result)
            yield Result(None, error, index)
        else:
            yield Result(value, None, index)


def _together(function: Callable[[Any], Any], items: Iterable[Any], workers: int) -> Flow[None]:
    yield Parallel((_called(function, item) for item in items), limit=workers, as_completed=True)


def _called(function: Callable[[Any], Any], item: Any) -> Flow[Any]:
    return (yield _Call(function, item))


@dataclass(frozen=True, slots=True)
class _Call:
    """Call a function of the user's own; answered with what it returns."""

    function: Callable[[Any], Any]
    item: Any

    def perform(self) -> Any:
        """Call the function."""
        return self.function(self.item)

    async def aperform(self) -> Any:
        """Call the function; `iterate` runs flows in threads."""
        return self.function(self.item)
