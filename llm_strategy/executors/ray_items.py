"""The items of one `map` on a Ray cluster: what is under way there, and what comes back."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import WorkerLostError
from llm_strategy.executors.grafting import graft, trace_options
from llm_strategy.executors.luggage import Luggage
from llm_strategy.executors.mailbox import Mailbox
from llm_strategy.executors.office import Office
from llm_strategy.executors.packing import Kept, packed, unpacked
from llm_strategy.executors.ray_work import Done, Task
from llm_strategy.flow import Result
from llm_strategy.flow.journal.layer import JournalLayer
from llm_strategy.flow.root import Root, current_root
from llm_strategy.flow.step import Cancelled
from llm_strategy.flow.stopping import current_stop
from llm_strategy.tracing.recording import current_span

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from llm_strategy.executors.ray_pool import RayPool

__all__ = ["RayItems"]

_LOOK = 0.1
"""Seconds between two looks at whether the work is told to end."""
_MOMENT = 1.0
"""Seconds that items get to end in, once they are told to; then their workers are killed."""


class RayItems:
    """One `map` under way; it belongs to the scopes in which it was begun."""

    def __init__(self, pool: RayPool, function: Callable[[Any], Any]) -> None:
        self._pool = pool
        self._ray = pool.ray
        self._span = current_span()
        self._root = Root(current_root())
        self._kept = Kept()
        luggage = Luggage.of(function)
        self._journals = [layer for layer in luggage.layers if isinstance(layer, JournalLayer)]
        self._flows = {self._kept.number(layer.store): layer.told_of(self._root) for layer in self._journals}
        options = None if self._span is None else trace_options(self._span)
        self._task = Task(luggage.packed(self._kept), self._root.key, options)
        self._under_way: dict[Any, tuple[int, Any]] = {}

    def results(self, items: Iterable[Any], limit: int) -> Generator[Result[Any]]:
        """Give results as they come."""
        ray, stop = self._ray, current_stop()
        entries = enumerate(items)
        mailbox = ray.remote(Mailbox).options(num_cpus=0, max_concurrency=10_000).remote()
        office = Office(_RayPost(ray, mailbox), self._kept, self._flows)
        office.open()
        task = ray.put(self._task)
        try:
            while True:
                while len(self._under_way) < limit and (entry := next(entries, None)) is not None:
                    index, item = entry
                    worker = self._pool.worker(limit, [busy for _, busy in self._under_way.values()])
                    self._under_way[worker.do.remote(task, packed(item), index, mailbox)] = index, worker
                if not self._under_way:
                    return
                ready, _ = ray.wait(list(self._under_way), num_returns=1, timeout=_LOOK)
                if stop is not None and stop.is_set():
                    raise Cancelled
                for one in ready:
                    index, _ = self._under_way.pop(one)
                    result = self._result(index, one)
                    office.finished(index)
                    yield result
        finally:
            self._end()
            for index, _ in self._under_way.values():
                office.finished(index)
            with suppress(Exception):  # the cluster may be gone
                ray.kill(mailbox)
            for layer in self._journals:
                layer.store.ended(self._root.key)

    def _result(self, index: int, reference: Any) -> Result[Any]:
        try:
            done: Done = unpacked(self._ray.get(reference))
        except self._ray.exceptions.RayError as error:
            lost = WorkerLostError(f"Item {index} was lost with the process that worked on it: {_first_line(error)}")
            lost.__cause__ = error
            return Result(None, lost, index)
        if self._span is not None:
            graft(done.spans, self._span)
        for number, (usage, cost) in done.spent.items():
            self._kept[number].take(usage, cost)
        return Result(done.value, done.error, index)

    def _end(self) -> None:
        """Have items end that nobody waits for any more; kill the workers of those that do not."""
        with suppress(Exception):  # the cluster may be gone
            if self._under_way:
                self._pool.stop(self._root.key)
                for reference in self._under_way:
                    self._ray.cancel(reference)  # those that have not begun
                _, left = self._ray.wait(list(self._under_way), num_returns=len(self._under_way), timeout=_MOMENT)
                for reference in left:
                    self._pool.kill(self._under_way[reference][1])


class _RayPost:
    """Questions and answers by way of the mailbox."""

    def __init__(self, ray: Any, mailbox: Any) -> None:
        self._ray = ray
        self._mailbox = mailbox

    def take(self) -> list[tuple[int, bytes]] | None:
        try:
            taken: list[tuple[int, bytes]] = self._ray.get(self._mailbox.take.remote())
        except Exception:  # noqa: BLE001 (the mailbox was closed, or the cluster is gone)
            return None
        return taken

    def answer(self, number: int, answer: bytes) -> None:
        self._mailbox.answer.remote(number, answer)


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
