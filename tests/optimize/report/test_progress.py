"""How far a search has come: from events to what is shown."""

import io

import pytest
from rich.console import Console

from llm_strategy.optimize.budget import Budget, LedgerView, LineView
from llm_strategy.optimize.events import (
    Accepted,
    Asked,
    Began,
    CandidateMade,
    Done,
    Ended,
    Grown,
    Noted,
    Proposing,
    Rejected,
    Warned,
)
from llm_strategy.optimize.report import live
from llm_strategy.optimize.report.live import LiveView, View, view_for
from llm_strategy.optimize.report.progress import Progress
from llm_strategy.optimize.report.progress_lines import progress_lines, spark
from llm_strategy.optimize.search.candidate import Candidate
from llm_strategy.optimize.search.orders import Order, Rollout

HOSTILE = "say\n\x1b[31mless\u202e"
CHILD = Candidate(2, {"a.f:x": 3}, (0,), "llm", HOSTILE)


def books(left=1.0, rollouts=0, seconds=0.0, limits=None):
    line = LineView(calls=rollouts, tokens=100 * rollouts, dollars=0.001 * rollouts)
    return LedgerView(Budget(**(limits or {})), rollouts, line, LineView(dollars=None), seconds, left)


def rollout(number, score):
    return Rollout(Order("key", "val", f"case-{number}"), score)


def whole(**limits):
    """The events of a search, from its beginning to its end."""
    limits = limits or {"rollouts": 100}
    yield Began(books(limits=limits))
    yield Asked("seed", 4, known=1)
    for number in range(3):
        yield Done(rollout(number, 0.25 * number), "seed", books(0.97 - number / 100, number + 1, 1.0, limits))
    yield Proposing("llm", 1)
    yield CandidateMade(Candidate(1, {"a.f:x": 2}, (0,), "llm", HOSTILE), 1)
    yield Asked("gate", 3)
    yield Rejected(1, "rejected: minibatch")
    yield CandidateMade(CHILD, 2)
    yield Asked("val", 9)
    for number, score in enumerate((0.5, 0.0, 0.75)):
        yield Done(Rollout(Order(CHILD.key, "val", f"case-{number}"), score), "val", books(0.9, 10, 2.0, limits))
    yield Accepted(2, 0.75)
    yield Noted("estimate", {"told": 0.5})
    yield Noted("invalid", {"proposer": "llm", "problem": HOSTILE})
    yield Grown(20)
    yield Warned("The budget is small.")
    yield Done(Rollout(Order("other", "val", "case-9"), 1.0), "val", books(0.5, 50, 30.0, limits))


def after(events):
    progress = Progress()
    for event in events:
        progress.take(event)
    return progress


def told(events, *, width=100, terminal=True, plain=False):
    """What a view prints of events."""
    output = io.TextIOWrapper(io.BytesIO(), encoding="ascii" if plain else "utf-8")
    console = Console(
        file=output, force_terminal=terminal, width=width, color_system=None, highlight=False, markup=False
    )
    with view_for("An essay", console) as view:
        for event in events:
            view(event)
    output.flush()
    return output.buffer.getvalue().decode()


def test_what_happened_is_counted():
    progress = after(whole())
    assert (progress.best, progress.mean, progress.seed_mean) == (2, 0.75, 0.25)
    assert (progress.made, progress.kept) == (2, 1)
    assert progress.rejected == {"minibatch": 1, "invalid": 1}
    assert progress.front == (0, 2)
    progress.take(CandidateMade(better := Candidate(5, {"a.f:x": 9}, (2,), "llm", "")))
    for number in range(3):
        progress.take(Done(Rollout(Order(better.key, "val", f"case-{number}"), 0.8), "val", progress.books))
    progress.take(Accepted(5, 0.8))
    assert progress.front == (5,)


def test_the_seed_is_the_front_until_something_else_is_accepted():
    begun = [Began(books()), Asked("seed", 1), Done(rollout(0, 0.5), "seed", books(0.9, 1, 1.0))]
    assert "best: 0.500 (#0) · front: 1 · 0 candidates" in told(begun)


def test_what_is_in_use_and_what_was_spent_is_known():
    progress = after(whole())
    assert progress.validation == 20
    assert progress.accepted.number == 2
    assert progress.books.rollouts == 50
    assert progress.doing == "validation: 4 of 9 rollouts"


def test_the_time_that_is_left_follows_from_the_pace():
    progress = after(whole())
    assert progress.seconds_left == pytest.approx(30.0)
    progress.take(Ended("patience", books(0.4, 60)))
    assert progress.seconds_left is None
    assert after([Began(books())]).seconds_left is None
    assert Progress().seconds_left is None


def test_a_worse_candidate_that_is_accepted_is_not_the_best():
    progress = after(whole())
    progress.take(Accepted(3, 0.5))
    assert (progress.best, progress.mean, progress.kept) == (2, 0.75, 2)
    progress.take(Noted("winner", {"number": 3}))
    assert progress.best == 3


def test_a_search_is_drawn_in_a_terminal():
    text = told([*whole(), Ended("budget; the gain is real", books(0.0, 100, 60.0, {"rollouts": 100}))])
    last = text[text.rindex("An essay") :]
    assert "best: 0.750 (#2, seed 0.250) ▁█ · front: 2 · 2 candidates (1 past their gates)" in last
    assert "last accepted: #2 by llm: say [31mless" in last
    assert "ended: budget; the gain is real" in last
    assert "! The budget is small." in last
    assert "100 of 100 rollouts · task model: 100 calls, 10,000 tokens, $0.100" in last
    assert "0 % of the budget left · 1 min 00 s" in last
    assert "\u202e" not in text


def test_a_terminal_that_knows_ascii_alone_gets_ascii():
    text = told(whole(), plain=True)
    assert "best: 0.750 (#2, seed 0.250) _# | front: 2" in text
    assert "##########" in text


def test_nothing_is_left_of_a_drawing_before_anything_has_begun():
    assert "best" not in told([]).split("\x1b")[-1]


def test_a_search_is_told_line_by_line_elsewhere():
    lines = told([*whole(), Ended("budget", books(0.0, 100))], terminal=False).splitlines()
    assert lines[0] == "begins; budget: rollouts 100"
    assert "step 1: candidate 1 turned away: rejected: minibatch" in lines
    assert "step 2: candidate 2 accepted, score 0.750: say [31mless" in lines
    assert "step 2: what llm proposed is invalid: say [31mless" in lines
    assert "20 validation cases from now on" in lines
    assert "warning: The budget is small." in lines
    budget = next(number for number, line in enumerate(lines) if "50 % of the budget left" in line)
    assert lines[budget].startswith("####")
    assert lines[budget].endswith("| 30.0 s | about 30.0 s left")
    assert lines[budget - 2].startswith("best: 0.750 (#2, seed 0.250) _# | front: 2 | 2 candidates")
    assert lines[-1] == "ended: budget"


def test_the_budget_is_told_once_for_each_tenth():
    limits = {"rollouts": 9}
    later = [Done(rollout(1, 1.0), "val", books(0.55, n, limits=limits)) for n in range(9)]
    events = [Began(books(limits=limits)), *later]
    assert sum("budget left" in line for line in told(events, terminal=False).splitlines()) == 1


def test_a_search_that_goes_on_says_so_and_repeats_nothing():
    events = [
        Began(books(), resumed=True, rollouts=12),
        CandidateMade(Candidate(1, {}, (0,), "llm", "a"), 1, replayed=True),
        Accepted(1, 0.5, replayed=True),
        Rejected(2, "duplicate", replayed=True),
    ]
    assert told(events, terminal=False).splitlines() == ["goes on, with 12 rollouts known from before"]
    assert after(events).kept == 1


def test_every_kind_of_limit_is_told():
    text = told(whole(usd=2.0, tokens=5000, seconds=3600.0), width=300)
    assert "usd $2.00" in text
    assert "tokens 5,000" in text
    assert "of 1 h 00 min" in text
    assert "no limit" in told([Began(books())])
    assert "begins; budget: no limit" in told([Began(books())], terminal=False)


def test_a_quiet_view_shows_nothing_and_knows_all():
    view = view_for("x", quiet=True)
    assert type(view) is View
    with view:
        for event in whole():
            view(event)
    assert view.progress.best == 2


def test_a_view_is_on_standard_error_by_default(capsys):
    with view_for("x") as view:
        view(Warned("careful"))
    assert capsys.readouterr().err == "warning: careful\n"
    assert isinstance(view_for("x", Console(force_terminal=True, file=io.StringIO())), LiveView)
    assert live.__all__


def test_bars_stand_between_the_least_and_the_largest():
    assert spark([1, 1, 1]) == "▅▅▅"
    assert spark([]) == ""
    assert len(spark(range(100))) == 24


def test_lines_of_a_search_that_has_not_begun():
    assert [line.plain for line in progress_lines(Progress())] == ["best: not known yet · 0 candidates", "beginning"]
