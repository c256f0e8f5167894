"""Many runs: in order, side by side, and to their end."""

import pickle
import threading
import time

import pytest

from llm_strategy import ThreadExecutor, budget, trace
from llm_strategy.errors import BudgetExceededError, ConfigurationError, WorkerLostError
from llm_strategy.flow import Result
from llm_strategy.optimize.rollouts import current_rollout
from llm_strategy.optimize.rollouts.in_order import as_completed, in_order
from llm_strategy.optimize.rollouts.work import Work


def kept(outcomes):
    """All that is written down of runs; times are not."""
    return [(one.order, one.score, one.error, one.usage.calls, one.usage.tokens, record) for one, record in outcomes]


@pytest.mark.parametrize("workers", [1, 2, 8])
def test_outcomes_are_the_same_with_any_number_of_workers(lab, workers):
    orders = [*lab.all(), *lab.all(split="train")[:2], *lab.all(repeat=1)]
    alone = kept(lab.rollouts()(orders, lab.candidates))
    assert kept(lab.rollouts(workers=workers)(orders, lab.candidates)) == alone
    assert [row[0] for row in alone] == orders


def test_an_executor_may_carry_them_out(lab):
    alone = kept(lab.rollouts()(lab.all(), lab.candidates))
    assert kept(lab.rollouts(workers=3, executor=ThreadExecutor())(lab.all(), lab.candidates)) == alone


def test_so_many_are_under_way_at_once_and_no_more(lab):
    here, most, lock = [], [], threading.Lock()
    together = threading.Barrier(3, timeout=20)

    def task(parameters):
        with lock:
            here.append(1)
            most.append(len(here))
        together.wait()
        with lock:
            here.pop()

    orders = [lab.order(repeat=number) for number in range(6)]
    list(lab.rollouts(task, lambda case, value: 1.0, workers=3)(orders, [lab.seed]))
    assert max(most) == 3


def test_each_run_has_its_own_scope_and_its_own_place(lab):
    together = threading.Barrier(2, timeout=20)

    def task(model, parameters):
        together.wait()
        value = lab.capital(model, parameters)
        together.wait()
        return [value, current_rollout().order.key]

    orders = [lab.order("France", one) for one in lab.candidates]
    outcomes = list(
        lab.rollouts(task, lambda case, value: value[0] == case.expected, workers=2)(orders, lab.candidates)
    )
    assert [one.score for one, _ in outcomes] == [0.0, 1.0]
    assert [record["result"][1] for _, record in outcomes] == [order.key for order in orders]
    assert [one.usage.calls for one, _ in outcomes] == [1, 1]


def test_outcomes_can_be_had_as_they_come(lab):
    slow = threading.Event()

    def task(country):
        if country == "Italy":
            slow.wait(20)
        return country

    orders = [lab.order(country) for country in ("Italy", "France")]
    coming = lab.rollouts(task, workers=2).as_completed(orders, [lab.seed])
    first = next(coming)[0].order.case
    slow.set()
    assert [first, next(coming)[0].order.case] == ["France", "Italy"]


def test_an_order_for_an_unknown_candidate_is_told(lab):
    with pytest.raises(ConfigurationError, match="which is not there"):
        list(lab.rollouts()(lab.all(), [lab.seed]))


@pytest.mark.parametrize("workers", [0, True, 2.0])
def test_workers_are_a_positive_whole_number(lab, workers):
    with pytest.raises(ConfigurationError, match="workers="):
        lab.rollouts(workers=workers)


@pytest.mark.parametrize("workers", [1, 4])
def test_a_budget_that_ends_gives_what_was_before_and_keeps_what_was_behind(lab, workers):
    with budget(calls=2):
        coming = lab.rollouts(workers=workers)(lab.all(), lab.candidates)
        got = []
        with pytest.raises(BudgetExceededError) as caught:
            got.extend(order for order in coming)
    assert len(got) + len(caught.value.results) == 2
    assert [one.order for one, _ in got] == lab.all()[: len(got)]


def test_an_error_of_the_metric_comes_after_the_outcomes_before_it(lab):
    def picky(case, value):
        if case.id == "Spain":
            raise OSError("the list of capitals is gone")
        return 1.0

    got = []
    with pytest.raises(OSError, match="list of capitals") as caught:
        got.extend(outcome for outcome in lab.rollouts(metric=picky, workers=3)(lab.all(), lab.candidates))
    assert [one.order.case for one, _ in got] == ["Italy", "France"]
    assert "val/Spain" in caught.value.__notes__[0]


def test_after_an_error_nothing_more_begins(lab):
    begun = []

    def task(parameters):
        begun.append(parameters)
        return parameters

    def broken(case, value):
        raise OSError("no")

    with pytest.raises(OSError, match="no"):
        list(lab.rollouts(task, broken)(lab.all(), lab.candidates))
    assert begun == ["Italy"]


def test_ctrl_c_ends_all_of_them(lab):
    def task(parameters):
        raise KeyboardInterrupt

    for workers in (1, 2):
        with pytest.raises(KeyboardInterrupt):
            list(lab.rollouts(task, workers=workers)(lab.all(), lab.candidates))


def test_closing_ends_what_is_under_way(lab):
    def task(parameters):
        time.sleep(0.01)
        return parameters

    coming = lab.rollouts(task, workers=2)(lab.all(), lab.candidates)
    next(coming)
    coming.close()
    assert not list(coming)


def test_a_run_that_kills_its_worker_has_failed(lab):
    class Deadly:
        def map(self, function, items, limit=16):
            for index, work in enumerate(items):
                if work.order.case == "France":
                    yield Result(None, WorkerLostError("Item 1 was lost with its process"), index)
                else:
                    yield Result(function(work), None, index)

    outcomes = list(lab.rollouts(executor=Deadly())(lab.all()[:3], lab.candidates))
    lost, record = outcomes[1]
    assert (lost.score, lost.usage.dollars, lost.usage.calls) == (0.0, None, 0)
    assert record["exception"] == [lost.error] == ["WorkerLostError: Item 1 was lost with its process"]
    assert [one.error for one, _ in outcomes if one is not lost] == ["", ""]


def test_runs_in_threads_are_inside_of_the_trace_around_them(lab):
    with trace("optimization") as t:
        list(lab.rollouts(workers=4)(lab.all(), lab.candidates))
    runs = [span for span in t.spans if span.name == "rollout"]
    assert {span.parent for span in runs} == {t.spans[0].span}
    assert len(runs) == t.totals.chats == 6


def backwards(items):
    for index, item in reversed(list(enumerate(items))):
        yield Result(item, None, index) if item else Result(None, ValueError(str(index)), index)


def test_the_first_error_in_order_is_raised_at_the_end():
    got = []
    with pytest.raises(ValueError, match="1"):
        got.extend(value for value in in_order(backwards, ["a", "", "b", ""]))
    assert got == ["a"]
    with pytest.raises(ValueError, match="1"):
        got.extend(pair for pair in as_completed(backwards, ["a", "", "b", ""]))
    assert got[1:] == [(2, "b"), (0, "a")]


def test_work_is_sent_with_its_scope_as_json(lab):
    runner = lab.runner()
    work = runner.work(lab.order("France", lab.better), lab.space.scope(lab.better.values))
    received = pickle.loads(pickle.dumps(work))
    assert isinstance(received, Work)
    assert received == work
    assert received.scope[lab.capital].instruction.endswith("Be right.")


def test_a_runner_leaves_space_and_data_behind(lab):
    state = lab.runner().__getstate__()
    assert state["space"] is state["data"] is None
    assert state["task"] is lab.capital


@pytest.mark.parametrize("workers", [1, 3])
def test_a_metric_that_looks_for_what_is_not_there_ends_the_runs_and_says_where(lab, workers):
    def first(case, value):
        return next(iter([]))

    with pytest.raises(RuntimeError, match=r"^StopIteration: The metric raised this at val/Italy"):
        list(lab.rollouts(metric=first, workers=workers)(lab.all(), lab.candidates))
