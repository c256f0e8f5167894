"""Taking the context of a call into threads that the library does not start.

Scopes of hyperparameters, the model of `use_model`, layers and traces are context variables. Tasks and the threads of
the library inherit them; a thread of the user's own begins with none of them.
"""

from __future__ import annotations

import contextvars
from concurrent.futures import Future, ThreadPoolExecutor
from functools import wraps
from inspect import iscoroutine
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

__all__ = ["ContextThreadPoolExecutor", "Within", "carried"]

P = ParamSpec("P")
T = TypeVar("T")


def carried(function: Callable[P, T]) -> Callable[P, T]:
    """Return a function that runs in the context of this moment, whatever thread calls it, as often as it likes.

    So does what an async function does, whatever event loop awaits it.

    >>> from threading import Thread
    >>> from llm_strategy.tracing import span, trace
    >>> def work():
    ...     with span("work"):
    ...         pass
    >>> with trace("threads") as t:
    ...     thread = Thread(target=carried(work))
    ...     thread.start()
    ...     thread.join()
    >>> [span.name for span in t.spans]
    ['threads', 'work']
    """
    context = contextvars.copy_context()

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        own = context.copy()  # a context can be in one thread at a time
        result: Any = own.run(function, *args, **kwargs)
        return cast("T", _awaited(own, result) if iscoroutine(result) else result)

    return run


async def _awaited(context: contextvars.Context, awaitable: Awaitable[T]) -> T:
    return await Within(context, awaitable)


class ContextThreadPoolExecutor(ThreadPoolExecutor):
    """A `ThreadPoolExecutor` whose jobs run in the context in which they are submitted.

    >>> from llm_strategy.tracing import span, trace
    >>> def work(name):
    ...     with span(name):
    ...         pass
    >>> with trace("pool") as t, ContextThreadPoolExecutor() as pool:
    ...     _ = list(pool.map(work, ["one", "two"]))
    >>> sorted(span.name for span in t.spans)
    ['one', 'pool', 'two']
    """

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run a job in a copy of the present context."""
        run: Any = contextvars.copy_context().run
        return super().submit(run, fn, *args, **kwargs)


class Within(Generic[T]):
    """Awaits something in a context that stays its own from one await to the next.

    An async generator runs in the context of whoever pulls it: what it sets would be seen there.
    """

    def __init__(self, context: contextvars.Context, awaitable: Awaitable[T]) -> None:
        self._context = context
        self._awaitable = awaitable

    def __await__(self) -> Generator[Any, Any, T]:
        steps: Any = self._awaitable.__await__()
        step, value = steps.send, None
        while True:
            try:
                waiting = self._context.run(step, value)
            except StopIteration as done:
                return done.value  # type: ignore[no-any-return]
            try:
                value = yield waiting
                step = steps.send
            except BaseException as error:  # noqa: BLE001 (a cancelled task: it is told inside)
                value, step = error, steps.throw
