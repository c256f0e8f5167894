"""What counts as a rollout: those of another budget, those that were broken off, and those that others need."""

import random

import pytest

from llm_strategy.errors import BudgetExceededError
from llm_strategy.flow import ChatRequest, run
from llm_strategy.flow.model import Profile
from llm_strategy.messages import Message, Reply, Usage
from llm_strategy.optimize.budget import Budget, OptimizationLedger
from llm_strategy.optimize.driving import drive
from llm_strategy.optimize.rollouts.current import CurrentRollout, telling_if_broken, within_rollout
from llm_strategy.optimize.search.candidate import Candidate
from llm_strategy.optimize.search.orders import Order, Rollout
from llm_strategy.optimize.search.outcome import SearchOutcome
from llm_strategy.optimize.search.requests import Evaluate
from llm_strategy.optimize.store import OptimizationStore

SEED = Candidate(0, {"x": 0.5})


class Model:
    name = "scripted"
    profile = Profile()

    def reply(self, request):
        return Reply(Message.assistant("yes"), usage=Usage(2, 3))


MODEL = Model()


class Stop(BaseException):
    """As Ctrl-C is one."""


class Rolls:
    """Carries rollouts out, each of which asks a model once, up to the one at which it is stopped."""

    def __init__(self, after=1_000):
        self.begun = []
        self._after = after

    def as_completed(self, orders, candidates):
        for order in orders:
            with telling_if_broken(order), within_rollout(CurrentRollout(order, 0)):
                if len(self.begun) >= self._after:
                    raise Stop
                self.begun.append(order.key)
                run(self.ask())
                yield Rollout(order, random.Random(order.key).random()), {"case": order.case}

    @staticmethod
    def ask():
        yield ChatRequest(MODEL, (Message.user("Is it?"),))


def searching(*batches):
    """Ask for rollouts: `s0` is the seed at case 0, `c0` is another one."""
    child = Candidate(1, {"x": 0.25}, (0,))
    for batch in batches:
        orders = tuple(Order((SEED if one[0] == "s" else child).key, "val", one[1:]) for one in batch.split())
        answer = yield Evaluate(orders, "val", (SEED, child))
        if len(answer.rollouts) < len(orders):
            break
    return SearchOutcome(child, child, SEED, (), None, "done")


def driven(store, rolls, *batches, **limits):
    ledger = OptimizationLedger(Budget(**limits))
    drive(searching(*batches), store, rolls, {}, ledger)
    return ledger


def broken_off(store, rolls, *batches, **limits):
    with pytest.raises(Stop):
        driven(store, rolls, *batches, **limits)


def short(rolls):
    return " ".join(("s" if key.startswith(SEED.key) else "c") + key.split("/")[2] for key in rolls.begun)


@pytest.fixture
def store():
    with OptimizationStore() as one:
        yield one


def test_what_was_spent_in_a_batch_that_was_broken_off_is_in_the_books_of_another_budget(store):
    broken_off(store, Rolls(4), "s0 s1 s2 s3 s4 s5", rollouts=100)
    rolls = Rolls()
    ledger = driven(store, rolls, "c0 c1 c2 c3 c4 c5", calls=7)
    assert short(rolls) == "c0 c1 c2"
    assert (ledger.view().task.calls, ledger.view().rollouts) == (7, 7)


@pytest.mark.parametrize("after", range(8))
def test_with_the_same_budget_what_was_broken_off_is_counted_when_it_is_wanted(store, after):
    batches = "s0 s1 s2 s3 s4 s5", "c0 c1 c2 c3 c4 c5"
    with OptimizationStore() as whole:
        driven(whole, Rolls(), *batches, calls=9)
        expected = whole.log()
    broken_off(store, Rolls(after), *batches, calls=9)
    ledger = driven(store, Rolls(), *batches, calls=9)
    assert (store.log(), ledger.view().task.calls, ledger.loose) == (expected, 9, set())


def test_rollouts_that_another_budget_has_no_use_for_count(store):
    driven(store, Rolls(), "s0 s1 s2 s3 s4 s5", rollouts=6)
    rolls = Rolls()
    ledger = driven(store, rolls, "c0 c1 c2 c3 c4 c5", rollouts=9)
    assert (len(rolls.begun), ledger.view().rollouts) == (3, 9)
    more = Rolls()
    ledger = driven(store, more, "c0 c1 s0 s1 c4", rollouts=10)
    assert (short(more), ledger.view().rollouts) == ("c4", 10)


class Compared(Rolls):
    """Compares all rollouts with those of the seed."""

    def reference_of(self, order):
        return None if order.candidate == SEED.key else Order(SEED.key, order.split, order.case)


def test_what_is_compared_with_is_carried_out_before_and_counts(store):
    rolls = Compared()
    ledger = driven(store, rolls, "c0 c1 s1", "s0 c0 c2", "s2")
    assert short(rolls) == "s0 s1 c0 c1 s2 c2"
    assert (ledger.view().rollouts, ledger.accounts.rollouts, ledger.ahead) == (7, 7, set())


@pytest.mark.parametrize(("limit", "begun"), [(5, "s0 s1 s2 c0 c1"), (4, "s0 s1 c0 c1"), (1, "s0"), (0, "")])
def test_a_budget_of_rollouts_holds_for_what_is_compared_with(store, limit, begun):
    rolls = Compared()
    ledger = driven(store, rolls, "c0 c1 c2 c3", rollouts=limit)
    assert (short(rolls), ledger.view().rollouts) == (begun, limit)


@pytest.mark.parametrize("limit", range(2, 10))
def test_a_budget_of_requests_holds_for_what_is_compared_with(store, limit):
    rolls = Compared()
    ledger = driven(store, rolls, "c0 c1 c2 c3", calls=limit)
    assert len(rolls.begun) == ledger.view().task.calls == min(limit, 8)


@pytest.mark.parametrize("after", range(8))
def test_what_is_compared_with_is_not_carried_out_twice(store, after):
    batches = "c0 c1", "c2 s1 c3"
    with OptimizationStore() as whole:
        expected = driven(whole, Compared(), *batches, rollouts=9).view().rollouts, whole.log()
    rolls, rest = Compared(after), Compared()
    broken_off(store, rolls, *batches, rollouts=9)
    ledger = driven(store, rest, *batches, rollouts=9)
    assert (ledger.view().rollouts, store.log()) == expected
    assert not set(rolls.begun) & set(rest.begun)


def test_what_is_compared_with_and_cannot_end_ends_the_search(store):
    class Refused(Compared):
        def ask(self):
            raise BudgetExceededError("nothing is left")

    rolls = Refused()
    ledger = driven(store, rolls, "c0 c1")
    assert (short(rolls), ledger.over, ledger.view().rollouts) == ("s0", True, 0)
