from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from benchmarks.surfaces_mixed import FORMAT, LENGTH, S2, SHOTS, STYLE, WARMTH
from benchmarks.surfaces_named import SURFACES, surface_of
from benchmarks.surfaces_noise import S3, S5
from benchmarks.surfaces_rules import INSTRUCTION, ORDER, ORDERS, REPAIR, S1, S4, rules_of, written
from benchmarks.surfaces_surface import SMALL, Drawn, case_ids

EVERY = tuple(SURFACES)


def proposals(surface, count, runs=(), values=None):
    start = surface.seed_values if values is None else values
    return [surface.reflect(start, runs, stream).values for stream in range(count)]


@pytest.mark.parametrize(
    ("name", "seed", "best"),
    [("S1", 0.25, 0.90), ("S2", 0.107, 0.870), ("S3", 0.45, 0.81), ("S4", 0.25, 0.90), ("S5", 0.45, 0.45)],
)
def test_the_seed_and_the_best_are_as_the_reference_has_them(name, seed, best):
    surface = surface_of(name, 0)
    assert surface.quality(surface.seed_values) == pytest.approx(seed, abs=5e-4)
    assert surface.best() == pytest.approx(best, abs=5e-4)


@pytest.mark.parametrize("name", EVERY)
def test_scores_come_as_often_as_the_quality_says(name):
    surface = surface_of(name, 3)
    values = surface.reflect(surface.seed_values, [], 5).values
    mean = sum(surface.score(values, "val", index) for index in range(8000)) / 8000
    assert mean == pytest.approx(surface.quality(values), abs=0.02)


@pytest.mark.parametrize("name", EVERY)
def test_another_seed_has_other_luck(name):
    one, other = surface_of(name, 1), surface_of(name, 2)
    rolled = [[surface.score(surface.seed_values, "train", index) for index in range(60)] for surface in (one, other)]
    assert rolled[0] != rolled[1]


@pytest.mark.parametrize("name", EVERY)
def test_only_a_noisy_task_scores_otherwise_when_it_is_repeated(name):
    surface = surface_of(name, 0)
    rows = [[surface.score(surface.seed_values, "val", index, repeat) for index in range(60)] for repeat in range(2)]
    assert (rows[0] == rows[1]) is surface.deterministic


@pytest.mark.parametrize("name", EVERY)
def test_a_reflection_depends_on_its_stream_alone(name):
    surface = surface_of(name, 0)
    runs = [Drawn("003", 0.0), Drawn("006", 0.0), Drawn("010", 1.0)]
    assert proposals(surface, 40, runs) == proposals(surface, 40, runs)
    assert len({str(one) for one in proposals(surface, 40, runs)}) > 1


@pytest.mark.parametrize("name", EVERY)
def test_constants_drawn_afresh_are_the_same_each_time_and_leave_something_to_find(name):
    for draw in range(60):
        surface = surface_of(name, 0, draw=draw)
        assert surface == surface_of(name, 0, draw=draw)
        assert 0 < surface.quality(surface.seed_values) < 1
        gain = surface.best() - surface.quality(surface.seed_values)
        assert gain > 0.15 or (name == "S5" and gain == 0)
    assert surface_of(name, 0, draw=1) != surface_of(name, 0, draw=2)


@pytest.mark.parametrize("name", EVERY)
def test_drawing_constants_keeps_the_luck_and_the_sizes(name):
    surface = surface_of(name, 7, SMALL, draw=3)
    assert (surface.seed, surface.sizes) == (7, SMALL)


@pytest.mark.parametrize("name", EVERY)
def test_where_all_is_laid_open_the_defaults_are_the_seed(name):
    surface = surface_of(name, 0)
    values = surface.opened({knob.path: knob.default for knob in surface.open_knobs})
    assert surface.quality(values) == pytest.approx(surface.quality(surface.seed_values))
    assert set(values) == set(surface.seed_values)


def test_a_rule_helps_its_class_alone_and_a_distractor_harms_all():
    surface = S1()
    values = {INSTRUCTION: written(["R2", "D0", "D5"])}
    assert [surface.chance(values, "val", index) for index in (2, 10, 3)] == pytest.approx([0.86, 0.86, 0.21])


def test_a_reflection_finds_the_rule_of_a_failure_as_often_as_it_should():
    runs = [Drawn("003", 0.0), Drawn("004", 1.0)]
    added = Counter(rule for values in proposals(S1(), 4000, runs) for rule in rules_of(values))
    assert added["R3"] / 4000 == pytest.approx(0.6, abs=0.03)
    assert sum(count for rule, count in added.items() if rule[0] == "D") / 4000 == pytest.approx(0.4, abs=0.03)
    assert set(added) == {"R3", *(f"D{number}" for number in range(8))}


def test_without_a_failure_there_is_nothing_to_learn():
    added = {rule for values in proposals(S1(), 200, [Drawn("003", 1.0)]) for rule in rules_of(values)}
    assert all(rule[0] == "D" for rule in added)


def test_classes_drawn_afresh_have_their_shares():
    surface = S1().redrawn(1)
    seen = Counter(surface.kind("val", index) for index in range(20_000))
    assert [seen[kind] / 20_000 for kind in range(len(surface.shares))] == pytest.approx(list(surface.shares), abs=0.02)


def test_in_the_trap_no_rule_helps_and_out_of_it_all_do():
    surface = S4()
    rules = [f"R{kind}" for kind in range(8)]
    assert surface.quality({INSTRUCTION: written(rules)}) == pytest.approx(0.25)
    assert surface.quality({INSTRUCTION: written([*rules, REPAIR])}) == pytest.approx(0.90)


def test_the_trap_is_named_as_seldom_as_it_should_and_stays_repaired():
    found = proposals(S4(), 4000, [Drawn("003", 0.0)])
    assert sum(REPAIR in rules_of(one) for one in found) / 4000 == pytest.approx(0.05, abs=0.015)
    repaired = {INSTRUCTION: REPAIR}
    assert all(REPAIR in rules_of(one) for one in proposals(S4(), 100, values=repaired))


def test_an_exposed_trap_is_moved_either_way():
    surface = S4(exposed=True)
    for order in ORDERS:
        found = proposals(surface, 2000, values={INSTRUCTION: "", ORDER: order})
        assert sum(one[ORDER] != order for one in found) / 2000 == pytest.approx(0.25, abs=0.03)
        assert all(REPAIR not in rules_of(one) for one in found)


def test_a_style_needs_its_tokens():
    values = {**S2().seed_values, STYLE: "cot"}
    assert S2().quality({**values, LENGTH: 256}) > 2 * S2().quality({**values, LENGTH: 255})


def test_a_reflection_moves_one_value_within_its_bounds():
    surface = S2()
    for values in proposals(surface, 500):
        assert sum(values[path] != surface.seed_values[path] for path in values) <= 1
        assert 0 <= values[SHOTS] <= 8
        assert 0 <= values[WARMTH] <= 1.5
        assert 32 <= values[LENGTH] <= 512
        assert values[FORMAT] in {"json", "xml", "plain"}


def test_a_style_that_nobody_knows_is_worth_nothing():
    assert S2().quality({**S2().seed_values, STYLE: "poem"}) == 0.0


def test_proposals_help_learn_by_heart_or_do_nothing_as_often_as_they_should():
    kinds = Counter(next(iter(rules_of(values)))[0] for values in proposals(S3(), 6000))
    assert [kinds[kind] / 6000 for kind in "GMN"] == pytest.approx([1 / 12, 4 / 12, 7 / 12], abs=0.02)


def test_what_learns_by_heart_shines_in_training_alone():
    values = {INSTRUCTION: "M1\nM2"}
    assert S3().chance(values, "train", 0) == 0.95
    assert S3().chance(values, "val", 0) == S3().chance(values, "test", 0) == pytest.approx(0.35)


def test_nothing_helps_in_pure_noise():
    qualities = {S5().quality(values) for values in proposals(S5(), 300)}
    assert qualities == {0.45}
    assert any(S5().chance(values, "train", 0) == 0.95 for values in proposals(S5(), 100))


def test_ids_of_cases_sort_as_their_numbers():
    assert list(case_ids(120)) == sorted(case_ids(120))


def test_kinds_of_cases_are_named():
    assert S1().group("val", 9) == "R1"
    assert replace(S2()).group("val", 9) == S3().group("val", 9) == ""
