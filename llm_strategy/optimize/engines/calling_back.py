"""A library that calls back, as a part of a search that asks.

Libraries such as gepa run their loop themselves, and call a function of ours for each rollout. A search is a generator,
so that one driver serves all of them: with its store, its budget and its workers. So the loop of the library runs in a
thread of its own, which stands still while the search asks for it: one of the two runs at a time, never both.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from llm_strategy.optimize.search.asking import Steps

__all__ = ["Ask", "Ended", "called_back"]

T = TypeVar("T")
S = TypeVar("S")


class Ended(BaseException):
    """The search is over: this unwinds the loop of the library. No error, and nothing that a library may catch."""


class Ask(Protocol):
    """Carries out a part of the search, out of the loop of the library."""

    def __call__(self, steps: Steps[S]) -> S:
        """Return what the part ends with. Raises Ended."""
        ...


@dataclass(frozen=True, slots=True)
class _Done(Generic[T]):
    """The loop of the library has ended."""

    value: T | None = None
    error: BaseException | None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    value: Any = None
    over: bool = False


_Work: TypeAlias = Callable[[Ask], T]


def called_back(work: _Work[T]) -> Steps[T]:
    """Run the loop of a library; what it asks for is asked by this part of the search.

    Args:
        work: runs the loop. It gets a function that carries out a part of the search; Ended must pass through it.

    Raises:
        BaseException: what `work` raises.
    """
    wanted: SimpleQueue[Steps[Any] | _Done[T]] = SimpleQueue()
    answers: SimpleQueue[_Answer] = SimpleQueue()
    # The loop sees the context that it was begun in; it stands still whenever something else may look at it.
    thread = threading.Thread(target=copy_context().run, args=(_run, work, wanted, answers), daemon=True)
    thread.start()
    try:
        while True:
            message = wanted.get()
            if isinstance(message, _Done):
                if message.error is not None:
                    raise message.error
                return message.value  # type: ignore[return-value]  # there is a value where there is no error
            answers.put(_Answer((yield from message)))
    finally:
        answers.put(_Answer(over=True))
        thread.join()


def _run(work: _Work[T], wanted: SimpleQueue[Steps[Any] | _Done[T]], answers: SimpleQueue[_Answer]) -> None:
    def ask(steps: Steps[S]) -> S:
        wanted.put(steps)
        answer = answers.get()
        if answer.over:
            answers.put(answer)  # a loop that catches this, and asks again, is told again
            raise Ended
        value: S = answer.value
        return value

    try:
        wanted.put(_Done(work(ask)))
    except BaseException as error:  # noqa: BLE001 (it is raised where the search goes on)
        wanted.put(_Done(error=error))
