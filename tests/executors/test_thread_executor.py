"""Any function on many items, in threads."""

import threading

import pytest

from llm_strategy import Executor, Result, ThreadExecutor, llm_function, use_model
from llm_strategy.errors import ConfigurationError
from llm_strategy.executors.items import CallFunction, done_with
from llm_strategy.flow import layered, run
from llm_strategy.testing import ScriptedModel


@llm_function(attempts=1)
def double(model, number: int) -> int:
    """Twice the number."""


def in_order(results):
    return sorted(results, key=lambda result: result.index)


def test_it_is_an_executor():
    assert isinstance(ThreadExecutor(), Executor)


def test_results_have_their_places_and_errors_are_among_them():
    results = in_order(ThreadExecutor().map(lambda number: 6 // number, [3, 0, 2]))

    assert results[0] == Result(2)
    assert isinstance(results[1].error, ZeroDivisionError)
    assert results[2] == Result(3)
    assert [result.index for result in results] == [0, 1, 2]


def test_a_function_may_call_llm_functions_in_the_scopes_of_the_map():
    def rollout(number):
        return double(None, number) + double(None, number)

    with use_model(ScriptedModel(lambda _: "4")):
        results = ThreadExecutor().map(rollout, [1, 2])
    assert [result.unwrap() for result in results] == [8, 8]


def test_an_llm_function_is_mapped_as_without_an_executor():
    def paths(**options):
        seen = []

        def layer(request, path, onward):
            seen.append(path)
            return (yield from onward(request))

        with layered(layer):
            assert double.map(ScriptedModel(lambda _: "4"), range(3), **options) == [Result(4)] * 3
        return sorted(seen)

    assert paths() == paths(executor=ThreadExecutor()) == [(0, 0, 0), (0, 1, 0), (0, 2, 0)]


def test_it_serves_in_an_event_loop():
    import asyncio

    results = asyncio.run(double.amap(ScriptedModel(lambda _: "4"), range(5), executor=ThreadExecutor()))

    assert results == [Result(4)] * 5


def test_items_are_taken_as_places_become_free_and_leaving_ends_what_is_under_way():
    taken, over = [], threading.Event()

    def items():
        for number in range(10**9):
            taken.append(number)
            yield number

    results = ThreadExecutor().map(lambda number: number and over.wait(10), items(), limit=3)
    assert next(results) == Result(0)
    results.close()
    over.set()
    assert taken == [0, 1, 2]


def test_a_limit_that_begins_nothing_is_refused():
    with pytest.raises(ConfigurationError, match="limit=0"):
        next(ThreadExecutor().map(len, [""], limit=0))


def test_a_call_is_the_same_in_both_drivers():
    import asyncio

    from llm_strategy.flow import arun

    assert run(done_with(len, "abc")) == asyncio.run(arun(done_with(len, "abc"))) == 3
    assert CallFunction(len, "ab").perform() == 2
