"""What a worker of a Ray cluster does: items, inside of the scopes that came along with them."""

from __future__ import annotations

import contextvars
import pickle
import traceback
from collections import Counter
from dataclasses import dataclass, field
from importlib import import_module
from threading import Lock
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from llm_strategy.executors.items import done_with
from llm_strategy.executors.line import line_in_use
from llm_strategy.executors.luggage import prepared, received
from llm_strategy.executors.packing import packed, unpacked
from llm_strategy.flow.root import Root
from llm_strategy.flow.run import run_branch
from llm_strategy.flow.stopping import Stop, told_by
from llm_strategy.tracing import trace
from llm_strategy.tracing.recording import untraced

if TYPE_CHECKING:
    from llm_strategy.executors.luggage import Script
    from llm_strategy.flow.metered import Meter
    from llm_strategy.messages import Usage
    from llm_strategy.tracing.records import SpanRecord

__all__ = ["Done", "Task", "Worker"]


@dataclass(frozen=True, slots=True)
class Task:
    """What is the same for all items."""

    luggage: bytes
    """The function and its scopes."""
    root: str
    """The key of the flow that all items are branches of."""
    trace: dict[str, Any] | None = None
    """How spans are recorded, where they are."""


@dataclass(frozen=True, slots=True)
class Done:
    """What came of an item."""

    value: Any = None
    """What the function returned."""
    error: Exception | None = None
    """What it raised."""
    spans: tuple[SpanRecord, ...] = ()
    """What was recorded."""
    spent: dict[int, tuple[Usage, float | None]] = field(default_factory=dict[int, "tuple[Usage, float | None]"])
    """Tokens and US dollars, by the number of the meter."""


class RayLine:
    """Reaches the process that began the work through the mailbox of the cluster."""

    def __init__(self, mailbox: Any, item: int) -> None:
        self.meters: dict[int, Meter] = {}
        """What counts here for the meters there."""
        self._mailbox = mailbox
        self._from = item, uuid4().hex

    def ask(self, whom: int, what: str, *given: Any) -> Any:
        """Have a method called there; return or raise what it does."""
        ray: Any = import_module("ray")
        question = packed((*self._from, whom, what, given))
        reply: bytes = ray.get(self._mailbox.ask.remote(question))
        done, answer = unpacked(reply)
        if not done:
            raise answer
        return answer

    def tell(self, whom: int, what: str, *given: Any) -> None:
        """Have a method called there, without waiting."""
        self._mailbox.tell.remote(packed((*self._from, whom, what, given)))


class Worker:
    """A process of the cluster, as an actor: it does many items at once, each in a thread."""

    def __init__(self, script: Script) -> None:
        prepared(script)
        self._lock = Lock()
        self._stops: dict[str, Stop] = {}
        self._under_way: Counter[str] = Counter()

    def do(self, task: Task, item: bytes, index: int, mailbox: Any) -> bytes:
        """Do one item."""
        context = contextvars.copy_context()
        context.run(told_by, self._begun(task.root))
        try:
            return context.run(_work, task, item, index, RayLine(mailbox, index))
        finally:
            self._ended(task.root)

    def stop(self, root: str) -> None:
        """Have all items end that belong to one flow."""
        with self._lock:
            stop = self._stops.get(root)
        if stop is not None:
            stop.set()

    def _begun(self, root: str) -> Stop:
        with self._lock:
            self._under_way[root] += 1
            return self._stops.setdefault(root, Stop())

    def _ended(self, root: str) -> None:
        with self._lock:
            self._under_way[root] -= 1
            if not self._under_way[root]:
                del self._under_way[root], self._stops[root]


def _work(task: Task, item: bytes, index: int, line: RayLine) -> bytes:
    with line_in_use(line):
        try:
            done = _done(task, item, index)
        except Exception as error:  # noqa: BLE001 (what cannot be unpacked here, say)
            done = Done(error=_told(error))
        done.spent.update({number: (meter.usage, meter.cost) for number, meter in line.meters.items()})
        return _packed(done)


def _done(task: Task, item: bytes, index: int) -> Done:
    luggage = received(task.luggage)
    recording = untraced() if task.trace is None else trace("worker", **task.trace)
    value, problem = None, None
    with recording as recorded, luggage.opened():
        try:
            value = run_branch(done_with(luggage.function, unpacked(item)), (0, index), Root(key=task.root))
        except Exception as error:  # noqa: BLE001 (errors are among the results)
            problem = _told(error)
    return Done(value, problem, () if recorded is None else recorded.spans)


def _told(error: Exception) -> Exception:
    """Note on an error where it came from: its traceback stays here."""
    lines = "".join(traceback.format_exception(error))
    error.add_note(f"It was raised in a worker:\n{lines}")
    return error


def _packed(done: Done) -> bytes:
    try:
        return packed(done)
    except Exception as error:  # noqa: BLE001 (values and errors of users may be anything)
        what = "The value" if done.error is None else f"The error {type(done.error).__name__}: {done.error}"
        problem = pickle.PicklingError(f"{what} cannot be sent back from a worker: {error}")
        return packed(Done(error=problem, spans=done.spans, spent=done.spent))
