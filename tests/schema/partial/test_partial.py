"""Values that are not finished yet."""

import copy
import dataclasses
import datetime as dt
import pickle
from collections import deque
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Generic, Literal, NamedTuple, NewType, Optional, TypeVar

import pytest
from pydantic import AfterValidator, Base64Bytes, BaseModel, Field, RootModel, field_validator
from typing_extensions import NotRequired, TypeAliasType, TypedDict

from llm_strategy.parsing.partial_reader import PartialReader
from llm_strategy.schema import output_schema
from llm_strategy.schema.fenced import PythonCode
from llm_strategy.schema.partial import MISSING, Growth, Partial, Whole, growth, node_of

T = TypeVar("T")


class Address(BaseModel):
    street: str
    city: str = Field(min_length=30)


class Person(BaseModel):
    name: str
    age: int = Field(gt=1000)
    address: Address | None = None

    @field_validator("name")
    @classmethod
    def _never(cls, value):
        raise ValueError("validators are not run on what is partial")


@dataclasses.dataclass
class Node:
    value: int
    children: list["Node"] = dataclasses.field(default_factory=list)


class Movie(TypedDict):
    title: str
    year: NotRequired[int]


class Point(NamedTuple):
    x: int
    label: str = ""


class Cat(BaseModel):
    kind: Literal["cat"]
    name: str


class Dog(BaseModel):
    kind: Literal["dog"]
    name: str


class Circle(BaseModel):
    radius: float


class Square(BaseModel):
    side: float


class Colour(Enum):
    RED = "red"


class Box(BaseModel, Generic[T]):
    content: T


@dataclasses.dataclass
class Pair(Generic[T]):
    left: T
    right: T


class Tags(RootModel[list[str]]):
    pass


class Aliased(BaseModel):
    first_name: str = Field(alias="firstName")


Tree = TypeAliasType("Tree", "dict[str, Tree]")
Name = NewType("Name", str)


def growing(kind: Any, text: str, size: int = 1):
    """Every value that is shown while a text comes."""
    reader = PartialReader(output_schema(kind))
    values = (reader.feed(text[start : start + size]) for start in range(0, len(text), size))
    return [value for value in values if value is not MISSING]


def last(kind: Any, text: str):
    return growing(kind, text)[-1]


def test_the_parts_of_a_growing_model_can_be_read():
    value = last(Person, '{"name": "Ada", "age": 36, "address": {"street": "Main Stre')

    assert (value.name, value.age, value.address.street, value.address.city) == ("Ada", 36, "Main Stre", None)
    assert growth(value) == Growth(1, frozenset({"name", "age"}))
    assert growth(value.address) == Growth(1)
    assert repr(value) == "Partial[Person](name='Ada', age=36, address=Partial[Address](street='Main Stre'...))"


def test_a_partial_value_is_of_a_class_of_its_own_made_once():
    value = last(Person, '{"name": "A')

    assert type(value) is Partial[Person]
    assert isinstance(value, Partial)
    assert not isinstance(value, Person)
    assert Partial[Person].__name__ == "Partial[Person]"
    assert Partial[Person].__module__ == __name__
    assert Partial[list[Person]] is Partial[list[Person]]
    assert issubclass(Partial[list[Person]], list)


def test_texts_grow_and_all_else_comes_when_it_is_finished():
    class Row(BaseModel):
        number: int
        price: Decimal
        day: dt.date
        colour: Colour
        text: str

    text = '{"number": 123, "price": 1.50, "day": "2026-01-02", "colour": "red", "text": "xyz'
    values = growing(Row, text)

    assert {value.number for value in values} == {None, 123}
    assert {value.price for value in values} == {None, Decimal("1.50")}
    assert {value.day for value in values} == {None, dt.date(2026, 1, 2)}
    assert {value.colour for value in values} == {None, Colour.RED}
    assert [value.text for value in values if value.text] == ["x", "xy", "xyz"]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        pytest.param(list[int], '{"return_value": [1, 2', [1], id="list"),
        pytest.param(deque[str], '{"return_value": ["a", "b', ["a", "b"], id="deque"),
        pytest.param(set[str], '{"return_value": ["a", "b"', {"a", "b"}, id="set"),
        pytest.param(frozenset[int], '{"return_value": [[1], 2,', {2}, id="set with what is no element"),
        pytest.param(tuple[int, str], '{"return_value": [1, "a', (1, "a"), id="tuple"),
        pytest.param(tuple[int, ...], '{"return_value": [1, 2,', (1, 2), id="tuple of any length"),
        pytest.param(dict[str, int], '{"return_value": {"a": 1, "b": 2', {"a": 1}, id="dict"),
        pytest.param(dict[int, str], '{"return_value": {"1": "a', {1: "a"}, id="dict with numbers as keys"),
        pytest.param(
            dict[tuple[int, int], str],
            '{"return_value": [{"key": [1, 2], "value": "a"}, {"key": [3',
            {(1, 2): "a"},
            id="dict of pairs",
        ),
        pytest.param(dict[str, Any], '{"return_value": {"a": [1, {"b": "x', {"a": [1, {"b": "x"}]}, id="any data"),
        pytest.param(Movie, '{"title": "Ali', {"title": "Ali"}, id="TypedDict"),
        pytest.param(Tree, '{"return_value": {"a": {"b": {', {"a": {"b": {}}}, id="recursive alias"),
        pytest.param(list[Name], '{"return_value": ["A', ["A"], id="NewType"),
        pytest.param(list[Literal["ab", "c"]], '{"return_value": ["ab", "c', ["ab"], id="literals"),
        pytest.param(list[bool | None], '{"return_value": [true, null, fal', [True, None], id="nothing is a value"),
        pytest.param(list[int | str], '{"return_value": [1, "tw', [1, "tw"], id="union of numbers and texts"),
        pytest.param(list[int | list[str]], '{"return_value": [1, ["x', [1, ["x"]], id="union with lists"),
        pytest.param(list[Annotated[int, Field(gt=5)]], '{"return_value": [1,', [1], id="constraint"),
        pytest.param(list[Annotated[str, AfterValidator(int)]], '{"return_value": ["x', ["x"], id="validator"),
        pytest.param(list[Base64Bytes], '{"return_value": ["YWI=", "YW', [b"ab"], id="another reader of a type"),
        pytest.param(list[PythonCode], '{"return_value": ["x = 1', ["x = 1"], id="code in a list"),
        pytest.param(list[int], "[1, 2,", [1, 2], id="without the key"),
        pytest.param(list[int], 'Sure:\n```json\n{"return_value": [1, 2,', [1, 2], id="in a fence behind words"),
        pytest.param(list[int], "<think>[7, 8]</think>\n[1, 2,", [1, 2], id="behind thinking"),
        pytest.param(list[int], "{'return_value': [1, 2,", [1, 2], id="single quotes"),
        pytest.param(list[str], "{'return_value': ['a', 'b", ["a", "b"], id="texts in single quotes"),
        pytest.param(list[str], '{"return_value": ["a", "b"c', ["a", 'b"c'], id="mended in the middle"),
        pytest.param(str, '{"return_value": "Hel', "Hel", id="text in its envelope"),
        pytest.param(str, "Hello the", "Hello the", id="text alone"),
    ],
)
def test_values_of_every_kind_grow(kind, text, value):
    assert last(kind, text) == value


def test_numbers_that_go_on_are_not_shown():
    assert growing(int, '{"return_value": 123') == []


def test_a_recursive_type_grows():
    value = last(Node, '{"value": 1, "children": [{"value": 2, "children": [{"value": 3, "chi')

    assert value.children[0].children[0].value == 3
    assert dataclasses.asdict(value)["children"][0]["value"] == 2


def test_a_named_tuple_grows():
    value = last(Point, '{"x": 1, "label": "ab')

    assert (value.x, value.label, value[0]) == (1, "ab", 1)
    assert repr(value) == "Partial[Point](x=1, label='ab'...)"
    assert last(Point, '{"x": 1, ').label is None


def test_the_keys_of_a_typed_dict_that_have_not_come_read_as_nothing():
    value = last(Movie, '{"title": "Ali')

    assert value["year"] is None
    assert "year" not in value
    with pytest.raises(KeyError):
        value["director"]


def test_generic_types_grow():
    assert last(Box[Address], '{"content": {"street": "M').content.street == "M"
    assert last(Pair[Address], '{"left": {"street": "M').left.street == "M"
    assert Partial[Box[Address]].__name__ == "Partial[Box[Address]]"


def test_a_model_with_a_root_grows():
    value = last(Tags, '{"return_value": ["a", "b')

    assert value.root == ["a", "b"]


def test_fields_are_found_under_their_aliases_and_in_other_spellings():
    assert last(Aliased, '{"firstName": "A').first_name == "A"
    assert last(Aliased, '{"First Name": "A').first_name == "A"


def test_keys_that_are_no_fields_are_passed_over():
    value = last(Person, '{"note": {"x": "y"}, "name": "A')

    assert value.name == "A"
    assert growth(value).finished == frozenset()


def test_an_envelope_that_nobody_asked_for_is_looked_into():
    assert last(Person, '{"person": {"name": "A').name == "A"


def test_a_member_of_a_union_shows_once_it_can_be_told():
    values = growing(list[Cat | Dog], '{"return_value": [{"name": "Rex", "kind": "dog"')

    assert values[0] == []
    assert type(values[-1][0]) is Partial[Dog]
    assert not any(isinstance(item, Partial[Cat]) for value in values for item in value)


def test_the_member_of_a_union_is_told_by_its_fields():
    assert type(last(Circle | Square, '{"return_value": {"side": 1.5, ')) is Partial[Square]


def test_a_finished_member_of_a_union_is_the_first_that_has_all_it_needs():
    assert last(list[Circle | Square | dict[str, int]], '{"return_value": [{"x": 1}, ')[0] == {"x": 1}


def test_the_partial_class_of_a_union_is_a_union():
    assert isinstance(Partial[Cat](name="x"), Partial[Cat | Dog])
    assert Partial[Optional[Cat]] is Partial[Cat]
    assert Partial[int] is int


def test_what_is_marked_as_whole_is_shown_when_it_is_finished():
    class Report(BaseModel):
        title: Annotated[str, Whole]
        authors: Annotated[list[str], Whole()]

    values = growing(Report, '{"title": "On", "authors": ["Ann", "Bob"], ')

    assert {value.title for value in values} == {None, "On"}
    assert [value.authors for value in values if value.authors] == [["Ann", "Bob"]]
    assert Report.model_validate({"title": "x", "authors": []}).title == "x"


def test_equal_values_are_not_shown_twice():
    values = growing(Person, '{"name":     "Ad"  ,   "age":  3')

    assert [value.name for value in values] == [None, "", "A", "Ad", "Ad"]
    assert [growth(value).finished for value in values[-2:]] == [frozenset(), {"name"}]


def test_a_finished_value_is_left_to_the_reading_of_the_whole():
    values = growing(list[int], '{"return_value": [1, 2]}')

    assert values[-1] == [1]


def test_a_partial_model_is_exported_as_a_model_is():
    value = last(Person, '{"name": "Ada", "address": {"street": "M')

    assert value.model_dump() == {"name": "Ada", "age": None, "address": {"street": "M", "city": None}}
    assert value.model_dump(exclude_unset=True) == {"name": "Ada", "address": {"street": "M", "city": None}}
    assert value.model_dump_json(exclude_unset=True) == '{"name":"Ada","address":{"street":"M","city":null}}'
    assert dict(value)["name"] == "Ada"
    assert value.model_fields_set == {"name", "address"}


def test_all_kinds_of_parts_are_exported():
    class Everything(BaseModel):
        point: Point
        pair: tuple[int, ...]
        tags: set[int]
        movie: Movie

    value = last(Everything, '{"point": {"x": 1}, "pair": [1], "tags": [2], "movie": {"title": "A"')

    assert value.model_dump() == {
        "point": {"x": 1, "label": None},
        "pair": (1,),
        "tags": [2],
        "movie": {"title": "A"},
    }


def test_a_partial_value_cannot_be_changed_and_has_no_more_than_its_fields():
    value = Partial[Person](name="Ada")

    with pytest.raises(AttributeError, match="cannot be changed"):
        value.name = "Eve"
    with pytest.raises(AttributeError, match=r"no 'shout' before it is whole. It has the fields 'name', 'age'"):
        value.shout()


def test_partial_values_compare_by_what_has_come():
    assert Partial[Person](name="Ada") == Partial[Person](name="Ada")
    assert Partial[Person](name="Ada") != Partial[Person](name="Eve")
    assert Partial[Address](street="x") != Partial[Person](name="x")


def test_partial_values_can_be_pickled_and_copied():
    value = last(Person, '{"name": "Ada", "address": {"street": "M')

    for again in (pickle.loads(pickle.dumps(value)), copy.deepcopy(value)):
        assert again == value
        assert growth(again) == growth(value)
        assert type(again.address) is Partial[Address]
    assert pickle.loads(pickle.dumps(Partial)) is Partial


def test_names_that_mean_nothing_yet_hold_any_data():
    node = node_of(list["Nothing"])  # noqa: F821 (that is the point)

    assert node.kind.__name__.startswith("Partial[list")


def test_any_number_of_keys_that_are_no_fields_is_passed_over():
    text = (
        '{"name": "A", ' + ", ".join(f'"key{number}": 1' for number in range(2100)) + ', "age": 3, "note": "' + "x" * 99
    )

    assert last(Person, text).age == 3
