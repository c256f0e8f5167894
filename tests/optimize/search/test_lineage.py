"""What noisy candidates are thought to be worth, by their descent and all rollouts together."""

import math
import random

import pytest

from llm_strategy.optimize.search.candidate import Candidate
from llm_strategy.optimize.search.lineage import Lineage
from llm_strategy.optimize.search.orders import Order, Rollout
from llm_strategy.optimize.search.record import Record


class Family:
    """Candidates with their scores: `parents` are their numbers, the seed is number 0."""

    def __init__(self, parents=(), trust=20.0):
        self.lineage = Lineage(trust)
        self.records = []
        for parent in (None, *parents):
            number = len(self.records)
            record = Record(Candidate(number, {"text": number}, () if parent is None else (parent,)))
            self.records.append(record)
            self.lineage.add(record)

    def scored(self, number, scores):
        """Take scores by case in."""
        record = self.records[number]
        for case, score in scores:
            record.add(Rollout(Order(record.candidate.key, "val", case, record.repeats("val", case)), score))
        self.lineage.changed(record)
        return self

    def mean(self, number):
        return self.lineage.mean(self.records[number])

    def error(self, number):
        return self.lineage.error(self.records[number])

    def gain(self, number):
        return self.lineage.gain(self.records[number])


def half(start, count, scale=1.0):
    """Every second case right."""
    return [(str(case), scale * (case % 2)) for case in range(start, start + count)]


def tossed(draws, count, chance, cases=20):
    return [(str(draws.randrange(cases)), float(draws.random() < chance)) for _ in range(count)]


def test_a_child_that_was_not_tried_is_thought_to_be_as_good_as_its_parent_but_less_is_known_of_it():
    family = Family(parents=[0, 1]).scored(0, half(0, 20))
    assert family.mean(0) == pytest.approx(family.mean(1)) == pytest.approx(family.mean(2))
    assert family.error(0) < family.error(1) < family.error(2)
    assert family.gain(2)[0] == pytest.approx(0)


def test_few_lucky_scores_raise_a_child_only_a_little():
    family = Family(parents=[0]).scored(0, half(0, 20)).scored(1, [("0", 1.0), ("1", 1.0)])
    gain, error = family.gain(1)
    assert 0 < gain < 0.15
    assert gain < error
    family.scored(1, [(str(case), 1.0) for case in range(2, 20)])
    gain, error = family.gain(1)
    assert gain > 0.15
    assert gain > error


def test_many_children_that_fail_tell_that_their_parent_was_lucky():
    alone = Family().scored(0, [(str(case), float(case > 4)) for case in range(20)])
    family = Family(parents=[0] * 10).scored(0, [(str(case), float(case > 4)) for case in range(20)])
    for child in range(1, 11):
        family.scored(child, [(str(20 + 2 * child), 0.0), (str(21 + 2 * child), 1.0)])
    assert family.mean(0) < alone.mean(0) - 0.03
    assert family.error(0) < alone.error(0)


def test_a_child_that_was_tried_at_hard_cases_is_not_thought_to_be_worse():
    hard, easy = [str(case) for case in range(10)], [str(case) for case in range(10, 20)]
    every = [(case, 0.0) for case in hard] + [(case, 1.0) for case in easy]
    family = Family(parents=[0] * 6)
    for number in range(5):
        family.scored(number, every)
    family.scored(5, [(case, 0.0) for case in hard[:6]]).scored(6, [(case, 1.0) for case in easy[:6]])
    assert family.mean(5) == pytest.approx(family.mean(6), abs=0.1)
    assert family.mean(5) == pytest.approx(family.mean(0), abs=0.06)


def test_the_scale_of_scores_does_not_matter():
    small, large = Family(parents=[0, 0]), Family(parents=[0, 0])
    for family, scale in ((small, 1.0), (large, 500.0)):
        family.scored(0, half(0, 20, scale)).scored(1, [(str(case), scale) for case in range(6)])
        family.scored(2, [(str(case), 0.0) for case in range(6)])
    for number in range(3):
        assert large.mean(number) == pytest.approx(500 * small.mean(number), rel=1e-6)
        assert large.error(number) == pytest.approx(500 * small.error(number), rel=1e-6)


def test_scores_that_come_one_by_one_tell_nearly_the_same_as_all_at_once():
    draws = random.Random(3)
    parents = [draws.randrange(number) for number in range(1, 30)]
    scores = [(number, one) for number in range(30) for one in tossed(draws, 8, 0.3 + 0.02 * number)]
    slow, quick = Family(parents), Family(parents)
    for number, one in scores:
        slow.scored(number, [one])
        slow.mean(0)
    for number, one in scores:
        quick.scored(number, [one])
    for number in range(30):
        assert slow.mean(number) == pytest.approx(quick.mean(number), abs=0.03)


def test_with_one_case_the_means_are_those_of_the_two_level_model():
    """One case gives nothing, so parent and child are two means that a step of known size ties together."""
    family = Family(parents=[0], trust=5.0)
    family.scored(0, [("one", float(turn % 2)) for turn in range(10)])
    family.scored(1, [("one", 1.0) for _ in range(4)])
    noise = family.lineage.step**2 * 5
    between = noise / 10 + noise / 4 + noise / 5  # how far their two averages may be apart
    gap = 1.0 - 0.5
    assert family.mean(0) == pytest.approx(0.5 + gap * (noise / 10) / between, rel=1e-6)
    assert family.mean(1) == pytest.approx(1.0 - gap * (noise / 4) / between, rel=1e-6)
    assert family.error(1) == pytest.approx(math.sqrt(noise / 4 - (noise / 4) ** 2 / between), rel=1e-6)
    assert family.gain(1)[0] == pytest.approx(family.mean(1) - family.mean(0))


def test_scores_without_any_luck_leave_nothing_to_doubt():
    family = Family(parents=[0]).scored(0, [(str(case), 0.5) for case in range(5)]).scored(1, [("0", 0.5)])
    assert family.mean(1) == pytest.approx(0.5)
    assert family.error(1) < 1e-3
