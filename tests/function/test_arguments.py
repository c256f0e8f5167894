"""Arguments are bound as Python binds them, checked as pydantic checks them, and shown as data."""

import threading
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, TypedDict, TypeVar

import pytest
from annotated_types import Gt, MaxLen
from pydantic import BaseModel, Field, PlainSerializer
from typing_extensions import Doc

from llm_strategy import llm_function
from llm_strategy.errors import InputError

T = TypeVar("T")


class Person(BaseModel):
    name: str
    age: int = Field(3, description="In years.")


@llm_function
def every_kind(model, first: int, /, second: str, third: float = 1.5, *rest: int, fourth: bool, **more: str) -> int:
    """Guess."""


def shown(function, *args, **kwargs):
    return function.prompt(*args, **kwargs)[-1].content


def test_every_kind_of_parameter_is_bound():
    assert shown(every_kind, 1, "two", 3.0, 4, 5, fourth=True, x="y") == (
        'first: 1\nsecond: two\nthird: 3.0\nrest: [4, 5]\nfourth: true\nmore: {"x": "y"}'
    )


def test_what_is_left_out_takes_its_default():
    assert shown(every_kind, 1, second="two", fourth=False) == (
        "first: 1\nsecond: two\nthird: 1.5\nrest: []\nfourth: false\nmore: {}"
    )


def test_the_signature_shows_the_types_of_all_inputs_and_not_the_model():
    assert (
        "every_kind(first: int, second: str, third: float, rest: tuple[int, ...], fourth: bool, more: dict[str, str]) -> int"
        in every_kind.prompt(1, "two", fourth=True)[0].content
    )


@pytest.mark.parametrize(
    ("args", "kwargs", "words"),
    [
        pytest.param((), {"second": "x", "fourth": True}, "missing a required argument: 'first'", id="missing"),
        pytest.param((1, "x"), {}, "missing a required argument: 'fourth'", id="keyword"),
        pytest.param((1, "x"), {"second": "y", "fourth": True}, "multiple values for argument 'second'", id="twice"),
    ],
)
def test_wrong_calls_are_type_errors_that_name_the_function(args, kwargs, words):
    with pytest.raises(TypeError, match=rf"every_kind\(\): {words}"):
        every_kind.prompt(*args, **kwargs)


def test_an_unknown_argument_is_a_type_error():
    @llm_function
    def guess(model, text: str) -> int:
        """Guess."""

    with pytest.raises(TypeError, match=r"guess\(\): got an unexpected keyword argument 'txt'"):
        guess.prompt("x", txt="y")
    with pytest.raises(TypeError, match=r"missing a required argument: 'text'. The first argument is the model"):
        guess("the text, and no model")


@pytest.mark.parametrize(
    ("args", "kwargs", "words"),
    [
        pytest.param(
            ("one", "x"), {"fourth": True}, "argument 'first' does not fit its type: .*integer.* got 'one'", id="int"
        ),
        pytest.param((1, "x", 2.0, 3, "four"), {"fourth": True}, r"argument 'rest' at \[1\] does not fit", id="rest"),
        pytest.param(
            (1, "x"), {"fourth": True, "y": 3}, r"argument 'more' at \['y'\] does not fit .* got 3", id="more"
        ),
    ],
)
def test_an_argument_of_the_wrong_type_is_refused_with_its_place(args, kwargs, words):
    with pytest.raises(InputError, match=words) as caught:
        every_kind.prompt(*args, **kwargs)
    assert "every_kind" in str(caught.value)
    assert "Pass what the annotation says" in str(caught.value)


def test_a_long_wrong_argument_is_shown_in_part():
    with pytest.raises(InputError, match=r"got 'y{79}\.\.\. \(a str\)"):
        every_kind.prompt("y" * 1000, "x", fourth=True)


def test_arguments_are_converted_as_pydantic_does():
    @llm_function
    def guess(model, person: Person, day: date, numbers: list[int]) -> int:
        """Guess."""

    assert shown(guess, {"name": "Ada"}, "2026-01-31", (1, 2)) == (
        'person: {"name": "Ada", "age": 3}\nday: 2026-01-31\nnumbers: [1, 2]'
    )


def test_a_default_is_taken_as_it_comes():
    @llm_function
    def guess(model, text: str = None) -> int:  # noqa: RUF013
        """Guess."""

    assert shown(guess) == "text: null"


@pytest.mark.parametrize(
    "annotate",
    [
        pytest.param(lambda: (int, Field(description="In years.", gt=3)), id="field"),
        pytest.param(lambda: (Annotated[int, Field(description="In years.", gt=3)], ...), id="annotated-field"),
        pytest.param(lambda: (Annotated[int, Doc("In years."), Gt(3)], ...), id="doc"),
        pytest.param(lambda: (Annotated[int, Gt(3), "In years."], ...), id="text"),
    ],
)
def test_descriptions_and_constraints_may_be_spelled_in_many_ways(annotate):
    kind, default = annotate()

    if default is ...:

        @llm_function
        def guess(model, age: kind, name: str = "") -> int:
            """Guess."""
    else:

        @llm_function
        def guess(model, age: kind = default, name: str = "") -> int:
            """Guess."""

    assert "Parameters:\n- age: In years." in guess.prompt(4)[0].content
    with pytest.raises(InputError, match="argument 'age' does not fit its type: Input should be greater than 3, got 2"):
        guess.prompt(2)
    with pytest.raises(TypeError, match="missing a required argument: 'age'"):
        guess.prompt()


def test_an_annotation_without_a_description_shows_none():
    @llm_function
    def guess(model, age: Annotated[int, Gt(3), Field(), ""]) -> int:
        """Guess."""

    assert "Parameters:" not in guess.prompt(4)[0].content


def test_a_field_gives_a_default_and_its_constraints():
    @llm_function
    def guess(model, age: int = Field(7, gt=3), tags: list[str] = Field(["a"], max_length=2)) -> int:  # noqa: B008
        """Guess."""

    assert shown(guess) == 'age: 7\ntags: ["a"]'
    with pytest.raises(InputError, match="argument 'tags' does not fit its type: List should have at most 2 items"):
        guess.prompt(4, ["a", "b", "c"])


def test_a_default_factory_is_asked_at_each_call():
    numbers = iter(range(10))

    @llm_function
    def guess(model, number: int = Field(default_factory=lambda: next(numbers))) -> int:
        """Guess."""

    assert [shown(guess), shown(guess), shown(guess, 9)] == ["number: 0", "number: 1", "number: 9"]


def test_constraints_that_cannot_be_hashed_work():
    @llm_function
    def guess(model, text: Annotated[str, MaxLen(3), {"unhashable": []}]) -> int:
        """Guess."""

    with pytest.raises(InputError, match="at most 3"):
        guess.prompt("four")


def test_a_serializer_in_the_annotation_is_used():
    @llm_function
    def guess(model, day: Annotated[date, PlainSerializer(lambda day: day.year)]) -> int:
        """Guess."""

    assert shown(guess, date(2026, 1, 31)) == "day: 2026"


class Row(TypedDict):
    """Of `typing`, which pydantic takes from Python 3.12 on only."""

    number: int


class Box:
    def __init__(self, width):
        self.width = width
        self._secret = "hidden"


def test_types_that_pydantic_does_not_know_are_checked_by_their_class():
    @llm_function
    def guess(model, box: Box, boxes: list[Box]) -> int:
        """Guess."""

    assert shown(guess, Box(3), [Box(4)]) == 'box: {"width": 3}\nboxes: [{"width": 4}]'
    with pytest.raises(InputError, match=r"argument 'boxes' at \[0\] does not fit its type: .*instance of Box"):
        guess.prompt(Box(3), [4])


def test_annotations_that_pydantic_cannot_use_are_not_checked():
    @llm_function
    def guess(model, row: Row) -> int:
        """Guess."""

    assert shown(guess, {"number": 3}) == 'row: {"number": 3}'


@dataclass
class Node:
    name: str
    next: "Node | None" = None


def circle():
    node = Node("a")
    node.next = node
    return node


def loop():
    items = []
    items.append(items)
    return items


@pytest.mark.parametrize(
    ("value", "words"),
    [
        pytest.param(threading.Lock, "lock and cannot be shown to a model", id="lock"),
        pytest.param(lambda: (n for n in ()), "generator and cannot be shown to a model", id="generator"),
        pytest.param(lambda: {"deep": [threading.Lock()]}, r"argument value\['deep'\]\[0\]\W is a lock", id="deep"),
        pytest.param(circle, "it contains itself", id="circle"),
        pytest.param(loop, "contains itself", id="loop"),
        pytest.param(lambda: open(__file__), "TextIOWrapper and cannot be shown to a model", id="file"),  # noqa: PTH123, SIM115
    ],
)
@pytest.mark.parametrize("annotation", [pytest.param(Any, id="any"), pytest.param(T, id="variable")])
def test_what_is_no_data_is_refused_with_its_place(value, words, annotation):
    @llm_function
    def guess(model, value: annotation) -> int:
        """Guess."""

    given = value()
    with pytest.raises(InputError, match=words):
        guess.prompt(given)
    getattr(given, "close", lambda: None)()


def test_a_recursive_list_for_a_concrete_type_is_refused():
    @llm_function
    def guess(model, value: list[Any]) -> int:
        """Guess."""

    with pytest.raises(InputError, match="contains itself"):
        guess.prompt(loop())


def test_the_input_type_is_a_model_of_the_inputs():
    @llm_function
    def write_essay(model, topic: str = Field(..., description="The topic."), words: int = 100, *tags: str) -> str:
        """Write."""

    kind = write_essay.input_type
    assert kind.__name__ == "WriteEssayInputs"
    assert kind(topic="x").model_dump() == {"topic": "x", "words": 100, "tags": ()}
    schema = kind.model_json_schema()
    assert schema["properties"]["topic"] == {"description": "The topic.", "title": "Topic", "type": "string"}
    assert schema["required"] == ["topic"]


def test_the_input_type_keeps_constraints_and_default_factories():
    @llm_function
    def guess(model, age: int = Field(gt=3), tags: list[str] = Field(default_factory=list)) -> str:  # noqa: B008
        """Guess."""

    assert guess.input_type(age=4).tags == []
    with pytest.raises(ValueError, match="greater than 3"):
        guess.input_type(age=2)


def test_the_input_type_takes_names_that_pydantic_has_a_meaning_for():
    @llm_function
    def guess(model, json: str, _hidden: int, model_name: str, copy: int = 3, *, schema: int = 4) -> str:
        """Guess."""

    inputs = guess.input_type(json="{}", _hidden=1, model_name="x")
    assert inputs.model_dump(by_alias=True) == {"json": "{}", "_hidden": 1, "model_name": "x", "copy": 3, "schema": 4}


def test_an_argument_of_a_subclass_is_shown_with_all_that_it_has():
    class Employee(Person):
        salary: int

    @llm_function
    def guess(model, person: Person) -> int:
        """Guess."""

    assert shown(guess, Employee(name="Ada", salary=3)) == 'person: {"name": "Ada", "age": 3, "salary": 3}'


def test_that_the_model_comes_first_is_said_where_it_does():
    @llm_function
    def guess(model, text: str) -> int:
        """Guess."""

    for call in (guess.prompt, guess.bind(None)):
        with pytest.raises(TypeError, match=r"too many positional arguments$"):
            call("x", "y")
