from __future__ import annotations

import pytest

from benchmarks.false_gains import claims_a_gain, upper
from benchmarks.surfaces import Cell, goals_of, named, read
from benchmarks.surfaces_gepa import gepa
from benchmarks.surfaces_meter import Meter, Spent, Tracked
from benchmarks.surfaces_methods import Job, Result, done
from benchmarks.surfaces_named import surface_of
from benchmarks.surfaces_optuna import tuned
from benchmarks.surfaces_surface import SHIPPED, SMALL, Drawn


class Counting:
    """A surface that counts its rollouts."""

    def __init__(self, surface):
        self.surface, self.scored, self.reflected = surface, [], 0

    def __getattr__(self, name):
        return getattr(self.surface, name)

    def score(self, values, split, index, repeat=0):
        self.scored.append((split, index, repeat))
        return self.surface.score(values, split, index, repeat)

    def reflect(self, values, runs, stream):
        self.reflected += 1
        return self.surface.reflect(values, runs, stream)


def test_a_meter_stops_what_wants_more():
    meter = Meter(surface_of("S1", 0), 2)
    assert meter.scores({"task:instruction": ""}, "val", ["000", "001"])[1].case == "001"
    with pytest.raises(Spent):
        meter.score({"task:instruction": ""}, "val", "002")
    assert meter.used == 2


def test_a_noisy_task_is_drawn_anew_at_each_call():
    surface = Counting(surface_of("S3", 0))
    meter = Meter(surface, 10)
    for _ in range(3):
        meter.score({"task:instruction": ""}, "val", "000")
    assert [repeat for _, _, repeat in surface.scored] == [0, 1, 2]


def test_the_first_of_equals_is_kept():
    best = Tracked({"a": 0})
    best.judged({"a": 1}, 0.5)
    best.judged({"a": 2}, 0.5)
    assert best.values == {"a": 1}


@pytest.mark.parametrize("name", ["S1", "S2", "S3", "S4 exposed"])
def test_gepa_spends_what_it_may_and_no_more(name):
    pytest.importorskip("gepa")
    surface = Counting(surface_of(name, 1))
    found = gepa(surface, 150, {})
    assert len(surface.scored) <= 150
    assert surface.reflected
    assert set(found) == set(surface.seed_values)
    assert {path: type(value) for path, value in found.items()} == {
        path: type(value) for path, value in surface.seed_values.items()
    } or name == "S2"


def test_gepa_climbs_where_rules_help():
    pytest.importorskip("gepa")
    found = [gepa(surface_of("S1", seed), 600, {}) for seed in range(5)]
    qualities = [surface_of("S1", 0).quality(values) for values in found]
    assert 0.75 < sum(qualities) / 5 <= 0.90


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_optuna_spends_what_it_may_and_no_more(sampler):
    pytest.importorskip("optuna")
    surface = Counting(surface_of("S2", 1))
    tuned(surface, 100, sampler, 15)
    assert len(surface.scored) == 100
    assert {split for split, _, _ in surface.scored} == {"val"}


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_optuna_finds_better_values_mostly(sampler):
    pytest.importorskip("optuna")
    found = [tuned(surface_of("S2", seed), 200, sampler, 15) for seed in range(6)]
    assert sum(surface_of("S2", 0).quality(values) for values in found) / 6 > 0.25


def test_a_rollout_is_what_everybody_sees():
    assert Drawn("001", 1.0)._asdict() == {"case": "001", "score": 1.0}


def test_what_is_known_of_runs_is_read_again(tmp_path):
    raw = tmp_path / "raw.jsonl"
    assert read(raw) == {}
    raw.write_text('["one", [0.5, 0.2, 0.9]]\n["one", [0.6, 0.2, 0.9]]\n')
    assert read(raw) == {"one": Result(0.6, 0.2, 0.9)}


def test_jobs_that_differ_have_other_names():
    job = Job("S1", 3, SHIPPED, None, "ours", 150)
    others = [job._replace(**changed) for changed in ({"seed": 4}, {"sizes": SMALL}, {"draw": 3}, {"budget": 300})]
    assert len({named(one) for one in (job, *others, job._replace(method="gepa"), job._replace(surface="S2"))}) == 7
    assert named(job._replace(python="python3")) == named(job)


def test_goals_are_missed_where_a_peer_is_ahead():
    cells = {
        ("S3", "ours", 300): Cell(0.50, 0.01, 200),
        ("S3", "gepa", 300): Cell(0.48, 0.01, 200),
        ("S3", "Optuna TPE, 15 a trial", 300): Cell(0.51, 0.01, 200),
    }
    assert [goal.met for goal in goals_of(cells, {"S3": 0.45})] == [False, False]
    cells["S3", "ours", 300] = Cell(0.52, 0.01, 200)
    assert [goal.met for goal in goals_of(cells, {"S3": 0.45})] == [True, True]


def test_on_s1_gepa_is_what_is_compared():
    cells = {
        ("S1", "ours", 300): Cell(0.6, 0.01, 30),
        ("S1", "gepa", 300): Cell(0.5, 0.01, 30),
        ("S1", "Optuna TPE, 15 a trial", 300): Cell(0.7, 0.01, 30),
    }
    assert [goal.met for goal in goals_of(cells, {})] == [True]


def test_the_mixed_space_has_a_target_of_its_own():
    cells = {("S2", "ours", 300): Cell(0.69, 0.01, 30), ("S2", "gepa", 300): Cell(0.3, 0.01, 30)}
    assert [goal.met for goal in goals_of(cells, {})] == [True, False]


def test_a_peer_that_is_not_there_is_not_run():
    assert done(Job("S1", 0, SHIPPED, None, "DSPy GEPA", 150)) is None


def test_our_search_is_run_with_the_same_budget():
    found = done(Job("S1", 0, SMALL, 5, "ours", 100))
    assert found is not None
    assert 0 <= found.found <= found.best


def test_a_claim_of_a_gain_is_rare_where_nothing_helps():
    assert sum(claims_a_gain(seed) for seed in range(6)) <= 1


def test_a_share_has_an_upper_end():
    assert upper(0, 200) == pytest.approx(1 - 0.05 ** (1 / 200), abs=1e-6)
    assert upper(10, 200) > 0.05
