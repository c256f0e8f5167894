"""The sync driver: carries a flow's requests out, one after the other, or in threads where it asks for that."""

from __future__ import annotations

import contextvars
from contextlib import closing
from typing import TYPE_CHECKING, Any, TypeVar

from llm_strategy.flow.branches import Branches
from llm_strategy.flow.requests import Emit, Parallel
from llm_strategy.flow.root import rooted
from llm_strategy.flow.step import Cancelled, Done, Position
from llm_strategy.flow.stopping import current_stop

if TYPE_CHECKING:
    from collections.abc import Generator

    from llm_strategy.flow.layers import Path
    from llm_strategy.flow.requests import Flow, Request
    from llm_strategy.flow.root import Root

__all__ = ["iterate", "run", "run_branch"]

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
    with rooted():
        return _last(Position(flow))


def run_branch(flow: Flow[T], path: Path, root: Root) -> T:
    """Run a flow that stands at `path` in a flow of another process, whose root is given.

    Raises:
        Exception: whatever the flow raises.
    """
    with rooted(root):
        return _last(Position(flow, path))


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
    with rooted(context=context):
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
            if error is not None and stop is not None and stop.is_set():
                raise Cancelled
            wanted = position.advance(answer, error)
            answer, error = None, None
            if isinstance(wanted, Done):
                yield wanted
                return
            if isinstance(wanted, Emit):
                yield wanted
                continue
            if stop is not None and stop.is_set():  # not before: a reply that came is still taken, and stored
                raise Cancelled
            try:
                answer = (
                    (yield from _together(position, wanted))
                    if isinstance(wanted, Parallel)
                    else _answer(position, wanted)
                )
            except Exception as problem:  # noqa: BLE001 (every error goes back into the flow: it may recover)
                error = problem
    finally:
        position.close()


def _answer(position: Position[Any], wanted: Request) -> Any:
    passage = position.passage(wanted)
    return wanted.perform() if passage is None else _last(passage)


def _together(position: Position[Any], parallel: Parallel[Any]) -> Generator[Emit, None, Any]:
    with Branches(position, parallel, _last) as branches:
        while (result := branches.next()) is not None:
            yield Emit(result)
        return branches.answer()
