"""The page of a report: self-contained, escaped, of a bounded size."""

import json
import re

import pytest

from llm_strategy.optimize.report.coordinates import coordinates_of
from llm_strategy.optimize.report.page import report_page, write_page
from llm_strategy.optimize.report.parts import LeafRecord, MemberRecord, Spent
from llm_strategy.optimize.report.payload import MOST_MEMBERS, payload_of
from llm_strategy.optimize.report.words import budget_rows, stat_rows
from llm_strategy.testing.sample_optimizations import sample_report

HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script>\u202e\x1b[31m"


def changed(report, **values):
    return report.model_copy(update=values)


def data_of(page):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*)</script>', page)[1])


def test_a_page_asks_nobody_for_anything():
    page = report_page(sample_report())
    assert page.count("<script") == 2
    assert "default-src 'none'" in page
    assert not re.search(r"(?:src|href)=\"https?:", page)


def test_what_a_model_wrote_is_no_markup():
    page = report_page(sample_report(text=HOSTILE))
    assert "<img" not in page
    assert page.count("</script>") == 2
    assert "\u202e" not in page
    assert data_of(page)["task"] == HOSTILE


def test_a_page_is_written_as_a_file(tmp_path):
    write_page(sample_report(3), tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text("utf-8").startswith("<!DOCTYPE html>")


def test_without_scripts_the_figures_are_read_as_a_table():
    page = report_page(sample_report(gain=0.05))
    assert "includes zero, so no gain is shown." in page
    assert '<th scope="row">Gain</th><td>+0.050</td>' in page


def test_texts_stand_once_in_a_page():
    payload = payload_of(sample_report(200))
    assert len(payload["texts"]) == len(set(payload["texts"]))
    (number,) = [row[0] for row in payload["members"] if row[0] == payload["best"]]
    changes = dict(map(tuple, payload["members"][number][12]))
    report = sample_report(200)
    for place, leaf in enumerate(report.leaves):
        shown = payload["texts"][changes.get(place, payload["leaves"][place][5])]
        value = report.values(number)[leaf.path]
        assert shown == (value if isinstance(value, str) else json.dumps(value))


def test_a_page_of_ten_thousand_rollouts_is_small():
    report = sample_report(1000, 15)
    assert report.rollouts > 10_000
    assert len(report_page(report)) < 2_000_000


def test_of_too_many_candidates_those_that_were_rejected_last_are_left_out():
    rejected = tuple(MemberRecord(number=number, fate="rejected: gate") for number in range(2, MOST_MEMBERS + 50))
    last = MemberRecord(number=MOST_MEMBERS + 50, fate="pool", scores={"a": 1.0})
    report = changed(sample_report(2), members=(*sample_report(2).members, *rejected, last), best_number=last.number)
    payload = payload_of(report)
    assert len(payload["members"]) == MOST_MEMBERS
    assert payload["members"][-1][0] == last.number
    assert payload["left_out"] == [51, 0]


def test_of_too_much_text_that_of_rejected_candidates_is_left_out(monkeypatch):
    monkeypatch.setattr("llm_strategy.optimize.report.payload.MOST_TEXT", 3000)
    payload = payload_of(sample_report(60))
    bare = [row for row in payload["members"] if row[12] is None]
    assert len(bare) == payload["left_out"][1] > 0
    assert payload["json"]
    kept = [row for row in payload["members"] if row[4] in {"pool", "dominated"}]
    assert sum(row[12] is not None for row in kept) > sum(row[12] is not None for row in payload["members"]) / 2


def test_a_long_value_is_cut_and_says_so():
    report = sample_report(2)
    leaf = LeafRecord(path="a.f:text", kind="text", seed="x" * 60_000)
    texts = payload_of(changed(report, leaves=(leaf,)))["texts"]
    assert max(texts, key=len) == f"{50_000 * 'x'}… (60,000 characters)"


def test_coordinates_have_an_axis_for_each_leaf_that_differs_and_each_outcome():
    report = sample_report()
    found = coordinates_of(report, report.members)
    kinds = {axis["name"]: axis["kind"] for axis in found["axes"]}
    assert kinds["instruction, size"] == kinds["words"] == kinds["score"] == "number"
    assert kinds["reasoning"] == kinds["shows_outline"] == "category"
    assert all(len(axis["values"]) == len(found["lines"]) for axis in found["axes"])
    scores = next(axis["values"] for axis in found["axes"] if axis["name"] == "score")
    assert scores == sorted(scores)


def test_nothing_is_compared_where_nothing_differs_or_one_is_scored():
    assert coordinates_of(sample_report(1), sample_report(1).members) is None
    report = sample_report()
    same = [one.model_copy(update={"changes": {}}) for one in report.members]
    assert coordinates_of(report, same) is None


def test_axes_that_have_no_room_stand_in_the_table():
    leaves = tuple(LeafRecord(path=f"a.f:x{number}", kind="integer", seed=0) for number in range(20))
    members = [MemberRecord(number=0, scores={"a": 0.5}), MemberRecord(number=1, scores={"a": float("nan")})]
    members[1] = members[1].model_copy(update={"changes": {leaf.path: 1 for leaf in leaves}})
    axes = coordinates_of(changed(sample_report(1), leaves=leaves), members)["axes"]
    assert sum(axis["drawn"] for axis in axes) == 10
    assert axes[-1]["values"] == [0.5, None]


@pytest.mark.parametrize(
    ("budget", "row"),
    [
        ({"usd": 2.0}, ["dollars", 0.3182, 0.441, 2.0, "$0.759 of $2.00"]),
        ({"tokens": 5_000}, ["tokens", 912_400, 148_211, 5_000, "1,060,611 of 5,000"]),
        ({"optimizer_calls": 70}, ["calls of the optimizer", 0, 61, 70, "61 of 70"]),
        ({"task_usd": 1}, ["dollars of the task", 0.3182, 0, 1, "$0.318 of $1.00"]),
        ({"seconds": 3600}, ["seconds", 722.0, 0, 3600, "12 min 02 s of 1 h 00 min"]),
    ],
)
def test_what_was_spent_stands_against_its_limit(budget, row):
    assert row in budget_rows(changed(sample_report(), budget=budget))


def test_a_price_that_is_not_known_is_no_zero():
    report = changed(sample_report(), task_spent=Spent(calls=1, tokens=2, dollars=None))
    assert ["dollars", None, 0.441, 1.0, "unknown of $1.00"] in budget_rows(report)
    assert ("Task model", "$?", "1 call, 2 tokens", "") in [*stat_rows(report)]


def test_figures_that_are_not_known_are_absent():
    bare = changed(sample_report(1), gain=None, test_scores={}, judge_noise=None, rollouts=0, seconds=0.0, budget={})
    bare = changed(bare, calibration=bare.calibration.model_copy(update={"brier": None}))
    assert [row[0] for row in stat_rows(bare)] == ["Candidates", "Rollouts", "Task model", "Optimizer model"]
    assert [row[0] for row in budget_rows(bare)] == ["calls", "tokens", "dollars"]
