import dataclasses
import enum
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import (
    IO,
    Annotated,
    Any,
    Literal,
    LiteralString,
    NamedTuple,
    NoReturn,
    Protocol,
    TextIO,
    TypedDict,
    TypeVar,
)

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationError, model_validator

from benchmarks.type_table import TABLE
from llm_strategy.errors import DefinitionError, InputError
from llm_strategy.schema import RETURN_KEY, StrictSchemaImpossible, output_schema

T = TypeVar("T")

cases = pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)


def wire(case, schema):
    if case.data is not None:
        return case.data if schema.key is None else {schema.key: case.data}
    return json.loads(json.dumps(schema.dump(case.value)))


@cases
def test_a_value_comes_back_as_it_was_sent(case):
    schema = output_schema(case.annotation)
    assert case.same(schema.read(wire(case, schema)), case.value)


@cases
def test_what_is_sent_fits_the_schema_that_is_shown(case):
    schema = output_schema(case.annotation)
    Draft202012Validator.check_schema(schema.wrapped_schema)
    Draft202012Validator(schema.wrapped_schema).validate(wire(case, schema))
    assert schema.wrapped_schema["type"] == "object"


@cases
def test_the_envelope_is_read_in_one_go(case):
    schema = output_schema(case.annotation)
    if schema.key is None:
        assert schema.enveloped is None
    else:
        assert schema.enveloped is not None
        read = schema.enveloped.validate_json(json.dumps(wire(case, schema)))
        assert case.same(read[schema.key], case.value)


@cases
def test_no_title_and_no_generated_docstring_is_shown(case):
    text = json.dumps(output_schema(case.annotation).wrapped_schema)
    assert '"title"' not in text
    assert "An enumeration" not in text
    assert "usage docs" not in text.lower()
    assert "x-" not in text


class Person(BaseModel):
    """A person."""

    name: str = Field(description="full name")
    age: int = Field(ge=0)


@dataclass
class Place:
    city: str


@dataclass
class House:
    """Where people live."""

    place: Place
    rooms: list[Place]


class Level(enum.IntEnum):
    """How urgent."""

    LOW = 1
    HIGH = 2


def test_an_object_with_fixed_fields_is_sent_as_it_is():
    schema = output_schema(Person)
    assert schema.key is None
    assert schema.wrapped_schema == schema.json_schema
    assert schema.json_schema["description"] == "A person."
    assert schema.json_schema["properties"]["name"] == {"type": "string", "description": "full name"}


@pytest.mark.parametrize("annotation", [int, list[Person], dict[str, int], Person | Place, None], ids=str)
def test_anything_else_is_wrapped(annotation):
    schema = output_schema(annotation)
    assert schema.key == RETURN_KEY
    assert list(schema.wrapped_schema["properties"]) == [RETURN_KEY]
    assert schema.wrapped_schema["required"] == [RETURN_KEY]


def test_written_docstrings_stay_and_generated_ones_do_not():
    schema = output_schema(House).json_schema
    assert schema["description"] == "Where people live."
    assert "description" not in schema["$defs"]["Place"]


def test_the_members_of_an_integer_enum_are_explained_once():
    schema = output_schema(Level)
    assert schema.json_schema["description"] == "How urgent.; 1 = LOW, 2 = HIGH"
    assert "x-aliases" not in json.dumps(schema.json_schema)
    assert schema.reading_schema["x-aliases"] == {"1": ["LOW"], "2": ["HIGH"]}


def test_named_tuples_are_shown_with_the_names_of_their_fields():
    class Point(NamedTuple):
        x: int
        y: int = 0

    schema = output_schema(Point)
    assert list(schema.json_schema["properties"]) == ["x", "y"]
    assert schema.json_schema["required"] == ["x"]
    assert schema.read({"x": 1}) == Point(1)


def test_classes_of_one_name_are_numbered():
    def make(kind):
        @dataclass
        class Item:
            value: kind

        return Item

    schema = output_schema(tuple[make(int), make(str)])
    assert sorted(schema.json_schema["$defs"]) == ["Item", "Item_2"]


def test_a_value_without_its_envelope_is_read_as_well():
    assert output_schema(list[int]).read([1]) == [1]


def test_null_for_a_field_that_may_be_absent_is_read_as_absent():
    @dataclass
    class Basket:
        items: list[str] = dataclasses.field(default_factory=list)
        size: int = 3

    assert output_schema(Basket).read({"items": None, "size": None}) == Basket()


def test_a_field_outside_the_constructor_is_not_asked_for():
    @dataclass
    class Counted:
        words: list[str]
        count: int = dataclasses.field(init=False, default=0)

    schema = output_schema(Counted)
    assert list(schema.json_schema["properties"]) == ["words"]
    assert schema.read(schema.dump(Counted(["a"]))) == Counted(["a"])


def test_only_classes_that_make_sense_can_be_chosen():
    choices = output_schema(type[int]).wrapped_schema["properties"]["return_value"]["enum"]
    assert {"int", "bool"} <= set(choices)
    assert "RegexFlag" not in choices


def test_data_that_does_not_fit_is_refused_by_pydantic():
    with pytest.raises(ValidationError, match="valid integer"):
        output_schema(int).read({"return_value": "x"})


@pytest.mark.parametrize(
    ("annotation", "data", "words"),
    [
        (range, {"start": 1}, "Input does not fit"),
        (dict[tuple[int, int], str], {"return_value": [{"key": [1]}]}, "Field required"),
        (type[Level], {"return_value": "int"}, "should be one of Level"),
    ],
    ids=["registered type", "pairs", "class name"],
)
def test_our_own_forms_are_checked_too(annotation, data, words):
    with pytest.raises(ValidationError, match=words):
        output_schema(annotation).read(data)


def test_an_object_is_understood_where_pairs_were_asked_for():
    assert output_schema(dict[int | str, int]).read({"return_value": {"a": 1}}) == {"a": 1}


def test_literal_strings_are_text():
    assert output_schema(list[LiteralString]).compact == "{return_value: [string]}"


def test_a_schema_is_made_once():
    assert output_schema(list[Person]) is output_schema(list[Person])


def test_the_order_of_a_union_is_kept():
    assert output_schema(int | str).compact == "{return_value: integer | string}"
    assert output_schema(str | int).compact == "{return_value: string | integer}"


def test_unhashable_metadata_is_no_obstacle():
    assert output_schema(Annotated[int, Field(json_schema_extra={"examples": [1]})]).read({"return_value": 1}) == 1
    assert output_schema(Annotated[int, {"note": []}]).read({"return_value": 1}) == 1


@pytest.mark.parametrize(
    ("annotation", "name"),
    [
        (list[Person], "list_Person"),
        (int | None, "int_None"),
        (dict[str, list[int]], "dict_str_list_int"),
        (Literal["é"], "Literal"),
        (tuple[tuple[()], ...], "tuple_tuple"),
    ],
    ids=str,
)
def test_names_are_valid_for_providers(annotation, name):
    made = output_schema(annotation).name
    assert made.startswith(name)
    assert len(made) <= 64
    assert made.replace("_", "").replace("-", "").isalnum()


def test_the_strict_form_is_none_where_there_is_none():
    schema = output_schema(dict[str, int])
    assert schema.strict_schema() is None
    assert isinstance(schema.strict, StrictSchemaImpossible)
    assert output_schema(int).strict_schema() == output_schema(int).strict


class Plain:
    pass


class Quacks(Protocol):
    def quack(self) -> str: ...


@dataclass
class WithLock:
    name: str
    locks: list[threading.Thread]


class Undecided(BaseModel):
    later: "NotYetThere"  # noqa: F821


def function():
    pass


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (Callable, "holds a callable.*Literal of the names"),
        (Callable[[int], str], "holds a callable.*Literal of the names"),
        (int | Callable[[], int], "holds a callable"),
        (Plain, "is Plain: a model cannot write.*make Plain a dataclass or a pydantic model"),
        (dict[str, Plain], "which holds Plain"),
        (WithLock, "its field 'locks' holds Thread.*register_type"),
        (Quacks, "implements the protocol"),
        (ModuleType, "return a name, as str"),
        (Iterator[int], "return list.*streams its items"),
        (Generator[int, None, None], "return list.*streams its items"),
        (AsyncIterator[int], "async generator function streams"),
        (Awaitable[int], "write the awaited type"),
        (IO[str], "return the text, as str, or the path"),
        (TextIO, "return the text, as str, or the path"),
        (type, r"write type\[X\]"),
        (enum.Enum, "give it members"),
        (NoReturn, "there is no value to ask a model for"),
        (function, "'function' in it is a function, no type"),
        (threading, "'threading' in it is a module, no type"),
        ("str", "is not resolved"),
        (3, "is not a Python type"),
        (list[T], "holds the type variable 'T'"),
        (Undecided, "cannot be read: .*NotYetThere"),
        (Annotated[Plain, PlainValidator(lambda value: value)], None),
    ],
    ids=str,
)
def test_types_that_no_model_can_write_are_refused_with_a_remedy(annotation, words):
    if words is None:
        assert output_schema(annotation).read({"return_value": 1}) == 1
        return
    with pytest.raises(DefinitionError, match=rf"(?s)^return type of 'shop.find' .*{words}"):
        output_schema(annotation, where="return type of 'shop.find'")


def test_an_old_typed_dict_inside_a_dataclass_says_which_one_to_import():
    class Old(TypedDict):
        name: str

    @dataclass
    class Holder:
        old: Old

    try:
        assert output_schema(Holder).read({"old": {"name": "a"}}) == Holder({"name": "a"})
    except DefinitionError as error:
        assert "import TypedDict from typing_extensions" in str(error)  # noqa: PT017


def test_a_class_that_pydantic_can_make_is_no_problem_inside_a_union():
    class Celsius:
        def __init__(self, degrees: float) -> None:
            self.degrees = degrees

        @classmethod
        def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
            from pydantic_core import core_schema

            number = core_schema.no_info_after_validator_function(cls, core_schema.float_schema())
            return core_schema.union_schema([core_schema.is_instance_schema(cls), number])

    assert output_schema(list[Celsius]).read({"return_value": [20.5]})[0].degrees == 20.5


def test_a_type_without_a_json_schema_is_refused():
    class Odd:
        @classmethod
        def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
            from pydantic_core import core_schema

            return core_schema.is_instance_schema(cls)

    with pytest.raises(DefinitionError, match="cannot be read"):
        output_schema(Odd)


def test_special_fields_of_compiled_models_are_read_under_their_alias():
    class Grid(BaseModel):
        model_config = ConfigDict(populate_by_name=True)
        cells: dict[tuple[int, int], str] = Field(alias="theCells")
        name: str = "grid"

    read = output_schema(Grid).read({"theCells": [{"key": [0, 1], "value": "x"}]})
    assert read == Grid(theCells={(0, 1): "x"})


def test_defaults_have_the_form_that_is_asked_for():
    @dataclass
    class Board:
        cells: dict[tuple[int, int], str] = dataclasses.field(default_factory=dict)

    class Settings(BaseModel):
        model_config = ConfigDict(arbitrary_types_allowed=True)
        names: dict[int, str] = {1: "a"}
        cells: dict[tuple[int, int], str] = {(0, 1): "x"}
        plain: Any = Plain()

    properties = output_schema(Settings).json_schema["properties"]
    assert properties["names"]["default"] == {"1": "a"}
    assert properties["cells"]["default"] == [{"key": [0, 1], "value": "x"}]
    assert "default" not in properties["plain"]
    assert output_schema(Board).read({}) == Board()


def test_special_fields_are_read_under_validators_of_the_model():
    class Checked(BaseModel):
        cells: dict[tuple[int, int], str]

        @model_validator(mode="before")
        @classmethod
        def _listed(cls, data: Any) -> Any:
            return {**data}

    assert output_schema(Checked).read({"cells": [{"key": [0, 1], "value": "x"}]}).cells == {(0, 1): "x"}


class _Kind(enum.Enum):
    CAT = "cat"
    DOG = "dog"


@pytest.mark.parametrize(
    ("annotation", "data", "value"),
    [
        pytest.param(Literal[_Kind.CAT], "cat", _Kind.CAT, id="enum"),
        pytest.param(list[Literal[_Kind.CAT, _Kind.DOG]], ["dog"], [_Kind.DOG], id="enums"),
        pytest.param(Literal[b"x"], "x", b"x", id="bytes"),
        pytest.param(Literal[_Kind.CAT, 1], 1, 1, id="mixed"),
    ],
)
def test_a_literal_that_is_unlike_its_json_is_read_from_it(annotation: Any, data: Any, value: Any) -> None:
    schema = output_schema(annotation)
    assert schema.read({"return_value": data}) == value
    with pytest.raises(ValidationError, match="should be one of"):
        schema.read({"return_value": True if data == 1 else ["bird"] if isinstance(data, list) else "bird"})


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        pytest.param(float("inf"), float, "no finite number", id="infinity"),
        pytest.param(b"\xff", bytes, "no UTF-8 text. Annotate it as pydantic's Base64Bytes", id="bytes"),
    ],
)
def test_a_value_that_could_not_be_read_back_is_no_example(value: Any, kind: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        output_schema(kind).dump(value)
