"""Types of tasks: made-up inputs have the same in them as the seeds, whatever the class of these leaves open."""

from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

import pytest
from pydantic import BaseModel

from llm_strategy import llm_function
from llm_strategy.errors import ConfigurationError
from llm_strategy.optimize.loop import optimize_hyperparameters
from llm_strategy.optimize.loop.task_types import parameters_type, result_type

T = TypeVar("T")


class Name(BaseModel):
    name: str


class Box(BaseModel, Generic[T]):
    inside: T


class Pair(NamedTuple):
    one: int
    two: int


class Called:
    def __call__(self, model: object, names: list[Name]) -> list[str]:
        raise NotImplementedError

    def method(self, model: object, names: list[Name]) -> list[str]:
        raise NotImplementedError


def task(declared, given=str):
    def made(model, one): ...

    made.__annotations__.update({"one": declared, "return": given})
    return made


ROME = Name(name="Rome")


@pytest.mark.parametrize(
    ("declared", "seeds", "wanted"),
    [
        (list[Name], [[ROME]], list[Name]),
        (tuple[str, Name], [("a", ROME)], tuple[str, Name]),
        (Mapping[str, Name], [{"a": ROME}], Mapping[str, Name]),
        (Name | str, ["a", ROME], Name | str),
        (Box[Name], [Box(inside=ROME)], Box[Name]),
        (list[T], [[1]], list[Any]),
    ],
)
def test_what_a_class_leaves_open_the_task_says(declared, seeds, wanted):
    assert parameters_type(task(declared), seeds) == wanted


@pytest.mark.parametrize(
    ("declared", "seeds", "wanted"),
    [
        (Any, [[1]], list),
        (list[int], [["a"]], list),  # it says what is not so
        (Name, [{"name": "Rome"}], dict),
        (object, [ROME], Name),
        (T, [Box(inside=1)], Box[Any]),
        (Any, [Box[int](inside=1)], Box[int]),
        (Any, [Pair(1, 2)], Pair),
        (Any, [1, "a"], Any),
        (int, [True], bool),
    ],
)
def test_inputs_show_the_rest(declared, seeds, wanted):
    assert parameters_type(task(declared), seeds) == wanted


def test_all_that_can_be_called_is_asked():
    for one in (Called(), Called().method, partial(Called().method)):
        assert parameters_type(one, [[ROME]]) == list[Name]
        assert result_type(one) == list[str]
    for one in (len, print, lambda model, one: one):
        assert parameters_type(one, [[ROME]]) is list
        assert result_type(one) is Any


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (list[T], list[Any]),
        (T, Any),
        (Box, Box[Any]),
        (Iterator[int], list[int]),
        (AsyncIterator[Name], list[Name]),
        (Awaitable[str], str),
        (str, str),
    ],
)
def test_results_are_what_is_there_at_the_end(given, wanted):
    assert result_type(task(str, given)) == wanted


def test_what_nobody_can_look_up_is_anything():
    assert result_type(task("Nowhere", "Nowhere")) is Any
    assert parameters_type(task("Nowhere"), [[1]]) is list


@llm_function
def write(model, topic: str) -> str:
    """Write."""


def test_made_up_inputs_of_a_list_are_of_its_type(answers, essay):
    def task(model, names: list[Name]) -> list[str]:
        return [write(model, one.name) for one in names]

    model, _ = answers(suggest_next_optimization_step=essay.suggested(task_parameters_suggestions=[[{"name": "Rome"}]]))
    _, report = optimize_hyperparameters(model, model, task, [[Name(name="Bees")]], rounds=1)
    assert [run.task_parameters for run in report.runs] == [[Name(name="Bees")], [ROME]]
    assert not any(run.failed for run in report.runs)
    assert type(report.runs[0]).__name__ == "TaskRun[list[Name], list[str], SearchSpace]"


def test_a_generic_task_is_optimized_to_the_end(answers):
    def task(model, text: T) -> list[T]:
        return [write(model, text)]

    model, _ = answers()
    _, report = optimize_hyperparameters(model, model, task, ["Bees"], rounds=1)
    assert report.reason == "rounds"


def test_an_async_task_is_waited_for(answers):
    async def task(model, text: str) -> AsyncIterator[str]:
        yield write(model, text)
        yield "end"

    model, _ = answers()
    best, report = optimize_hyperparameters(
        model, model, task, ["Bees"], rounds=1, metric=lambda _, said: float(said == ["good", "end"])
    )
    assert [run.return_value for run in report.runs] == [["bad", "end"], ["good", "end"]]
    assert report.scores[0].score == 1
    with best:
        assert write(model, "Rome") == "good"


def test_what_cannot_be_called_is_no_task(answers):
    model, _ = answers()
    with pytest.raises(ConfigurationError, match="something that can be called"):
        optimize_hyperparameters(model, model, "write", ["Bees"])
