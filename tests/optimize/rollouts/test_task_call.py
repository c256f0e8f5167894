"""How tasks are called with the parameters of a case."""

import asyncio
import io
from collections import UserDict, namedtuple
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

import pytest
from pydantic import BaseModel

from llm_strategy import llm_explicit_function, llm_function, llm_strategy, track_hyperparameters
from llm_strategy.errors import ConfigurationError
from llm_strategy.optimize.rollouts.task_call import TaskCall
from llm_strategy.testing import ScriptedModel

T = TypeVar("T")


@dataclass
class Word:
    text: str
    count: int = 1


class Topic(BaseModel):
    title: str
    words: list[Word] = []


class Box(BaseModel, Generic[T]):
    held: T


Pair = namedtuple("Pair", "text count")


@llm_function
def named(model: Any, text: str, count: int = 1) -> str:
    """Say the text."""


@llm_function
def whole(model: Any, topic: Topic) -> str:
    """Write about the topic."""


@llm_function
def titled(model: Any, title: str, words: list[Word]) -> str:
    """Write about the title."""


@llm_explicit_function
def boxed(model: Any, box: Box[T]) -> T:
    """Take it out."""


@llm_function
def listed(model: Any, words: list[str]) -> str:
    """Put them together."""


@llm_function
async def later(model: Any, text: str) -> str:
    """Say the text."""


def asked(model):
    return str(model.asked[-1][-1].content)


@pytest.mark.parametrize("given", [{"text": "Hi", "count": 2}, Word("Hi", 2), Pair("Hi", 2), ("Hi", 2)])
def test_an_llm_function_gets_its_arguments_by_name(given):
    model = ScriptedModel(['"Hi"'])
    assert TaskCall(named, model)(given) == "Hi"
    assert asked(model) == "text: Hi\ncount: 2"


def test_a_single_argument_may_be_given_as_it_is():
    model = ScriptedModel(['"Hi"', '"Hi"', '"Hi"'])
    for given in ("Ho", {"text": "Ho"}, UserDict(text="Ho")):
        assert TaskCall(named, model)(given) == "Hi"
        assert "text: Ho" in asked(model)


def test_a_parameter_of_the_very_type_gets_the_object_whole():
    model = ScriptedModel(['"Hi"', '"Hi"', '"Hi"'])
    topic = Topic(title="Bees", words=[Word("honey")])
    assert TaskCall(whole, model).arguments(topic) == ((model, topic), {})
    assert TaskCall(whole, model).arguments({"topic": topic}) == ((model,), {"topic": topic})
    assert TaskCall(boxed, model).arguments(Box[int](held=1)) == ((model, Box[int](held=1)), {})
    assert TaskCall(listed, model).arguments(["a"]) == ((model, ["a"]), {})


def test_nested_values_keep_their_types():
    topic = Topic(title="Bees", words=[Word("honey")])
    (_, by_name) = TaskCall(titled, None).arguments(topic)
    assert by_name == {"title": "Bees", "words": [Word("honey")]}


def test_methods_of_an_llm_strategy_need_no_model():
    @llm_strategy(ScriptedModel(['"Ada"']))
    @dataclass
    class Namer:
        kind: str

        def name(self, count: int) -> str:
            """Make up a name."""
            raise NotImplementedError

    assert TaskCall(Namer("dog").name, ScriptedModel([]))({"count": 1}) == "Ada"


def test_an_async_llm_function_is_waited_for():
    assert TaskCall(later, ScriptedModel(['"Hi"']))("Hi") == "Hi"


@pytest.mark.parametrize(
    ("task", "given", "value"),
    [
        (lambda parameters: parameters, {"a": 1}, {"a": 1}),
        (lambda a: a, {"a": 1}, 1),
        (lambda a, b: (a, b), {"a": 1, "b": 2}, (1, 2)),
        (lambda **named: named, {"a": 1}, {"a": 1}),
        (lambda parameters: parameters, {1: 2}, {1: 2}),
        (lambda word: word, Word("Hi"), Word("Hi")),
        (lambda text, count: (text, count), Word("Hi", 3), ("Hi", 3)),
        (lambda model, parameters: (model, parameters), {"a": 1}, ("it", {"a": 1})),
        (lambda chat, parameters: (chat, parameters), "Hi", ("it", "Hi")),
        (lambda llm, a: (llm, a), {"a": 1}, ("it", 1)),
        (lambda chat_model, text, count: (chat_model, text, count), {"text": "Hi", "count": 1}, ("it", "Hi", 1)),
        (lambda *given: given, "Hi", ("Hi",)),
        (len, "Hi", 2),
        (max, [1, 2], 2),
        (partial(lambda a, b: a + b, b=1), 1, 2),
    ],
)
def test_any_callable_is_called_as_it_is_written(task, given, value):
    assert TaskCall(task, "it")(given) == value


def test_a_tracked_function_keeps_its_hyperparameters():
    @track_hyperparameters
    def shout(text: str, *, _sign: str = "!") -> str:
        return text + _sign

    assert TaskCall(shout)({"text": "Hi"}) == "Hi!"


def test_a_task_that_takes_no_such_parameters_is_told_before_it_is_called():
    with pytest.raises(ConfigurationError, match=r"<lambda>\(a, b\) cannot be called with 'Hi'"):
        TaskCall(lambda a, b: 1)("Hi")


def test_what_cannot_be_called_is_no_task():
    with pytest.raises(ConfigurationError, match="The task is 3"):
        TaskCall(3)


def test_what_comes_one_by_one_is_a_list():
    def counting(count):
        yield from range(count)

    async def acounting(count):
        for number in range(count):
            await asyncio.sleep(0)
            yield number

    async def made(count):
        return acounting(count)

    assert TaskCall(counting)(2) == TaskCall(acounting)(2) == TaskCall(made)(2) == [0, 1]


def test_an_open_file_stays_one():
    file = io.StringIO("a\nb")
    assert TaskCall(lambda _: file)("Hi") is file


def test_a_task_says_what_it_does():
    class Silent:
        def __call__(self, parameters):
            return parameters

    assert TaskCall(named).description == "Say the text."
    assert TaskCall(partial(named)).description == "Say the text."
    assert TaskCall(Silent()).description == TaskCall(Silent()).name
    assert TaskCall(Silent()).name.endswith("Silent")


def test_annotations_that_mean_nothing_yet_are_no_obstacle():
    @llm_function
    def early(model: Any, topic: "Unknown") -> str:  # noqa: F821
        """Write about the topic."""

    topic = Topic(title="Bees")
    assert TaskCall(early).arguments(topic) == ((None, topic), {})
