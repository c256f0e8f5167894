"""The control unit: takes the next step of the program, carries it out, and writes down how it ended.

Each step is a durable run of its own. When it is over, its outcome is in the state of the run and its journal is gone;
where the process is killed in its middle, the journal answers everything that was answered before. The program is read
anew before each step, so that it can be edited while it runs.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from llm_strategy.errors import BudgetExceededError, ProgramChangedError
from llm_strategy.planner.computer.carrying_out import carrying_out
from llm_strategy.planner.computer.deciding import deciding
from llm_strategy.planner.computer.doing import Do
from llm_strategy.planner.computer.durably import Durably
from llm_strategy.planner.computer.findings import names_of
from llm_strategy.planner.computer.hidden_tests import TESTS, ran_tests
from llm_strategy.planner.computer.place import place_of
from llm_strategy.planner.computer.placing import place, to_be_placed
from llm_strategy.planner.computer.planning import confirming, planning
from llm_strategy.planner.computer.replanning import replanning
from llm_strategy.planner.computer.under_way import begun, give_up, over, spent_so_far, took, under_way
from llm_strategy.planner.evaluators import Evaluate
from llm_strategy.planner.events import Ended, Planned, StepBegan, StepEnded
from llm_strategy.planner.program import Decision, Position, edited_steps, next_of, read_program, written_program
from llm_strategy.planner.state import Spent
from llm_strategy.tracing import semconv
from llm_strategy.tracing.recording import opened

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from llm_strategy.flow import Flow
    from llm_strategy.planner.computer.carrying_out import StepResult
    from llm_strategy.planner.computer.durably import Lasting
    from llm_strategy.planner.computer.job import Job
    from llm_strategy.planner.computer.planning import Decisions
    from llm_strategy.planner.computer.under_way import UnderWay
    from llm_strategy.planner.evaluators import Verdict
    from llm_strategy.planner.program import Program
    from llm_strategy.tracing.open_span import OpenSpan

__all__ = ["computing"]

T = TypeVar("T")

_OF_ITS_OWN = "done"
"""The outcome of steps that are none of the program: planning, and planning anew. Their paths begin with a colon."""
ALL_DONE = "done"
"""The reason of a run that has carried its whole program out."""
_UNJUDGED = (
    "the tests that are in the folder already do not run, so nothing could be judged by them: {}. Mend that and "
    "resume, or begin without tests (--no-run-tests)"
)


def computing(job: Job) -> Flow[str]:
    """Plan where there is no program yet, and carry it out; return why the run ended: `done`, or what stood in its way.

    Raises:
        LLMStrategyError: a model cannot be reached, the sandbox is gone, the workspace cannot be written. All that was
            done is kept, and the next run goes on there.
    """
    try:
        reason = yield from _Run(job).to_the_end()
    except BudgetExceededError as error:
        reason = f"budget: {_what_is_short(job, error)}"
    job.hooks.told(Ended(reason, spent_so_far(job.state)))
    return reason


def _what_is_short(job: Job, error: BudgetExceededError) -> str:
    limit: float | None = getattr(job.budget, error.limit, None) if error.limit else None
    if limit is None:
        return str(error)  # the budget of an instruction, or one around the run
    return f"{error.limit}: what is left of {limit:,} is too little for the next request"


class _Run:
    """A run under way."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.state = job.state
        self._steps = 0

    def to_the_end(self) -> Flow[str]:
        yield Do(self._place)
        yield Do(self._commit)
        short = self._short(self.state.outcomes)
        if short:
            return short
        doubt = yield from self._judged_before()
        if doubt:
            return doubt
        planned = yield from self._planned()
        if not planned:
            return "the program was not confirmed: edit it and resume"
        while True:
            yield from self._replanned()
            program: Program = yield Do(self._program)
            outcomes: dict[str, str] = yield Do(lambda: self.state.outcomes)
            step = next_of(program, outcomes)
            if not isinstance(step, Position | Decision):
                failed = [path for path, outcome in outcomes.items() if outcome == "failed"]
                return _ended(failed, step.waiting)
            short = self._short(outcomes)
            if short:
                return short
            if isinstance(step, Decision):
                yield from self._decide(step)
            else:
                yield from self._carry_out(program, step, outcomes)

    def _short(self, outcomes: dict[str, str]) -> str:
        """Return why nothing more may be begun, or ''."""
        short = self.job.budget.exhausted(self.state.spent, _carried_out(outcomes))
        return f"budget: {short}" if short else ""

    def _program(self) -> Program:
        """Return the program as its file is now. What failed is done again where somebody has put it in other words."""
        before = self.state.last_program()
        program = cast("Program", self.state.program)
        if before is not None and self.state.last_program() != before:
            self.state.reopen(*edited_steps(read_program(before.text), program, self.state.outcomes))
            with opened("step", "plan") as span:
                _mark_plan(span, program)
            self.job.hooks.told(Planned(program, "edited by hand"))
        return program

    def _judged_before(self) -> Flow[str]:
        """Remember what is wrong with files that are there already: nobody is to mend that.

        Where nothing can be known of their tests, the run ends before anything is paid for: return why.
        """
        if self.state.get("baseline") is not None:
            return ""
        verdict: Verdict = yield Evaluate(self.job.evaluators, self.job.store)
        if verdict.unjudged:
            one = verdict.unjudged[0]
            return _UNJUDGED.format(f"{one.path}: {one.message.rstrip('.')}".removeprefix("(tests): "))
        yield Do(partial(self.state.note, TESTS, {"ran": ran_tests(verdict)}))
        yield Do(partial(self.state.note, "baseline", names_of(verdict)))
        return ""

    def _planned(self) -> Flow[bool]:
        """See that there is a program for the task, and that it may be carried out."""
        task: str | None = self.state.get("to plan")
        if task is not None:
            old: Program | None = yield Do(lambda: self.state.program)
            with opened("step", "plan") as span:
                made: tuple[Program, Decisions] = yield from self._step(
                    ":plan", lambda: planning(self.job, task, old), task, self.state.number, keep=self._take_plan
                )
                _mark_plan(span, made[0])
        else:
            with opened("step", "plan") as span:
                there: Program = yield Do(self._program)
                _mark_plan(span, there)
            self.job.hooks.told(Planned(there, self.state.programs()[-1].why))
        if self.state.get("to confirm"):
            program: Program = yield Do(self._program)
            allowed = yield from confirming(self.job, program)
            if not allowed:
                return False
            yield Do(partial(self.state.note, "to confirm", False))
        return True

    def _take_plan(self, made: tuple[Program, Decisions]) -> None:
        program, decisions = made
        to_be_placed(self.state, program, "planned")
        self.state.note("decisions", {**(self.state.get("decisions") or {}), **decisions})
        self.state.note("to confirm", True)
        self.state.note("to plan", None)

    def _place(self) -> None:
        placed = place(self.state)
        if placed is not None:
            self.job.hooks.told(Planned(placed.program, placed.why))

    def _decide(self, step: Decision) -> Flow[None]:
        self.job.hooks.told(StepBegan(step.path, step.condition))
        with _span_of(step.path, step.condition, ()) as span:
            holds: bool = yield from self._step(
                step.path, lambda: deciding(self.job, step.condition), step.condition, close=_as_outcome
            )
            _mark(span, "yes" if holds else "no")

    def _carry_out(self, program: Program, step: Position, outcomes: dict[str, str]) -> Flow[None]:
        job, instruction = self.job, step.instruction
        job.hooks.told(StepBegan(step.path, instruction.text))
        with _span_of(step.path, instruction.text, instruction.requirements) as span:
            result: StepResult = yield from self._step(
                step.path,
                lambda: carrying_out(job, place_of(program, step, outcomes, self.state.epoch(step.path)), self._mark()),
                place_of(program, step, outcomes),
                close=_as_result,
                keep=partial(self._note_what_follows, step.path, instruction.text),
            )
            _mark(span, result.outcome)
        yield Do(self._commit)

    def _mark(self) -> int:
        step = under_way(self.state)
        return 0 if step is None else step.mark

    def _commit(self) -> None:
        """Commit the step that was done last, in this run or in one that was killed before it could."""
        found: list[str] | None = self.state.get("to commit")
        if found is not None and self.job.commit is not None:
            self.job.commit(found[0], f"{found[0]}: {found[1]}")
        if found is not None:
            self.state.note("to commit", None)

    def _note_what_follows(self, path: str, text: str, result: StepResult) -> None:
        if result.outcome == "done" and self.job.commit is not None:
            self.state.note("to commit", [path, text])
        if result.outcome == "failed" and (self.state.get("replans") or 0) < self.job.settings.replans:
            self.state.note("to replan", f"This step failed: {text}\n{result.note}")

    def _replanned(self) -> Flow[None]:
        """Plan the rest anew where a step has failed: here, or in a run that was killed after that.

        What has failed is replaced by the new steps then: whether they are done is what counts.
        """
        problem: str | None = yield Do(lambda: self.state.get("to replan"))
        if problem is None:
            return
        program: Program = yield Do(self._program)
        outcomes: dict[str, str] = yield Do(lambda: self.state.outcomes)
        replans: int = self.state.get("replans") or 0

        def keep(new: Program) -> None:
            if self.state.program != program:
                return  # somebody has edited it meanwhile: that is planned anew, and not overwritten
            for path in [path for path, outcome in self.state.outcomes.items() if outcome == "failed"]:
                self.state.change_outcome(path, "replaced")
            to_be_placed(self.state, new, f"replanned: {problem.splitlines()[0]}")
            self.state.note("replans", replans + 1)
            self.state.note("to replan", None)

        with opened("step", "replan") as span:
            new: Program = yield from self._step(
                f":replan{replans}",
                lambda: replanning(self.job, program, outcomes, problem),
                program,
                problem,
                self.state.number,
                keep=keep,
            )
            _mark_plan(span, new)

    def _step(
        self,
        path: str,
        flow: Callable[[], Flow[T]],
        *depends: object,
        close: Callable[[T], tuple[str, int, str]] | None = None,
        keep: Callable[[T], object] | None = None,
    ) -> Flow[T]:
        """Run a step durably, within what is left of the budget, and write down how it ended.

        What is to be kept of it is written down together with that: in the state, nowhere else.
        """
        state = self.state
        lasting, name, seconds = yield from self._lasting(path, flow, depends)
        totals = lasting.totals
        spent = Spent(totals.calls, totals.input_tokens, totals.output_tokens, totals.cost, round(seconds, 3))
        outcome, attempts, note = close(lasting.value) if close is not None else (_OF_ITS_OWN, 1, "")

        def written_down() -> None:
            with state.transaction():
                state.close_step(path, outcome, attempts=attempts, note=note, spent=spent)
                if keep is not None:
                    keep(lasting.value)
                state.let_journal_go(name)
                over(state)
            self._place()
            state.drop_journal(name)

        yield Do(written_down)
        self.job.hooks.told(StepEnded(path, outcome, note, spent))
        return lasting.value

    def _lasting(
        self, path: str, flow: Callable[[], Flow[T]], depends: tuple[object, ...]
    ) -> Flow[tuple[Lasting[T], str, float]]:
        """Run a step; where its journal is of another one by now, give that up and begin the step anew.

        Returns:
            What came of it, the name of its journal, and how many seconds it has taken.
        """
        state, job = self.state, self.job
        while True:
            name = job.journal_name(path, state.epoch(path), *depends)
            step: UnderWay = yield Do(partial(begun, state, job.store, path, name))
            is_new = not state.journal_of(name).exists()
            left = partial(job.budget.left, state.spent + Spent(seconds=step.seconds))
            began = time.monotonic()
            try:
                lasting: Lasting[T] = yield Durably(state.journal_of(name), partial(_scoped, left, flow))
            except ProgramChangedError:
                if is_new:
                    raise
                yield Do(partial(give_up, state, job.store))
                continue
            except BaseException:
                took(state, time.monotonic() - began)
                raise
            return lasting, name, step.seconds + time.monotonic() - began


def _carried_out(outcomes: dict[str, str]) -> int:
    return sum(outcome in {"done", "failed"} and not path.startswith(":") for path, outcome in outcomes.items())


def _as_outcome(holds: bool) -> tuple[str, int, str]:  # noqa: FBT001 (the value of a condition)
    return "yes" if holds else "no", 1, ""


def _as_result(result: StepResult) -> tuple[str, int, str]:
    return result.outcome, result.attempts, result.note


def _scoped(left: Callable[[], Any], flow: Callable[[], Flow[T]]) -> Flow[T]:
    with left():
        return (yield from flow())


@contextmanager
def _span_of(path: str, text: str, requirements: tuple[str, ...]) -> Generator[OpenSpan | None]:
    about = {
        semconv.PLANNER_STEP: path,
        semconv.PLANNER_INSTRUCTION: text,
        semconv.PLANNER_REQUIREMENTS: _json(list(requirements)),
    }
    with opened("step", f"step {path}", about) as span:
        yield span


def _mark(span: OpenSpan | None, outcome: str) -> None:
    if span is not None:
        span.mark(semconv.PLANNER_OUTCOME, outcome)


def _mark_plan(span: OpenSpan | None, program: Program) -> None:
    if span is not None:
        span.mark(semconv.PLANNER_REQUIREMENTS, _json({one.id: one.text for one in program.requirements}))
        span.text(semconv.PLANNER_PROGRAM, written_program(program))


def _json(data: object) -> str:
    import json  # a run has it already

    return json.dumps(data, ensure_ascii=False)


def _ended(failed: list[str], waiting: tuple[str, ...]) -> str:
    parts: list[str] = []
    if failed:
        parts.append(f"failed: {', '.join(failed)}")
    if waiting:
        parts.append(f"not begun, since they need what failed: {', '.join(waiting)}")
    return "; ".join(parts) or ALL_DONE
