"""From a task to a program: what is open is asked, what is required is listed, the work is planned and reviewed.

What the parts return is checked here, never believed: ids are given by us, what names nothing is left out, and a
requirement that no step serves gets a step. So no requirement is lost on the way, whatever the model does.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from llm_strategy.planner.computer.files import texts_of
from llm_strategy.planner.computer.named_files import named_files
from llm_strategy.planner.computer.remembered import Remembered
from llm_strategy.planner.computer.shortening import shortened
from llm_strategy.planner.computer.writing import WITHOUT_TESTS
from llm_strategy.planner.hooks import Proposal
from llm_strategy.planner.program import Instruction, Program, Requirement, written_program
from llm_strategy.planner.repository import repository_map

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from llm_strategy.flow import Flow
    from llm_strategy.planner.computer.job import Job
    from llm_strategy.planner.parts import OpenQuestion, PlannedStep

__all__ = ["Decisions", "planning", "steps_as_instructions"]

Decisions = dict[str, str]
"""Questions that the task left open, with their answers."""

_MOST_REQUIREMENTS = 200
_SPELLED_OUT = 5
"""Requirements without a step whose texts are told in one; all of them stand among its requirements."""


def planning(job: Job, task: str, old: Program | None = None) -> Flow[tuple[Program, Decisions]]:
    """Plan the program of a task.

    Args:
        job: the run.
        task: what is asked for now.
        old: the program so far, where the task adds to it.

    Returns:
        The program, with the old one at its beginning, and what was decided about the task.
    """
    decisions = yield from _decisions(job, task)
    decided = [f"{question} {answer}" for question, answer in decisions.items()]
    texts: list[str] = yield from job.ask("analyst", "requirements")(
        product=job.domain.product, decisions=decided, task=task
    )
    told = _told(texts or [task], old)
    steps = yield from _steps(job, task, decided, told)
    return _joined(job, task, old, told, steps), decisions


def _steps(job: Job, task: str, decided: Sequence[str], told: dict[str, str]) -> Flow[list[PlannedStep]]:
    """Let the architect plan and review. Where there is no room for a plan, there is nothing to ask it."""
    from llm_strategy.planner.parts import Architect  # parts are loaded when a run is planned

    most = job.settings.steps
    tested = "tests" in job.domain.evaluators
    if most <= 1 + tested and job.parts.architect is Architect:
        return _without_plan(task, told, tests_apart=most > 1)
    there: str = yield Remembered("files", partial(_overview, job, task), str)
    steps: list[PlannedStep] = yield from job.ask("architect", "plan")(
        _with(task, decided), job.domain.product, told, there, job.domain.planning, most
    )
    for _ in range(job.settings.reflections):
        better: list[PlannedStep] = yield from job.ask("architect", "review")(
            task, told, steps, _uncovered(told, steps), most
        )
        steps = better or steps
    return steps


def _without_plan(task: str, told: dict[str, str], *, tests_apart: bool) -> list[PlannedStep]:
    """Return one step for all of it; or one for the product, and one for its tests."""
    from llm_strategy.planner.parts import PlannedStep

    named = named_files(task)
    what = f"{', '.join(named) or 'the product'}, as the task says"
    if not tests_apart:
        return [PlannedStep(f"Write {what}.", list(told))]
    stem = named[0].rpartition("/")[2].removesuffix(".py") if named and named[0].endswith(".py") else ""
    where = f"in tests/test_{stem}.py" if stem else "in tests/"
    return [
        PlannedStep(f"Write {what}, {WITHOUT_TESTS}.", list(told)),
        PlannedStep(f"Write a few short tests of what is there, {where}, and mend what they find.", list(told)),
    ]


def confirming(job: Job, program: Program) -> Flow[bool]:
    """Ask whether a program is to be carried out. Edits of its file are taken up when it is."""
    if job.hooks.confirm is None:
        return True
    proposal = Proposal("program", "", written_program(program))
    allowed: bool = yield Remembered("confirm program", partial(job.hooks.confirm, proposal), bool)
    return allowed


def _decisions(job: Job, task: str) -> Flow[Decisions]:
    if not job.settings.questions:
        return {}
    questions: list[OpenQuestion] = yield from job.ask("analyst", "questions")(
        task, job.domain.product, job.settings.questions
    )
    decisions: Decisions = {}
    for one in questions[: job.settings.questions]:
        answer = ""
        if job.hooks.ask is not None:
            answer = yield Remembered(f"ask {one.question}", partial(job.hooks.ask, one), str)
        decisions[one.question] = answer.strip() or one.default
    return decisions


def _with(task: str, decided: Sequence[str]) -> str:
    return "\n".join([task, *(f"- {line}" for line in decided)])


def _overview(job: Job, task: str) -> str:
    files = texts_of(job.store)
    return repository_map(files, tokens=job.settings.overview_tokens, focus=task) if files else "There are none yet."


def _told(texts: Iterable[str], old: Program | None) -> dict[str, str]:
    """Return the requirements of a task by their ids: one that the program has already keeps its id there."""
    known = {_key(one.text): one for one in reversed(old.requirements)} if old else dict[str, Requirement]()
    number = _next_number((one.id for one in old.requirements), "R") if old else 1
    told: dict[str, str] = {}
    for text in (" ".join(one.split()) for one in texts):
        if not text or len(told) == _MOST_REQUIREMENTS:
            continue
        one = known.get(_key(text))
        if one is None:
            one = known[_key(text)] = Requirement(f"R{number}", text)
            number += 1
        told[one.id] = one.text
    return told


def _key(text: str) -> str:
    return " ".join(text.split()).casefold()


def _next_number(ids: Iterable[str], prefix: str = "") -> int:
    numbers = [int(one.removeprefix(prefix)) for one in ids if one.removeprefix(prefix).isdecimal()]
    return max(numbers, default=0) + 1


def _uncovered(told: dict[str, str], steps: Iterable[PlannedStep]) -> list[str]:
    served = {name for one in steps for name in one.requirements}
    return [name for name in told if name not in served]


def steps_as_instructions(
    steps: Sequence[PlannedStep], told: dict[str, str], most: int, first: int = 1
) -> tuple[Instruction, ...]:
    """Return planned steps as instructions; what has no room, and what no step serves, is added to the last one.

    >>> from llm_strategy.planner.parts import PlannedStep
    >>> steps_as_instructions([PlannedStep("Write a.py", ["R1", "R9"])], {"R1": "It works."}, 5)
    (Instruction(id='1', text='Write a.py', requirements=('R1',), needs=(), attempts=None, tokens=None),)
    """
    kept = [one for one in steps if one.do.strip()]
    rest = kept[most:]
    found = [
        Instruction(
            str(number), one.do.strip(), tuple(name for name in dict.fromkeys(one.requirements) if name in told)
        )
        for number, one in enumerate(kept[:most], first)
    ]
    if len(found) == 1 and not found[0].requirements and not rest:
        return (Instruction(found[0].id, found[0].text, tuple(told)),)  # one step for all of it
    lost = _uncovered(told, kept[:most])
    if lost or rest:
        words = [one.do.strip() for one in rest]
        words += [f"See that this holds, and is tested: {told[name]} ({name})" for name in lost[:_SPELLED_OUT]]
        if len(lost) > _SPELLED_OUT:
            words.append(f"See that these hold as well, and are tested: {', '.join(lost[_SPELLED_OUT:])}.")
        text = "\n".join(words)
        if len(found) < most or not found:
            found.append(Instruction(str(first + len(found)), text, tuple(lost)))
        else:
            last = found[-1]
            found[-1] = Instruction(last.id, f"{last.text}\n{text}", (*last.requirements, *lost))
    return tuple(found)


def _joined(job: Job, task: str, old: Program | None, told: dict[str, str], steps: Sequence[PlannedStep]) -> Program:
    requirements = tuple(Requirement(name, text) for name, text in told.items())
    if old is None:
        return Program(task, requirements, steps_as_instructions(steps, told, job.settings.steps))
    known = {one.id for one in old.requirements}
    new = tuple(one for one in requirements if one.id not in known)
    first = _next_number(node.id for node in old.nodes())
    added = steps_as_instructions(steps, told, job.settings.steps, first)
    whole = shortened(f"{old.task}\n\nThen: {task}", 100_000)
    return Program(whole, (*old.requirements, *new), (*old.instructions, *added))
