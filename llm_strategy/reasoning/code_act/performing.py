"""Carrying actions out: code in a sandbox, calls of tools outside of one, and `finish` in either."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Generic, TypeVar

from llm_strategy.errors import ConfigurationError, InvalidValueError, UnknownToolError
from llm_strategy.reasoning.code_act.actions import FINISH
from llm_strategy.reasoning.code_act.meant import meant
from llm_strategy.reasoning.code_act.observations import seen_of_result, seen_of_value
from llm_strategy.reasoning.code_act.tool_checks import CheckTools, doubtful
from llm_strategy.reasoning.code_act.variables import assignments
from llm_strategy.sandbox.steps import Ended, HostCall, Raised, Returned
from llm_strategy.sandbox.tool_answers import ToolAnswers
from llm_strategy.tools import tool_named
from llm_strategy.tracing import semconv
from llm_strategy.tracing.recording import opened

if TYPE_CHECKING:
    from llm_strategy.flow import Flow
    from llm_strategy.messages import ToolCall
    from llm_strategy.reasoning.code_act.actions import Action
    from llm_strategy.reasoning.code_act.code_act import CodeAct
    from llm_strategy.reasoning.code_act.opening import Opening
    from llm_strategy.sandbox.results import CodeResult
    from llm_strategy.sandbox.session import Session
    from llm_strategy.sandbox.steps import Outcome

__all__ = ["Performing"]

T = TypeVar("T")


class Performing(Generic[T]):
    """Carries out the actions of one run."""

    def __init__(self, method: CodeAct, opening: Opening[T]) -> None:
        self.value: list[T] = []
        """What `finish` was called with, once it was called with something that fits."""
        self.made: dict[str, None] = {}
        """The files that the actions made and did not delete, in order."""
        self.failed = False
        """Whether the last action was code that raised."""
        self.tainted = opening.question.prompt.is_untrusted or (
            opening.form.runs_code and bool(method.files) and method.untrusted_files
        )
        """Whether the model has been shown anything that is not trusted."""
        self.session: Session | None = None
        """The sandbox, where the actions are code."""
        self._method = method
        self._opening = opening
        self._tools = ToolAnswers(method.offered, tainted=self.tainted)
        self._has_variables = False
        self._seen: list[str] = []

    def prepare(self) -> Flow[None]:
        """Look at the tools, and open the sandbox, where one is needed.

        Raises:
            UnsupportedError, ToolRefusedError: a tool cannot be called from here, whatever the model does.
            SandboxUnavailableError: there is none.
            InputError: an argument cannot be a variable, or a file cannot be read.
        """
        checked = doubtful(self._method.offered)
        if checked:
            yield CheckTools(checked)
        if not self._opening.form.runs_code:
            return
        from llm_strategy.reasoning.code_act.preparation import OpenSession  # other forms need no sandbox

        _ = self._opening.variables
        method = self._method
        self.session = yield OpenSession(
            method.sandbox,
            method.offered,
            method.limits,
            method.files,
            self.tainted,
            f"Give the return value, and end. It has this type: {self._opening.offer.type}",
            method.keep_files,
        )

    def close(self) -> None:
        """End the session: nothing of it is left running."""
        if self.session is not None:
            self.session.close()

    def perform(self, action: Action) -> Flow[tuple[str, ...]]:
        """Carry an action out; return what there is to see of each of its parts."""
        if action.code:
            return (yield from self._run(action.code))
        seen = self._seen = []
        for call in action.calls:
            seen.append((yield from self._call(call)))
            if self.value:
                break
        return tuple(seen)

    def _run(self, code: str) -> Flow[tuple[str, ...]]:
        session = self.session
        if session is None:  # pragma: no cover (a preview of a prompt ends before)
            raise ConfigurationError("Code was to be run before the sandbox was opened.")
        if not self._has_variables:
            yield from self._assign(session)
        result: CodeResult = yield from session.act(code, {FINISH: self._finish})
        if result.state_lost and not result.finished:
            yield from self._assign(session)
        self._note_files(result)
        if not result.finished:
            self.value.clear()
        self.tainted = self.tainted or session.tainted
        self.failed = result.error is not None
        return (self._seen_of(result, session),)

    def _seen_of(self, result: CodeResult, session: Session) -> str:
        words, known = self._method.wording, {*self._opening.offer.names, *self._opening.variables.values()}
        name = meant(result.error, known, (one.code for one in session.history))
        hint = words.meant.format(name=name) if name else ""
        return "\n".join(filter(None, (seen_of_result(result, words), hint)))

    def _note_files(self, result: CodeResult) -> None:
        for change in result.files:
            self.made.pop(change.path, None)
            if change.operation != "delete":
                self.made[change.path] = None

    def broken_off(self, action: Action, error: Exception) -> tuple[str, ...]:
        """Return what there is to see of an action that an error has ended."""
        problem = f"{type(error).__name__}: {error}"
        history = self.session.history if self.session is not None else ()
        if not action.code:
            return (*self._seen, problem)
        if not history or history[-1].code != action.code:
            return (problem,)
        result = history[-1].result
        self._note_files(result)
        seen = seen_of_result(result, replace(self._method.wording, silent=""))
        return ("\n".join(filter(None, (seen, problem))),)

    def _assign(self, session: Session) -> Flow[None]:
        """Make the arguments variables."""
        self._has_variables = True
        code = assignments(self._opening.values, self._opening.variables)
        if code:
            result: CodeResult = yield from session.act(code)
            if result.error is not None:
                raise ConfigurationError(
                    f"{self._opening.question.where}: the arguments could not be made variables in the sandbox: "
                    f"{result.error.kind}: {result.error.message}. Raise CodeAct(limits=...), or pass less."
                )

    def _traced(self, call: ToolCall, problem: str) -> str:
        """Note a call that no tool answers in the trace; return what was wrong with it."""
        with opened("tool", call.name[:100]) as span:
            if span is not None:
                span.mark(semconv.TOOL_NAME, call.name[:100])
                span.text(semconv.TOOL_ARGUMENTS, call.arguments)
                if problem:
                    span.end("error", span.clean(problem) if span.session.capture.content else "")
        return problem

    def _finish(self, arguments: str) -> Flow[Outcome]:
        problem = self._finished(arguments)
        return Raised(problem) if problem else Ended()
        yield  # pragma: no cover (makes it a flow)

    def _finished(self, arguments: str) -> str:
        """Take a value; return what is wrong with it."""
        try:
            self.value[:] = [self._opening.offer.finished(arguments)]
        except InvalidValueError as error:
            return self._method.wording.unfit.format(problem=error)
        return ""

    def _call(self, call: ToolCall) -> Flow[str]:
        if call.name == FINISH:
            return self._traced(call, self._finished(call.arguments))
        try:
            _ = tool_named(self._opening.offer.tools, call.name)
        except UnknownToolError as error:
            return self._traced(call, f"Error: {error}")
        outcome = yield from self._tools.answer(HostCall(call.name, call.arguments))
        self.tainted = self.tainted or self._tools.tainted
        if isinstance(outcome, Returned):
            return seen_of_value(outcome.value)
        return f"Error: {outcome.message}" if isinstance(outcome, Raised) else ""
