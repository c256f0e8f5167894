"""A worker, and how far it has come in the history of its session.

Where it stands behind (it was lost, or a journal has answered what it never did), the missing actions are run again
first, with the answers of tools that were recorded: no tool is called twice.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from llm_strategy.errors import InputError, SandboxLostError, UnsupportedError
from llm_strategy.flow.threads import in_thread
from llm_strategy.sandbox.history import Answered, Written
from llm_strategy.sandbox.results import CodeError, CodeResult
from llm_strategy.sandbox.steps import Ended, HostCall, Returned
from llm_strategy.sandbox.strongest import start_sandbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.sandbox.history import Event
    from llm_strategy.sandbox.protocol import Sandbox, Setup, Worker
    from llm_strategy.sandbox.steps import Step

__all__ = ["Advance", "Stage"]

_SETTLING = 20.0


@dataclass(frozen=True, slots=True)
class Advance:
    """What code came to next, and what had to be done before."""

    step: Step
    """A tool that it asks for, or its end."""
    restored: int = 0
    """How many earlier actions were run again."""
    forgotten: bool = False
    """Whether what earlier actions made is gone, or part of it, or is something else now."""
    seed: int = 0
    """What chance began with in the code; 0 where that is not known."""


class _DivergedError(Exception):
    """Code that was run again did something else."""


class _StoppedError(Exception):
    """Somebody ends the work before everything was run again."""


class Stage:
    """Where actions are performed.

    Args:
        sandbox: what is started.
        setup: what it is started with.
    """

    def __init__(self, sandbox: Sandbox, setup: Setup) -> None:
        self.sandbox = sandbox
        """What is started; for "auto", what was chosen, as soon as that is known."""
        self.events: list[Event] = []
        """What the session has done, since the worker last began with nothing."""
        self.closed = False
        """Whether it may not be started any more."""
        self._setup = replace(setup, seed=setup.seed or secrets.randbits(32) or 1)
        self._worker: Worker | None = None
        self._done = 0
        self._inside: int | None = None
        self._restored = 0
        self._forgotten = False
        self._interrupted = False
        self._performed = False
        self._begun = False
        self._settled: threading.Event | None = None

    @property
    def alive(self) -> bool:
        """Whether a worker is there."""
        return self._worker is not None and self._worker.alive

    def worker(self) -> Worker:
        """Return a worker that has come as far as the session. Raises SandboxLostError, SandboxUnavailableError."""
        if self._settled is not None:
            self._settled.wait(_SETTLING)
            self._settled = None
        if self.closed:
            raise SandboxLostError("The session was closed: nothing can be run in it. Make another one.")
        try:
            return self._caught_up()
        except _DivergedError:
            self._drop()
            self._forgotten, self._restored = True, 0
            self.forget()
            return self._caught_up()
        except _StoppedError:
            self._drop()
            raise

    def run(self, code: str) -> Advance:
        """Begin with an action."""
        self._interrupted, self._performed = False, True
        try:
            worker = self.worker()
        except _StoppedError:
            return Advance(_INTERRUPTED)
        return self._entered(0, _INTERRUPTED if self._interrupted else worker.run(code))

    def resume(self, code: str, answers: tuple[Answered, ...]) -> Advance:
        """Go on with an action, by the last of the answers. What is missing of it is run first."""
        worker = self._worker
        if worker is not None and worker.alive and self._inside == len(answers) - 1:
            return self._entered(len(answers), worker.resume(answers[-1].outcome))
        self._interrupted, self._performed = False, True
        try:
            step = self._again(self.worker(), code, answers)
        except _StoppedError:
            step = _INTERRUPTED
        except _DivergedError:
            self._drop()
            step = CodeResult(
                error=CodeError(
                    "Lost", "The sandbox was lost in the middle of the action, and it went another way then."
                )
            )
        return self._entered(len(answers), step)

    def interrupt(self) -> None:
        """End what is under way, from any thread."""
        self._interrupted = True
        worker = self._worker
        if worker is not None:
            worker.interrupt()

    def abandon(self) -> None:
        """End an action whose caller is gone, without waiting for that; who comes next waits."""
        worker, inside, self._inside = self._worker, self._inside, None
        if worker is None or inside is None or not worker.alive:
            return
        settled = self._settled = threading.Event()

        def end() -> None:
            try:
                step = worker.resume(Ended())
                while isinstance(step, HostCall):
                    step = worker.resume(Ended())
            except Exception:  # noqa: BLE001 (nobody is there to be told)
                worker.close()
            finally:
                settled.set()

        in_thread(end)

    def note(self, event: Event) -> None:
        """Write down what was done; the worker has done it, where there is one that is not behind."""
        if self.alive and self._performed:
            self._done += 1
        self._inside, self._performed = None, False
        self.events.append(event)

    def files(self) -> Worker:
        """Return a worker whose files can be read and written. Raises as `worker` does."""
        self._interrupted = False
        return self.worker()

    def put(self, written: Written) -> None:
        """Put a file into the workspace: now; or, where a journal has answered all actions so far, with the next one.

        Raises:
            InputError, UnsupportedError: it cannot be written, and was not taken down.
        """
        most = self._setup.limits.disk_mib
        if len(written.data) > most << 20:
            raise InputError(f"{written.path!r} is larger than the workspace may be ({most} MiB).")
        if self._begun or all(isinstance(event, Written) for event in self.events):
            self.files().write_file(written.path, written.data)
            self._done += 1
        self.events.append(written)

    def seeded(self, seed: int) -> None:
        """Let chance begin as it did in a journalled run, where nothing was begun here."""
        if seed and not self._begun:
            self._setup = replace(self._setup, seed=seed)

    def forget(self) -> None:
        """Leave out of account what actions have made, but for the files that the host has written."""
        is_level = self._done == len(self.events)
        self.events = [event for event in self.events if isinstance(event, Written)]
        if is_level:
            self._done = len(self.events)

    def close(self) -> None:
        """End it for good."""
        self.closed = True
        self._drop()

    def _drop(self) -> None:
        worker, self._worker, self._done, self._inside = self._worker, None, 0, None
        if worker is not None:
            worker.close()

    def _caught_up(self) -> Worker:
        worker = self._worker
        if worker is None or not worker.alive:
            self._drop()
            self.sandbox, worker = start_sandbox(self.sandbox, self._setup)
            self._worker = worker
        is_first, self._begun = not self._begun, True
        while self._done < len(self.events):
            try:
                self._apply(worker, self.events[self._done])
            except (InputError, UnsupportedError):  # a file that does not fit: it is left out from now on
                del self.events[self._done]
                self._forgotten = True
                if is_first:
                    raise
            else:
                self._done += 1
        return worker

    def _apply(self, worker: Worker, event: Event) -> None:
        if isinstance(event, Written):
            worker.write_file(event.path, event.data)
            return
        if not event.again:
            self._forgotten = self._forgotten or event.in_part
            return
        step = self._again(worker, event.code, event.answers)
        if self._interrupted:
            raise _StoppedError
        if isinstance(step, HostCall) or not event.agrees(step):
            raise _DivergedError
        if not event.gave(step):
            self._forgotten = True
            self.events[self._done] = replace(event, result=step)
        self._restored += 1

    def _again(self, worker: Worker, code: str, answers: tuple[Answered, ...]) -> Step:
        step = worker.run(code)
        for each in answers:
            if step != each.call:
                raise _DivergedError
            step = worker.resume(each.outcome)
        return step

    def _entered(self, answered: int, step: Step) -> Advance:
        self._inside = answered if isinstance(step, HostCall) else None
        return self._advance(step)

    def _advance(self, step: Step) -> Advance:
        made = Advance(step, self._restored, self._forgotten, self._setup.seed)
        self._restored, self._forgotten = 0, False
        return made


_INTERRUPTED = CodeResult(
    error=CodeError("Interrupted", "Somebody outside has ended the action before it began."), state_lost=True
)


def told(result: CodeResult, *, restored: int, forgotten: bool, answers: Sequence[Answered]) -> CodeResult:
    """Return a worker's result as that of the session: what was lost is made again, if that can be."""
    error = result.error
    if error is not None and result.state_lost:
        again = "What the actions before it made is made again before the next one; this one has left nothing"
        names = dict.fromkeys(each.call.tool for each in answers if isinstance(each.outcome, Returned))
        again += f", but what it called was called: {', '.join(names)}." if names else "."
        error = replace(error, message=f"{error.message} {again}")
    usage = replace(result.usage, tool_calls=len(answers))
    return replace(result, error=error, state_lost=forgotten, restored=restored, usage=usage)
