"""Type variables are resolved from the arguments of a call."""

from dataclasses import dataclass
from typing import Generic, TypeVar

import pytest
from pydantic import BaseModel, Field

from llm_strategy import Example, llm_explicit_function, llm_function
from llm_strategy.errors import DefinitionError, InputError
from llm_strategy.testing import ScriptedModel

T = TypeVar("T")
S = TypeVar("S")
N = TypeVar("N", bound=float)


class Box(BaseModel, Generic[T]):
    content: T


class Pair(BaseModel, Generic[T, S]):
    """Two things."""

    left: T = Field(description="The first thing.")
    right: S


@dataclass
class Crate(Generic[T]):
    content: T


@llm_function
def first(model, items: list[T]) -> T:
    """The first."""


@llm_function
def boxes(model, items: list[Box[T]]) -> Box[list[T]]:
    """Put together."""


@llm_function
def unboxed(model, item: Box[Box[T]]) -> T:
    """Open."""


@llm_function
def by_name(model, items: dict[str, list[T]]) -> list[T]:
    """All of them."""


@llm_function
def read(model, kind: type[T], text: str) -> T:
    """Read."""


@llm_function
def swapped(model, item: Pair[T, S]) -> Pair[S, T]:
    """Swap."""


@llm_function
def uncrated(model, item: Crate[T]) -> T:
    """Open."""


@llm_function
def doubled(model, number: N) -> N:
    """Double it."""


@pytest.mark.parametrize(
    ("function", "argument", "reply", "expected"),
    [
        pytest.param(first, [1, 2], "1", 1, id="list"),
        pytest.param(first, ["1"], "1", "1", id="list-of-text"),
        pytest.param(first, [Box[int](content=1)], '{"content": 1}', Box[int](content=1), id="models"),
        pytest.param(boxes, [Box[int](content=1)], '{"content": [2]}', Box[list[int]](content=[2]), id="boxes"),
        pytest.param(unboxed, Box[Box[str]](content=Box[str](content="x")), "x", "x", id="box-of-box"),
        pytest.param(by_name, {"a": [1.5]}, "[2.5]", [2.5], id="dict-of-lists"),
        pytest.param(uncrated, Crate(3), "4", 4, id="dataclass"),
        pytest.param(doubled, 3, "6", 6, id="bound"),
    ],
)
def test_the_result_has_the_type_that_the_arguments_show(function, argument, reply, expected):
    value = function(ScriptedModel([reply]), argument)
    assert value == expected
    assert type(value) is type(expected)


def test_a_class_for_an_argument_states_the_type():
    assert read(ScriptedModel(['{"content": 1}']), Box[int], "x") == Box[int](content=1)
    assert "read(kind: type[int], text: str) -> int" in read.prompt(int, "x")[0].content
    assert read.prompt(int, "x")[1].content == "kind: int\ntext: x"


def test_the_signature_shows_resolved_types():
    prompt = swapped.prompt(Pair[int, str](left=1, right="x"))
    assert "swapped(item: Pair[int, str]) -> Pair[str, int]" in prompt[0].content


@pytest.mark.parametrize(
    ("function", "argument", "error", "words"),
    [
        pytest.param(first, [], DefinitionError, "no argument gives its type", id="empty"),
        pytest.param(doubled, "x", InputError, "'N' is str in this call, which is no float", id="bound"),
        pytest.param(doubled, None, InputError, "'number' is None, which gives no type", id="none"),
    ],
)
def test_a_variable_without_a_type_is_an_error(function, argument, error, words):
    with pytest.raises(error, match=words):
        function.prompt(argument)


def test_contradicting_types_are_an_error():
    @llm_function
    def both(model, one: Box[T], two: Box[T]) -> T:
        """Join."""

    with pytest.raises(InputError, match="'T' is int by 'one' and str by 'two'"):
        both.prompt(Box[int](content=1), Box[str](content="x"))


def test_a_variable_with_a_bound_needs_no_argument():
    @llm_function
    def guess(model, text: str) -> N:
        """Guess."""

    assert guess(ScriptedModel(["3.5"]), "x") == 3.5


def test_any_number_of_types_may_pass_through_one_function():
    for number in range(300):
        kind = type(f"Kind{number}", (BaseModel,), {"__annotations__": {"value": int}})
        assert first(ScriptedModel(['{"value": 3}']), [kind(value=1)]) == kind(value=3)


def test_examples_of_generic_functions_are_checked_by_the_types_of_the_call():
    function = first.using(examples=[Example({"items": [5, 6]}, 5)])
    assert [turn.content for turn in function.prompt([1])[1:]] == ["items: [5, 6]", '{"return_value": 5}', "items: [1]"]
    with pytest.raises(DefinitionError, match="first: example 1' does not fit the signature"):
        function.prompt(["a"])


class Task(BaseModel, Generic[T, S]):
    """A task."""

    parameters: T = Field(..., description="What is asked.")
    settings: S
    hidden: int = Field(3, exclude=True, description="Nobody sees it.")
    renamed: str = Field("x", alias="other", description="Has another name.")
    read_as: str = Field("y", validation_alias="read", description="Is read by another name.")


class Step(BaseModel, Generic[T, S]):
    next: list[Task[T, S]]


class Word(BaseModel):
    word: str


@llm_explicit_function
def improve(model, task: Task[T, S]) -> Step[T, S]:
    """Improve."""


def test_the_fields_of_an_explicit_function_are_its_inputs():
    prompt = improve.prompt(Task[Word, int](parameters=Word(word="hi"), settings=3))
    assert prompt[-1].content == 'parameters: {"word": "hi"}\nsettings: 3\nother: x\nread: y'
    assert (
        "Parameters:\n- parameters: What is asked.\n- other: Has another name.\n- read: Is read by another name.\n\n"
        in prompt[0].content
    )
    assert "improve(task: Task[Word, int]) -> Step[Word, int]" in prompt[0].content


def test_the_result_of_an_explicit_function_has_the_types_of_the_argument():
    reply = '{"next": [{"parameters": {"word": "ho"}, "settings": 4}]}'
    step = improve(ScriptedModel([reply]), Task[Word, int](parameters=Word(word="hi"), settings=3))
    assert type(step) is Step[Word, int]
    assert step.next[0].parameters == Word(word="ho")


def test_the_input_type_of_an_explicit_function_is_its_model():
    @llm_explicit_function(attempts=1)
    def guess(model, word: Word) -> int:
        """Guess."""

    assert guess.input_type is Word
    assert guess.prompt({"word": "x"})[-1].content == "word: x"
    with pytest.raises(InputError, match=r"argument 'word' does not fit its type"):
        guess.prompt("x")


def test_an_explicit_function_of_a_root_model_shows_its_root():
    from pydantic import RootModel

    @llm_explicit_function
    def guess(model, words: RootModel[list[str]]) -> int:
        """Guess."""

    assert guess.prompt(["a"])[-1].content == 'words: ["a"]'
    assert guess.using(examples=[Example({"words": ["b"]}, 1)]).prompt(["a"])[1].content == 'words: ["b"]'


def test_an_explicit_function_may_be_defined_before_its_types():
    @llm_explicit_function
    def guess(model, given: "Given") -> int:
        """Guess."""

    class Given(BaseModel):
        text: str

    assert guess.prompt(Given(text="x"))[-1].content == "text: x"
