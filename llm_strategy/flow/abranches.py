"""Flows side by side in tasks, for the async driver: the twin of `Branches`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llm_strategy.flow.gathered import Gathered

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine
    from types import TracebackType
    from typing import Self

    from llm_strategy.flow.requests import Parallel, Result
    from llm_strategy.flow.step import Position

__all__ = ["AsyncBranches"]


class AsyncBranches(Gathered):
    """Flows under way in tasks; wait for them with `next`, and leave the `async with` to cancel the rest."""

    def __init__(
        self,
        position: Position[Any],
        parallel: Parallel[Any],
        last: Callable[[Position[Any]], Coroutine[Any, Any, object]],
    ) -> None:
        import asyncio  # who is in a loop has it already, and who is not does not wait for it to load

        super().__init__(parallel)
        self._position = position
        self._last = last
        self._limit = parallel.limit
        self._under_way: dict[asyncio.Future[object], int] = {}
        self._ended: asyncio.Queue[asyncio.Future[object]] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        return self

    async def next(self) -> Result[Any] | None:
        """Wait for the next result that is to be emitted; return None when all flows have ended."""
        while True:
            self._begin()
            if not self._under_way:
                return None
            task = await self._ended.get()
            index = self._under_way.pop(task)
            error = None if task.cancelled() else task.exception()
            result = self.take(index, None if error else task.result(), error)  # a task that was cancelled raises that
            if result is not None:
                return result

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        import asyncio

        for task in self._under_way:
            task.cancel()
        for outcome, index in zip(
            await asyncio.gather(*self._under_way, return_exceptions=True), self._under_way.values(), strict=True
        ):
            if not isinstance(outcome, BaseException):
                self.late(index, outcome)
        self.note(error)

    def _begin(self) -> None:
        import asyncio

        while len(self._under_way) < self._limit:
            entry = self.next_flow()
            if entry is None:
                return
            index, flow = entry
            task = asyncio.ensure_future(self._last(self._position.branch(index, flow)))
            self._under_way[task] = index
            task.add_done_callback(self._ended.put_nowait)
