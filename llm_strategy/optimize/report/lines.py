"""A report in a few lines of plain text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from llm_strategy.tracing.exporters.figures import count_text
from llm_strategy.tracing.printable import printable_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import JsonValue

    from llm_strategy.optimize.report.parts import Calibration
    from llm_strategy.optimize.report.report import OptimizationReport

__all__ = ["report_lines", "value_text"]

_MOST_CHANGES = 6
_MOST_MISSING = 3
_LONG = 60
_AROUND = 16


def report_lines(report: OptimizationReport) -> Iterator[str]:
    """Yield what a report says, the most important first.

    >>> from llm_strategy.testing.sample_optimizations import sample_report
    >>> next(report_lines(sample_report()))
    'An essay about a topic: test score 0.452 -> 0.697'
    """
    yield f"{printable_line(report.task, 120)}{_scores(report)}"
    if report.gain is not None:
        yield f"gain: {report.gain}"
    yield report.verdict
    if not report.is_seed:
        hypothesis = printable_line(report.member(report.best_number).hypothesis, 300)
        yield from [f"  expected: {hypothesis}"] if hypothesis else []
        yield from _changes(report)
    yield from report.cautions
    yield f"ended: {printable_line(report.reason) or 'not yet'}, after {_done(report)}"
    yield f"cost: task model {report.task_spent}; optimizer model {report.optimizer_spent}"
    yield from _calibration(report.calibration)
    if report.synthetic:
        tried = sum(one.score is not None for one in report.synthetic)
        made_up = count_text(len(report.synthetic), "case")
        yield f"made up by the model: {made_up}, {tried:,} of them tried; learned from, and never judged by"
    missing = [printable_line(one.name, 60) for one in report.missing[:_MOST_MISSING]]
    if missing:
        yield f"missing hyperparameters: {', '.join(missing)}"


def value_text(value: JsonValue, longest: int = 60) -> str:
    """Return a value as a line.

    >>> value_text("be short"), value_text(0.5), value_text([1])
    ("'be short'", '0.5', '[1]')
    """
    if isinstance(value, str):
        return repr(printable_line(value, longest))
    return printable_line(json.dumps(value, ensure_ascii=False), longest)


def _scores(report: OptimizationReport) -> str:
    seed, winner = report.test_scores.get("seed"), report.test_scores.get("winner")
    if seed is not None and winner is not None:
        return f": test score {seed:.3f} -> {winner:.3f}"
    known = {one.number: one.mean for one in report.members if one.mean is not None}
    if 0 in known and report.winner_number in known:
        return f": validation score {known[0]:.3f} -> {known[report.winner_number]:.3f}"
    return ""


def _changes(report: OptimizationReport) -> Iterator[str]:
    changes = report.changes()
    for path, (before, after) in list(changes.items())[:_MOST_CHANGES]:
        old, new = _apart(before, after)
        yield f"  {printable_line(path, 120)}: {value_text(old)} -> {value_text(new)}"
    if len(changes) > _MOST_CHANGES:
        yield f"  ... {count_text(len(changes) - _MOST_CHANGES, 'more change')}"


def _apart(before: JsonValue, after: JsonValue) -> tuple[JsonValue, JsonValue]:
    """Return two texts from a little before the place where they begin to differ; anything else as it is."""
    if not (isinstance(before, str) and isinstance(after, str)) or max(len(before), len(after)) <= _LONG:
        return before, after
    pairs = enumerate(zip(before, after, strict=False))
    same = next((place for place, (one, other) in pairs if one != other), min(len(before), len(after)))
    if same <= _AROUND:
        return before, after
    begin = same - _AROUND
    return f"...{before[begin:]}", f"...{after[begin:]}"


def _calibration(found: Calibration) -> Iterator[str]:
    """Yield what told probabilities of improvement came to, where any was checked."""
    if found.brier is None:
        return
    rows = [f"{one.told:.2f} came true in {one.happened * one.count:.0f} of {one.count:,}" for one in found.rows]
    score = f"Brier score {found.brier:.3f} (0 is perfect, 0.25 that of a coin)"
    yield f"told probabilities of improvement: {'; '.join([*rows, score])}"


def _done(report: OptimizationReport) -> str:
    kept = sum(one.is_kept for one in report.members)
    return (
        f"{count_text(report.steps, 'step')}, {count_text(report.rollouts, 'rollout')}, "
        f"{count_text(len(report.members), 'candidate')} ({kept:,} past their gates)"
    )
