"""Where a surrogate judges candidates by all rollouts together, each is tried at a few cases and gets past no gate."""

import random
from collections import Counter

import pytest

from llm_strategy.optimize.search.answering import answered
from llm_strategy.optimize.search.candidate import Proposal
from llm_strategy.optimize.search.requests import Note, Propose
from llm_strategy.optimize.search.search import search
from llm_strategy.optimize.search.settings import SearchSettings
from llm_strategy.optimize.search.surrogate import Surrogate


class Shrunk(Surrogate):
    """Thinks of candidates as of their means, and that these are lucky."""

    def __init__(self):
        self.told = []

    def expected(self, tried):
        self.told.append({one.candidate.number: dict(one.cases) for one in tried})
        return [(0.3 * 9 + sum(one.cases.values())) / (9 + len(one.cases)) for one in tried]


def pooled(task, rollouts, *, propose=None, settings=None, proposers=("llm", "response"), **options):
    """A pooled search, with all that it asked and noted."""
    surrogate, requests = Shrunk(), []
    setup = task.setup(
        rollouts=rollouts,
        proposers=proposers,
        surrogate=surrogate,
        settings=SearchSettings(**(settings or {})),
        **options,
    )

    def watched():
        inner = search(setup)
        reply = None
        while True:
            try:
                request = inner.send(reply)
            except StopIteration as end:
                return end.value
            requests.append(request)
            reply = yield request

    outcome = answered(watched(), evaluate=task.evaluate, propose=propose or task.propose, rollouts=rollouts)
    return outcome, requests, surrogate


@pytest.mark.parametrize("noisy", [False, True])
def test_a_better_candidate_is_found(make_task, noisy):
    outcome, _, _ = pooled(make_task(noisy=noisy), 400)
    assert set(outcome.winner.values["text"]) & set("abcd")
    assert outcome.front == (outcome.winner.number,)


@pytest.mark.parametrize("noisy", [False, True])
@pytest.mark.parametrize("rollouts", [5, 12, 31, 77, 150])
def test_wherever_the_budget_ends_nothing_is_asked_twice(make_task, noisy, rollouts):
    task = make_task(noisy=noisy)
    outcome, _, _ = pooled(task, rollouts)
    assert len(task.asked) == len(set(task.asked)) <= rollouts
    assert outcome.best in (outcome.winner, outcome.seed)


def test_equal_setups_ask_the_same(make_task):
    first, again = (pooled(make_task(), 200)[1] for _ in range(2))
    assert first == again


def test_each_candidate_is_tried_at_a_few_cases_and_none_is_rejected(task):
    outcome, requests, _ = pooled(task, 300, settings={"probes": 2, "leaders": 1, "guard": False})
    tried = [len(member.scores) for member in outcome.members[1:] if member.fate == "pool"]
    assert min(tried) == 2
    assert not [one for one in requests if isinstance(one, Note) and one.data.get("fate", "").startswith("rejected")]


def test_those_who_write_get_their_share(task):
    _, requests, _ = pooled(task, 900, settings={"written": 0.25})
    counts = Counter(one.proposer for one in requests if isinstance(one, Propose))
    assert 0.1 < counts["llm"] / counts.total() < 0.45


def test_who_tunes_is_shown_no_runs_and_all_scores_by_case(task):
    _, requests, _ = pooled(task, 200)
    asked = [one for one in requests if isinstance(one, Propose) and one.proposer == "response"]
    assert not any(one.runs for one in asked)
    assert all(scored.cases for one in asked for scored in one.tried if scored.count)


def test_training_cases_that_a_proposer_had_seen_are_not_learnt_from(task):
    _, requests, surrogate = pooled(task, 300)
    seen = {f"train/{run.order.case}" for one in requests if isinstance(one, Propose) for run in one.runs}
    learnt = Counter(case for cases in surrogate.told[-1].values() for case in cases if case.startswith("train/"))
    assert seen
    assert learnt
    assert all(learnt[case] <= 1 for case in seen)


def test_who_tunes_may_come_back_to_what_was_tried(task):
    def same(request):
        if request.proposer == "response":
            return [Proposal(dict(request.best.values))]
        return task.propose(request)

    outcome, requests, _ = pooled(task, 200, propose=same)
    assert "reopened" in {one.kind for one in requests if isinstance(one, Note)}
    assert max(len(member.scores) for member in outcome.members) == 12


def test_what_was_tried_everywhere_is_not_tried_again(task):
    _, requests, _ = pooled(task, 200, propose=lambda request: [Proposal(dict(request.best.values))])
    assert [one.data["proposer"] for one in requests if isinstance(one, Note) and one.kind == "duplicate"]


def test_a_merge_is_asked_for_where_there_are_two(task):
    _, requests, _ = pooled(task, 400, proposers=("llm", "merge", "response"))
    merges = [one for one in requests if isinstance(one, Propose) and one.proposer == "merge"]
    assert merges
    assert all(one.parents[0] != one.parents[1] for one in merges)


def test_a_restart_is_asked_for_where_nothing_is_better(task):
    settings = {"restart_after": 3, "patience": 20}
    worse = lambda request: [Proposal({"text": f"z{random.Random(request.stream).random()}"})]  # noqa: E731
    _, requests, _ = pooled(
        task, 300, propose=worse, settings=settings, proposers=("llm", "response", "restart"), train=()
    )
    assert "restart" in {one.proposer for one in requests if isinstance(one, Propose)}


def test_the_search_ends_where_nothing_is_better_for_long(task):
    outcome, _, _ = pooled(task, 900, propose=lambda _request: [Proposal(None, problem="no")], settings={"patience": 7})
    assert outcome.reason.startswith("patience")
    assert outcome.steps == 7


def test_the_setting_turns_it_off(task):
    _, _, surrogate = pooled(task, 100, settings={"pooled": False})
    assert not surrogate.told


def test_objectives_are_compared_where_that_is_wanted(task):
    outcome, _, _ = pooled(task, 300, settings={"front": "both"})
    assert len(outcome.front) > 1
