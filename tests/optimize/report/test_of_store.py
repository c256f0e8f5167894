"""The report of a search out of its file, also of one that was broken off."""

import types

import pytest

from llm_strategy.errors import StoredDataError, WorkspaceError
from llm_strategy.hyperparameters import track_hyperparameters
from llm_strategy.optimize.budget import Budget, OptimizationLedger
from llm_strategy.optimize.driving import drive
from llm_strategy.optimize.report.making import RunFacts, report_of
from llm_strategy.optimize.report.of_store import keep_draft, keep_report
from llm_strategy.optimize.report.page import report_page
from llm_strategy.optimize.report.report import OptimizationReport
from llm_strategy.optimize.search.candidate import Candidate, Proposal
from llm_strategy.optimize.search.orders import Order, Rollout, Usage
from llm_strategy.optimize.search.outcome import Member, SearchOutcome
from llm_strategy.optimize.search.requests import Evaluate, Note, Propose
from llm_strategy.optimize.space import search_space
from llm_strategy.optimize.store import Identity, OptimizationStore

CASES = ("a", "b")


@track_hyperparameters
def guess(question: str, *, _size: int = 1) -> str:
    return f"{question} {_size}"


class Counting:
    """A proposer that says one more each time."""

    def propose(self, request):
        values = {path: value + request.step for path, value in request.parents[0].values.items()}
        return [Proposal(values, f"One more, at step {request.step}.")]


class Rolling:
    """Rollouts that score a candidate by its size."""

    def as_completed(self, orders, candidates):
        sizes = {one.key: next(iter(one.values.values())) for one in candidates}
        for order in orders:
            yield Rollout(order, sizes[order.candidate] / 10, usage=Usage(1, 50, 0.01)), None


def evaluate(candidate, purpose):
    return Evaluate(tuple(Order(candidate.key, "val", case) for case in CASES), purpose, (candidate,))


def search(space, steps):
    """A search that takes what it gets; the second child is turned away, the third is not looked at."""
    seed = Candidate(0, space.seed)
    members = [Member(seed, "seed", dict.fromkeys(CASES, 0.1))]
    yield evaluate(seed, "seed")
    for step in range(1, steps + 1):
        answer = yield Propose("count", (seed,), (), (), (), step, step, 1.0, seed)
        child = Candidate(step, answer.proposals[0].values, (0,), "count", answer.proposals[0].hypothesis)
        yield evaluate(child, "val")
        if step == 3:
            raise KeyboardInterrupt
        fate = "pool" if step == 1 else "rejected: gate"
        yield Note("accepted" if step == 1 else "rejected", {"number": step, "fate": fate, "mean": 0.2, "step": step})
        members.append(Member(child, fate, dict.fromkeys(CASES, 0.2), step=step))
    return SearchOutcome(members[1].candidate, members[1].candidate, seed, tuple(members), None, "budget", steps)


@pytest.fixture
def begun(tmp_path):
    """A function that carries out a search of some steps in a file."""
    space = search_space(guess)

    def begin(steps, *, draft=True):
        path = tmp_path / f"{steps}.sqlite"
        ledger = OptimizationLedger(Budget(rollouts=100))
        with OptimizationStore(path) as store:
            store.begin(Identity())
            if draft:
                keep_draft(store, space, RunFacts(task="Guesses", random_seed=7))
            try:
                outcome = drive(search(space, steps), store, Rolling(), {"count": Counting()}, ledger)
            except KeyboardInterrupt:
                return types.SimpleNamespace(path=path, report=None)
            report = report_of(outcome, space, RunFacts("Guesses", ledger.view(), store.rollouts()))
            keep_report(store, report)
        return types.SimpleNamespace(path=path, report=report)

    return begin


def test_a_report_that_was_kept_comes_back(begun):
    done = begun(2)
    assert OptimizationReport.from_store(done.path) == done.report
    assert done.report.member(1).cost.tokens == 100
    assert done.report.rollouts == 6


def test_a_search_that_was_broken_off_is_reported_as_far_as_it_came(begun):
    report = OptimizationReport.from_store(begun(3).path)
    assert [(one.number, one.fate, one.spent) for one in report.members] == [
        (0, "seed", 4),
        (1, "pool", 4),
        (2, "rejected: gate", 6),
        (3, "", 8),
    ]
    assert (report.task, report.random_seed, report.rollouts, report.steps) == ("Guesses", 7, 8, 2)
    assert report.member(1).mean == 0.2
    assert (
        report.verdict
        == "The search is not over: so far candidate 1 is the best by validation, and nothing was judged."
    )
    assert "ended: not yet" in str(report)
    assert report.budget == {"rollouts": 100}
    assert report.task_spent.calls == 8
    assert [leaf.kind for leaf in report.leaves] == ["integer"]
    with report.scope():
        assert guess("How many?") == "How many? 1"
    assert "not over yet" in report_page(report)


def test_without_a_draft_values_are_shown_without_types(begun):
    report = OptimizationReport.from_store(begun(3, draft=False).path)
    assert [leaf.kind for leaf in report.leaves] == ["data"]
    assert [change[1] for change in report.changes(1).values()] == [2]


def test_a_file_in_which_nothing_was_begun_has_no_report(tmp_path):
    OptimizationStore(tmp_path / "new.sqlite").close()
    with pytest.raises(StoredDataError, match="nothing was begun yet"):
        OptimizationReport.from_store(tmp_path / "new.sqlite")
    with pytest.raises(WorkspaceError):
        OptimizationReport.from_store(tmp_path / "none.sqlite")


def test_a_search_that_has_only_a_draft_shows_its_seed(tmp_path):
    with OptimizationStore(tmp_path / "draft.sqlite") as store:
        keep_draft(store, search_space(guess), RunFacts(task="Guesses"))
    report = OptimizationReport.from_store(tmp_path / "draft.sqlite")
    assert report.members == ()
    assert report.verdict.startswith("The search is not over: so far the seed is the best")
    assert report_page(report)
