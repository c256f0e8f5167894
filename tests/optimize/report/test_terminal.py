"""A report in the terminal, and what differs between two values."""

import io

import pytest
from rich.console import Console

from llm_strategy.optimize.report.differences import text_difference
from llm_strategy.optimize.report.terminal import print_report
from llm_strategy.testing.sample_optimizations import sample_report


def printed(report, *, width=120, **options):
    output = io.StringIO()
    print_report(Console(file=output, width=width, highlight=False, markup=False), report, **options)
    return output.getvalue()


def test_the_seed_and_what_is_returned_are_in_the_table_whatever_is_left_out():
    report = sample_report(200)
    text = printed(report, rows=5)
    rows = [line.split() for line in text.splitlines() if line.strip()[:1].isdigit() or line.strip().startswith("*")]
    assert rows[0][:3] == ["0", "seed", "seed"]
    assert any(row[0] == f"*{report.best_number}" for row in rows)
    assert "... 195 more candidates" in text
    assert "spent: rollouts: " in text
    assert "missing hyperparameter" in text


@pytest.mark.parametrize("width", [48, 60, 79, 80, 120])
def test_numbers_and_scores_are_whole_in_a_narrow_terminal(width):
    report = sample_report(200)
    lines = printed(report, width=width).splitlines()
    head = next(at for at, line in enumerate(lines) if line.split()[:2] == ["#", "from"])
    rows = lines[head : head + 21]
    assert all(len(line) <= width for line in rows)
    assert ("cases" in rows[0]) is (width >= 80)
    for row in rows[1:]:
        number = int(row.split()[0].lstrip("*"))
        mean = report.member(number).mean
        assert mean is None or f" {mean:.3f} " in row


def test_a_short_report_leaves_nothing_out():
    report = sample_report(2).model_copy(update={"missing": (), "budget": {}})
    text = printed(report)
    assert "more candidate" not in text
    assert "spent" not in text
    assert "missing" not in text


def test_signs_that_steer_a_terminal_are_not_printed():
    text = printed(sample_report(text="\x1b[31m[bold]x[/]\u202e"))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "[bold]x[/]" in text


def test_texts_are_compared_sentence_by_sentence():
    before, after = "Be short. Name the country.", "Be kind. Name the country."
    assert [*text_difference(before, after)] == [("-", "Be short."), ("+", "Be kind."), (" ", "Name the country.")]
    assert [*text_difference("", "New.")] == [("-", "(empty)"), ("+", "New.")]
    assert [*text_difference({"a": 1}, {"a": 2})] == [(" ", "{"), ("-", '  "a": 1'), ("+", '  "a": 2'), (" ", "}")]


def test_a_text_that_is_too_long_is_replaced_as_a_whole():
    before = "A b. " * 500
    kinds = [kind for kind, _ in text_difference(before, "New.")]
    assert kinds == ["-"] * 500 + ["+"]


def test_a_search_in_which_nothing_was_tried_yet_is_shown_without_a_table():
    report = sample_report(1).model_copy(update={"members": (), "best_number": 0, "winner_number": 0, "reason": ""})
    text = printed(report)
    assert "The search is not over" in text
    assert "what was expected" not in text
