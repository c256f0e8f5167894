"""Growing validation sets where the leaders are not those of the front."""

from llm_strategy.optimize.search.answering import answered
from llm_strategy.optimize.search.candidate import Proposal
from llm_strategy.optimize.search.orders import Rollout
from llm_strategy.optimize.search.search import search
from llm_strategy.optimize.search.setup import SearchSetup
from llm_strategy.optimize.streams import stream


def ended(seed):
    """A noisy task that fails now and then, with few validation cases."""

    def evaluate(order, candidate):
        draws = stream(seed, order.key)
        failed = draws.random() < 0.03
        return Rollout(order, 0.0 if failed else draws.gauss(0.5 + 0.02 * candidate.values["a"], 0.2))

    def propose(request):
        return [Proposal({"a": request.parents[0].values["a"] + stream(request.stream).choice([-1, 1])})]

    cases = tuple(str(number) for number in range(6))
    setup = SearchSetup({"a": 0}, cases, cases, random_seed=seed, deterministic=False, rollouts=120)
    return answered(search(setup), evaluate=evaluate, propose=propose, rollouts=120)


def test_it_goes_on_where_no_leader_is_on_the_front():
    assert all(ended(seed).reason for seed in range(40))
