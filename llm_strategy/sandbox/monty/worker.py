"""The worker of a session in monty: code runs in its process until it asks for a tool, or is over.

Where code has to be stopped from outside (time, memory, an interrupt) its interpreter may be left in any condition. So
small states are kept before each action, and the session goes on from there in a fresh process; with a state that is
too big for that, the worker is over and the session plays its history again.
"""

from __future__ import annotations

import builtins
import threading
import time
from typing import TYPE_CHECKING, TypeAlias

import pydantic_monty

from llm_strategy.errors import InputError, SandboxLostError, UnsupportedError
from llm_strategy.sandbox.monty.calls import called_with, raised, stub
from llm_strategy.sandbox.monty.errors import code_error, counted, unsupported
from llm_strategy.sandbox.monty.machine import KilledError, untouched_in_copies
from llm_strategy.sandbox.monty.output import Output, shown_value
from llm_strategy.sandbox.monty.snapshots import sealed
from llm_strategy.sandbox.monty.source import prepare
from llm_strategy.sandbox.results import CodeError, CodeResult, Usage
from llm_strategy.sandbox.steps import HostCall, Raised, Returned

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic_monty import FunctionSnapshot, FutureSnapshot, SyncSnapshot

    from llm_strategy.sandbox.monty.machine import Machine
    from llm_strategy.sandbox.protocol import Setup
    from llm_strategy.sandbox.steps import Outcome, Step

    Turn: TypeAlias = Callable[[], SyncSnapshot]

__all__ = ["MontyWorker"]

_SMALL = 4 * 2**20
"""Bytes by which a process may have grown for its state to be kept before each action; to write one out takes memory
in the process, and a millisecond for each of its megabytes."""
_STUBBORN = 100
"""Calls that code may try after its action was ended, before its process is killed."""
_GRACE = 0.5
"""Seconds that code may run on after its action was ended."""
_FOREIGN = 500
"""Characters that are shown of what monty's client says: it can quote all that came from a session."""
_NO_FILES = "The sandbox 'monty' has no files."


class MontyWorker:
    """Drives one session; see `Worker` in `llm_strategy.sandbox`."""

    def __init__(self, machine: Machine, setup: Setup, key: bytes, version: str) -> None:
        self._machine = machine
        self._setup = setup
        self._key, self._version = key, version
        self._functions = {one.name: one for one in setup.functions}
        self._stubs = {one.name: stub(one.name) for one in setup.functions}
        self._alive = True
        self._paused: FunctionSnapshot | None = None
        self._stop = threading.Event()
        self._turns = threading.Lock()
        self._closing = False
        self._rebound = frozenset(self._functions) if setup.snapshot else frozenset[str]()
        self._codes: dict[str, str] = {}
        self._fed = 0
        self._kept = b""
        self._keeps = len(setup.snapshot) < _SMALL // 4
        if not setup.snapshot:
            self._shadow()
        self._begin()
        untouched_in_copies(self)

    def _shadow(self) -> None:
        """Put tools in front of the built-in functions of their names: monty only asks for names that it lacks."""
        for name in self._functions:
            if hasattr(builtins, name):
                self._put(name)

    def _put(self, name: str) -> bool:
        """Let a name be that of its tool; return whether it was."""
        code = f"__kept__ = {name} is __tool_{name}__\n{name} = __tool_{name}__\n__kept__"
        asked: SyncSnapshot = self._machine.session.feed_start(code)
        while isinstance(asked, pydantic_monty.NameLookupSnapshot):
            asked = asked.resume(value=self._stubs[name])
        self._fed += 1
        return isinstance(asked, pydantic_monty.MontyComplete) and asked.output is True

    def _put_back(self) -> bool:
        """Give tools their names back, and say so in the action; False where that has cost the session its process."""
        for name in sorted(self._rebound):
            try:
                kept = self._put(name)
            except Exception:  # noqa: BLE001 - there is no memory left, or no process
                return False
            if not kept:
                self._output("stderr", f"Note: {name} stands for a function again; use other names.\n")
        return True

    @property
    def alive(self) -> bool:
        """Whether it can run code: in a copy of the process that began it, it cannot."""
        return self._alive and not self._closing and self._machine.ours

    def _name_of_code(self) -> str:
        """Return what monty calls the code under way: it counts what it is fed, the beginning first."""
        return f"<python-input-{self._fed}>"

    def _begin(self) -> None:
        self._output = Output(int(self._setup.limits.output_kib * 1024))
        self._seconds = 0.0
        self._calls = self._refused = 0
        self._told = ""
        self._over = False
        self._due: dict[int, float] = {}

    def run(self, code: str) -> Step:
        """Run code until it asks for a tool or is over."""
        if not self.alive:
            return self._lost("The sandbox is closed, or was lost.")
        with self._turns:
            if self._paused is not None:  # nobody answers the call that the last action waits for
                self._give_up("Interrupted", "It was given up.")
            self._begin()
            self._stop.clear()
            self._machine.spare()
            prepared = prepare(code, self._functions)
            if prepared.refused:
                return self._result(unsupported(prepared.refused))
            if not self._put_back() or not self._keep():
                return self._lost("Its process ran out of memory between two actions.")
            self._rebound |= prepared.rebound
            self._fed += 1
            self._codes[self._name_of_code()] = code
            session, output = self._machine.session, self._output
            return self._steps(lambda: session.feed_start(prepared.source, print_callback=output))

    def resume(self, outcome: Outcome) -> Step:
        """Answer the tool that was asked for, and go on."""
        with self._turns:
            paused, self._paused = self._paused, None
            if paused is None or not self.alive:
                return self._lost("The sandbox was lost while a tool was called.")
            if isinstance(outcome, Returned):
                value = outcome.value
                return self._steps(lambda: paused.resume({"return_value": value}))
            if isinstance(outcome, Raised):
                self._told = outcome.message
                return self._steps(lambda: paused.resume({"exc_type": "RuntimeError", "message": self._told}))
            return self._ended(paused)

    def _ended(self, paused: FunctionSnapshot) -> Step:
        """End the action by an exception; code that catches even that one is stopped soon after."""
        self._over = self._output.closed = True
        stop = threading.Timer(_GRACE, self.interrupt)
        stop.daemon = True
        stop.start()
        try:
            return self._steps(lambda: paused.resume({"exc_type": "SystemExit"}))
        finally:
            stop.cancel()
            stop.join()

    def _steps(self, turn: Turn) -> Step:
        """Let code run, and answer what it asks by the way, until a tool or its end."""
        while True:
            if self._stop.is_set() or self._closing:
                return self._give_up("Interrupted", "The action was interrupted.")
            started = time.monotonic()
            try:
                snapshot = self._machine.turn(turn)
            except Exception as error:  # noqa: BLE001 - whatever monty raises is the end of an action, never ours
                self._seconds += time.monotonic() - started
                return self._failed(error)
            except BaseException:  # Ctrl-C here: the code is not left running
                self._alive = False
                self._machine.close()
                raise
            self._seconds += time.monotonic() - started
            following = self._following(snapshot)
            if isinstance(following, HostCall | CodeResult):
                return following
            turn = following

    def _following(self, snapshot: SyncSnapshot) -> Turn | Step:
        if isinstance(snapshot, pydantic_monty.MontyComplete):
            return self._result(output=None if self._over else snapshot.output)
        if self._seconds > self._setup.limits.seconds:  # asking costs time that monty does not count
            return self._out_of_time()
        if isinstance(snapshot, pydantic_monty.NameLookupSnapshot):
            tool = self._stubs.get(snapshot.variable_name) if snapshot.object_id is None else None
            return snapshot.resume if tool is None else lambda: snapshot.resume(value=tool)
        if isinstance(snapshot, pydantic_monty.FutureSnapshot):
            return self._awaited(snapshot)
        return self._called(snapshot)

    def _called(self, call: FunctionSnapshot) -> Turn | Step:
        name = call.function_name
        if call.is_os_function:
            return self._asleep(call) if name in ("time.sleep", "asyncio.sleep") else call.resume_not_handled
        function = self._functions.get(name)
        if function is None or call.object_id is not None:
            return lambda: call.resume(raised("NameError", f"name '{name}' is not defined"))
        if self._over:
            self._refused += 1
            if self._refused > _STUBBORN:
                return self._give_up("Interrupted", "The action was over, and its code went on.")
            return lambda: call.resume(raised("SystemExit"))
        try:
            arguments = called_with(function, call.args, call.kwargs)
        except TypeError as error:
            told = f"{error}"
            return lambda: call.resume(raised("TypeError", told))
        self._calls += 1
        self._paused = call
        return HostCall(name, arguments)

    def _asleep(self, call: FunctionSnapshot) -> Turn | Step:
        asked: object = call.args[0] if call.args else 0
        seconds = float(asked) if isinstance(asked, int | float) else 0.0
        if call.function_name == "asyncio.sleep" and seconds > 0:  # other tasks go on meanwhile
            self._due[call.call_id] = time.monotonic() + seconds
            return lambda: call.resume({"future": ...})
        return self._slept(seconds) or (lambda: call.resume({"return_value": None}))

    def _awaited(self, tasks: FutureSnapshot) -> Turn | Step:
        """Sleep until the first of the tasks is to go on: all of them sleep."""
        first = min(self._due[one] for one in tasks.pending_call_ids)
        ready = [one for one in tasks.pending_call_ids if self._due[one] <= first]
        return self._slept(first - time.monotonic()) or (
            lambda: tasks.resume({one: {"return_value": None} for one in ready})
        )

    def _slept(self, seconds: float) -> CodeResult | None:
        """Sleep, as long as the action may take and nobody interrupts; return its end, or None."""
        left = self._setup.limits.seconds - self._seconds
        pause = max(0.0, min(seconds, left))
        began = time.monotonic()
        self._seconds += min(pause, time.monotonic() - began) if self._stop.wait(pause) else pause
        return self._out_of_time() if seconds > left and not self._stop.is_set() else None

    def _failed(self, error: Exception) -> CodeResult:
        if isinstance(error, KilledError):
            return self._give_up("Interrupted", "The action was interrupted.")
        if isinstance(error, pydantic_monty.MontyCrashedError):
            return self._crashed(timed_out=error.timed_out)
        if not isinstance(error, pydantic_monty.MontySyntaxError | pydantic_monty.MontyRuntimeError):
            # what the code handed over has no form outside (an int of 5,000 digits); monty waits for an answer
            return self._give_up("ValueError", f"A value could not be handed over: {f'{error}'[:_FOREIGN]}")
        if not counted(error):
            self._fed -= 1
        told = code_error(error, self._codes, self._told)
        if told.kind == "TimeLimit":
            return self._out_of_time()
        if told.kind == "MemoryLimit":
            return self._give_up("MemoryLimit", f"The action needed more than {self._setup.limits.memory_mib} MiB.")
        return self._result(None if self._over else told)

    def _crashed(self, *, timed_out: bool) -> CodeResult:
        if self._stop.is_set():
            return self._give_up("Interrupted", "The action was interrupted.")
        return self._out_of_time() if timed_out else self._lost("The interpreter crashed.")

    def _out_of_time(self) -> CodeResult:
        return self._give_up("TimeLimit", f"The action ran for {self._setup.limits.seconds:g} s and was stopped.")

    def _give_up(self, kind: str, message: str) -> CodeResult:
        """End the action where it is, and go on with the names of before it where they were kept."""
        self._paused = None
        if not self._kept or self._closing:
            self._alive = False
            self._machine.close()
        else:
            try:
                self._machine.renew(self._kept)
                self._fed -= 1
            except Exception as error:  # noqa: BLE001
                return self._lost(f"{message} It could not be begun anew: {f'{error}'[:_FOREIGN]}.")
            message = f"{message} Names are as they were before it."
        return self._result(None if self._over else CodeError(kind, message))

    def _lost(self, message: str) -> CodeResult:
        self._alive = False
        self._machine.close()
        return self._result(CodeError("Lost", message))

    def _keep(self) -> bool:
        """Keep the state of now where it is small; False where that has cost the session its process."""
        grown = self._machine.grown() if self._keeps else None
        self._kept = b""
        if grown is None or grown > min(_SMALL, self._setup.limits.memory_mib * 2**20 / 8):
            return True
        try:
            self._kept = self._machine.session.dump()
        except Exception:  # noqa: BLE001
            return False
        return True

    def _result(self, error: CodeError | None = None, output: object = None) -> CodeResult:
        value, shown = (None, "") if error else shown_value(output)
        return CodeResult(
            stdout=self._output.stdout,
            stderr=self._output.stderr,
            value=value,
            shown=shown,
            error=error,
            usage=Usage(seconds=self._seconds, tool_calls=self._calls),
            dropped=self._output.dropped,
            state_lost=not self._alive,
        )

    def interrupt(self) -> None:
        """End the action under way; names are those of before it."""
        self._stop.set()
        self._machine.kill()

    def read_file(self, path: str) -> bytes:
        """There are no files."""
        raise FileNotFoundError(f"{path!r}: {_NO_FILES}")

    def write_file(self, path: str, data: bytes) -> None:
        """There are no files."""
        raise InputError(
            f"{path!r} ({len(data)} bytes) cannot be written. {_NO_FILES} Pass data as text, or by a tool."
        )

    def snapshot(self) -> bytes:
        """Return the state between two actions, sealed with the key of the sandbox."""
        with self._turns:
            if not self.alive:
                raise SandboxLostError("The session in monty is over: there is nothing to take a snapshot of.")
            if self._paused is not None:
                raise UnsupportedError("The action waits for a tool. Take snapshots between two actions.")
            try:
                state = self._machine.session.dump()
            except Exception as error:
                self._alive = False
                told = f"{error}"[:_FOREIGN]
                raise UnsupportedError(
                    f"The state is too big to be written out: {told}. The session is lost."
                ) from error
        return sealed(state, key=self._key, version=self._version, limits=self._setup.limits)

    def close(self) -> None:
        """End the session, and the process with it; in a copy of the process that began it, nothing."""
        if not self._machine.ours:
            return
        self._closing = True
        self.interrupt()
        with self._turns:
            self._machine.close()
