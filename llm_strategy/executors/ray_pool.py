"""The workers of one executor on a Ray cluster, kept from one `map` to the next."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Any

from llm_strategy.executors.luggage import main_script
from llm_strategy.executors.ray_work import Worker

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["RayPool"]

_MOST_THREADS = 1000
"""Items that one worker does at once, at most: those that only wait for models need little."""


class RayPool:
    """Begins workers as they are needed, spread over the nodes.

    Args:
        ray: the module of that name, connected to a cluster.
        workers: how many; None for as many as fit at this moment.
        cpus: how many processors one takes.
        retries: how often an item is begun anew whose worker has died.
    """

    def __init__(self, ray: Any, *, workers: int | None, cpus: float, retries: int) -> None:
        self.ray = ray
        """The module, connected to a cluster."""
        free = ray.available_resources().get("CPU", 1.0)
        self._most = workers or max(1, int(free // cpus) if cpus else int(free))
        self._options: dict[str, Any] = {
            "num_cpus": cpus,
            "max_restarts": -1,
            "max_task_retries": retries,
            "max_concurrency": _MOST_THREADS,
            "scheduling_strategy": "SPREAD",
        }
        self._made = ray.remote(concurrency_groups={"control": 1})(Worker)
        self._script = main_script()
        self._workers: list[Any] = []
        self._lock = Lock()

    def worker(self, limit: int, busy: Iterable[Any]) -> Any:
        """Return the worker that has the least to do."""
        load = Counter(map(id, busy))
        with self._lock:
            if len(self._workers) < min(self._most, limit) and not any(load[id(one)] == 0 for one in self._workers):
                self._workers.append(self._made.options(**self._options).remote(self._script))
                return self._workers[-1]
            return min(self._workers, key=lambda one: load[id(one)])

    def stop(self, root: str) -> None:
        """Have all items end that belong to a flow."""
        for worker in list(self._workers):
            worker.stop.options(concurrency_group="control").remote(root)

    def kill(self, worker: Any) -> None:
        """End a worker that does not end what it does."""
        with self._lock, suppress(ValueError):  # it was killed before
            self._workers.remove(worker)
            self.ray.kill(worker)

    def close(self) -> None:
        """End all workers."""
        for worker in list(self._workers):
            self.kill(worker)
