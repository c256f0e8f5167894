"""Engines behind the real driver: the same log for any number of workers, and nothing is paid twice on resume."""

from __future__ import annotations

import pytest
from pydantic import Field

from llm_strategy.hyperparameters import track_hyperparameters
from llm_strategy.optimize.case import Case
from llm_strategy.optimize.events import Done
from llm_strategy.optimize.metric import metric
from llm_strategy.optimize.optimizing import optimize
from llm_strategy.optimize.store import OptimizationStore

CASES = [Case(number / 64, number / 64) for number in range(1, 90)]


@track_hyperparameters
def rounded(number: float, *, _digits: int = Field(0, ge=0, le=5), _off: float = Field(0.3, ge=0, le=1)) -> float:
    return round(number, _digits) + _off


def near(case, value):
    return max(0.0, 1 - abs(case.expected - value))


def run(engine, place, **options):
    scoring = metric(near, deterministic=True)
    return optimize(rounded, CASES, metric=scoring, budget=150, engine=engine, store=place, **options)


def log_of(place):
    store = OptimizationStore(place)
    try:
        return store.log()
    finally:
        store.close()


class Stop(Exception):
    """The run is broken off here."""


def after(count):
    seen = []

    def watch(event):
        seen.append(isinstance(event, Done))
        if sum(seen) == count:
            raise Stop

    return watch


@pytest.mark.parametrize("engine", ["gepa", "optuna", "random"])
def test_a_run_that_goes_on_pays_nothing_twice_and_ends_alike(engine, tmp_path):
    pytest.importorskip("gepa")
    pytest.importorskip("optuna")
    run(engine, tmp_path / "whole.sqlite")
    with pytest.raises(Stop):
        run(engine, tmp_path / "broken.sqlite", watch=after(70))
    done = []
    run(engine, tmp_path / "broken.sqlite", watch=lambda event: done.append(isinstance(event, Done)))
    assert log_of(tmp_path / "broken.sqlite") == log_of(tmp_path / "whole.sqlite")
    assert sum(done) <= 150 - 69


@pytest.mark.parametrize("engine", ["gepa", "optuna", "random"])
def test_the_log_is_the_same_for_any_number_of_workers(engine, tmp_path):
    pytest.importorskip("gepa")
    pytest.importorskip("optuna")
    run(engine, tmp_path / "one.sqlite", workers=1)
    run(engine, tmp_path / "four.sqlite", workers=4)
    assert log_of(tmp_path / "one.sqlite") == log_of(tmp_path / "four.sqlite")
