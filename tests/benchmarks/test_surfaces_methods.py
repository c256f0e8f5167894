from __future__ import annotations

import pytest

from benchmarks.surfaces_gepa import gepa
from benchmarks.surfaces_meter import Meter, Spent, Tracked
from benchmarks.surfaces_named import surface_of
from benchmarks.surfaces_optuna import tuned
from benchmarks.surfaces_surface import Drawn


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
