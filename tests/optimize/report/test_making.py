"""From what a search has found to its report."""

import sys
import types
from typing import Literal

import pytest
from pydantic import Field

from llm_strategy.hyperparameters import track_hyperparameters
from llm_strategy.optimize.budget import Budget, LedgerView, LineView
from llm_strategy.optimize.missing import missing_report
from llm_strategy.optimize.report.making import RunFacts, report_of, versions_here
from llm_strategy.optimize.report.report import OptimizationReport
from llm_strategy.optimize.search.candidate import Candidate
from llm_strategy.optimize.search.orders import Order, Rollout, Usage
from llm_strategy.optimize.search.outcome import Gain, Member, SearchOutcome
from llm_strategy.optimize.space import search_space

ESTIMATES = ((0.9, True), (0.1, False))


@track_hyperparameters
def answer(question: str, *, _length: int = Field(10, ge=1, le=50), _tone: Literal["plain", "warm"] = "plain") -> str:
    return f"{question} {_length} {_tone}"


@pytest.fixture
def found():
    """A space, and what a search of two candidates has found in it."""
    space = search_space(answer)
    length = space.leaf("answer:length").path
    seed = Candidate(0, space.seed)
    child = Candidate(1, {**space.seed, length: 20}, (0,), "llm", "Longer answers.")
    members = (Member(seed, "seed", {"a": 0.5}), Member(child, "pool", {"a": 0.75}, {"brevity": 0.1}, 1, 9))
    gain = Gain(0.25, 0.1, 0.4, 0.95, 40, "test")
    outcome = SearchOutcome(
        child, child, seed, members, gain, "budget", 1, {"seed": 0.5, "winner": 0.75}, (1,), 0.2, ESTIMATES
    )
    return types.SimpleNamespace(space=space, outcome=outcome, child=child, seed=seed, length=length)


def rollouts(found):
    yield Rollout(Order(found.child.key, "val", "a"), 0.75, usage=Usage(2, 100, 0.5, 3.0))
    yield Rollout(Order(found.child.key, "synthetic", "synthetic-1"), 0.25, usage=Usage(1, 50, None, 1.0))
    yield Rollout(Order(found.seed.key, "val", "a"), 0.5, usage=Usage(1, 10, 0.1, 1.0))


def test_a_report_holds_what_was_found_and_its_best_is_a_scope(found):
    report = report_of(found.outcome, found.space, RunFacts(task="Answers", rollouts=rollouts(found)))
    with report.scope():
        assert answer("Why?") == "Why? 20 plain"
    assert report.changes() == {found.length: (10, 20)}
    assert report.member(1).changes == {found.length: 20}
    assert report.gain.is_real
    assert report.verdict == "Candidate 1, made by 'llm', is returned."
    assert {leaf.path: (leaf.low, leaf.high) for leaf in report.leaves}[found.length] == (1, 50)
    assert OptimizationReport.read(report.model_dump_json()) == report


def test_costs_are_those_of_each_candidate(found):
    report = report_of(found.outcome, found.space, RunFacts(rollouts=rollouts(found)))
    child = report.member(1)
    assert (child.rollouts, child.cost.calls, child.cost.tokens, child.cost.dollars) == (2, 3, 150, None)
    assert report.member(0).cost.dollars == 0.1
    assert (report.rollouts, report.task_spent.tokens, report.task_spent.seconds) == (3, 160, 5.0)


def test_the_books_win_over_what_rollouts_add_up_to(found):
    books = LedgerView(Budget(rollouts=9, usd=1.0), 7, LineView(70, 700, 0.7), LineView(3, 30, 0.3), 12.0, 0.2)
    report = report_of(found.outcome, found.space, RunFacts(books=books, rollouts=rollouts(found)))
    assert (report.rollouts, report.task_spent.calls, report.optimizer_spent.tokens) == (7, 70, 30)
    assert report.budget == {"rollouts": 9, "usd": 1.0}
    assert report.seconds == 12.0


def test_what_runs_asked_for_and_what_was_made_up_is_in_it(found):
    facts = RunFacts(
        rollouts=rollouts(found),
        missing=missing_report([("A limit of words.", 0.1), ("A limit for words!", 0.2), ("The style.", 0.9)]),
        synthetic=[{"id": "synthetic-1", "parameters": {"q": 1}}, {"id": "synthetic-2", "why": "odd"}],
    )
    report = report_of(found.outcome, found.space, facts)
    assert report.missing[0].count == 2
    assert [(one.id, one.score) for one in report.synthetic] == [("synthetic-1", 0.25), ("synthetic-2", None)]
    assert report.calibration.brier == 0.2
    assert [row.count for row in report.calibration.rows] == [1, 1]


def test_a_candidate_without_rollouts_has_no_cost(found):
    report = report_of(found.outcome, found.space, RunFacts())
    assert report.member(1).cost is None
    assert report.member(1).rollouts == 0


def test_versions_are_those_of_packages_that_are_loaded(monkeypatch):
    monkeypatch.setitem(sys.modules, "gepa", types.ModuleType("gepa"))
    monkeypatch.setattr("llm_strategy.optimize.report.making._PACKAGES", ("pydantic", "gepa", "no-such-package"))
    monkeypatch.setitem(sys.modules, "no_such_package", types.ModuleType("no_such_package"))
    assert "no-such-package" not in versions_here()
    assert "pydantic" in versions_here()
