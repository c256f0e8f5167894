"""What all scopes have in common, in a `with` and around functions."""

import asyncio
import threading
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial
from types import coroutine

import pytest

from llm_strategy import budget, caching, durable, limited, llm_function, retrying
from llm_strategy.errors import BudgetExceededError, ConfigurationError
from llm_strategy.flow.layers import own_layers
from llm_strategy.flow.scope import Scope
from llm_strategy.testing import ScriptedModel


@llm_function
def capital(model, country: str) -> str:
    """The capital of the country."""


@llm_function
async def later(model, country: str) -> str:
    """The capital of the country."""


@pytest.fixture
def model():
    return ScriptedModel(["Paris"] * 20)


SCOPES = {
    "budget": lambda _: budget(calls=9),
    "caching": lambda folder: caching(folder / "cache.db"),
    "durable": lambda folder: durable(folder / "run.db"),
    "limited": lambda _: limited(concurrency=3),
    "retrying": lambda _: retrying(attempts=2),
}


@pytest.fixture(params=SCOPES)
def scope(request, tmp_path):
    return SCOPES[request.param](tmp_path)


def test_a_scope_holds_in_calls_of_a_function(scope):
    @scope
    def decorated(number):
        """Say what is in force."""
        return number, len(own_layers())

    assert [decorated(number) for number in range(2)] == [(0, 1), (1, 1)]
    assert (decorated.__name__, decorated.__doc__, own_layers()) == ("decorated", "Say what is in force.", ())


def test_a_scope_holds_in_calls_of_an_async_function(scope):
    @scope
    async def decorated():
        await asyncio.sleep(0)
        return len(own_layers())

    async def main():
        return await decorated(), await decorated(), len(own_layers())

    assert asyncio.run(main()) == (1, 1, 0)


def test_a_scope_ends_with_an_error_of_the_function(scope):
    @scope
    def decorated():
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        decorated()
    assert own_layers() == ()


def numbers():
    yield 1


async def anumbers():
    yield 1


@pytest.mark.parametrize("generator", [numbers, anumbers, partial(numbers), partial(anumbers)])
def test_generators_are_refused(scope, generator):
    with pytest.raises(
        ConfigurationError, match=r"numbers.*a generator runs where it is pulled\. Open `with \w+\(\.\.\.\)`"
    ):
        scope(generator)


def test_a_coroutine_that_would_run_after_the_scope_is_refused(scope, model):
    @scope
    def decorated():
        return later(model, "France")

    with pytest.raises(ConfigurationError, match=r"coroutine that '.*decorated' returns"):
        decorated()
    assert model.asked == []


def test_llm_functions_can_be_decorated(model):
    asynchronous = budget(calls=1)(later)

    assert budget(calls=1)(capital)(model, "France") == asyncio.run(asynchronous(model, "France")) == "Paris"
    with pytest.raises(BudgetExceededError):
        asyncio.run(budget(calls=0)(later)(model, "France"))


def test_each_call_has_a_budget_of_its_own(model):
    @budget(calls=2)
    def ask(times):
        return [capital(model, "France") for _ in range(times)]

    @budget(calls=2)
    async def ask_later(times):
        return [await later(model, "France") for _ in range(times)]

    assert len(ask(2) + ask(2) + asyncio.run(ask_later(2)) + asyncio.run(ask_later(2))) == 8
    with pytest.raises(BudgetExceededError):
        ask(3)
    with pytest.raises(BudgetExceededError):
        asyncio.run(ask_later(3))


def test_each_call_is_a_run_of_the_same_journal(model, tmp_path):
    @durable(tmp_path / "run.db")
    async def program():
        return await later(model, "France")

    assert [asyncio.run(program()) for _ in range(3)] == ["Paris"] * 3
    assert len(model.asked) == 1


def test_calls_that_are_under_way_at_once_leave_their_own_scopes():
    @budget(calls=1)
    async def waiting():
        (layer, *_) = own_layers()
        await pause()
        return layer

    first, second = waiting(), waiting()
    first.send(None)
    second.send(None)
    with pytest.raises(StopIteration) as ended:
        first.send(None)
    assert len(own_layers()) == 1
    assert own_layers() != (ended.value.value,)
    second.close()
    assert own_layers() == ()


@coroutine
def pause():
    yield


def test_a_scope_may_be_left_in_another_context(scope):
    there = copy_context()
    there.run(scope.__enter__)
    assert len(there.run(own_layers)) == 1

    scope.__exit__(None, None, None)

    assert there.run(own_layers) == own_layers() == ()


def test_scopes_of_generators_end_in_any_order(scope, tmp_path):
    def values():
        with scope:
            yield 1

    began = values()
    next(began)
    with retrying(attempts=9) as rules:
        began.close()
        assert [layer.policy for layer in own_layers()] == [rules]
    assert own_layers() == ()


def test_one_scope_may_be_open_in_threads_and_in_itself(scope_of_values):
    scope, log = scope_of_values
    inside, leave = threading.Event(), threading.Event()

    def other():
        with scope:
            inside.set()
            leave.wait()

    thread = threading.Thread(target=other)
    with scope, scope:
        thread.start()
        inside.wait()
    leave.set()
    thread.join()
    assert log == ["in 0", "in 1", "in 2", "out 1", "out 0", "out 2"]


@pytest.fixture
def scope_of_values():
    log = []

    @contextmanager
    def opened():
        number = len(log)
        log.append(f"in {number}")
        yield number
        log.append(f"out {number}")

    return Scope("numbered", opened), log


def test_a_scope_that_is_not_open_cannot_be_left(scope_of_values):
    scope, _ = scope_of_values
    with pytest.raises(RuntimeError, match=r"numbered\(\.\.\.\) was left that is not open"):
        scope.__exit__(None, None, None)


def test_an_abandoned_async_generator_ends_its_budget(model):
    async def values():
        with budget(calls=1):
            yield 1
            yield 2

    async def main():
        async for _ in values():
            break
        for _ in range(3):
            await asyncio.sleep(0)
        return [await later(model, "France") for _ in range(3)]

    assert asyncio.run(main()) == ["Paris"] * 3


def test_what_goes_on_after_its_budget_was_left_is_counted(model):
    with budget(calls=2) as spent:
        inside = copy_context()
    assert inside.run(capital, model, "France") == "Paris"
    assert spent.calls == 1
