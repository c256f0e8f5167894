"""A report in the terminal, and what differs between two values."""

import io

from rich.console import Console

from llm_strategy.optimize.report.differences import text_difference
from llm_strategy.optimize.report.terminal import print_report
from llm_strategy.testing.sample_optimizations import sample_report


def printed(report, **options):
    output = io.StringIO()
    print_report(Console(file=output, width=120, highlight=False, markup=False), report, **options)
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
