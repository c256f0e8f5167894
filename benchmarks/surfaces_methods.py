"""The methods that are compared on surfaces, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from benchmarks.surfaces_dspy import dspy_found
from benchmarks.surfaces_gepa import gepa
from benchmarks.surfaces_named import surface_of
from benchmarks.surfaces_optuna import tuned
from benchmarks.surfaces_ours import ours
from benchmarks.surfaces_surface import Sizes, Surface

__all__ = ["DSPY", "METHODS", "OURS", "SAMPLERS", "Job", "Method", "Result", "done"]

Method: TypeAlias = Callable[[Surface, int], dict[str, Any] | None]
"""Finds values on a surface with a budget; None where a peer is not there."""

OURS = "ours"
HERE: Mapping[str, Method] = {
    OURS: lambda surface, budget: ours(surface, budget, {}),
    "gepa": lambda surface, budget: gepa(surface, budget, {}),
    "gepa with merge": lambda surface, budget: gepa(surface, budget, {"use_merge": True}),
    "Optuna TPE, 15 a trial": lambda surface, budget: tuned(surface, budget, "tpe", 15),
    "Optuna TPE, 6 a trial": lambda surface, budget: tuned(surface, budget, "tpe", 6),
    "random, 15 a trial": lambda surface, budget: tuned(surface, budget, "random", 15),
}
DSPY: Mapping[str, str] = {"DSPy GEPA": "gepa", "DSPy MIPROv2": "mipro"}
METHODS = (*HERE, *DSPY)
SAMPLERS = frozenset({"Optuna TPE, 15 a trial", "Optuna TPE, 6 a trial", "random, 15 a trial"})
"""Methods that cannot write: what is no hyperparameter, they cannot find."""


class Job(NamedTuple):
    """One run of a method."""

    surface: str
    seed: int
    sizes: Sizes
    draw: int | None
    method: str
    budget: int
    python: str | None = None
    """The interpreter that has DSPy."""


class Result(NamedTuple):
    """True qualities."""

    found: float
    seed: float
    best: float


def done(job: Job) -> Result | None:
    """What came of a run; None where the method is not there."""
    surface = surface_of(job.surface, job.seed, job.sizes, job.draw)
    found = _found(job, surface)
    if found is None:
        return None
    return Result(surface.quality(found), surface.quality(surface.seed_values), surface.best())


def _found(job: Job, surface: Surface) -> dict[str, Any] | None:
    if job.method in HERE:
        return HERE[job.method](surface, job.budget)
    if job.python is None:
        return None
    asked = {"surface": job.surface, "seed": job.seed, "sizes": job.sizes, "draw": job.draw, "budget": job.budget}
    return dspy_found(job.python, {**asked, "method": DSPY[job.method]})
