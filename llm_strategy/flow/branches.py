"""Flows side by side in threads, for the sync driver."""

from __future__ import annotations

import contextvars
import time
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeAlias

from llm_strategy.flow.gathered import Gathered
from llm_strategy.flow.step import Cancelled
from llm_strategy.flow.stopping import Stop, current_stop, told_by
from llm_strategy.flow.threads import in_thread

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from llm_strategy.flow.requests import Parallel, Result
    from llm_strategy.flow.step import Position

__all__ = ["Branches"]

_MOMENT = 0.5
"""Seconds that flows get to end in, once they are told to. Those caught in a call that nothing interrupts are left."""


_Ended: TypeAlias = tuple[int, object, BaseException | None]


class Branches(Gathered):
    """Flows under way in threads; wait for them with `next`, and leave the `with` to end those that still run.

    Told to end, threads do so before their next request, or at once where what they wait for can be interrupted.
    """

    def __init__(
        self, position: Position[Any], parallel: Parallel[Any], last: Callable[[Position[Any]], object]
    ) -> None:
        super().__init__(parallel)
        self._position = position
        self._last = last
        self._limit = parallel.limit
        self._under_way = 0
        self._ended: SimpleQueue[_Ended | None] = SimpleQueue()
        self._stop = Stop(current_stop())
        self._stop.on_set(partial(self._ended.put, None))  # wakes who waits

    def __enter__(self) -> Self:
        return self

    def next(self) -> Result[Any] | None:
        """Wait for the next result that is to be emitted; return None when all flows have ended."""
        while True:
            self._begin()
            if not self._under_way:
                return None
            ended = self._ended.get()
            if ended is None:
                raise Cancelled
            self._under_way -= 1
            result = self.take(*ended)
            if result is not None:
                return result

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if self._under_way:
                self._stop.set()
                self._wait()
            self.note(error)
        finally:
            self._stop.close()

    def _begin(self) -> None:
        while self._under_way < self._limit:
            entry = self.next_flow()
            if entry is None:
                return
            index, flow = entry
            self._under_way += 1
            run = partial(self._run, index, self._position.branch(index, flow))
            in_thread(partial(contextvars.copy_context().run, run))

    def _run(self, index: int, branch: Position[Any]) -> None:
        told_by(self._stop)
        try:
            self._ended.put((index, self._last(branch), None))
        except BaseException as error:  # noqa: BLE001 (it is raised again in the thread that waits)
            self._ended.put((index, None, error))

    def _wait(self) -> None:
        end = time.monotonic() + _MOMENT
        while self._under_way:
            try:
                ended = self._ended.get(timeout=max(0.0, end - time.monotonic()))
            except Empty:
                return
            if ended is not None:
                self._under_way -= 1
                index, value, error = ended
                if error is None:
                    self.late(index, value)
