"""Steps of a user's own: done once, and read again in the type that was declared."""

import asyncio
from dataclasses import dataclass
from datetime import date

import pytest
from pydantic import BaseModel

from llm_strategy import durable
from llm_strategy.errors import ProgramChangedError, StoredDataError, TransportError
from llm_strategy.flow import run


class Report(BaseModel):
    day: date
    lines: list[int]


@dataclass
class Pair:
    left: int
    right: str


VALUES = [
    pytest.param(Report(day=date(2026, 11, 21), lines=[1, 2]), Report, id="model"),
    pytest.param(Pair(1, "two"), Pair, id="dataclass"),
    pytest.param({"a": (1, 2)}, dict[str, tuple[int, int]], id="generic"),
    pytest.param(None, type(None), id="nothing"),
    pytest.param(True, bool, id="truth value"),
]


@pytest.mark.parametrize(("value", "type_"), VALUES)
def test_a_step_is_done_once_and_its_value_has_its_type(journal, value, type_):
    done = []

    def work():
        done.append(1)
        return value

    for _ in range(2):
        with durable(journal) as resumed:
            found = resumed.step("work", work, type=type_)
            assert found == value
            assert type(found) is type(value)
    assert done == [1]


def test_an_async_step_is_done_once(journal):
    done = []

    async def work():
        await asyncio.sleep(0)
        done.append(1)
        return len(done)

    async def main():
        with durable(journal) as resumed:
            return [await resumed.astep("work", work, type=int) for _ in range(3)]

    assert asyncio.run(main()) == asyncio.run(main()) == [1, 2, 3]


def test_equal_steps_are_told_apart_by_their_order(journal, killed):
    done = iter(range(10))

    def program(stop):
        with durable(journal) as resumed:
            found = [resumed.step("draw", lambda: next(done), type=int) for _ in range(stop)]
            if stop < 4:
                raise killed
            return found

    with pytest.raises(killed):
        program(2)
    assert program(4) == [0, 1, 2, 3]


def test_another_step_at_its_place_is_a_changed_program(journal):
    with durable(journal) as resumed:
        resumed.step("one", lambda: 1, type=int)
    with pytest.raises(ProgramChangedError, match=r'-.request. "one"\n.*"other"'), durable(journal) as resumed:
        resumed.step("other", lambda: 1, type=int)


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        ("text", int),
        ("\ud83d", str),
        (object(), object),
        (float("nan"), float),
        (lambda: 1, object),
        ([float("inf")], list[float]),
    ],
)
def test_a_value_that_cannot_be_read_again_is_no_value_of_a_step(journal, value, type_):
    with pytest.raises(StoredDataError, match="'work'"), durable(journal) as resumed:
        resumed.step("work", lambda: value, type=type_)
    with durable(journal) as resumed:
        assert resumed.step("work", lambda: 1, type=int) == 1


def test_a_stored_value_of_another_type_is_told(journal):
    with durable(journal) as resumed:
        resumed.step("work", lambda: "text", type=str)
    with pytest.raises(StoredDataError, match="Give the step another name"), durable(journal) as resumed:
        resumed.step("work", lambda: 1, type=int)


def test_a_step_that_fails_is_done_again(journal):
    def fails():
        raise OSError("the disk")

    with pytest.raises(OSError, match="the disk"), durable(journal) as resumed:
        resumed.step("work", fails, type=int)
    with durable(journal) as resumed:
        assert resumed.step("work", lambda: 2, type=int) == 2


def test_functions_that_a_step_calls_belong_to_it(journal, model, ask):
    asked = model()

    def work():
        return run(ask(asked, "a", "b"))

    with durable(journal) as once:
        said = once.step("work", work, type=list[str])
    with durable(journal) as again:  # no warning: what was asked inside is not left over
        assert again.step("work", work, type=list[str]) == said
    assert asked.asked == ["a", "b"]
    assert again.totals.cost == once.totals.cost > 0
    assert (once.replayed, again.replayed) == (0, 2)


def test_a_step_that_was_broken_off_goes_on_from_what_it_was_answered(journal, model, killed, ask):
    def work(asked):
        return run(ask(asked, "a", "b"))

    first, second = model(dies_at=2), model()
    with pytest.raises(killed), durable(journal) as resumed:
        resumed.step("work", lambda: work(first), type=list[str])
    with durable(journal) as resumed:
        resumed.step("work", lambda: work(second), type=list[str])
    assert second.asked == ["b"]


def test_a_step_that_failed_keeps_what_it_was_answered(journal, model, ask):
    def work(asked):
        return run(ask(asked, "a", "b"))

    first, second = model(fails={"b": TransportError("busy")}), model()
    with pytest.raises(TransportError), durable(journal) as resumed:
        resumed.step("work", lambda: work(first), type=list[str])
    with durable(journal) as resumed:
        resumed.step("work", lambda: work(second), type=list[str])
    assert second.asked == ["b"]
