"""A cluster in this process: it has the parts of Ray that the executor uses, and can lose a worker."""

import asyncio
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from importlib.util import find_spec
from types import SimpleNamespace

import pytest


class RayError(Exception):
    pass


class Actor:
    """An actor: methods run in threads, or in an event loop of its own."""

    def __init__(self, cluster, kind, arguments):
        self.cluster, self.kind, self.arguments = cluster, kind, arguments
        self.alive = True
        self.tasks = {}
        self.pool = ThreadPoolExecutor(32)
        self.begin()
        if asyncio.iscoroutinefunction(getattr(kind, "ask", None)):
            self.loop = asyncio.new_event_loop()
            threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def begin(self):
        self.it = self.kind(*self.arguments)

    def __getattr__(self, name):
        return Method(self, name)

    def call(self, name, given):
        future = Future()
        if not self.alive:
            future.set_exception(RayError("the actor is dead\nand more"))
            return future
        given = [one.result() if isinstance(one, Future) else one for one in given]
        method = getattr(self.it, name)
        if asyncio.iscoroutinefunction(method):
            return asyncio.run_coroutine_threadsafe(method(*given), self.loop)
        self.tasks[future] = (name, given)
        self.pool.submit(self.work, future, name, given)
        return future

    def work(self, future, name, given):
        for attempt in range(3):
            try:
                answer = getattr(self.it, name)(*given)
            except BaseException as error:  # noqa: BLE001
                if type(error).__name__ == "Died" and attempt < 2 and self.cluster.retries:
                    self.begin()
                    continue
                error = RayError(f"it died: {error}") if not isinstance(error, Exception) else error
                future.set_exception(RayError(str(error)))
                return
            future.set_result(answer)
            return


class Method:
    def __init__(self, actor, name):
        self.actor, self.name = actor, name

    def options(self, **_):
        return self

    def remote(self, *given):
        return self.actor.call(self.name, given)


class Cluster:
    """Stands where the module `ray` would."""

    exceptions = SimpleNamespace(RayError=RayError)

    def __init__(self):
        self.is_open, self.opened_with, self.actors, self.retries = False, None, [], True

    def is_initialized(self):
        return self.is_open

    def init(self, **options):
        if options["address"] == "nowhere":
            raise ConnectionError("nobody is there")
        self.is_open, self.opened_with = True, options

    def shutdown(self):
        self.is_open = False

    def available_resources(self):
        return {"CPU": 2.0}

    def remote(self, kind=None, **_):
        if kind is None:
            return self.remote

        def made(*arguments):
            actor = Actor(self, kind, arguments)
            self.actors.append(actor)
            return actor

        return SimpleNamespace(options=lambda **_: SimpleNamespace(remote=made), remote=made)

    def put(self, value):
        future = Future()
        future.set_result(value)
        return future

    def get(self, future):
        return future.result()

    def wait(self, futures, num_returns, timeout):
        done, left = wait(futures, timeout, "FIRST_COMPLETED" if num_returns == 1 else "ALL_COMPLETED")
        return list(done)[:1] if num_returns == 1 else list(done), list(left)

    def cancel(self, future):
        future.cancel()

    def kill(self, actor):
        actor.alive = False
        if "loop" in vars(actor):
            for task in asyncio.all_tasks(actor.loop):
                actor.loop.call_soon_threadsafe(task.cancel)


@pytest.fixture
def cluster(monkeypatch):
    if find_spec("ray") is None:
        pytest.skip("needs the extra 'ray'")
    import ray.cloudpickle  # noqa: F401 (stays under its own name)

    standing = Cluster()
    monkeypatch.setitem(sys.modules, "ray", standing)
    return standing
