"""What a page of figures shows, as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llm_strategy.planner.figures.data import PANELS
from llm_strategy.planner.figures.summary import RequirementRow, StepRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llm_strategy.planner.figures.data import Figures
    from llm_strategy.planner.figures.steps import Step
    from llm_strategy.planner.figures.summary import RunSummary

__all__ = ["payload_of", "requirement_rows", "step_rows"]


def payload_of(figures: Figures, summary: RunSummary) -> dict[str, Any]:
    """Return the data of a page; the parts of its script know what stands where.

    >>> from llm_strategy.planner.figures.data import figures_of
    >>> from llm_strategy.planner.figures.summary import RunSummary
    >>> payload_of(figures_of([]), RunSummary())["turns"]
    []
    """
    return {
        "task": summary.task,
        "outcome": summary.outcome,
        "reason": summary.reason,
        "mood": summary.mood,
        "stats": [[row.name, row.value, row.note, row.mood] for row in summary.rows],
        "why": {panel: figures.why_empty(panel) for panel in PANELS},
        "turns": [[one.key.title, one.errors, one.passed, one.failed] for one in figures.turns],
        "groups": _groups(figures),
        "steps": [[row.path, row.text, row.outcome, row.attempts, row.note, [*row.requirements], *told]
                  for row, told in step_rows(figures, summary.steps)],
        "requirements": [[row.id, row.text, [*row.instructions], [*row.files], [*row.tests], state]
                         for row, state in requirement_rows(figures, summary.requirements)],
        "retention": [[one.step, one.named, one.stood] for one in figures.retention],
        "required": len(figures.requirements),
        "heat": {
            "steps": [*figures.heat.steps],
            "paths": [*figures.heat.paths],
            "cells": [[cell.step, cell.path, [*cell.counts]] for cell in figures.heat.cells],
        },
        "contexts": [[one.name, one.letters, one.tokens] for one in figures.contexts],
    }  # fmt: skip


def step_rows(figures: Figures, rows: Sequence[StepRow]) -> Iterator[tuple[StepRow, list[int | None]]]:
    """Yield the steps, each with its turns, and the errors and tests passed and failed after the last one.

    Where the summary has steps these count, with those of the trace that are no longer in the program behind them.
    """
    found: dict[str, list[Step]] = {}
    for step in figures.steps:
        found.setdefault(step.path, []).append(step)
    for row in rows:
        yield row, _told(figures, found.pop(row.path, []))
    for path, steps in found.items():
        last = steps[-1]
        attempts = len({(step.epoch, figures.turns[place].key.attempt) for step in steps for place in step.turns})
        yield StepRow(path, last.text, last.outcome, attempts, "", last.requirements), _told(figures, steps)


def requirement_rows(figures: Figures, rows: Sequence[RequirementRow]) -> Iterator[tuple[RequirementRow, str]]:
    """Yield the requirements, each with the state to show: none where only the trace is known."""
    if rows:
        yield from ((row, row.state) for row in rows)
        return
    for name, text in figures.requirements:
        serving = dict.fromkeys(step.path for step in figures.steps if name in step.requirements)
        yield RequirementRow(name, text, tuple(serving)), ""


def _told(figures: Figures, steps: Sequence[Step]) -> list[int | None]:
    turns = [figures.turns[place] for step in steps for place in step.turns]
    last = next((turn for turn in reversed(turns) if turn.errors is not None), None)
    tested = next((turn for turn in reversed(turns) if turn.passed is not None), None)
    return [
        len(turns),
        last.errors if last else None,
        tested.passed if tested else None,
        tested.failed if tested else None,
    ]


def _groups(figures: Figures) -> list[list[Any]]:
    """Return the stretches of turns that are one step: its path, its first turn and the one behind its last."""
    groups: list[list[Any]] = []
    known: tuple[str, int] | None = None
    for place, turn in enumerate(figures.turns):
        if (turn.key.step, turn.key.epoch) != known:
            known = (turn.key.step, turn.key.epoch)
            groups.append([turn.key.step, place, place])
        groups[-1][2] = place + 1
    return groups
