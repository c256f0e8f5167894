"""The sync driver: carries a flow's requests out, one after the other, or in threads where it asks for that."""

from __future__ import annotations

import contextvars
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import closing
from typing import TYPE_CHECKING, Any, TypeVar

from llm_strategy.flow.requests import Emit, Parallel, Request, Result
from llm_strategy.flow.step import Cancelled, Done, Position
from llm_strategy.flow.stopping import current_stop, stoppable

if TYPE_CHECKING:
    from collections.abc import Generator

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
    events = context.run(_events, Position(flow))
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


def _last(position: Position[T]) -> T:
    with closing(_events(position)) as events:
        for event in events:
            if isinstance(event, Done):
                return event.value
    raise Cancelled  # pragma: no cover (the loop always ends in Done or raises)


def _events(position: Position[T]) -> Generator[Emit | Done[T]]:
    answer: Any = None
    error: Exception | None = None
    stop = current_stop()
    try:
        while True:
            if stop is not None and stop.is_set():
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
                answer = _answer(position, wanted)
            except Exception as problem:  # noqa: BLE001 (every error goes back into the flow: it may recover)
                error = problem
    finally:
        position.close()


def _answer(position: Position[Any], wanted: Request | Parallel[Any]) -> Any:
    if isinstance(wanted, Parallel):
        return _together(position, wanted)
    passage = position.passage(wanted)
    return wanted.perform() if passage is None else _last(passage)


def _together(position: Position[Any], parallel: Parallel[Any]) -> tuple[Any, ...]:
    if not parallel.flows:
        return ()
    with stoppable() as stop, ThreadPoolExecutor(min(parallel.limit, len(parallel.flows)), "llm-strategy") as pool:
        try:
            futures = [
                pool.submit(contextvars.copy_context().run, _last, position.branch(index, flow))
                for index, flow in enumerate(parallel.flows)
            ]
            if parallel.keep_errors:
                return tuple(_result(future) for future in futures)
            return _values(futures)
        except BaseException:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _result(future: Future[Any]) -> Result[Any]:
    error = future.exception()
    if error is None:
        return Result(future.result())
    if isinstance(error, Exception):
        return Result(error=error)
    raise error


def _values(futures: list[Future[Any]]) -> tuple[Any, ...]:
    done, _ = wait(futures, return_when=FIRST_EXCEPTION)
    failures = (future.exception() for future in futures if future in done)
    first = next((error for error in failures if error is not None), None)
    if first is not None:
        raise first
    return tuple(future.result() for future in futures)
