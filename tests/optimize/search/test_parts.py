"""The parts of the search by themselves."""

import math
import random

import pytest

from llm_strategy.optimize.search.candidate import key_of
from llm_strategy.optimize.search.cases import in_order, set_aside
from llm_strategy.optimize.search.front import dominates, front_of, wins
from llm_strategy.optimize.search.gain import gain_of
from llm_strategy.optimize.search.improvement import Improvement
from llm_strategy.optimize.search.noise import Noise
from llm_strategy.optimize.search.portfolio import Portfolio
from llm_strategy.optimize.search.spending import Spending


def gain(differences, seed=0):
    return gain_of(differences, split="test", confidence=0.95, resamples=1000, draws=random.Random(seed))


def test_a_specialist_stays_on_the_front_though_its_mean_is_the_lowest():
    rows = {0: [1.0, 1.0, 1.0, 0.0], 1: [0.0, 0.0, 0.0, 1.0], 2: [1.0, 1.0, 0.0, 0.0]}
    assert front_of(rows) == [0, 1]
    assert wins(rows, [0, 1]) == [3, 1]


def test_a_candidate_that_was_tried_at_less_dominates_nothing_that_was_tried_at_more():
    assert not dominates([1.0, None], [0.0, 0.0])
    assert dominates([1.0, 0.0], [1.0, None])
    assert not dominates([1.0], [1.0])


def test_an_empty_front_wins_nothing():
    assert wins({}, front_of({})) == []


def test_equal_values_have_one_key_however_deep_their_names_are_ordered():
    assert key_of({"a": [{"x": 1, "y": 2}]}) == key_of({"a": [{"y": 2, "x": 1}]}) != key_of({"a": []})


@pytest.mark.parametrize("first", [4, 8, 12])
def test_each_beginning_of_the_order_has_its_share_of_each_group(first):
    groups = {f"val/{case}": str(case % 4) for case in range(40)}
    order = in_order([str(case) for case in range(40)], "val", groups, random.Random(first))
    counts = [sum(int(case) % 4 == group for case in order[:first]) for group in range(4)]
    assert max(counts) - min(counts) <= 1
    assert sorted(order, key=int) == [str(case) for case in range(40)]


def test_something_is_left_to_choose_by_whatever_is_set_aside():
    assert [set_aside("a" * count, 1.0) for count in (1, 2, 10)] == [0, 1, 9]


def test_few_differences_in_one_direction_show_no_gain_and_more_of_them_do():
    assert not gain([1.0] * 4 + [0.0] * 36).is_real
    assert gain([1.0] * 10 + [0.0] * 30).is_real
    assert not gain([0.0] * 40).is_real
    assert gain([1.0]) is None


def test_intervals_of_gains_hold_the_true_one_about_as_often_as_they_say():
    draws = random.Random(7)
    missed = 0
    for seed in range(200):
        pairs = [float(draws.random() < 0.6) - float(draws.random() < 0.5) for _ in range(60)]
        found = gain_of(pairs, split="test", confidence=0.9, resamples=300, draws=random.Random(seed))
        missed += not found.low <= 0.1 <= found.high
    assert 5 <= missed <= 35


def test_scores_that_are_all_noise_are_all_believed_to_be_their_mean_and_those_without_it_as_they_are():
    scores = [0.0, 1.0, 1.0, 0.0, 1.0]
    assert Noise(0.6).believed(scores, [1] * 5) == pytest.approx([0.6] * 5)
    assert Noise(0.0).believed(scores, [1] * 5) == scores
    assert Noise(0.3).believed(scores, [50] * 5) == pytest.approx(scores, abs=0.02)
    assert Noise(None).believed([0.5], [1]) == [0.5]


def test_noise_is_learnt_from_repeats():
    noise = Noise(None)
    assert not noise.seen
    for _ in range(200):
        noise.add(0.04)
    assert noise.seen
    assert noise.variance(0.25) == pytest.approx(0.04, abs=0.01)


def test_a_proposer_that_gets_better_is_asked_again():
    portfolio = Portfolio(("llm", "optuna"), explore=0.0, memory=0.8)
    for _ in range(30):
        portfolio.learn("llm", accepted=True)
        portfolio.learn("optuna", accepted=False)
    for _ in range(30):
        portfolio.learn("llm", accepted=False)
        portfolio.learn("optuna", accepted=True)
    picks = [portfolio.pick(random.Random(seed), ("llm", "optuna")) for seed in range(50)]
    assert picks.count("optuna") > 40


def test_all_are_asked_now_and_then_whatever_came_of_it():
    portfolio = Portfolio(("llm", "optuna"), explore=1.0, memory=1.0)
    assert {portfolio.pick(random.Random(seed), ("llm", "optuna")) for seed in range(20)} == {"llm", "optuna"}


def test_what_is_kept_for_the_end_is_never_more_than_its_share():
    spending = Spending(100, 0.3)
    assert spending.room(80) == 70
    spending.spend(50, 0.5)
    assert spending.room(80) == 20
    assert spending.room() == 50


def test_a_budget_is_learnt_from_what_is_left_of_it():
    spending = Spending(None, 0.5)
    assert math.isinf(spending.room(10))
    spending.spend(20, 0.9)
    assert spending.room() == 180
    spending.spend(0, 0.0)
    assert spending.over
    assert spending.room() == 0


def test_a_scarcer_part_of_the_budget_counts():
    spending = Spending(1000, 0.5)
    spending.spend(10, 0.9)
    assert spending.room() == 90


def test_an_improvement_in_time_makes_a_probability_come_true():
    improvement = Improvement(needed=2)
    improvement.told(0.8, step=10, best=0)
    improvement.check(step=15, horizon=10, best=0)
    assert improvement.brier is None
    improvement.check(step=16, horizon=10, best=3)
    assert improvement.brier == pytest.approx(0.04)
    improvement.told(0.2, step=20, best=3)
    improvement.check(step=30, horizon=10, best=3)
    assert improvement.is_known
    assert improvement.checked == ((0.8, True), (0.2, False))


def test_probabilities_mean_what_came_of_similar_ones():
    improvement = Improvement(needed=1)
    for step in range(40):
        improvement.told(0.9, step=step, best=0)
    improvement.check(step=100, horizon=10, best=0)
    assert improvement.calibrated(0.9) < 0.15
    assert improvement.calibrated(0.1) == pytest.approx(0.1, abs=0.02)  # nothing like it was told before
