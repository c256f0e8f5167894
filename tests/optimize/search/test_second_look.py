"""A second look at what was turned away."""

from llm_strategy.optimize.search.candidate import Proposal
from llm_strategy.optimize.search.requests import Estimate, Estimated, Evaluate, Evaluated, Propose, Proposed
from llm_strategy.optimize.search.search import search
from llm_strategy.optimize.search.settings import SearchSettings

POOL = ["x", "y", "abcd", "z", "w"]
NEVER = 1000


def from_a_pool(*texts):
    """Propose each text once, whoever the parent is; then nothing more."""
    left = list(texts)

    def propose(request):
        return [Proposal({"text": left.pop(0)})] if left else []

    return propose


def searched(task, **settings):
    settings = SearchSettings(guard=False, **settings)
    return task.searched(120, propose=from_a_pool(*POOL), settings=settings, test=())


def turned_away(outcome):
    return {one.candidate.values["text"] for one in outcome.members if one.fate.startswith("rejected")}


def ended(setup, task, rollouts):
    """Answer a search whose proposer is out of budget once its pool is empty."""
    request, propose, left, steps = None, from_a_pool(*POOL), rollouts, search(setup)
    while True:
        try:
            if isinstance(request, Evaluate):
                values = {candidate.key: candidate for candidate in request.candidates}
                done = tuple(task.evaluate(order, values[order.candidate]) for order in request.orders[:left])
                left -= len(done)
                request = steps.send(Evaluated(done, left / rollouts))
            elif isinstance(request, Propose):
                made = tuple(propose(request))
                request = steps.send(Proposed(made, left / rollouts, over=not made))
            else:
                request = steps.send(Estimated(None, left / rollouts) if isinstance(request, Estimate) else None)
        except StopIteration as end:
            return end.value


def test_where_a_pool_is_empty_good_ones_that_a_gate_turned_away_are_found_all_the_same(make_task):
    found = [searched(make_task(seed=seed, helps=0.3)).winner.values["text"] for seed in range(30)]
    without = [searched(make_task(seed=seed, helps=0.3), dry_after=NEVER).winner.values["text"] for seed in range(30)]
    assert found.count("abcd") > without.count("abcd") + 3


def test_what_can_hardly_be_the_best_gets_no_second_look(make_task):
    outcome = searched(make_task(helps=0.7))
    assert outcome.winner.values["text"] == "abcd"
    assert turned_away(outcome)


def test_where_new_candidates_come_old_ones_get_no_second_look(task):
    steps = []

    def propose(request):
        steps.append(request.step)
        return [Proposal({"text": "x" * len(steps)})]

    outcome = task.searched(120, propose=propose, settings=SearchSettings(guard=False, dry_after=1), test=())
    assert outcome.steps == len(set(steps))


def test_where_nobody_is_left_to_ask_old_candidates_are_tried_before_the_search_ends(make_task):
    for seed in range(5):
        task = make_task(seed=seed, helps=0.1)
        setup = task.setup(settings=SearchSettings(guard=False, dry_after=NEVER), test=(), rollouts=150)
        outcome = ended(setup, task, 150)
        assert outcome.steps > len(POOL) + 1
        assert len(turned_away(outcome)) < len(POOL)


def test_no_case_is_paid_for_twice_in_a_second_look(task):
    searched(task)
    assert len(task.asked) == len(set(task.asked))
