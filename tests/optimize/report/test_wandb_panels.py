"""The panels of a sweep within one run: lines through what candidates are made of, and what scores go with."""

import types

import pytest

from llm_strategy.optimize.report.importance import importance_of
from llm_strategy.optimize.report.parts import LeafRecord, MemberRecord
from llm_strategy.optimize.report.wandb_panels import importance_rows, panels_of, parallel_lines
from llm_strategy.testing.sample_optimizations import sample_report

LEAVES = (
    LeafRecord(path="m.f:size", kind="integer", seed=0),
    LeafRecord(path="m.f:style", kind="choice", seed="dry"),
    LeafRecord(path="m.f:text", kind="text", seed="Write."),
    LeafRecord(path="m.f:still", kind="boolean", seed=False),
)


def of(*rows):
    """A report of candidates: size, style, text and score of each."""
    names = ("m.f:size", "m.f:style", "m.f:text")
    members = tuple(
        MemberRecord(
            number=number,
            fate="seed" if number == 0 else "pool",
            changes=dict(zip(names, values, strict=True)),
            scores={"a": score},
        )
        for number, (*values, score) in enumerate(rows)
    )
    return sample_report(1).model_copy(update={"members": members, "leaves": LEAVES})


def test_a_number_that_scores_follow_is_important_and_one_that_they_do_not_is_not():
    followed = of((1, "dry", "a", 0.1), (2, "dry", "a", 0.2), (3, "dry", "a", 0.9))
    assert importance_of(followed) == {"m.f:size": pytest.approx(1.0)}
    turned = of((1, "dry", "a", 0.5), (2, "dry", "a", 0.1), (2, "dry", "a", 0.9), (3, "dry", "a", 0.5))
    assert importance_of(turned) == {"m.f:size": pytest.approx(0.0)}


def test_a_choice_is_as_important_as_what_it_explains_and_luck_would_not():
    told = of((0, "dry", "a", 0.0), (0, "dry", "b", 0.0), (0, "rich", "a", 1.0), (0, "rich", "b", 1.0))
    assert importance_of(told) == {"m.f:style": pytest.approx(1.0), "m.f:text": 0.0}


def test_a_text_that_is_always_new_or_always_the_same_says_nothing():
    told = of((0, "dry", "a", 0.0), (0, "dry", "b", 0.5), (0, "dry", "c", 1.0))
    assert importance_of(told) == {}
    assert importance_of(of((0, "dry", "a", 0.5), (1, "rich", "a", 0.5), (2, "rich", "a", 0.5))) == {}
    assert importance_of(of((0, "dry", "a", float("nan")))) == {}


def test_a_line_goes_from_the_hyperparameters_to_the_score():
    lines = parallel_lines(of((1, "dry", "ab", 0.25), (3, "rich", "a", 0.75), (2, "odd", "a", 0.5)))
    assert lines.axes == "1: size, 2: style, 3: text, size, 4: score"
    assert lines.names == ["candidate 0 (0.250)", "candidate 2 (0.500)", "candidate 1 (0.750)"]
    assert lines.places == [[1, 2, 3, 4]] * 3
    assert lines.heights == [[0.0, 0.0, 1.0, 0.0], [0.5, 0.5, 0.0, 0.5], [1.0, 1.0, 0.0, 1.0]]


def test_where_an_outcome_is_not_known_a_line_has_no_point():
    report = of((1, "dry", "ab", 0.25), (3, "rich", "a", 0.75))
    first, second = report.members
    members = (first.model_copy(update={"objectives": {"brief": 1.0}}), second)
    lines = parallel_lines(report.model_copy(update={"members": members}))
    assert lines.axes.endswith("4: score, 5: brief")
    assert lines.places == [[1, 2, 3, 4, 5], [1, 2, 3, 4]]
    assert lines.heights[0][4] == 0.5


def test_the_best_candidates_are_drawn_where_there_are_many():
    lines = parallel_lines(of(*((number, "dry", "a", number / 100) for number in range(100))))
    assert len(lines.names) == 60
    assert lines.names[-1] == "candidate 99 (0.990)"


def test_where_there_is_nothing_to_compare_there_are_no_panels():
    report = of((1, "dry", "a", 0.25))
    assert parallel_lines(report) is None
    assert importance_rows(report) == []
    assert panels_of(report, types.SimpleNamespace()) == {}
