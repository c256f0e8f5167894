"""What both drivers do with one flow."""

import asyncio
from contextvars import ContextVar
from typing import get_args, get_type_hints

import pytest

from llm_strategy.flow import Emit, Flow, Onward, aiterate, arun, iterate, run


def test_a_flow_can_be_driven_by_hand(tell):
    def flow():
        try:
            first = yield tell("question")
        except ValueError:
            first = "recovered"
        second = yield tell(first)
        return first, second

    by_hand = flow()
    assert next(by_hand) == tell("question")
    assert by_hand.throw(ValueError()) == tell("recovered")
    with pytest.raises(StopIteration) as end:
        by_hand.send(2)
    assert end.value.value == ("recovered", 2)


def test_a_flow_gets_the_answers_of_its_requests_and_returns_its_value(driver, tell):
    def flow():
        first = yield tell(1)
        second = yield tell(2)
        return first, second

    assert driver.run(flow()) == (1, 2)


def test_a_flow_that_asks_nothing_returns_its_value(driver):
    def flow():
        return 3
        yield

    assert driver.run(flow()) == 3


def test_what_a_request_raises_is_raised_at_the_yield_and_can_be_recovered(driver, tell):
    def flow():
        try:
            yield tell(KeyError("missing"))
        except KeyError as error:
            return (yield tell(f"recovered from {error}"))

    assert driver.run(flow()) == "recovered from 'missing'"


def test_what_a_flow_raises_reaches_the_caller(driver, tell):
    def flow():
        yield tell(1)
        raise LookupError("nothing there")

    with pytest.raises(LookupError, match="nothing there"):
        driver.run(flow())


def test_an_error_that_the_flow_lets_pass_runs_its_finally(driver, tell):
    closed = []

    def flow():
        try:
            yield tell(OSError("line cut"))
        finally:
            closed.append(True)

    with pytest.raises(OSError, match="line cut"):
        driver.run(flow())
    assert closed == [True]


def test_a_flow_can_contain_others_with_yield_from(driver, tell):
    def inner(number):
        return 10 * (yield tell(number))

    def outer():
        try:
            yield from inner(ValueError("inner"))
        except ValueError:
            return (yield from inner(4))

    assert driver.run(outer()) == 40


def test_values_come_in_the_order_in_which_they_are_emitted(driver):
    def flow():
        for number in range(3):
            assert (yield Emit(number)) is None

    assert driver.first(flow(), 3) == [0, 1, 2]


def test_emitted_values_are_dropped_where_nobody_iterates(driver):
    def flow():
        yield Emit(1)
        return 2

    assert driver.run(flow()) == 2


def test_a_flow_advances_only_when_its_iterator_is_pulled(tell):
    reached = []

    def flow():
        for number in range(3):
            reached.append((yield tell(number)))
            yield Emit(number)

    values = iterate(flow())
    assert reached == []
    assert next(values) == 0
    assert reached == [0]
    assert list(values) == [1, 2]


def test_a_flow_advances_only_when_its_async_iterator_is_pulled(tell):
    reached = []

    def flow():
        for number in range(3):
            reached.append((yield tell(number)))
            yield Emit(number)

    async def pull():
        values = aiterate(flow())
        assert reached == []
        assert await anext(values) == 0
        assert reached == [0]
        assert [value async for value in values] == [1, 2]

    asyncio.run(pull())


def test_closing_an_iterator_runs_the_finally_of_the_flow(driver):
    closed = []

    def flow():
        try:
            yield Emit(1)
            yield Emit(2)
        finally:
            closed.append(True)

    assert driver.first(flow(), 1) == [1]
    assert closed == [True]


def test_an_error_of_the_flow_reaches_who_pulls(driver):
    def flow():
        yield Emit(1)
        raise ValueError("broken off")

    assert driver.first(flow(), 1) == [1]
    with pytest.raises(ValueError, match="broken off"):
        driver.first(flow(), 2)


def test_a_keyboard_interrupt_closes_the_flow_and_is_not_shown_to_it(driver, tell):
    seen = []

    def flow():
        try:
            yield tell(KeyboardInterrupt())
        except Exception as error:  # noqa: BLE001 (nothing may come here)
            seen.append(error)
        finally:
            seen.append("closed")

    with pytest.raises(KeyboardInterrupt):
        driver.run(flow())
    assert seen == ["closed"]


def test_cancelling_a_task_closes_the_flow_and_is_not_shown_to_it():
    seen = []

    class Wait:
        async def aperform(self):
            await asyncio.Event().wait()

    def flow():
        try:
            yield Wait()
        except Exception as error:  # noqa: BLE001 (nothing may come here)
            seen.append(error)
        finally:
            seen.append("closed")

    async def cancel():
        task = asyncio.ensure_future(arun(flow()))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert seen == ["closed"]


def test_a_flow_that_asks_on_while_it_is_closed_is_an_error(driver):
    def flow():
        try:
            yield Emit(1)
        finally:
            yield Emit(2)

    with pytest.raises(RuntimeError, match="ignored GeneratorExit"):
        driver.first(flow(), 1)


def test_context_variables_of_the_caller_are_visible_in_requests(driver, tell):
    variable = ContextVar("variable", default="unset")

    def flow():
        return (yield tell(variable.get))

    token = variable.set("set")
    try:
        assert driver.run(flow()) == "set"
    finally:
        variable.reset(token)


def test_a_flow_may_be_run_inside_another(tell):
    def inner():
        return (yield tell(2))

    def outer():
        return (yield tell(lambda: run(inner())))

    assert run(outer()) == 2


def test_the_types_of_a_flow_can_be_written_in_annotations_that_are_evaluated():
    def flow() -> Flow[int]:
        return 3
        yield

    assert get_type_hints(flow)["return"] == Flow[int]
    assert get_args(Onward)
