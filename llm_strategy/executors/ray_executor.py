"""Many calls on the machines of a Ray cluster."""

from __future__ import annotations

import os
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, Self, TypeVar

from llm_strategy.errors import ConfigurationError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from types import TracebackType

    from llm_strategy.executors.ray_pool import RayPool
    from llm_strategy.flow import Result

__all__ = ["RayExecutor"]

I = TypeVar("I")  # noqa: E741 (one of the items)
T = TypeVar("T")

_QUIET = {"include_dashboard": False, "log_to_driver": False, "configure_logging": False, "namespace": "llm-strategy"}


class RayExecutor:
    """Calls a function on many items, on the machines of a Ray cluster.

    What is sent is found there by its name: functions live in modules, or in a script with a guarded main part. The
    scopes around `map` hold in the workers. Journals, budgets and limits are kept by this process, and are as exact as
    without a cluster; a cache is a file, and works on the machine that it is on. An item whose worker dies is begun
    anew, and what a journal has of it is not paid for again.

    Covered: several nodes, workers that die, Ctrl-C. Not covered: a network between the nodes that breaks off for long,
    nodes with another version of the library. All nodes are trusted: items, models and their keys are sent to them.

    Args:
        address: of the cluster; None for the one that `RAY_ADDRESS` names, or else one on this machine.
        workers: how many processes work; None for one on each processor that is free. Each does many items at once, in
            threads, so that those that only wait for models do not wait for each other.
        cpus: how many processors one worker takes.
        retries: how often an item is begun anew whose worker has died.
        init: further arguments of `ray.init`.

    Raises:
        ConfigurationError: an argument is out of range.
        MissingExtraError: ray is not installed.
    """

    def __init__(
        self,
        address: str | None = None,
        *,
        workers: int | None = None,
        cpus: float = 1.0,
        retries: int = 3,
        init: dict[str, Any] | None = None,
    ) -> None:
        if workers is not None and workers < 1:
            raise ConfigurationError(f"RayExecutor(workers={workers!r}): a whole number is needed, 1 or more.")
        if not cpus >= 0:
            raise ConfigurationError(f"RayExecutor(cpus={cpus!r}): a number is needed, 0 or more.")
        if retries < 0:
            raise ConfigurationError(f"RayExecutor(retries={retries!r}): a whole number is needed, 0 or more.")
        self._address = address
        self._pool: RayPool | None = None
        self._workers = workers
        self._cpus = cpus
        self._retries = retries
        self._init = {**_QUIET, **(init or {})}
        self._has_connected = False
        _ray()

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def connect(self) -> None:
        """Connect to the cluster, or start one; done by the first `map` otherwise.

        Raises:
            ConfigurationError: there is no cluster at the address.
        """
        ray = _ray()
        if ray.is_initialized():
            return
        try:
            ray.init(address=self._address, **self._init)
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise ConfigurationError(f"RayExecutor({self._address!r}) reaches no cluster: {error}") from error
        self._has_connected = True

    def close(self) -> None:
        """End the workers, disconnect, and stop what was started here. A connection that was there before stays."""
        if self._pool is not None:
            with suppress(Exception):  # the cluster may be gone
                self._pool.close()
            self._pool = None
        if self._has_connected:
            self._has_connected = False
            with suppress(Exception):  # the cluster may be gone
                _ray().shutdown()

    def map(self, function: Callable[[I], T], items: Iterable[I], limit: int = 16) -> Generator[Result[T]]:
        """Give the result of each item as soon as it is there; see `Executor`.

        Args:
            function: what is called on each item.
            items: taken one at a time, as places become free.
            limit: how many items are under way at once, at most.

        Raises:
            PicklingError: the function, or what is in force around it, cannot be sent.
        """
        from llm_strategy.executors.ray_items import RayItems
        from llm_strategy.executors.ray_pool import RayPool

        self.connect()
        if self._pool is None:
            self._pool = RayPool(_ray(), workers=self._workers, cpus=self._cpus, retries=self._retries)
        return RayItems(self._pool, function).results(items, limit)


def _ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        return import_module("ray")
    except ImportError as error:
        raise MissingExtraError("ray", "RayExecutor") from error
