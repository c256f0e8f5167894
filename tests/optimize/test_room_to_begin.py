"""What is said where a budget has no room for what a search begins with, or for nothing after that."""

import pytest

from llm_strategy.errors import ConfigurationError
from llm_strategy.flow import ChatRequest, run
from llm_strategy.flow.model import Profile
from llm_strategy.messages import Message, Reply, Usage
from llm_strategy.optimize.budget import Budget, OptimizationLedger
from llm_strategy.optimize.driving import CAUTIONS, drive
from llm_strategy.optimize.events import Done, Warned
from llm_strategy.optimize.rollouts.current import CurrentRollout, telling_if_broken, within_rollout
from llm_strategy.optimize.search.candidate import Candidate
from llm_strategy.optimize.search.orders import Order, Rollout
from llm_strategy.optimize.search.outcome import Member, SearchOutcome
from llm_strategy.optimize.search.requests import Evaluate
from llm_strategy.optimize.store import OptimizationStore

CASES = 6
SEED = Candidate(0, {"x": 0.5})
MORE = "Raise it; a run with a store goes on where this one ended."


class Model:
    name = "scripted"
    profile = Profile()

    def reply(self, request):
        return Reply(Message.assistant("yes"), usage=Usage(2, 3))


MODEL = Model()


def ask():
    yield ChatRequest(MODEL, (Message.user("Is it?"),))


class Rolls:
    """Carries rollouts out, each of which asks a model once."""

    def __init__(self):
        self.begun = []

    def as_completed(self, orders, candidates):
        for order in orders:
            with telling_if_broken(order), within_rollout(CurrentRollout(order, 0)):
                self.begun.append(order.key)
                run(ask())
                yield Rollout(order, 1.0), None


def searching(reason="budget"):
    """Score the seed, and end."""
    orders = tuple(Order(SEED.key, "val", str(number)) for number in range(CASES))
    answer = yield Evaluate(orders, "seed", (SEED,))
    reason = "budget" if len(answer.rollouts) < CASES else reason
    return SearchOutcome(SEED, SEED, SEED, (Member(SEED, "seed"),), None, f"{reason}; nothing was found", 1)


def driven(store, rolls=None, reason="budget", watch=None, **limits):
    ledger = OptimizationLedger(Budget(**limits))
    return drive(searching(reason), store, rolls or Rolls(), {}, ledger, watch=watch), ledger


@pytest.fixture
def store():
    with OptimizationStore() as one:
        yield one


class Stop(BaseException):
    """As Ctrl-C is one."""


def stopping(after):
    """Watch until so many rollouts have ended."""
    done = []

    def watch(event):
        done.append(isinstance(event, Done))
        if sum(done) == after:
            raise Stop

    return watch


def test_a_seed_that_was_paid_for_is_not_refused_where_the_run_goes_on_with_less(store):
    with pytest.raises(Stop):
        driven(store, watch=stopping(CASES), rollouts=100)
    rolls = Rolls()
    found, ledger = driven(store, rolls, "done", rollouts=CASES - 1)
    assert (found.reason, rolls.begun, ledger.view().rollouts) == ("done; nothing was found", [], CASES)


def test_a_seed_that_was_paid_for_in_part_is_refused_where_the_rest_has_no_room(store):
    with pytest.raises(Stop):
        driven(store, watch=stopping(4), rollouts=100)
    rest = Rolls()
    with pytest.raises(ConfigurationError, match=r"rollouts=5.*takes 2 more rollouts, and there were 4"):
        driven(store, rest, rollouts=5)
    assert rest.begun == []
    driven(store, rest, rollouts=6)
    assert len(rest.begun) == 2


def test_a_budget_that_ends_while_the_seed_is_scored_is_told(store):
    told = []
    for watch in (told.append, None):
        found, _ = driven(store, calls=4, watch=watch)
        assert found.reason == "budget; nothing was found"
        begin = "The budget ended while the seed was scored, after 4 of 6 rollouts: nothing was searched."
        assert store.get(CAUTIONS) == [f"{begin} {MORE}"]
    assert store.get(CAUTIONS)[0] in [one.message for one in told if isinstance(one, Warned)]
    driven(store, reason="patience", calls=9)
    assert store.get(CAUTIONS) == []


def test_a_budget_that_ends_before_anything_else_is_tried_is_told(store):
    driven(store, rollouts=7)
    begin = "The budget ended after 6 rollouts of the seed, before anything else was tried."
    assert store.get(CAUTIONS) == [f"{begin} {MORE}"]
