"""The report of an optimization: kept as JSON, put into force in one line, honest about what it shows."""

import json

import pytest

from llm_strategy.errors import StoredDataError
from llm_strategy.hyperparameters import Hyperparameters
from llm_strategy.optimize.report.parts import (
    Calibration,
    GainRecord,
    MemberRecord,
    MissingRecord,
    Spent,
    SyntheticRecord,
)
from llm_strategy.optimize.report.report import FORMAT, OptimizationReport
from llm_strategy.testing.sample_optimizations import sample_report, write_essay


def changed(report, **values):
    return report.model_copy(update=values)


def test_a_report_is_the_same_after_it_was_saved_and_loaded(tmp_path):
    report = sample_report()
    path = report.save(tmp_path / "new" / "report.json")
    assert OptimizationReport.load(path) == report
    assert [one.name for one in path.parent.iterdir()] == ["report.json"]


def test_the_best_hyperparameters_are_a_scope_in_one_line():
    report = sample_report()
    best = report.values(report.best_number)
    temperature = best["llm_strategy.testing.sample_optimizations.write_essay:temperature"]
    with Hyperparameters.model_validate_json(report.best):
        assert f" {temperature} " in write_essay("Rome")
    with report.scope():
        assert f" {temperature} " in write_essay("Rome")


def test_what_differs_from_the_seed_is_told_by_leaf():
    report = sample_report()
    changes = report.changes()
    assert changes
    for path, (before, after) in changes.items():
        assert before == report.values(0)[path] != after
    assert report.changes(0) == {}


def test_means_of_told_probabilities_are_not_blurred():
    (row,) = Calibration.of([(0.4, True)] * 3 + [(0.4, False)] * 4, bins=1).rows
    assert row.told == 0.4
    (row,) = Calibration.of([(0.1, True), (0.7, False)], bins=1).rows
    assert row.told == 0.4


def test_before_anything_was_tried_the_seed_has_values():
    report = changed(sample_report(), members=(), best_number=0, winner_number=0)
    assert report.values(0) == {leaf.path: leaf.seed for leaf in report.leaves}
    assert report.changes() == {}
    with pytest.raises(KeyError):
        report.values(1)


def test_numbers_that_infinity_is_among_survive_json():
    report = changed(sample_report(2), test_scores={"seed": float("-inf"), "winner": 1.0})
    assert OptimizationReport.read(report.model_dump_json()) == report


def test_a_file_that_is_no_report_is_refused_with_its_place(tmp_path):
    (tmp_path / "report.json").write_text('{"task": "t"}')
    with pytest.raises(StoredDataError, match=r"report\.json' is no report of an optimization: best: Field required"):
        OptimizationReport.load(tmp_path / "report.json")
    (tmp_path / "report.json").write_text("{")
    with pytest.raises(StoredDataError, match="the whole: Invalid JSON"):
        OptimizationReport.load(tmp_path / "report.json")
    with pytest.raises(StoredDataError, match="No such file"):
        OptimizationReport.load(tmp_path / "none.json")


def test_a_report_of_a_later_form_is_refused_and_not_guessed_at(tmp_path):
    data = json.loads(sample_report(2).model_dump_json()) | {"format": FORMAT + 1, "new": 1}
    with pytest.raises(StoredDataError, match=r"reads forms up to 1\. Install a later"):
        OptimizationReport.read(json.dumps(data))


def test_a_key_that_nobody_knows_is_damage():
    data = json.loads(sample_report(2).model_dump_json()) | {"new": 1}
    with pytest.raises(StoredDataError, match="new: Extra inputs"):
        OptimizationReport.read(json.dumps(data))


def test_no_gain_is_said_plainly():
    report = sample_report(gain=0.05)
    assert report.is_seed
    assert report.best == report.seed
    assert "The seed is returned: the interval of the gain of candidate" in str(report)
    assert "includes zero, so no gain is shown." in str(report)
    worse = changed(report, gain=GainRecord(mean=-0.3, low=-0.4, high=-0.2, confidence=0.95, cases=9, split="test"))
    assert worse.verdict.endswith("is below zero.")


def test_a_seed_that_nothing_beats_is_said_plainly():
    report = changed(sample_report(1), reason="nothing to search")
    assert report.verdict == "The seed is returned: nothing else was tried."
    nothing_compared = changed(sample_report(), gain=None, best_number=0)
    assert nothing_compared.verdict.endswith("was not compared with it.")


def test_what_weakens_the_figures_is_told():
    report = sample_report()
    on_val = report.gain.model_copy(update={"split": "val"})
    told = changed(report, gain=on_val, self_evaluated=True, optimizer_spent=Spent(calls=1, dollars=None)).cautions
    assert [line.split()[0:3] for line in told] == [
        ["There", "was", "neither"],
        ["There", "were", "no"],
        ["The", "judge's", "scores"],
        ["The", "price", "of"],
    ]
    assert changed(report, judge_noise=None).cautions == ()


def test_a_report_prints_in_a_few_lines_without_signs_that_steer_a_terminal():
    text = str(sample_report(200, text="\x1b[31m\u202e" + "long " * 500))
    assert len(text.splitlines()) < 20
    assert max(map(len, text.splitlines())) < 400
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_many_changes_are_counted_and_validation_scores_stand_in_for_a_test():
    report = sample_report()
    leaves = tuple(report.leaves[0].model_copy(update={"path": f"a.f:x{number}", "seed": 0}) for number in range(9))
    best = report.member(report.best_number).model_copy(update={"changes": {leaf.path: 1 for leaf in leaves}})
    members = tuple(best if one.number == best.number else one for one in report.members)
    text = str(changed(report, leaves=leaves, members=members, test_scores={}, missing=()))
    assert "  a.f:x5: 0 -> 1\n  ... 3 more changes" in text
    assert "validation score 0." in text
    assert "missing" not in text
    assert ": " not in str(changed(report, test_scores={}, members=(), best_number=0)).splitlines()[0]


def test_a_candidate_is_found_by_its_number_whatever_its_place():
    report = changed(sample_report(3), members=(MemberRecord(number=0), MemberRecord(number=5, fate="pool")))
    assert report.member(5).is_kept
    assert report.member(5).mean is None
    with pytest.raises(KeyError):
        report.member(1)


def test_probabilities_are_put_beside_what_happened():
    found = Calibration.of([(0.95, True), (0.85, True), (0.1, False), (1.0, False)])
    assert [(row.low, row.count, row.happened) for row in found.rows] == [(0.0, 1, 0.0), (0.8, 3, 2 / 3)]
    assert found.brier == pytest.approx((0.05**2 + 0.15**2 + 0.1**2 + 1) / 4)
    assert Calibration.of([], 0.2) == Calibration(brier=0.2)
    assert Calibration.of([(0.5, True)], 0.3).brier == 0.3


def test_missing_hyperparameters_stand_in_their_order():
    report = changed(sample_report(), missing=tuple(MissingRecord(name=name) for name in "abcd"))
    assert str(report).endswith("missing hyperparameters: a, b, c")


def test_told_probabilities_are_put_beside_what_happened_in_the_text():
    report = changed(sample_report(), calibration=Calibration.of([(0.7, True), (0.7, False), (0.1, False)]))
    (line,) = (one for one in str(report).splitlines() if "probabilities" in one)
    assert "0.10 came true in 0 of 1; 0.70 came true in 1 of 2; Brier score 0.197" in line
    assert "probabilities" not in str(changed(report, calibration=Calibration()))


def test_cases_that_a_model_made_up_are_told_in_the_text():
    made = tuple(SyntheticRecord(id=name, score=score) for name, score in (("a", 0.5), ("b", None)))
    text = str(changed(sample_report(), synthetic=made))
    assert "made up by the model: 2 cases, 1 of them tried; learned from, and never judged by" in text
    assert "made up" not in str(changed(sample_report(), synthetic=()))


def test_long_texts_are_shown_from_where_they_differ():
    report = sample_report()
    leaf = report.leaves[0]
    best = report.member(report.best_number).model_copy(
        update={"changes": {leaf.path: f"{leaf.seed} Count the words."}}
    )
    members = tuple(best if one.number == best.number else one for one in report.members)
    assert "'...repeat yourself.' -> '...repeat yourself. Count the words.'" in str(changed(report, members=members))
