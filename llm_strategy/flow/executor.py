"""The seam between many calls and where they are carried out: threads of this process, or machines of a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from llm_strategy.flow.requests import Flow, Result

__all__ = ["Executor", "FlowFunction"]

I = TypeVar("I")  # noqa: E741 (one of the items)
T = TypeVar("T")


@runtime_checkable
class Executor(Protocol):
    """Calls a function on many items.

    The function may do anything, call LLM functions among it. The scopes around `map` hold inside the calls. Where a
    request stands in its program is the same with every executor, so that a durable run may change between them.
    """

    def map(self, function: Callable[[I], T], items: Iterable[I], limit: int = 16) -> Generator[Result[T]]:
        """Give the result of each item as soon as it is there, with its place; errors are among the results.

        Items are taken one at a time, as places become free. Closing the iterator ends what is under way.
        """
        ...


@runtime_checkable
class FlowFunction(Protocol):
    """A function that is a flow in truth: executors run the flow in place of the call."""

    def __call__(self, item: Any, /) -> Any:
        """Call the function on an item."""
        ...

    def flow(self, item: Any, /) -> Flow[Any]:
        """Return the flow that does what the call does."""
        ...
