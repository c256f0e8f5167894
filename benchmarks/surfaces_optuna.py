"""Optuna on a surface: it cannot write, so all choices are laid open to it; a trial is the mean of some cases."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

from __future__ import annotations

import contextlib
import random
import warnings
from importlib.util import find_spec
from typing import Any, Literal

from benchmarks.surfaces_meter import Meter, Spent, Tracked
from benchmarks.surfaces_surface import Knob, Surface, case_ids

__all__ = ["tuned"]


def tuned(surface: Surface, budget: int, sampler: Literal["tpe", "random"], cases: int) -> dict[str, Any] | None:
    """The values of the best trial; None where Optuna is not installed."""
    if find_spec("optuna") is None:
        return None
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")
    tpe = optuna.samplers.TPESampler(n_startup_trials=4, seed=surface.seed)
    chosen = tpe if sampler == "tpe" else optuna.samplers.RandomSampler(seed=surface.seed)
    study = optuna.create_study(direction="maximize", sampler=chosen)
    knobs = surface.open_knobs
    study.enqueue_trial({knob.path: knob.default for knob in knobs})
    space = {knob.path: _distribution(knob) for knob in knobs}
    meter, best = Meter(surface, budget), Tracked(surface.seed_values)
    with contextlib.suppress(Spent):
        while True:
            trial = study.ask(space)
            values = surface.opened(trial.params)
            drawn = random.Random(f"{surface.seed} {trial.number}").sample(case_ids(surface.sizes.val), cases)
            mean = sum(run.score for run in meter.scores(values, "val", drawn)) / cases
            best.judged(values, mean)
            study.tell(trial, mean)
    return best.values


def _distribution(knob: Knob) -> Any:
    from optuna import distributions

    if knob.kind == "boolean":
        return distributions.CategoricalDistribution((False, True))
    if knob.choices:
        return distributions.CategoricalDistribution(knob.choices)
    assert knob.low is not None
    assert knob.high is not None
    if knob.kind == "integer":
        return distributions.IntDistribution(int(knob.low), int(knob.high), log=knob.log)
    return distributions.FloatDistribution(knob.low, knob.high, log=knob.log)
