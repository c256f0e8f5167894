"""Chain of thought: steps before the value, for any type."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar

import pytest
from pydantic import AfterValidator, BaseModel, Field

from llm_strategy import ChainOfThought, Direct, Example, PythonCode, llm_function
from llm_strategy.errors import AttemptsExhaustedError
from llm_strategy.testing import ScriptedModel

T = TypeVar("T")
THOUGHTFUL = ChainOfThought()


class Person(BaseModel):
    name: str
    age: int


@dataclass
class Point:
    x: int


@llm_function(reasoning=THOUGHTFUL)
def extract(model, text: str) -> Person:
    """Extract the person."""


@llm_function(reasoning=THOUGHTFUL)
def program(model, task: str) -> PythonCode:
    """Write it."""


def test_the_steps_stand_before_the_value():
    model = ScriptedModel(['{"reasoning": "She says so.", "return_value": {"name": "Ada", "age": 36}}'])
    assert extract(model, "Ada, 36") == Person(name="Ada", age=36)
    schema = model.asked[0][0].content
    assert schema.index("reasoning: string") < schema.index("return_value: ")
    assert "The reasoning that leads to the return value, step by step." in schema
    assert "extract(text: str) -> Person" in schema


@pytest.mark.parametrize(
    ("kind", "written", "expected"),
    [
        pytest.param(int, "3", 3, id="int"),
        pytest.param(list[Point], '[{"x": 3}]', [Point(3)], id="dataclasses"),
        pytest.param(set[Literal["a", "b"]], '["b", "a", "b"]', {"a", "b"}, id="set"),
        pytest.param(None, "null", None, id="none"),
        pytest.param(int | str, '"x"', "x", id="union"),
        pytest.param(range, '{"start": 0, "stop": 3, "step": 1}', range(3), id="range"),
        pytest.param(Annotated[int, AfterValidator(abs), {"unhashable": []}], "-3", 3, id="unhashable"),
    ],
)
def test_any_type_can_be_reasoned_about(kind, written, expected):
    @llm_function(reasoning=THOUGHTFUL)
    def guess(model, text: str) -> kind:
        """Guess."""

    assert guess(ScriptedModel([f'{{"reasoning": "hm", "return_value": {written}}}']), "x") == expected


def test_a_reply_without_steps_is_asked_again():
    model = ScriptedModel(['{"name": "Ada"}', '{"reasoning": "hm", "return_value": {"name": "Ada", "age": 36}}'])
    assert extract(model, "x").age == 36
    assert len(model.asked) == 2


def test_rubbish_for_ever_names_the_function():
    with pytest.raises(AttemptsExhaustedError, match=r"extract got no usable reply in 3 attempts"):
        extract(ScriptedModel(["no"] * 3), "x")


def test_the_conversation_keeps_the_steps():
    _, chain = extract.chat(ScriptedModel(['{"reasoning": "hm", "return_value": {"name": "Ada", "age": 36}}']), "x")
    assert '"reasoning": "hm"' in chain.response


def test_examples_show_their_steps():
    function = extract.using(
        examples=[
            Example({"text": "Bob, 4"}, {"name": "Bob", "age": 4}, reasoning="It says Bob."),
            Example({"text": "Eve, 5"}, Person(name="Eve", age=5)),
        ]
    )
    turns = [turn.content for turn in function.prompt("x")]
    assert turns[2] == '{"reasoning": "It says Bob.", "return_value": {"name": "Bob", "age": 4}}'
    assert turns[4] == '{"reasoning": "...", "return_value": {"name": "Eve", "age": 5}}'


def test_code_is_reasoned_about_in_words():
    model = ScriptedModel(["First this, then that.\n```python\nprint(1)\n```"])
    assert program(model, "x").strip() == "print(1)"
    assert "Think step by step first, then give the return value." in model.asked[0][0].content


def test_the_words_may_hold_braces():
    function = program.using(reasoning=ChainOfThought(instruction="Think {hard}."))
    assert "Think {hard}." in function.prompt("x")[0].content


def test_the_description_of_the_steps_may_be_chosen():
    function = extract.using(reasoning=ChainOfThought(description="Why."))
    assert "Why." in function.prompt("x")[0].content


def test_a_union_is_shown_as_it_is_written():
    def shown(kind):
        @llm_function(reasoning=THOUGHTFUL)
        def guess(model, text: str) -> kind:
            """Guess."""

        return guess.prompt("x")[0].content

    assert "return_value: integer | string" in shown(int | str)
    assert "return_value: string | integer" in shown(str | int)


def test_generic_functions_can_be_reasoned_about():
    @llm_function(reasoning=THOUGHTFUL)
    def first(model, items: list[T]) -> T:
        """The first."""

    reply = '{"reasoning": "hm", "return_value": 3}'
    assert first(ScriptedModel([reply]), [1]) == 3
    assert first(ScriptedModel([reply]), ["a"]) == "3"


def test_a_coroutine_function_can_be_reasoned_about():
    @llm_function(reasoning=THOUGHTFUL)
    async def guess(model, text: str) -> int:
        """Guess."""

    assert asyncio.run(guess(ScriptedModel(['{"reasoning": "hm", "return_value": 3}']), "x")) == 3


def test_an_error_of_the_type_itself_passes_through():
    from llm_strategy.reasoning.chain_of_thought import _reasoned

    class Odd:
        def __repr__(self):
            raise TypeError("odd")

    with pytest.raises(TypeError, match="odd"):
        _reasoned(Odd(), "x")


def test_asking_directly_is_the_default():
    model = ScriptedModel(['{"name": "Ada", "age": 36}'] * 2)
    extract.using(reasoning=None)(model, "x")
    extract.using(reasoning=Direct())(model, "x")
    assert model.asked[0] == model.asked[1]


class Note(BaseModel):
    """A note."""

    text: str = Field(description="The words.")


@pytest.mark.parametrize("wanted", [Note, list[Note], Note | int, dict[str, Note]])
def test_other_descriptions_survive_the_steps(wanted):
    def note(model, topic: str):
        """Note."""

    note.__annotations__["return"] = wanted
    function = llm_function(reasoning=ChainOfThought())(note)
    assert "text: string  // The words." in function.prompt("x")[0].content
    told = function.using(fields={"Note.text": "In verse.", "Note": "A poem."}).prompt("x")[0].content
    assert "text: string  // In verse." in told
    assert "Note {  // A poem." in told
    assert "reasoning: string  // The reasoning that leads" in told


def test_a_class_of_the_same_name_as_ours_keeps_its_own_words():
    class Reasoned(BaseModel):
        """Mine."""

        text: str

    @llm_function(reasoning=ChainOfThought(), fields={"Reasoned.text": "Of the user."})
    def think(model, topic: str) -> Reasoned:
        """Think."""

    assert think.prompt("x")[0].content.count("Of the user.") == 1
    assert "text: string  // Of the user." in think.prompt("x")[0].content
