"""The requests that run code: a flow yields them, a driver performs them, a journal keeps what came of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from llm_strategy.errors import StoredDataError
from llm_strategy.flow.step import Cancelled
from llm_strategy.flow.stopping import current_stop
from llm_strategy.flow.threads import in_thread
from llm_strategy.sandbox.results import CodeResult
from llm_strategy.sandbox.stage import Advance, Stage
from llm_strategy.sandbox.steps import HostCall, Raised, Returned

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from llm_strategy.sandbox.history import Answered
    from llm_strategy.sandbox.steps import Outcome

__all__ = ["CodeRequest", "OutcomeRequest"]


@dataclass(frozen=True, slots=True)
class CodeRequest:
    """Begin with an action; answered with an `Advance`."""

    stage: Stage
    """Where."""
    code: str
    """What is run."""

    def perform(self) -> Advance:
        """Run the code until it asks for a tool or is over. Raises SandboxUnavailableError, SandboxLostError."""
        return _stoppable(self.stage, lambda: self.stage.run(self.code))

    async def aperform(self) -> Advance:
        """Run it in a thread; where the task is cancelled, the code is ended first."""
        return await _aside(self.stage, lambda: self.stage.run(self.code))

    def journal_data(self) -> Any:
        """Return the code."""
        return {"code": self.code}

    def answer_data(self, answer: Advance) -> Any:
        """Return what came of it as JSON data."""
        return _data_of(answer)

    def answer_from(self, data: Any) -> Advance:
        """Return what came of it. Raises StoredDataError."""
        return _advance_from(data)


@dataclass(frozen=True, slots=True)
class OutcomeRequest:
    """Answer the tool that an action asked for, and go on with it; answered with an `Advance`."""

    stage: Stage
    """Where."""
    code: str
    """What is run."""
    answers: tuple[Answered, ...]
    """All answers of the action so far; the last one is new."""

    def perform(self) -> Advance:
        """Go on until the code asks for a tool or is over. Raises SandboxUnavailableError, SandboxLostError."""
        return _stoppable(self.stage, lambda: self.stage.resume(self.code, self.answers))

    async def aperform(self) -> Advance:
        """Go on in a thread; where the task is cancelled, the code is ended first."""
        return await _aside(self.stage, lambda: self.stage.resume(self.code, self.answers))

    def journal_data(self) -> Any:
        """Return the answer that is new."""
        outcome = self.answers[-1].outcome
        return {"tool": self.answers[-1].call.tool, "answer": _outcome_data(outcome)}

    def answer_data(self, answer: Advance) -> Any:
        """Return what came of it as JSON data."""
        return _data_of(answer)

    def answer_from(self, data: Any) -> Advance:
        """Return what came of it. Raises StoredDataError."""
        return _advance_from(data)


def _stoppable(stage: Stage, call: Callable[[], Advance]) -> Advance:
    stop = current_stop()
    if stop is None:
        return call()
    forget = stop.on_set(stage.interrupt)
    try:
        made = call()
    finally:
        forget()
    if stop.is_set():
        raise Cancelled
    return made


async def _aside(stage: Stage, call: Callable[[], Advance]) -> Advance:
    import asyncio  # who is in a loop has it already

    loop = asyncio.get_running_loop()
    working: asyncio.Future[Advance] = loop.create_future()
    try:
        in_thread(partial(_work, call, partial(_tell, loop, working)))  # no pool: others may fill it
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        stage.interrupt()
        await asyncio.wait((working,))
        working.exception()  # nobody asks for it any more
        raise


def _work(call: Callable[[], Advance], tell: Callable[[Advance | None, BaseException | None], None]) -> None:
    try:
        made = call()
    except BaseException as error:  # noqa: BLE001 (it is raised where the answer is awaited)
        tell(None, error)
    else:
        tell(made, None)


def _tell(
    loop: asyncio.AbstractEventLoop,
    working: asyncio.Future[Advance],
    made: Advance | None,
    error: BaseException | None,
) -> None:
    def settle() -> None:
        if error is not None:
            working.set_exception(error)
        elif made is not None:
            working.set_result(made)

    if not loop.is_closed():
        loop.call_soon_threadsafe(settle)


def _data_of(advance: Advance) -> dict[str, Any]:
    step = advance.step
    told: dict[str, Any] = {"restored": advance.restored, "forgotten": advance.forgotten, "seed": advance.seed}
    if isinstance(step, HostCall):
        return {**told, "call": {"tool": step.tool, "arguments": step.arguments}}
    return {**told, "result": _results().dump_python(step, mode="json")}


def _advance_from(data: Any) -> Advance:
    try:
        match data:
            case {
                "call": {"tool": str(tool), "arguments": str(words)},
                "restored": int(count),
                "forgotten": bool(lost),
                "seed": int(seed),
            }:
                return Advance(HostCall(tool, words), count, lost, seed)
            case {"result": result, "restored": int(count), "forgotten": bool(lost), "seed": int(seed)}:
                return Advance(_results().validate_python(result), count, lost, seed)
            case _:
                raise StoredDataError(f"What is stored is no outcome of code. {_ANEW}")
    except ValidationError as error:
        raise StoredDataError(f"What is stored is no outcome of code: {error}. {_ANEW}") from error


_ANEW = "Delete the journal to begin anew."


def _outcome_data(outcome: Outcome) -> Any:
    if isinstance(outcome, Returned):
        return {"returned": outcome.value}
    return {"raised": outcome.message} if isinstance(outcome, Raised) else "ended"


@cache
def _results() -> TypeAdapter[CodeResult]:
    return TypeAdapter(CodeResult)
