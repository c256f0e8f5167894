"""The sync driver: carries a flow's requests out, one after the other, or in threads where it asks for that."""

from __future__ import annotations

import contextvars
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import closing
from threading import Event
from typing import TYPE_CHECKING, Any, TypeVar

from llm_strategy.flow.requests import Emit, Parallel, Request, Result
from llm_strategy.flow.step import Cancelled, Done, Position

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from llm_strategy.flow.requests import Flow

__all__ = ["iterate", "run"]

T = TypeVar("T")


def run(flow: Flow[T]) -> T:
    """Run a flow to its end and return its value.

    What a request raises is raised inside the flow, at the `yield`; what the flow raises is raised here. However it
    ends, the flow is closed, so its `finally` blocks run, and the streams that it opened are closed.

    Raises:
        Exception: whatever the flow raises.

    Examples:
        >>> def double(flow):
        ...     return 2 * (yield from flow)
        >>> def three():
        ...     return 3
        ...     yield
        >>> run(double(three()))
        6
    """
    return _last(Position(flow))


def iterate(flow: Flow[Any]) -> Generator[Any]:
    """Iterate over what a flow emits.

    The flow runs only as far as the iterator is pulled, in the context of this call: the scopes around it hold to its
    end, and those that it opens are not seen by whoever pulls. Closing the iterator closes the flow and its streams.

    Raises:
        Exception: whatever the flow raises, when the iterator is pulled.
    """
    return _iterated(flow, contextvars.copy_context())


def _iterated(flow: Flow[Any], context: contextvars.Context) -> Generator[Any]:
    events = context.run(_events, Position(flow), _never)
    try:
        while True:
            try:
                event = context.run(next, events)
            except StopIteration:
                return
            if isinstance(event, Emit):
                yield event.value
    finally:
        context.run(events.close)


def _never() -> bool:
    return False


def _last(position: Position[T], stopped: Callable[[], bool] = _never) -> T:
    with closing(_events(position, stopped)) as events:
        for event in events:
            if isinstance(event, Done):
                return event.value
    raise Cancelled  # pragma: no cover (the loop always ends in Done or raises)


def _events(position: Position[T], stopped: Callable[[], bool]) -> Generator[Emit | Done[T]]:
    answer: Any = None
    error: Exception | None = None
    try:
        while True:
            if stopped():
                raise Cancelled
            wanted = position.advance(answer, error)
            answer, error = None, None
            if isinstance(wanted, Done):
                yield wanted
                return
            if isinstance(wanted, Emit):
                yield wanted
                continue
            try:
                answer = _answer(position, wanted, stopped)
            except Exception as problem:  # noqa: BLE001 (every error goes back into the flow: it may recover)
                error = problem
    finally:
        position.close()


def _answer(position: Position[Any], wanted: Request | Parallel[Any], stopped: Callable[[], bool]) -> Any:
    if isinstance(wanted, Parallel):
        return _together(position, wanted, stopped)
    passage = position.passage(wanted)
    return wanted.perform() if passage is None else _last(passage, stopped)


def _together(position: Position[Any], parallel: Parallel[Any], stopped: Callable[[], bool]) -> tuple[Any, ...]:
    if not parallel.flows:
        return ()
    failed = Event()
    with ThreadPoolExecutor(min(parallel.limit, len(parallel.flows)), "llm-strategy") as pool:
        try:
            futures = [
                pool.submit(
                    contextvars.copy_context().run,
                    _last,
                    position.branch(index, flow),
                    lambda: failed.is_set() or stopped(),
                )
                for index, flow in enumerate(parallel.flows)
            ]
            if parallel.keep_errors:
                return tuple(_result(future) for future in futures)
            return _values(futures)
        except BaseException:
            failed.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _result(future: Future[Any]) -> Result[Any]:
    error = future.exception()
    if error is None:
        return Result(future.result())
    if isinstance(error, Exception) and not isinstance(error, Cancelled):
        return Result(error=error)
    raise error


def _values(futures: list[Future[Any]]) -> tuple[Any, ...]:
    done, _ = wait(futures, return_when=FIRST_EXCEPTION)
    failures = (future.exception() for future in futures if future in done)
    first = next((error for error in failures if error is not None), None)
    if first is not None:
        raise first
    return tuple(future.result() for future in futures)
