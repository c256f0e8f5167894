"""Inputs of many calls that are awaited: a queue, the pages of a web site, the rows of a database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import InputError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterable, AsyncIterator, Callable

    from llm_strategy.function.questions import Call

__all__ = ["AwaitedCalls", "NextCall"]


class AwaitedCalls:
    """Takes inputs one at a time, in the order in which they are asked for."""

    def __init__(self, inputs: AsyncIterable[Any], call_with: Callable[[Any], Call]) -> None:
        self._inputs: AsyncIterator[Any] = aiter(inputs)
        self._call_with = call_with
        self._turn: asyncio.Lock | None = None
        self.ended = False
        """Whether there are no more inputs."""
        self.error: Exception | None = None
        """What the inputs raised."""

    async def next(self) -> Call | None:
        """Return the call of the next input; None where there is none."""
        import asyncio

        self._turn = self._turn or asyncio.Lock()
        async with self._turn:  # a generator can be asked for one thing at a time; who waits is served in turn
            if self.ended:
                return None
            try:
                return self._call_with(await anext(self._inputs))
            except StopAsyncIteration:
                self.ended = True
            except Exception as error:  # noqa: BLE001 (it is raised where the results are taken)
                self.ended, self.error = True, error
            return None

    def check(self) -> None:
        """Raise what the inputs raised."""
        if self.error is not None:
            raise self.error


@dataclass(frozen=True, slots=True)
class NextCall:
    """Wait for the next input; answered with its call, or None."""

    calls: AwaitedCalls
    """Where they come from."""

    def perform(self) -> None:
        """Raise: there is nothing that could wait."""
        raise InputError("Inputs that are awaited need an event loop. Use amap or amap_as_completed.")

    async def aperform(self) -> Call | None:
        """Wait for it, while the event loop does other work."""
        return await self.calls.next()
