"""A session: actions one after the other, in names and files that stay, with tools that are called outside."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import ConfigurationError
from llm_strategy.flow.arun import arun as arun_flow
from llm_strategy.flow.run import run as run_flow
from llm_strategy.sandbox.choosing import sandbox_named
from llm_strategy.sandbox.history import Action, Answered, Written
from llm_strategy.sandbox.limits import Limits
from llm_strategy.sandbox.protocol import Setup
from llm_strategy.sandbox.requests import CodeRequest, OutcomeRequest
from llm_strategy.sandbox.results import CodeError, CodeResult
from llm_strategy.sandbox.spans import record_result
from llm_strategy.sandbox.stage import Advance, Stage, told
from llm_strategy.sandbox.steps import Ended, HostCall, Raised
from llm_strategy.sandbox.tool_answers import ENDING, ToolAnswers
from llm_strategy.sandbox.workspace_path import workspace_path
from llm_strategy.tracing import semconv
from llm_strategy.tracing.recording import opened

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping
    from types import TracebackType
    from typing import Self

    from llm_strategy.flow import Flow
    from llm_strategy.sandbox.protocol import GuestFunction, Sandbox
    from llm_strategy.sandbox.steps import Outcome

    Calls = Mapping[str, Callable[[str], Flow[Outcome]]]

__all__ = ["Session"]

_MOST_SENT = 32_000_000
"""Characters of all arguments of an action: they are kept, to run it again."""


class Session:
    """Runs code in a sandbox, action by action.

    Names and files stay from one action to the next. Tools are called outside of the sandbox, one at a time, with
    arguments that are checked. Where the sandbox is lost (killed for its memory or time, a crash), the next action runs
    the earlier ones again first, in a new one, with the answers of tools that were recorded.

    >>> with Session("unsafe-process") as session:
    ...     _ = session.run("rows = [1, 2, 3]")
    ...     session.run("sum(rows)").value
    6

    Args:
        sandbox: the name of a sandbox, or one. "auto" takes the strongest that holds on this machine.
        tools: what the code may call: tools, or functions that `tool` makes some of.
        limits: what it may use up.
        files: files of the workspace, by path.
        tainted: whether the code may have been written by order of an untrusted text: then only tools that accept
            untrusted input are called.
        functions: more functions that ask the host; `act` is told who answers.

    Raises:
        ConfigurationError: no sandbox has this name, or two tools have the same one.
        InputError: a file is outside of the workspace.
    """

    def __init__(
        self,
        sandbox: str | Sandbox = "auto",
        *,
        tools: Iterable[Any] = (),
        limits: Limits | None = None,
        files: Mapping[str, bytes] | None = None,
        tainted: bool = False,
        functions: Iterable[GuestFunction] = (),
    ) -> None:
        self.limits = limits or Limits()
        """What it may use up."""
        self._tools = ToolAnswers(tools, tainted=tainted)
        own = tuple(functions)
        names = [one.name for one in (*self._tools.functions, *own)]
        if len(set(names)) != len(names):
            raise ConfigurationError(f"Two functions of a session have the same name: {', '.join(sorted(names))}.")
        laid = {workspace_path(path): bytes(data) for path, data in (files or {}).items()}
        setup = Setup(self.limits, (*self._tools.functions, *own), laid)
        self._stage = Stage(sandbox_named(sandbox), setup)
        self._history: list[Action] = []
        self._busy = threading.Lock()

    @property
    def sandbox(self) -> Sandbox:
        """What it runs in; for "auto", what was chosen, once it has begun."""
        return self._stage.sandbox

    @property
    def alive(self) -> bool:
        """Whether a sandbox is running for it."""
        return self._stage.alive

    @property
    def history(self) -> tuple[Action, ...]:
        """The actions so far, oldest first."""
        return tuple(self._history)

    @property
    def tainted(self) -> bool:
        """Whether what the code says counts as untrusted: a tool may have given it an untrusted value."""
        return self._tools.tainted

    def open(self) -> Self:
        """Start the sandbox now, not with the first action. Raises SandboxUnavailableError."""
        with self._one_at_a_time():
            self._stage.worker()
        return self

    def run(self, code: str) -> CodeResult:
        """Run an action. What goes wrong in the code is part of the result.

        Raises:
            SandboxUnavailableError: no sandbox holds on this machine; nothing was run.
            SandboxLostError: the session was closed.
            ConfigurationError: another action is under way, or a tool cannot be called like this.
            BudgetExceededError, JournalError: a tool ran into it; the action was ended there.
        """
        return run_flow(self.act(code))

    async def arun(self, code: str) -> CodeResult:
        """Run an action without blocking the event loop. Cancelling the task ends the action, too."""
        return await arun_flow(self.act(code))

    def act(self, code: str, calls: Calls | None = None) -> Flow[CodeResult]:
        """Run an action, as a flow.

        Args:
            code: what is run.
            calls: who answers the functions that were given to the session, by name: a flow from the arguments, as JSON
                text, to an outcome. An outcome `Ended` makes the result `finished`.
        """
        with self._one_at_a_time(), opened("code", "action") as span:
            if span is not None:
                span.text(semconv.CODE, code)
            result, problem = yield from _Performance(self._stage, self._tools, self.limits, calls or {}).flow(
                code, self._history
            )
            if span is not None:
                record_result(span, result, self.sandbox.name)
            if problem is not None:
                raise problem
            return result

    def read_file(self, path: str) -> bytes:
        """Return a file of the workspace. Raises FileNotFoundError, InputError, SandboxLostError."""
        return self._stage.files().read_file(workspace_path(path))

    def write_file(self, path: str, data: bytes) -> None:
        """Put a file into the workspace; starts the sandbox, if that is still to be done.

        Raises:
            InputError: it does not fit there: another file is in its way, or it is too large.
            UnsupportedError: the sandbox has no files.
            SandboxLostError, SandboxUnavailableError: there is no sandbox.
        """
        self._stage.put(Written(workspace_path(path), bytes(data)))

    def snapshot(self) -> bytes:
        """Return the state, to go on from elsewhere. Raises UnsupportedError: the sandbox cannot."""
        with self._one_at_a_time():
            return self._stage.worker().snapshot()

    def interrupt(self) -> None:
        """End the action under way, from any thread; names and files are kept where that is possible."""
        self._stage.interrupt()

    def close(self) -> None:
        """End the session: nothing of it is left running. May be called twice."""
        self._stage.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        import asyncio  # who is in a loop has it already

        await asyncio.to_thread(self.close)

    @contextmanager
    def _one_at_a_time(self) -> Generator[None]:
        if not self._busy.acquire(blocking=False):
            raise ConfigurationError(
                "An action is under way in this session, and its names belong to that one. Wait for it, or use a "
                "session for each thread or task."
            )
        try:
            yield
        finally:
            self._busy.release()


class _Performance:
    """One action, from its code to its result."""

    def __init__(self, stage: Stage, tools: ToolAnswers, limits: Limits, calls: Calls) -> None:
        self._stage = stage
        self._tools = tools
        self._limits = limits
        self._calls = calls
        self._answers: tuple[Answered, ...] = ()
        self._restored = 0
        self._forgotten = False
        self._finished = False
        self._problem: Exception | None = None
        self._sent = 0
        self._warned = False
        self._over: CodeError | None = None

    def flow(self, code: str, history: list[Action]) -> Flow[tuple[CodeResult, Exception | None]]:
        """Return the result, and the error that ended the action from outside."""
        try:
            step = self._noted((yield CodeRequest(self._stage, code)))
            while isinstance(step, HostCall):
                outcome = yield from self._outcome(step)
                self._answers = (*self._answers, Answered(step, outcome))
                step = self._noted((yield OutcomeRequest(self._stage, code, self._answers)))
        except GeneratorExit:
            self._abandoned(code, history)
            raise
        done = Action(code, self._answers, step)
        self._stage.note(done)
        result = told(step, restored=self._restored, forgotten=self._forgotten, answers=self._answers)
        if self._over is not None and result.error is None:
            result = replace(result, error=self._over)
        if self._finished:
            result = replace(result, finished=True)
        history.append(Action(code, self._answers, result))
        return result, self._problem

    def _noted(self, advance: Advance) -> HostCall | CodeResult:
        self._stage.seeded(advance.seed)
        self._restored += advance.restored
        if advance.forgotten:
            self._forgotten = True
            if not advance.restored:
                self._stage.forget()  # a journal may have told it, and not the stage itself
        return advance.step

    def _outcome(self, call: HostCall) -> Flow[Outcome]:
        if self._problem is not None:
            return Ended()
        told = self._too_many(call)
        if told:
            if self._warned:
                self._over = CodeError("ToolLimit", told)
                return Ended()
            self._warned = True
            return Raised(told)
        try:
            own = self._calls.get(call.tool)
            outcome = (yield from own(call.arguments)) if own is not None else (yield from self._tools.answer(call))
        except ENDING as error:
            self._problem = error
            return Ended()
        if isinstance(outcome, Ended):
            self._finished = True
        return outcome

    def _too_many(self, call: HostCall) -> str:
        """Say why a call is not carried out; the first one is told to the code, the second one ends the action."""
        self._sent += len(call.arguments)
        if self._sent > _MOST_SENT:
            return f"The arguments of all calls of an action may have {_MOST_SENT:,} characters, and these have more."
        if len(self._answers) >= self._limits.tool_calls:
            return f"An action may call tools {self._limits.tool_calls} times, and this one has."
        return ""

    def _abandoned(self, code: str, history: list[Action]) -> None:
        """Nobody waits any more: the code is ended, and what it has left is not known."""
        self._stage.abandon()
        result = CodeResult(error=CodeError("Interrupted", "Whoever waited for the action is gone."))
        self._stage.note(Action(code, self._answers, result))
        history.append(Action(code, self._answers, result))
