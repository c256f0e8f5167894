import random

import pytest

from llm_strategy.errors import BudgetExceededError, ConfigurationError, InputError, StoredDataError
from llm_strategy.flow import ChatRequest, run
from llm_strategy.flow.model import Profile
from llm_strategy.messages import Message, Reply, Usage
from llm_strategy.optimize.budget import Budget, OptimizationLedger
from llm_strategy.optimize.driving import drive
from llm_strategy.optimize.events import (
    Accepted,
    Asked,
    Began,
    CandidateMade,
    Done,
    Ended,
    Grown,
    Noted,
    Proposing,
    Rejected,
    Warned,
)
from llm_strategy.optimize.rollouts.current import CurrentRollout, telling_if_broken, within_rollout
from llm_strategy.optimize.rollouts.in_order import as_completed
from llm_strategy.optimize.rollouts.side_by_side import side_by_side
from llm_strategy.optimize.search.candidate import Candidate, Proposal
from llm_strategy.optimize.search.orders import Order, Rollout
from llm_strategy.optimize.search.orders import Usage as Spent
from llm_strategy.optimize.search.outcome import SearchOutcome
from llm_strategy.optimize.search.requests import Estimate, Evaluate, Note, Propose, Scored
from llm_strategy.optimize.store import OptimizationStore
from llm_strategy.optimize.streams import stream

CASES = 6


class Model:
    name = "scripted"
    profile = Profile()

    def reply(self, request):
        return Reply(Message.assistant("yes"), usage=Usage(2, 3))


MODEL = Model()


def ask():
    yield ChatRequest(MODEL, (Message.user("Is it?"),))


def orders_of(candidate, count=CASES):
    return tuple(Order(candidate.key, "val", str(number)) for number in range(count))


def small_search(steps=4, *, estimates=False, kinds=("accepted",), cases=CASES):
    """Score the seed, then propose and score, as long as the budget goes."""
    seed = Candidate(0, {"x": 0.5})
    scored = [Scored(seed, 0.0, 0)]
    answer = yield Evaluate(orders_of(seed, cases), "seed", (seed,))
    seen = [answer]
    for step in range(steps):
        if len(answer.rollouts) < cases:
            break
        runs = answer.rollouts[:3]
        proposed = yield Propose("draws", (seed,), runs, tuple(scored), tuple(scored), step, step, answer.left, seed)
        seen.append(proposed)
        if proposed.over:
            break
        values = proposed.proposals[0].values
        if values is None:
            continue
        child = Candidate(len(scored), values, (0,), "draws", proposed.proposals[0].hypothesis)
        answer = yield Evaluate(orders_of(child, cases), "val", (child,))
        seen.append(answer)
        scored.append(Scored(child, sum(one.score for one in answer.rollouts), len(answer.rollouts)))
        for kind in kinds:
            yield Note(kind, {"number": child.number, "mean": scored[-1].mean, "fate": "rejected: val", "active": 9})
        if estimates:
            seen.append((yield Estimate(tuple(scored), seed, step, step)))
    best = max(scored, key=lambda one: one.mean).candidate
    return SearchOutcome(best, best, seed, (), None, repr(seen), len(scored))


class Rolls:
    """Carries rollouts out as the real thing does, and notes which."""

    def __init__(self, work=None, workers=1):
        self.begun = []
        self._work = work or self.plain
        self._workers = workers

    @staticmethod
    def plain(order):
        return Rollout(order, random.Random(order.key).random(), usage=Spent(1, 10, 0.25, random.random()))

    def as_completed(self, orders, candidates):
        assert {order.candidate for order in orders} == {one.key for one in candidates}

        def one(order):
            with telling_if_broken(order), within_rollout(CurrentRollout(order, 0)):
                self.begun.append(order.key)
                return self._work(order), {"case": order.case}

        done = as_completed(lambda some: side_by_side(one, some, workers=self._workers), orders)
        return (outcome for _, outcome in done)


class Draws:
    name = "draws"

    def propose(self, request):
        return [Proposal({"x": stream(request.stream, "x").random()}, "more of it")]


def drawing(call):
    class Drawing(Draws):
        def propose(self, request):
            call(request)
            return super().propose(request)

    return {"draws": Drawing()}


def driven(store, rolls=None, proposers=None, budget=None, search=None, **options):
    ledger = OptimizationLedger(budget or Budget(rollouts=100))
    found = drive(search or small_search(), store, rolls or Rolls(), proposers or {"draws": Draws()}, ledger, **options)
    return found, ledger


@pytest.fixture
def store():
    with OptimizationStore() as one:
        yield one


def test_a_search_is_carried_out(store):
    found, ledger = driven(store)
    assert (found.steps, ledger.view().rollouts, ledger.view().task.tokens) == (5, 30, 300)
    assert [one.number for one in store.candidates()] == [0, 1, 2, 3, 4]
    assert store.run(f"{found.seed.key}/val/0/0") == {"case": "0"}


@pytest.mark.parametrize("workers", [2, 8])
def test_the_log_is_the_same_with_any_number_of_workers(store, workers):
    with OptimizationStore() as other:
        found, _ = driven(store)
        again, _ = driven(other, Rolls(workers=workers))
        assert (again, other.log()) == (found, store.log())


def test_a_run_that_is_over_is_told_again_and_nothing_is_done(store):
    found, _ = driven(store, search=small_search(estimates=True), estimate=lambda request: 0.25)
    log, rolls = store.log(), Rolls()
    again, ledger = driven(store, rolls, {}, search=small_search(estimates=True))
    assert (again, store.log(), rolls.begun) == (found, log, [])
    assert ledger.view().rollouts == 30


class Stop(BaseException):
    """As Ctrl-C is one."""


@pytest.mark.parametrize("after", range(0, 31, 3))
def test_a_run_that_is_broken_off_goes_on_and_no_rollout_is_carried_out_twice(store, after):
    with OptimizationStore() as whole:
        expected = driven(whole)[0], whole.log()

    def work(order):
        if len(rolls.begun) > after:
            raise Stop
        return Rolls.plain(order)

    rolls = Rolls(work)
    if after < 30:
        with pytest.raises(Stop):
            driven(store, rolls)
    else:
        driven(store, rolls)
    rest = Rolls()
    found, ledger = driven(store, rest)
    assert (found, store.log()) == expected
    assert len(rest.begun) == 30 - after
    assert not set(rolls.begun[:after]) & set(rest.begun)
    assert ledger.lost == (after < 30) * (CASES - after % CASES)


def test_an_order_of_arrival_does_not_matter(store):
    class Backwards(Rolls):
        def as_completed(self, orders, candidates):
            outcomes = list(super().as_completed(orders, candidates))
            return (outcome for outcome in reversed(outcomes))

    with OptimizationStore() as other:
        driven(store)
        driven(other, Backwards())
        assert other.log() == store.log()


def test_a_search_that_asks_something_else_is_told(store):
    driven(store)
    with pytest.raises(StoredDataError, match=r"Event 1 of memory .*6 rollouts, seed.*5 rollouts, seed"):
        driven(store, search=small_search(cases=5))


def test_a_search_that_notes_something_else_is_told(store):
    driven(store)
    with pytest.raises(StoredDataError, match=r"note 'accepted'.*note 'front'"):
        driven(store, search=small_search(kinds=("front",)))


def test_a_search_that_asks_another_kind_is_told(store):
    driven(store, search=small_search(kinds=()))
    with pytest.raises(StoredDataError, match=r"propose\) than the search asks now \(note 'front'"):
        driven(store, search=small_search(kinds=("front",)))


def test_a_rollout_that_is_missing_is_told(store):
    found, _ = driven(store)
    store._database.change("DELETE FROM rollout WHERE key = ?", f"{found.seed.key}/val/2/0")
    with pytest.raises(StoredDataError, match="there is no rollout"):
        driven(store)


def test_the_budget_ends_a_batch_in_order(store):
    found, ledger = driven(store, budget=Budget(rollouts=20))
    assert (ledger.view().rollouts, ledger.left()) == (20, 0.0)
    assert "left=0.0" in found.reason
    rolls = Rolls()
    again, _ = driven(store, rolls, budget=Budget(rollouts=20))
    assert (again, rolls.begun) == (found, [])


def test_a_budget_that_is_too_small_for_the_seed_is_told_before_anything_begins(store):
    rolls = Rolls()
    with pytest.raises(ConfigurationError, match=r"rollouts=5.*takes 6 rollouts"):
        driven(store, rolls, budget=Budget(rollouts=5))
    assert rolls.begun == []


def asks(order):
    run(ask())
    return Rollout(order, 1.0)


def test_a_rollout_that_the_budget_refuses_ends_the_search(store):
    _, ledger = driven(store, Rolls(asks), budget=Budget(calls=8))
    view = ledger.view()
    assert (view.task.calls, view.rollouts, view.left) == (8, 8, 0.0)


@pytest.mark.parametrize("workers", [1, 8])
def test_what_a_refused_rollout_has_spent_stays_in_the_books(store, workers):
    def greedy(order):
        for _ in range(1 + int(order.case) * 2):
            run(ask())
        return Rollout(order, 1.0)

    _, ledger = driven(store, Rolls(greedy, workers), budget=Budget(calls=20))
    view = ledger.view()
    assert view.rollouts == 4
    assert 16 < view.task.calls <= 20
    assert ledger.accounts.spent("task").calls == 16


def test_with_more_budget_a_run_goes_on_where_it_ended(store):
    driven(store, budget=Budget(rollouts=20))
    rolls, events = Rolls(), []
    found, ledger = driven(store, rolls, budget=Budget(rollouts=27), watch=events.append)
    assert len(rolls.begun) == 7
    assert ledger.view().rollouts == 27
    assert "left=0.7777777777777778" in found.reason
    with OptimizationStore() as fresh:
        expected, _ = driven(fresh, budget=Budget(rollouts=27))
        assert (found, fresh.log()) == (expected, store.log())
    driven(store, rolls, budget=Budget(rollouts=27))
    assert len(rolls.begun) == 7


def test_what_was_spent_behind_the_place_where_another_budget_goes_on_stays_in_the_books(store):
    def searching(most):
        seed = Candidate(0, {"x": 0.5})
        answer = yield Evaluate(orders_of(seed), "seed", (seed,))
        child = Candidate(1, {"x": 0.25 if answer.left < most else 0.75}, (0,))
        yield Evaluate(orders_of(child), "val", (child,))
        return SearchOutcome(seed, seed, seed, (), None, "done")

    driven(store, budget=Budget(rollouts=20), search=searching(0.8))
    rolls = Rolls()
    _, ledger = driven(store, rolls, budget=Budget(rollouts=100), search=searching(0.8))
    assert len(rolls.begun) == 6
    assert ledger.view().task.calls == 18
    assert ledger.accounts.rollouts == 12
    assert [one.values["x"] for one in store.candidates()] == [0.5, 0.75]


def test_a_run_with_less_budget_ends_where_that_ends(store):
    driven(store)
    rolls = Rolls()
    _, ledger = driven(store, rolls, budget=Budget(rollouts=10))
    assert (rolls.begun, ledger.left()) == ([], 0.0)


def test_a_proposer_that_raises_has_proposed_nothing(store):
    def fails(request):
        raise ValueError("no idea " + "x" * 2_000)

    found, _ = driven(store, proposers=drawing(fails))
    assert "problem='ValueError: no idea" in found.reason
    assert found.steps == 1
    assert len(store.log()) < 20_000


def test_what_cannot_be_written_down_is_no_proposal(store):
    class Odd(Draws):
        def propose(self, request):
            return [Proposal({"x": float("inf")}, "far")]

    found, _ = driven(store, proposers={"draws": Odd()})
    assert "A proposal cannot be written down" in found.reason


def test_values_are_given_as_they_will_be_read_again(store):
    class Tuples(Draws):
        def propose(self, request):
            return [Proposal({"x": (1, 2)})]

    found, _ = driven(store, proposers={"draws": Tuples()})
    assert "values={'x': [1, 2]}" in found.reason


def test_a_proposer_that_cannot_work_as_it_is_set_up_ends_the_run(store):
    def fails(request):
        raise ConfigurationError("optuna is missing")

    with pytest.raises(ConfigurationError, match="optuna"):
        driven(store, proposers=drawing(fails))


def test_a_proposer_that_is_not_there_is_told(store):
    with pytest.raises(ConfigurationError, match=r"'draws', which is not there\. Known are 'llm'"):
        driven(store, proposers={"llm": Draws()})


def test_a_proposer_that_the_budget_does_not_allow_is_over(store):
    found, ledger = driven(store, proposers=drawing(lambda _: run(ask())), budget=Budget(optimizer_calls=2))
    assert "over=True" in found.reason
    assert (ledger.view().optimizer.calls, found.steps) == (2, 3)


def test_nobody_is_asked_for_values_that_cannot_be_tried(store):
    asked = []
    found, _ = driven(store, proposers=drawing(asked.append), budget=Budget(rollouts=12))
    assert len(asked) == 1
    assert "over=True" in found.reason


class Made:
    """Stands for made-up cases."""

    def __init__(self):
        self.names = []

    def records(self):
        return [{"id": name, "parameters": name} for name in self.names]

    def restore(self, records):
        self.names += [one["id"] for one in records]


def test_cases_that_a_proposer_makes_up_are_written_down_and_given_back(store):
    class Inventive(Draws):
        def __init__(self):
            self.synthetic = Made()

        def propose(self, request):
            self.synthetic.names.append(f"case {request.step}")
            return super().propose(request)

    first, second = Inventive(), Inventive()
    found, _ = driven(store, proposers={"draws": first}, search=small_search(2))
    again, _ = driven(store, proposers={"draws": second}, search=small_search(2))
    assert first.synthetic.names == second.synthetic.names == ["case 0", "case 1"]
    assert found == again
    assert "synthetic=('case 1',)" in found.reason


@pytest.mark.parametrize(
    ("estimate", "told"),
    [(None, None), (lambda request: 0.25, 0.25), (lambda request: 1 / 0, None)],
    ids=["nobody", "somebody", "who fails"],
)
def test_estimates_are_told_where_there_are_any(store, estimate, told):
    found, _ = driven(store, search=small_search(1, estimates=True), estimate=estimate)
    assert f"Estimated(probability={told}" in found.reason


def test_an_estimate_that_cannot_work_as_it_is_set_up_ends_the_run(store):
    def fails(request):
        raise ConfigurationError("no model")

    with pytest.raises(ConfigurationError):
        driven(store, search=small_search(1, estimates=True), estimate=fails)


def test_an_estimate_is_paid_by_the_optimizer(store):
    _, ledger = driven(store, search=small_search(1, estimates=True), estimate=lambda _: float(bool(run(ask()))))
    assert (ledger.view().optimizer.calls, ledger.view().task.calls) == (1, 12)


def test_whoever_watches_is_told(store):
    events = []
    kinds = ("accepted", "rejected", "grown", "front")
    driven(store, search=small_search(1, kinds=kinds), watch=events.append)
    names = [type(event) for event in events]
    assert names[:3] == [Began, CandidateMade, Asked]
    assert names.count(Done) == 12
    assert names[-5:] == [Accepted, Rejected, Grown, Noted, Ended]
    assert Proposing in names
    assert [event.books.rollouts for event in events if isinstance(event, Done)][-1] == 6
    assert events[0].resumed is False


def test_a_watcher_of_a_run_that_goes_on_is_told_what_was_decided(store):
    driven(store, search=small_search(1))
    events = []
    driven(store, search=small_search(1), watch=events.append)
    assert [type(event) for event in events] == [Began, CandidateMade, CandidateMade, Accepted, Ended]
    assert all(event.replayed for event in events[1:4])
    assert (events[0].resumed, events[0].rollouts) == (True, 12)


def test_a_note_that_lacks_something_is_told_as_it_is(store):
    def noting():
        yield Note("accepted", {})
        return SearchOutcome(*[Candidate(0, {})] * 3, (), None, "done")

    events = []
    driven(store, search=noting(), watch=events.append)
    assert events[1] == Noted("accepted", {})


@pytest.mark.parametrize(("rollouts", "said"), [(19, "allows one"), (13, "not even one"), (60, "")])
def test_a_budget_for_one_proposal_is_told_of(store, rollouts, said):
    events = []
    driven(store, budget=Budget(rollouts=rollouts), watch=events.append)
    warnings = [event.message for event in events if isinstance(event, Warned)]
    assert len(warnings) == bool(said)
    assert all(said in message for message in warnings)


def test_a_metric_that_fails_ends_the_run_and_what_was_done_stays(store):
    def work(order):
        if order.case == "3":
            raise InputError("the metric does not like it")
        return Rolls.plain(order)

    with pytest.raises(InputError):
        driven(store, Rolls(work))
    assert store.count == 3


def test_time_ends_a_search_also_where_nobody_asks_a_model(store):
    now = [0.0]

    def slow(order):
        now[0] += 1.0
        return Rolls.plain(order)

    ledger = OptimizationLedger(Budget(seconds=3), clock=lambda: now[0])
    drive(small_search(), store, Rolls(slow), {"draws": Draws()}, ledger)
    assert (ledger.view().rollouts, ledger.left()) == (3, 0.0)
    again = OptimizationLedger(Budget(seconds=3), clock=lambda: now[0])
    drive(small_search(), store, Rolls(slow), {"draws": Draws()}, again)
    assert again.seconds == 3.0


def test_a_proposer_that_is_interrupted_has_spent_what_it_has_spent(store):
    def interrupted(request):
        run(ask())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        driven(store, proposers=drawing(interrupted), budget=Budget(calls=50))
    _, ledger = driven(store, budget=Budget(calls=50))
    assert ledger.view().optimizer.calls == 1


def test_a_budget_that_refuses_is_no_error_of_the_search(store):
    def refused(order):
        raise BudgetExceededError("no more")

    found, ledger = driven(store, Rolls(refused))
    assert (ledger.over, ledger.view().rollouts) == (True, 0)
    assert found.steps == 1
