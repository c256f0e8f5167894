"""The panels of a sweep within one run: parallel coordinates, and the importance of each hyperparameter.

The panels that Weights & Biases has for sweeps compare runs, and a search is one run. So these are drawn with charts
that every server knows, out of tables which the run brings along: nothing has to be set up first.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from llm_strategy.optimize.report.coordinates import coordinates_of, short_names
from llm_strategy.optimize.report.importance import importance_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.optimize.report.report import OptimizationReport

__all__ = ["Lines", "importance_rows", "panels_of", "parallel_lines"]

_MOST_LINES: Final = 60
_MOST_AXES: Final = 12
_TITLES: Final = "Hyperparameters and score: each candidate from the least (0) to the largest value (1)"


class Lines(NamedTuple):
    """A line for each candidate, through the axes from left to right."""

    places: list[list[int]]
    """The axes that a candidate stands on, from 1, a list each."""
    heights: list[list[float]]
    """Where it stands there, from 0 to 1."""
    names: list[str]
    """Whose line it is, with its score."""
    axes: str
    """What the axes are, by their numbers."""


def parallel_lines(report: OptimizationReport) -> Lines | None:
    """Return parallel coordinates of the best candidates; None where there is nothing to compare.

    >>> from llm_strategy.testing.sample_optimizations import sample_report
    >>> parallel_lines(sample_report(12)).axes.startswith("1: ")
    True
    """
    drawn = coordinates_of(report, report.members)
    if drawn is None:
        return None
    axes = [axis for axis in drawn["axes"] if axis["drawn"]]
    outcomes = [axis for axis in axes if axis["outcome"]]
    axes = [*(axis for axis in axes if not axis["outcome"]), *outcomes][-_MOST_AXES:]
    heights = [_heights(axis["values"]) for axis in axes]
    numbers = [number for _, number, _ in drawn["lines"]]
    best = range(max(0, len(numbers) - _MOST_LINES), len(numbers))  # the best come last
    places: list[list[int]] = []
    shown: list[list[float]] = []
    for line in best:
        known = {place: one for place, axis in enumerate(heights, 1) if (one := axis[line]) is not None}
        places.append([*known])
        shown.append([*known.values()])
    names = [f"candidate {numbers[line]} ({_score(report, numbers[line])})" for line in best]
    told = ", ".join(f"{place}: {axis['name']}" for place, axis in enumerate(axes, 1))
    return Lines(places, shown, names, told)


def importance_rows(report: OptimizationReport) -> list[list[str | float]]:
    """Return how much of what scores differ by goes with each hyperparameter, a row each, the largest first."""
    names = short_names([leaf.path for leaf in report.leaves])
    return [[names[path], share] for path, share in importance_of(report).items()]


def panels_of(report: OptimizationReport, wandb: Any) -> dict[str, Any]:
    """Return the panels by their keys, those for which there is something to show.

    Args:
        report: what was found.
        wandb: the module.
    """
    found: dict[str, Any] = {}
    lines = parallel_lines(report)
    if lines is not None:
        found["optimization/parallel_coordinates"] = wandb.plot.line_series(
            lines.places, lines.heights, keys=lines.names, title=_TITLES, xname=lines.axes
        )
    rows = importance_rows(report)
    if rows:
        table = wandb.Table(columns=["hyperparameter", "importance"], data=rows)
        found["optimization/importance"] = wandb.plot.bar(
            table, "hyperparameter", "importance", title="Share of the variance of scores that goes with it"
        )
    return found


def _heights(values: Sequence[Any]) -> list[float | None]:
    """Return where values stand on an axis: numbers by their size, all else in the order of the alphabet."""
    if all(value is None or isinstance(value, int | float) for value in values):
        numbers = [None if value is None else float(value) for value in values]
    else:
        order = sorted(set(map(str, values)))
        numbers = [float(order.index(str(value))) for value in values]
    known = [number for number in numbers if number is not None and math.isfinite(number)]
    low, high = min(known, default=0.0), max(known, default=0.0)
    room = high - low
    return [
        None if number is None or not math.isfinite(number) else (number - low) / room if room > 0 else 0.5
        for number in numbers
    ]


def _score(report: OptimizationReport, number: int) -> str:
    mean = report.member(number).mean
    return "no score" if mean is None else f"{mean:.3f}"
