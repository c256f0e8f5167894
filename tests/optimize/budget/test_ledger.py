import contextvars
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from llm_strategy.errors import BudgetExceededError, ConfigurationError
from llm_strategy.flow import ChatRequest, run
from llm_strategy.flow.budgets.amounts import Amount
from llm_strategy.flow.layers import layered
from llm_strategy.flow.model import Profile
from llm_strategy.flow.replayed import charge_replayed
from llm_strategy.flow.time_limits import time_limits
from llm_strategy.messages import Message, Reply, Usage
from llm_strategy.optimize.budget import Budget, OptimizationLedger
from llm_strategy.optimize.budget.cost import Cost
from llm_strategy.optimize.rollouts.current import CurrentRollout, telling_if_broken, within_rollout
from llm_strategy.optimize.search.orders import Order, Rollout
from llm_strategy.optimize.search.orders import Usage as Spent
from llm_strategy.tracing.prices import Price


class Model:
    """Says as many tokens as the prompt asks for, and no more than it may."""

    name = "priced"
    profile = Profile()

    def __init__(self):
        self.limits = []

    def reply(self, request):
        wanted, limit = int(request.messages[-1].content), request.sampling.max_tokens
        self.limits.append(limit)
        tokens = wanted if limit is None else min(wanted, limit)
        ended = "stop" if tokens == wanted else "length"
        return Reply(Message.assistant("x" * tokens), ended, usage=Usage(1, tokens))


def ask(model, tokens):
    yield ChatRequest(model, (Message.user(str(tokens)),))


def orders(count):
    return [Order("c", "val", str(number)) for number in range(count)]


def ledger_of(**limits):
    return OptimizationLedger(Budget(**limits), prices={"priced": Price(1.0, 1.0)})


def rolled(order, model, *tokens):
    """Carry a rollout out, as a runner does."""
    with telling_if_broken(order), within_rollout(CurrentRollout(order, 0)):
        for one in tokens:
            run(ask(model, one))
    return Rollout(order, 1.0)


def done(ledger, batch, rollout):
    cost = batch.cost(rollout)
    batch.ended(rollout.order.key, cost)
    ledger.answered(rollout.order.key, cost)
    return cost


def once(ledger, order, model, *tokens):
    with ledger.batch([order.key]) as batch:
        return done(ledger, batch, rolled(order, model, *tokens))


def test_what_a_rollout_asks_is_on_the_line_of_the_task():
    ledger, model = ledger_of(), Model()
    once(ledger, orders(1)[0], model, 5, 7)
    view = ledger.view()
    assert (view.rollouts, view.task.calls, view.task.tokens, view.optimizer.calls) == (1, 2, 14, 0)
    assert view.task.dollars == pytest.approx(14e-6)


def test_what_a_metric_asks_is_on_the_line_of_the_optimizer_alone():
    ledger, model, (order,) = ledger_of(), Model(), orders(1)
    with ledger.batch([order.key]) as batch:
        with within_rollout(CurrentRollout(order, 0)), layered(ledger.task), layered(ledger.metric):
            run(ask(model, 5))
        done(ledger, batch, Rollout(order, 1.0))
    assert (ledger.view().task.calls, ledger.view().optimizer.calls) == (0, 1)


def test_a_layer_that_is_opened_twice_counts_once():
    ledger, model, (order,) = ledger_of(calls=9), Model(), orders(1)
    with ledger.batch([order.key]) as batch, layered(ledger.task):
        done(ledger, batch, rolled(order, model, 5))
    assert ledger.view().task.calls == 1


def test_a_rollout_that_needs_more_than_is_left_is_refused_before_it_is_sent():
    ledger, model, (one, other) = ledger_of(calls=3), Model(), orders(2)
    once(ledger, one, model, 5, 5)
    with pytest.raises(BudgetExceededError), ledger.batch([other.key]):
        rolled(other, model, 5, 5)
    assert len(model.limits) == 3
    assert (ledger.view().task.calls, ledger.accounts.rollouts) == (3, 1)


def test_the_limits_of_one_line_and_of_both_hold():
    ledger, model, (order,) = ledger_of(calls=9, optimizer_calls=1), Model(), orders(1)
    with ledger.proposing():
        run(ask(model, 1))
    with pytest.raises(BudgetExceededError), ledger.proposing():
        run(ask(model, 1))
    once(ledger, order, model, *[1] * 8)
    assert (ledger.view().optimizer.calls, ledger.view().task.calls, ledger.left()) == (1, 8, 0.0)


def test_what_a_proposer_has_spent_before_it_was_refused_is_counted():
    ledger, model = ledger_of(optimizer_calls=1), Model()

    def asks_twice():
        with ledger.proposing():
            run(ask(model, 1))
            run(ask(model, 1))

    with pytest.raises(BudgetExceededError):
        asks_twice()
    assert ledger.view().optimizer.calls == 1


def test_rollouts_side_by_side_are_granted_the_same_however_many_run_at_once():
    def limits(workers):
        ledger, model = ledger_of(tokens=60_000), Model()
        first, *rest = orders(9)
        once(ledger, first, model, 50)
        count = ledger.affords(rest)
        with ledger.batch([order.key for order in rest[:count]]) as batch, ThreadPoolExecutor(workers) as pool:
            jobs = [pool.submit(contextvars.copy_context().run, rolled, one, model, 90) for one in rest[:count]]
            for job in jobs:
                done(ledger, batch, job.result())
        return count, sorted(model.limits), ledger.state()

    assert limits(1) == limits(8)


def test_one_that_needs_more_than_its_share_waits_for_those_before_it():
    ledger, model = ledger_of(calls=20), Model()
    first, small, large = orders(3)
    once(ledger, first, model, 1)
    begun, finished = threading.Event(), []
    with ledger.batch([small.key, large.key]) as batch, ThreadPoolExecutor(1) as pool:

        def greedy():
            begun.set()
            rollout = rolled(large, model, *[1] * 9)
            finished.append(rollout)
            return rollout

        job = pool.submit(contextvars.copy_context().run, greedy)
        begun.wait(10)
        assert not finished
        done(ledger, batch, rolled(small, model, 1))
        done(ledger, batch, job.result(10))
    assert ledger.view().task.calls == 11


def test_those_behind_a_rollout_without_an_outcome_do_not_wait_for_ever():
    ledger, model = ledger_of(calls=20), Model()
    first, broken, greedy = orders(3)
    once(ledger, first, model, 1)
    with ledger.batch([broken.key, greedy.key]), ThreadPoolExecutor(1) as pool:
        job = pool.submit(contextvars.copy_context().run, rolled, greedy, model, *[1] * 9)
        with pytest.raises(ValueError, match="the metric"), telling_if_broken(broken):
            raise ValueError("the metric fails")
        with pytest.raises(BudgetExceededError):
            job.result(10)
    assert ledger.beside.task.calls == 4


def test_what_is_broken_off_stays_in_the_books():
    ledger, model, (order,) = ledger_of(calls=9), Model(), orders(1)

    def interrupted():
        with ledger.batch([order.key]):
            rolled(order, model, 5)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert (ledger.view().task.calls, ledger.accounts.rollouts) == (1, 0)
    again = ledger_of(calls=9)
    again.take_aside(ledger.aside())
    assert again.view().task.calls == 1


def test_what_goes_on_behind_its_batch_may_spend_nothing():
    ledger, model, (order,) = ledger_of(), Model(), orders(1)
    with ledger.batch([order.key]):
        left_behind = contextvars.copy_context()
    with pytest.raises(BudgetExceededError, match="nobody waits"):
        left_behind.run(rolled, order, model, 1)
    assert not model.limits


def test_a_rollout_that_was_not_seen_costs_what_it_says():
    ledger, (order,) = ledger_of(calls=9), orders(1)
    with ledger.batch([order.key]) as batch:
        done(ledger, batch, Rollout(order, 1.0, usage=Spent(3, 40, None), scoring=Spent(1, 2, 0.5)))
    assert ledger.view().task == ledger.view().task.__class__(3, 40, None)
    assert (ledger.view().optimizer.calls, ledger.view().optimizer.dollars) == (1, 0.5)


def test_requests_of_nobody_are_paid_for_as_well():
    ledger, model, (order,) = ledger_of(calls=1), Model(), orders(1)
    with ledger.batch([order.key]):
        run(ask(model, 1))
        with pytest.raises(BudgetExceededError):
            run(ask(model, 1))
    assert ledger.view().task.calls == 1


def test_what_was_counted_for_a_rollout_without_an_answer_is_not_counted_twice():
    ledger, model, (order,) = ledger_of(calls=9), Model(), orders(1)
    with ledger.batch([order.key]) as batch:
        cost = batch.cost(rolled(order, model, 5))
        batch.ended(order.key, cost)
    ledger.unanswered(order.key, cost)
    ledger.unanswered(order.key, cost)
    assert ledger.view().task.calls == 1
    ledger.answered(order.key, cost)
    assert (ledger.view().task.calls, ledger.accounts.rollouts, ledger.aside()["ahead"]) == (1, 1, [])


def test_time_is_over_for_all_of_it():
    now = [0.0]
    ledger = OptimizationLedger(Budget(seconds=10), clock=lambda: now[0])
    assert (ledger.affords(orders(5)), ledger.left()) == (5, 1.0)
    now[0] = 4.0
    assert ledger.left() == pytest.approx(0.6)
    now[0] = 10.0
    assert (ledger.affords(orders(5)), ledger.left(), ledger.is_late) == (0, 0.0, True)


def test_requests_of_rollouts_get_the_time_that_is_left():
    ledger, (order,) = ledger_of(seconds=100), orders(1)
    request = next(ask(Model(), 1))
    with ledger.batch([order.key]), within_rollout(CurrentRollout(order, 0)):
        assert 90 < time_limits(request).left <= 100


def test_books_are_the_same_when_they_are_read_again():
    ledger, model = ledger_of(tokens=100_000), Model()
    for order in orders(3):
        once(ledger, order, model, 5)
    again = ledger_of(tokens=100_000)
    again.restore(ledger.state())
    assert (again.state(), again.left(), again.affords(orders(9))) == (
        ledger.state(),
        ledger.left(),
        ledger.affords(orders(9)),
    )


def test_rollouts_are_counted():
    ledger = ledger_of(rollouts=2)
    assert ledger.affords(orders(5)) == 2
    once(ledger, orders(1)[0], Model())
    assert (ledger.affords(orders(5)), ledger.left()) == (1, 0.5)


def test_a_model_without_a_price_is_told_of():
    ledger, model, (order,) = OptimizationLedger(Budget(usd=1.0)), Model(), orders(1)
    model.name = "a model that no test gives a price"
    with ledger.batch([order.key]), pytest.raises(ConfigurationError, match="that no test gives a price' is not known"):
        rolled(order, model, 1)


def test_a_layer_travels_with_what_all_rollouts_pay_out_of():
    ledger, model, (order,) = ledger_of(calls=2), Model(), orders(1)
    with ledger.batch([order.key]):
        make, (kind, layers) = ledger.task.__reduce__()
        far = make(kind, layers)
        with layered(far), within_rollout(CurrentRollout(order, 0)):
            run(ask(model, 1))
            assert time_limits(next(ask(model, 1))).left is None
            run(ask(model, 1))
            with pytest.raises(BudgetExceededError):
                run(ask(model, 1))
    assert ledger.view().task.calls == 2
    make, arguments = ledger.task.__reduce__()
    assert pickle.loads(pickle.dumps(arguments)) == (ledger.task.kind, ())


def test_a_layer_lets_other_requests_pass():
    class Ask:
        def perform(self):
            return "answered"

    def flow():
        return (yield Ask())

    ledger, (order,) = ledger_of(calls=0), orders(1)
    with ledger.batch([order.key]):
        assert run(flow()) == "answered"
        make, (kind, layers) = ledger.metric.__reduce__()
        with layered(make(kind, layers)):
            assert run(flow()) == "answered"


def test_a_reply_of_an_earlier_run_is_counted():
    ledger, (order,) = ledger_of(), orders(1)
    request, reply = next(ask(Model(), 1)), Reply(Message.assistant("x"), usage=Usage(3, 4))
    with ledger.batch([order.key]) as batch:
        with within_rollout(CurrentRollout(order, 0)):
            charge_replayed(request, reply)
            ledger.metric.replayed(request, reply)
        make, (kind, layers) = ledger.task.__reduce__()
        make(kind, layers).replayed(request, reply)
        done(ledger, batch, Rollout(order, 1.0))
    assert (ledger.view().task.tokens, ledger.view().optimizer.tokens) == (14, 7)


def test_a_reply_that_one_budget_cuts_off_is_paid_for_on_every_account():
    ledger, model = ledger_of(tokens=60, optimizer_tokens=500), Model()
    with pytest.raises(BudgetExceededError, match="cut off"), ledger.proposing():
        run(ask(model, 400))
    assert model.limits[0] < 60
    assert ledger.view().optimizer.tokens == model.limits[0] + 1


def test_rollouts_that_nobody_was_answered_count_and_are_free_when_they_are_wanted():
    ledger, model = ledger_of(rollouts=4), Model()
    one, *others = orders(6)
    once(ledger, one, model, 1)
    ledger.set_aside([others[0].key, others[1].key], Cost(Amount(2, 6)))
    assert (ledger.view().rollouts, ledger.affords(others[2:]), ledger.affords(others)) == (3, 1, 3)
    assert ledger.left() == 0.5
    again = ledger_of(rollouts=4)
    again.take_aside(ledger.aside())
    again.restore(ledger.state())
    assert again.left() == 0.5
    ledger.answered(others[0].key, Cost(Amount(1, 3)))
    assert (ledger.view().rollouts, ledger.left(), ledger.gone_cost.task.calls) == (3, 1 / 3, 1)


def test_nothing_is_promised_to_a_rollout_and_to_requests_of_nobody():
    ledger, model = ledger_of(calls=9), Model()
    first, *two = orders(3)
    once(ledger, first, model, 1)

    def strays():
        for _ in range(9):
            run(ask(model, 1))

    with ledger.batch([order.key for order in two]) as batch:
        with pytest.raises(BudgetExceededError):
            strays()
        done(ledger, batch, rolled(two[0], model))
        done(ledger, batch, rolled(two[1], model, 1, 1))
    assert (len(model.limits), ledger.view().task.calls) == (9, 9)


def test_a_rollout_that_has_ended_spends_nothing_more_and_what_was_under_way_counts():
    ledger, model, (order,) = ledger_of(), Model(), orders(1)
    with ledger.batch([order.key]) as batch:
        with within_rollout(CurrentRollout(order, 0)):
            run(ask(model, 1))
            cost = batch.cost(Rollout(order, 1.0))
            run(ask(model, 1))
            batch.ended(order.key, cost)
            with pytest.raises(BudgetExceededError):
                run(ask(model, 1))
        with pytest.raises(BudgetExceededError, match="nobody waits"):
            run(ask(model, 1))
        ledger.answered(order.key, cost)
    assert (ledger.view().task.calls, ledger.accounts.spent("task").calls) == (2, 1)
