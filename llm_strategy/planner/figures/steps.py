"""The steps of a planner's run, and how much of what the task requires has stood in a context."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from llm_strategy.errors import ProgramError
from llm_strategy.planner.figures.turns import count_of, key_of
from llm_strategy.planner.program import Instruction, read_program
from llm_strategy.tracing import semconv

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from llm_strategy.planner.figures.reading import Reading
    from llm_strategy.planner.figures.turns import Turn
    from llm_strategy.tracing.records import SpanRecord

__all__ = ["Plan", "Retention", "Step", "plans_of", "requirements_of", "retention_of", "steps_of"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What was planned at one moment."""

    began: int
    """When, in nanoseconds since 1970."""
    requirements: tuple[tuple[str, str], ...]
    """What the task requires: id and text of each."""
    named: frozenset[str] | None
    """Ids that the instructions of the program name; None where the trace does not hold the program."""


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction that was carried out, or one condition that was looked at."""

    path: str
    """Its path in the program."""
    epoch: int
    """How often it was begun anew by hand."""
    began: int
    """When it was begun for the first time, in nanoseconds since 1970."""
    text: str
    """The instruction; '' where the trace does not tell it."""
    requirements: tuple[str, ...]
    """Ids of what it serves."""
    outcome: str
    """`done`, `failed`, `skipped`, `yes` or `no`; '' where it has none."""
    turns: tuple[int, ...]
    """Places of its turns among those of the run, from 0."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How many of the requirements were kept up to a step."""

    step: str
    """Path of the step."""
    named: int | None
    """How many of them the instructions of the program named then; None where the trace does not hold the program."""
    stood: int
    """How many of them had stood in a context by then: a step that serves them has sent a request."""


def plans_of(spans: Iterable[SpanRecord]) -> tuple[Plan, ...]:
    """Return what was planned, in order of time; a run that was planned anew has several."""
    return tuple(_plan(span) for span in spans if _is_plan(span))


def steps_of(reading: Reading, turns: Sequence[Turn]) -> tuple[Step, ...]:
    """Return the steps in the order in which they were first begun, also those of which only turns were recorded."""
    places: dict[tuple[str, int], list[int]] = {}
    for place, turn in enumerate(turns):
        places.setdefault((turn.key.step, turn.key.epoch), []).append(place)
    epochs = {reading.parent(span): key.epoch for span in reading.spans if (key := key_of(span)) is not None}
    spans: dict[tuple[str, int], list[SpanRecord]] = {}
    for span in reading.free:
        if semconv.PLANNER_STEP in span.attributes:
            epoch = count_of(span, semconv.PLANNER_EPOCH)
            name = (span.text(semconv.PLANNER_STEP), epochs.get(span.span, 0) if epoch is None else epoch)
            spans.setdefault(name, []).append(span)
    found = [_step(key, spans.get(key, []), [*places.get(key, [])], turns) for key in dict.fromkeys([*spans, *places])]
    return tuple(sorted(found, key=lambda step: step.began))


def requirements_of(plans: Sequence[Plan], steps: Sequence[Step]) -> tuple[tuple[str, str], ...]:
    """Return every requirement that the run ever knew, with its text: one that was planned away is lost, not gone."""
    found = {name: text for plan in plans for name, text in plan.requirements}
    if found:
        found |= {name: "" for step in steps for name in step.requirements if name not in found}
    return tuple(found.items())


def retention_of(plans: Sequence[Plan], steps: Sequence[Step]) -> tuple[Retention, ...]:
    """Return what was kept after each step that sent a request."""
    stood: set[str] = set()
    found: list[Retention] = []
    for step in steps:
        if not step.turns:
            continue
        stood.update(step.requirements)
        plan = next((plan for plan in reversed(plans) if plan.began <= step.began), plans[0] if plans else None)
        named = plan.named if plan else None
        found.append(Retention(step.path, None if named is None else len(stood | named), len(stood)))
    return tuple(found)


def _is_plan(span: SpanRecord) -> bool:
    # A step has requirements as well, and a path; where content is not captured, the program is left out.
    planned = semconv.PLANNER_PROGRAM in span.attributes or semconv.PLANNER_REQUIREMENTS in span.attributes
    return planned and semconv.PLANNER_STEP not in span.attributes


def _plan(span: SpanRecord) -> Plan:
    told = span.data(semconv.PLANNER_REQUIREMENTS)
    texts = cast("dict[str, Any]", told) if isinstance(told, dict) else {}
    known = tuple((name, str(text)) for name, text in texts.items())
    try:
        program = read_program(span.text(semconv.PLANNER_PROGRAM))
    except ProgramError:  # a program that was cut off, or was not captured
        return Plan(span.start, known, None)
    named = (name for node in program.nodes() if isinstance(node, Instruction) for name in node.requirements)
    return Plan(span.start, known or tuple((one.id, one.text) for one in program.requirements), frozenset(named))


def _step(key: tuple[str, int], spans: Sequence[SpanRecord], places: Sequence[int], turns: Sequence[Turn]) -> Step:
    path, epoch = key
    return Step(
        path=path,
        epoch=epoch,
        began=min([*(span.start for span in spans), *(turns[place].began for place in places)]),
        text=_told(spans, semconv.PLANNER_INSTRUCTION),
        requirements=tuple(dict.fromkeys(name for span in spans for name in _ids(span))),
        outcome=_told(spans, semconv.PLANNER_OUTCOME),
        turns=tuple(places),
    )


def _told(spans: Sequence[SpanRecord], name: str) -> str:
    """Return an attribute as the last span has it that tells it."""
    return next((span.text(name) for span in reversed(spans) if span.text(name)), "")


def _ids(span: SpanRecord) -> Iterator[str]:
    told = span.data(semconv.PLANNER_REQUIREMENTS)
    return (one for one in cast("list[object]", told) if isinstance(one, str)) if isinstance(told, list) else iter(())
