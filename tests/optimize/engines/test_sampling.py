from __future__ import annotations

import pytest

from llm_strategy.errors import ConfigurationError, HyperparameterError, MissingExtraError
from llm_strategy.optimize.engines import ENGINES, RandomProposer, engine_search, sampling
from llm_strategy.optimize.engines.sampling import optuna_search, random_search
from llm_strategy.optimize.search.candidate import Candidate, Proposal
from llm_strategy.optimize.search.requests import Propose
from llm_strategy.optimize.space import Leaf


class Leaves:
    """As much of a space as the proposer reads."""

    leaves = (
        Leaf("f:instruction", "text", "Say it."),
        Leaf("f:number", "integer", 2, low=0, high=8),
        Leaf("f:share", "number", 0.5, low=0.0, high=1.0),
        Leaf("f:length", "integer", 64, low=32, high=512, log=True),
        Leaf("f:rate", "number", 0.1, low=0.001, high=1.0, log=True),
        Leaf("f:strict", "boolean", False),
        Leaf("f:format", "choice", "plain", choices=("plain", "json")),
    )

    def checked(self, values):
        return dict(values)


def asked(values, stream=0, proposer="random"):
    parent = Candidate(0, values)
    return Propose(proposer, (parent,), (), (), (), stream, 1, 1.0, parent)


def drawn(stream):
    return (
        RandomProposer(Leaves()).propose(asked({leaf.path: leaf.default for leaf in Leaves.leaves}, stream))[0].values
    )


def test_random_values_are_within_bounds_and_of_their_types():
    for stream in range(200):
        values = drawn(stream)
        assert 0 <= values["f:number"] <= 8
        assert isinstance(values["f:number"], int)
        assert 0 <= values["f:share"] <= 1
        assert 32 <= values["f:length"] <= 512
        assert isinstance(values["f:length"], int)
        assert 0.001 <= values["f:rate"] <= 1
        assert values["f:strict"] in {True, False}
        assert values["f:format"] in {"plain", "json"}


def test_texts_stay():
    assert drawn(1)["f:instruction"] == "Say it."


def test_the_same_stream_draws_the_same_and_another_one_does_not():
    assert drawn(1) == drawn(1) != drawn(2)


def test_values_on_a_log_scale_are_drawn_by_ratio():
    below = sum(drawn(stream)["f:length"] < 128 for stream in range(300))
    assert 110 < below < 190


def test_a_space_without_anything_to_draw_says_so():
    space = Leaves()
    space.leaves = Leaves.leaves[:1]
    (proposal,) = RandomProposer(space).propose(asked({}))
    assert proposal.values is None
    assert "no numbers" in proposal.problem


def test_values_that_do_not_fit_are_a_problem_and_no_end():
    class Refusing(Leaves):
        def checked(self, values):
            raise HyperparameterError("'f:number' cannot be 3")

    (proposal,) = RandomProposer(Refusing()).propose(asked({}))
    assert proposal == Proposal(None, problem="'f:number' cannot be 3")


def by_number(request):
    """Case n is solved by rule n mod 4: each number stands for two rules."""
    number = request.stream % 9
    rules = ("zero", "one", "two", "three")[number % 4 :]
    return [Proposal({**request.parents[0].values, "f:number": number, "f:instruction": "\n".join(rules)})]


@pytest.mark.parametrize(("engine", "name"), [(optuna_search, "optuna"), (random_search, "random")])
def test_everything_that_is_proposed_is_tried_and_the_best_wins(lab, engine, name):
    outcome = lab.run(engine(lab.setup(proposers=("llm",))), propose=by_number)
    assert {member.candidate.proposer for member in outcome.members[1:]} == {name}
    assert {member.fate for member in outcome.members[1:]} == {"pool"}
    assert outcome.winner.values["f:instruction"] == "zero\none\ntwo\nthree"


def test_each_trial_starts_from_the_seed(lab):
    lab.run(random_search(lab.setup()), propose=lambda request: lab.asked.append(request) or by_number(request))
    assert {request.parents[0].number for request in lab.asked} == {0}


def test_where_all_points_were_tried_it_ends(lab):
    outcome = lab.run(random_search(lab.setup(rollouts=5000)), 5000, by_number)
    assert outcome.reason.startswith("everything was tried")


def test_where_nothing_can_be_drawn_it_ends(lab):
    outcome = lab.run(random_search(lab.setup()), propose=lambda _: [Proposal(None, problem="no")])
    assert outcome.reason.startswith("nothing to search")
    assert outcome.best == outcome.seed


def test_the_budget_is_kept_and_a_trial_that_it_cuts_short_is_marked(lab):
    def always_new(request):
        return [Proposal({**request.parents[0].values, "f:number": request.stream})]

    outcome = lab.run(optuna_search(lab.setup(rollouts=43)), 43, always_new)
    assert len(lab.orders) <= 43
    assert outcome.reason.startswith("budget")
    assert outcome.members[-1].fate == "cut short: budget"


def test_a_budget_too_small_for_the_seed_ends_at_once(lab):
    outcome = lab.run(random_search(lab.setup(rollouts=None)), 2, by_number)
    assert len(lab.orders) == 2
    assert outcome.reason.startswith("budget")


def test_engines_are_known_by_name(lab):
    assert set(ENGINES) == {"llm-strategy", "gepa", "optuna", "random"}
    outcome = lab.run(engine_search("random", lab.setup()), propose=by_number)
    assert outcome.winner != outcome.seed


def test_an_unknown_engine_names_the_known_ones(lab):
    with pytest.raises(
        ConfigurationError, match=r"engine='grid' names no engine\. Known are gepa, llm-strategy, optuna, random"
    ):
        engine_search("grid", lab.setup())


def test_without_optuna_the_extra_is_named(lab, monkeypatch):
    monkeypatch.setattr(sampling, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"llm-strategy\[optimize\]"):
        optuna_search(lab.setup())
