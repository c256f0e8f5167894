from __future__ import annotations

import threading

import pytest

from llm_strategy.errors import MissingExtraError
from llm_strategy.optimize.engines import gepa
from llm_strategy.optimize.engines.gepa import gepa_search
from llm_strategy.optimize.search.candidate import Proposal
from llm_strategy.optimize.search.requests import Evaluated, Note, Propose, Proposed
from llm_strategy.optimize.streams import stream

pytest.importorskip("gepa")


def test_it_climbs_and_its_winner_is_typed(lab):
    outcome = lab.run(gepa_search(lab.setup()))
    values = outcome.winner.values
    assert len(values["f:instruction"].split("\n")) >= 3
    assert isinstance(values["f:number"], int)
    assert values["f:strict"] is False


def test_no_rollout_is_paid_twice_and_none_beyond_the_budget(lab):
    lab.run(gepa_search(lab.setup(rollouts=90)), rollouts=90)
    assert len(lab.orders) == len(set(lab.orders)) <= 90


def test_a_budget_that_nobody_foretold_ends_it_where_it_is_spent(lab):
    outcome = lab.run(gepa_search(lab.setup(rollouts=None)), rollouts=50)
    assert len(lab.orders) <= 50
    assert outcome.reason.startswith("budget")


def test_a_budget_too_small_for_the_seed_gives_the_seed_back(lab):
    outcome = lab.run(gepa_search(lab.setup(rollouts=5)), rollouts=5)
    assert outcome.best == outcome.seed
    assert outcome.reason.startswith("budget")


def test_equal_setups_ask_the_same(lab):
    lab.run(gepa_search(lab.setup()))
    first, lab.orders = lab.orders, []
    lab.run(gepa_search(lab.setup()))
    assert lab.orders == first
    lab.orders = []
    lab.run(gepa_search(lab.setup(random_seed=1)))
    assert lab.orders != first


def test_every_candidate_has_its_fate(lab):
    def half_good(request):
        if request.step % 2:
            return [Proposal({**request.parents[0].values, "f:instruction": f"nonsense {request.step}"})]
        return lab.propose(request)

    outcome = lab.run(gepa_search(lab.setup()), propose=half_good)
    fates = {member.fate.split(":")[0] for member in outcome.members}
    assert fates <= {"seed", "pool", "rejected", "cut short"}
    assert {"seed", "pool", "rejected"} <= fates
    assert [member.candidate.number for member in outcome.members] == list(range(len(outcome.members)))


def test_rollouts_say_what_they_are_for(lab):
    lab.run(gepa_search(lab.setup(test=tuple(f"x{number}" for number in range(6)), rollouts=400)), rollouts=400)
    assert lab.purposes[0] == "seed"
    assert {"seed", "minibatch", "gate", "val", "test"} <= set(lab.purposes)


def test_the_proposer_sees_the_runs_of_the_parent_at_its_minibatch(lab):
    lab.run(gepa_search(lab.setup()))
    request = lab.asked[0]
    assert len(request.runs) == 3
    assert {run.order.candidate for run in request.runs} == {request.parents[0].key}
    assert {run.order.split for run in request.runs} == {"train"}


def test_a_proposer_with_nothing_new_ends_it_by_patience(lab):
    def same(request):
        return [Proposal(request.parents[0].values)]

    outcome = lab.run(gepa_search(lab.setup()), propose=same)
    assert outcome.reason.startswith("patience")
    assert outcome.best == outcome.seed


def test_a_proposer_that_fails_is_asked_again(lab):
    answers = []

    def failing(request):
        answers.append(request.stream)
        return [Proposal(None, problem="no JSON")] if len(answers) < 6 else lab.propose(request)

    outcome = lab.run(gepa_search(lab.setup()), propose=failing)
    assert len(set(answers)) == len(answers)
    assert outcome.winner != outcome.seed


def test_noisy_rollouts_are_repeated_and_not_answered_from_memory(lab):
    lab.noisy = True
    lab.run(gepa_search(lab.setup(deterministic=False, noise=0.5)))
    assert any(not key.endswith("/0") for key in lab.orders)
    assert len(lab.orders) == len(set(lab.orders)) <= 200


def test_noise_that_nobody_has_told_of_is_measured_at_the_seed(lab):
    lab.noisy = True
    lab.run(gepa_search(lab.setup(deterministic=None)))
    assert lab.purposes[:2] == ["seed", "seed"]
    assert any(key.endswith("/2") for key in lab.orders)


def test_where_repeats_are_the_same_nothing_is_repeated_after_the_beginning(lab):
    lab.run(gepa_search(lab.setup(deterministic=None)))
    setup = lab.setup()
    assert sum(key.endswith("/1") for key in lab.orders) == min(len(setup.val), setup.settings.measured)
    assert not any(key.endswith("/2") for key in lab.orders)


def test_merges_of_gepa_become_candidates_of_ours(lab):
    """Each leaf has room for one of two rules: candidates are good at different cases, and can be merged."""

    def score(order, values):
        number = int(order.case[1:]) % 9
        return float(number > 5 or values[f"f:{number // 2}"] == str(number))

    lab.score = score

    def propose(request):
        failed = [int(run.order.case[1:]) % 9 for run in request.runs if run.score < 1]
        rule = stream(request.stream).choice(failed)
        return [Proposal({**request.parents[0].values, f"f:{rule // 2}": str(rule)})]

    cases = {split: tuple(f"{split[0]}{number}" for number in range(27)) for split in ("train", "val")}
    values = {"f:0": "", "f:1": "", "f:2": ""}
    setup = lab.setup(seed_values=values, proposers=("llm", "merge"), rollouts=900, **cases)
    outcome = lab.run(gepa_search(setup), 900, propose)
    merged = [member for member in outcome.members if member.candidate.proposer == "merge"]
    assert merged
    assert all(member.fate for member in merged)


def test_the_budget_of_the_proposer_ends_it(lab):
    def until_it_asks(search):
        request = next(search)
        while not isinstance(request, Propose):
            known = {one.key: one for one in request.candidates}
            done = tuple(lab.evaluate(order, known[order.candidate]) for order in request.orders)
            request = search.send(Evaluated(done, 0.9))
        return search.send(Proposed((), 0.5, over=True))

    request = until_it_asks(gepa_search(lab.setup()))
    assert isinstance(request, Note)
    assert request.kind == "stopped"
    assert request.data["reason"] == "budget"


def test_a_search_that_is_closed_leaves_no_thread(lab):
    before = threading.active_count()
    search = gepa_search(lab.setup())
    request = next(search)
    request = search.send(Evaluated(tuple(lab.evaluate(order, request.candidates[0]) for order in request.orders)))
    assert request.purpose == "minibatch"
    assert threading.active_count() == before + 1
    search.close()
    assert threading.active_count() == before


def test_without_gepa_the_extra_is_named(lab, monkeypatch):
    monkeypatch.setattr(gepa, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"llm-strategy\[optimize\]"):
        gepa_search(lab.setup())


def test_it_writes_no_file(lab, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lab.run(gepa_search(lab.setup(rollouts=60)), rollouts=60)
    assert list(tmp_path.iterdir()) == []
