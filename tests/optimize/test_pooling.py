"""A whole optimization of numbers and choices: by a response surface, the same with any number of workers."""

import pytest
from pydantic import Field

from llm_strategy.hyperparameters import track_hyperparameters
from llm_strategy.optimize import Case, SearchSettings, optimize
from llm_strategy.optimize.metric import metric
from llm_strategy.optimize.store import OptimizationStore

pytest.importorskip("numpy")


@track_hyperparameters
def rounded(number: float, *, _digits: int = Field(0, ge=0, le=6), _exact: bool = False) -> float:
    return number if _exact else round(number, _digits)


@metric(deterministic=True)
def near(case, value):
    return 1 - abs(case.expected - value)


def numbers(count=40):
    return [Case({"number": one / 7}, one / 7) for one in range(count)]


def log_of(place):
    store = OptimizationStore(place)
    try:
        return store.log()
    finally:
        store.close()


def test_a_response_surface_tunes_and_any_number_of_workers_writes_the_same_log(tmp_path):
    for workers in (1, 8):
        report = optimize(
            rounded, numbers(), metric=near, budget=120, workers=workers, store=tmp_path / f"{workers}.db"
        )
        assert "response" in {one.proposer for one in report.members}
    assert log_of(tmp_path / "1.db") == log_of(tmp_path / "8.db")


def test_a_run_that_was_finished_is_answered_out_of_its_store(tmp_path):
    first = optimize(rounded, numbers(), metric=near, budget=90, store=tmp_path / "run.db")
    log = log_of(tmp_path / "run.db")
    again = optimize(rounded, numbers(), metric=near, budget=90, store=tmp_path / "run.db")
    assert again.best == first.best
    assert log_of(tmp_path / "run.db") == log


def test_the_setting_gives_others_the_work():
    settings = SearchSettings(pooled=False)
    report = optimize(rounded, numbers(), metric=near, budget=90, settings=settings)
    assert "response" not in {one.proposer for one in report.members}
