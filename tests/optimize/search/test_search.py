"""The search as a whole, answered in memory and by hand."""

import pytest

from llm_strategy.errors import ConfigurationError
from llm_strategy.optimize.search.answering import answered
from llm_strategy.optimize.search.candidate import Proposal
from llm_strategy.optimize.search.requests import Estimated, Evaluate, Evaluated, Note, Propose, Proposed
from llm_strategy.optimize.search.search import SearchSetup, search
from llm_strategy.optimize.search.settings import SearchSettings

UNGUARDED = SearchSettings(guard=False)


def driven(setup, task, *, propose=None, estimate=None, left=1.0, over=()):
    """Answers everything; what was asked for, and the outcome."""
    asked, answer, steps = [], None, search(setup)
    while True:
        try:
            request = steps.send(answer)
        except StopIteration as end:
            return asked, end.value
        asked.append(request)
        if isinstance(request, Evaluate):
            by_key = {candidate.key: candidate for candidate in request.candidates}
            answer = Evaluated(tuple(task.evaluate(order, by_key[order.candidate]) for order in request.orders), left)
        elif isinstance(request, Propose):
            over_now = request.proposer in over
            answer = Proposed(() if over_now else tuple((propose or task.propose)(request)), left, over=over_now)
        elif isinstance(request, Note):
            answer = None
        else:
            answer = Estimated(estimate, left)


def notes(asked, kind):
    return [request.data for request in asked if isinstance(request, Note) and request.kind == kind]


def test_a_better_instruction_is_found_and_shown_to_be_better(task):
    outcome = task.searched(300)
    assert set("abcd") & set(outcome.best.values["text"]) >= set("abc")
    assert outcome.best is outcome.winner is not outcome.seed
    assert outcome.gain.is_real
    assert outcome.gain.split == "test"
    assert outcome.test_scores["winner"] > outcome.test_scores["seed"]
    assert outcome.front == tuple(sorted(outcome.front))
    assert "on test" in outcome.reason


@pytest.mark.parametrize("noisy", [False, True])
@pytest.mark.parametrize("hint", [False, True])
def test_wherever_the_budget_ends_the_search_ends_well_and_asks_nothing_twice(make_task, noisy, hint):
    for rollouts in range(1, 61):
        task = make_task(noisy=noisy)
        outcome = task.searched(rollouts) if hint else _unplanned(task, rollouts)
        assert len(task.asked) <= rollouts
        assert len(set(task.asked)) == len(task.asked)
        assert outcome.reason.split(";")[0] in {"budget", "perfect", "patience"}
        assert outcome.members[0].candidate is outcome.seed
        assert (outcome.best is outcome.winner) or not (outcome.gain and outcome.gain.is_real)


def _unplanned(task, rollouts):
    setup = task.setup(rollouts=None)
    return answered(search(setup), evaluate=task.evaluate, propose=task.propose, rollouts=rollouts)


@pytest.mark.parametrize("noisy", [False, True])
def test_equal_setups_ask_the_same_and_other_seeds_do_not(make_task, noisy):
    runs = [make_task(noisy=noisy, seed=seed) for seed in (1, 1, 2)]
    outcomes = [task.searched(120) for task in runs]
    assert runs[0].asked == runs[1].asked != runs[2].asked
    assert outcomes[0] == outcomes[1]


def test_a_budget_that_nobody_told_of_is_learnt_from_what_is_left(make_task):
    task = make_task()
    outcome = _unplanned(task, 200)
    assert outcome.gain is not None
    assert outcome.gain.cases == 20


@pytest.mark.parametrize("noisy", [False, True])
def test_where_nothing_helps_hardly_a_run_claims_a_gain(make_task, noisy):
    claims = 0
    for seed in range(40):
        outcome = make_task(noisy=noisy, helps=0.0, seed=seed).searched(120, test=())
        claims += outcome.best is not outcome.seed
    assert claims <= 2


def test_the_seed_is_given_back_where_no_gain_can_be_shown(make_task):
    outcomes = [make_task(noisy=True, helps=0.05, seed=seed).searched(200) for seed in range(4)]
    outcome = next(outcome for outcome in outcomes if outcome.winner is not outcome.seed)
    assert outcome.best is outcome.seed
    assert outcome.gain.low <= 0
    assert outcome.reason.endswith("so the seed is given back")


def test_without_the_guard_the_winner_is_given_back_and_nothing_is_kept_for_judging_it(task):
    outcome = task.searched(100, settings=UNGUARDED, test=())
    assert outcome.best is outcome.winner is not outcome.seed
    assert outcome.gain is None
    assert outcome.reason.endswith("nothing guards against a loss")


def test_without_test_cases_the_gain_is_judged_on_validation_cases_that_nothing_else_looked_at(task):
    asked, outcome = driven(task.setup(test=(), val=tuple(f"{n:02d}" for n in range(24)), rollouts=300), task)
    chosen, judged = set(), set()
    for request in asked:
        if isinstance(request, Evaluate):
            cases = {order.case for order in request.orders if order.split == "val"}
            (judged if request.purpose == "test" else chosen).update(cases)
    assert len(judged) == 12
    assert not judged & chosen
    assert outcome.gain.split == "val"
    assert not any(judged & set(member.scores) for member in outcome.members)


def test_the_test_is_opened_once_for_the_seed_and_the_winner_together(task):
    asked, outcome = driven(task.setup(rollouts=200), task)
    opened = [request for request in asked if isinstance(request, Evaluate) and request.purpose == "test"]
    assert len(opened) == 1
    assert opened[0].candidates == (outcome.seed, outcome.winner)
    others = [
        order
        for request in asked
        if isinstance(request, Evaluate) and request.purpose != "test"
        for order in request.orders
    ]
    assert {order.split for order in others} == {"train", "val"}


def test_an_invalid_proposal_is_asked_for_once_more(task):
    calls = []

    def propose(request):
        calls.append(request.stream)
        return [Proposal(None, problem="no JSON")]

    asked, outcome = driven(task.setup(settings=SearchSettings(patience=2)), task, propose=propose)
    assert len(calls) == 4
    assert len(set(calls)) == 4
    assert notes(asked, "invalid")[0]["problem"] == "no JSON"
    assert outcome.reason.startswith("patience")
    assert outcome.gain is None


def test_what_was_proposed_before_is_not_tried_again(task):
    asked, outcome = driven(
        task.setup(settings=SearchSettings(patience=3)), task, propose=lambda _: [Proposal({"text": ""})]
    )
    assert len(outcome.members) == 1
    assert [data["of"] for data in notes(asked, "duplicate")] == [0, 0, 0]


def test_a_search_ends_where_nobody_proposes_anything_new_for_long(task):
    texts = iter(["a", "b"])

    def propose(_):
        return [Proposal({"text": next(texts, "a")})]

    asked, outcome = driven(task.setup(settings=SearchSettings(idle=4, patience=1000)), task, propose=propose)
    idle = outcome.steps - max(data["step"] for data in notes(asked, "candidate"))
    assert outcome.reason.startswith("nothing new is proposed")
    assert len(outcome.members) == 3
    assert 4 <= idle < 30


def test_a_proposer_that_the_budget_forbids_is_asked_no_more_and_others_go_on(task):
    setup = task.setup(proposers=("llm", "local"), settings=SearchSettings(patience=6, explore=1.0))
    asked, _ = driven(setup, task, over=("llm",))
    names = [request.proposer for request in asked if isinstance(request, Propose)]
    assert names.count("llm") == 1
    assert names.count("local") > 3


def test_a_search_ends_when_nobody_can_be_asked(task):
    _, outcome = driven(task.setup(), task, over=("llm",))
    assert outcome.reason.startswith("budget")
    _, outcome = driven(task.setup(proposers=()), task)
    assert outcome.reason.startswith("nothing to search")
    assert outcome.best is outcome.seed


def test_a_perfect_candidate_ends_the_search(task):
    _, outcome = driven(task.setup(), task, propose=task.propose)
    task.chance = lambda text, case: 1.0 if "a" in text else 0.2
    _, outcome = driven(task.setup(), task, propose=lambda _: [Proposal({"text": "a"})])
    assert outcome.reason.startswith("perfect")
    assert outcome.winner.values == {"text": "a"}


def test_told_probabilities_end_a_search_only_after_enough_of_them_came_true(task):
    settings = SearchSettings(estimate_every=2, estimates=4, patience=1000, improbable=0.2)
    setup = task.setup(settings=settings)
    asked, outcome = driven(setup, task, propose=lambda _: [Proposal({"text": ""})], estimate=0.0)
    assert outcome.reason.startswith("improvement is improbable")
    assert len(notes(asked, "estimate")) == 5
    assert outcome.brier == 0.0
    _, outcome = driven(
        task.setup(settings=settings.model_copy(update={"patience": 30})),
        task,
        propose=lambda _: [Proposal({"text": ""})],
    )
    assert outcome.reason.startswith("patience")
    assert outcome.brier is None


def test_cases_that_a_model_made_up_are_tried_as_training_cases_only(task):
    steps = search(task.setup(train=(), settings=SearchSettings(patience=4)))
    request, asked, proposals = next(steps), [], 0
    while True:
        answer = None
        if isinstance(request, Evaluate):
            asked += request.orders
            answer = Evaluated(tuple(task.evaluate(order, request.candidates[0]) for order in request.orders))
        elif isinstance(request, Propose):
            proposals += 1
            answer = Proposed((Proposal({"text": f"w{proposals}"}),), synthetic=("90", "91"))
        try:
            request = steps.send(answer)
        except StopIteration:
            break
    assert {order.case for order in asked if order.split == "synthetic"} == {"90", "91"}
    assert not {"90", "91"} & {order.case for order in asked if order.split != "synthetic"}


def test_noise_is_measured_where_nobody_tells_of_it(make_task):
    settings = SearchSettings(first_val=1.0, patience=3)
    for noisy in (False, True):
        found = set()
        for seed in range(4):
            task = make_task(noisy=noisy, seed=seed)
            asked, _ = driven(task.setup(deterministic=None, settings=settings), task)
            found.add(notes(asked, "noise")[0]["noisy"])
        assert (True in found) is noisy


def test_several_slots_are_asked_for_at_once(make_task):
    for noisy in (False, True):
        task = make_task(noisy=noisy)
        settings = SearchSettings(parents=2, mutations=2, guard=False)
        asked, outcome = driven(
            task.setup(rollouts=200, settings=settings, proposers=("llm", "merge", "restart")), task
        )
        gates = [len(request.candidates) for request in asked if isinstance(request, Evaluate)]
        assert max(gates) > 1
        assert outcome.winner is not outcome.seed


@pytest.mark.parametrize("front", ["objective", "both"])
def test_objectives_are_compared_where_that_is_wanted(task, front):
    _, outcome = driven(task.setup(settings=SearchSettings(front=front, patience=30), rollouts=150), task)
    assert 0 in outcome.front  # nothing is as short as the seed
    assert outcome.members[0].objectives == {"short": 0.0}


def test_a_restart_is_asked_for_where_nothing_is_accepted(task):
    setup = task.setup(proposers=("llm", "restart"), settings=SearchSettings(patience=10, restart_after=3))
    asked, _ = driven(setup, task, propose=lambda _: [Proposal({"text": "w"})])
    names = [request.proposer for request in asked if isinstance(request, Propose)]
    assert [place for place, name in enumerate(names) if name == "restart"] == [3, 6, 9]


def test_more_validation_cases_are_used_where_nothing_is_accepted(task):
    setup = task.setup(settings=SearchSettings(patience=12, grow_after=5))
    asked, _ = driven(setup, task, propose=lambda _: [Proposal({"text": "w"})])
    assert [data["active"] for data in notes(asked, "grown")] == [8, 12]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"val": ()}, "no validation cases"),
        ({"train": ("a", "a")}, "named twice"),
        ({"proposers": ("llm", "llm")}, "name one twice"),
        ({"rollouts": -1}, "rollouts is -1"),
        ({"noise": -0.5}, "noise is -0.5"),
    ],
)
def test_a_setup_that_cannot_be_searched_is_refused(options, told):
    with pytest.raises(ConfigurationError, match=told):
        SearchSetup({"text": ""}, **{"train": ("a",), "val": ("a",), **options})
