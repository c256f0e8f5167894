"""The descriptions in a schema have names, and can be replaced without a change of the type."""

import enum
import json
from dataclasses import dataclass, field
from typing import Annotated, Any, Generic, NamedTuple, TypedDict, TypeVar

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field, RootModel
from typing_extensions import TypeAliasType

from benchmarks.type_table import TABLE
from llm_strategy.errors import DefinitionError
from llm_strategy.schema import RETURN_KEY, output_schema, register_type
from llm_strategy.schema.descriptions import redescribed

T = TypeVar("T")


class Level(enum.IntEnum):
    """How hard it is."""

    EASY = 1
    HARD = 2


class Essay(BaseModel):
    """An essay."""

    title: str = Field(description="A short title.")
    level: Level
    parts: list["Essay"] = []


@dataclass
class Point:
    """A place."""

    x: int
    y: Annotated[int, Field(description="northwards")] = field(default=0)


class Options(TypedDict):
    """What may be chosen."""

    fast: bool


class Route(TypedDict):
    start: Point
    options: Options


class Part(BaseModel):
    """A part."""

    parts: list["Part"] = []


class Pair(NamedTuple):
    first: Essay
    second: int


class Box(BaseModel, Generic[T]):
    """A box."""

    item: T = Field(description="what is inside")


class Boxes(RootModel[list[Box[int]]]):
    """All boxes."""


Tree = TypeAliasType("Tree", "list[Tree] | int")


def elsewhere():
    class Point(BaseModel):
        """Another one."""

        x: int

    return Point


CASES = [
    pytest.param(
        Essay,
        {"Essay": "An essay.", "Essay.title": "A short title.", "Essay.level": "", "Essay.parts": ""}
        | {"Level": "How hard it is."},
        id="recursive model",
    ),
    pytest.param(Point, {"Point": "A place.", "Point.x": "", "Point.y": "northwards"}, id="dataclass"),
    pytest.param(Annotated[Point, Field(description="Home.")], {"Point": "Home."}, id="annotated object"),
    pytest.param(Annotated[Part, Field(description="Mine.")], {"Part": "Mine."}, id="annotated recursive object"),
    pytest.param(Options, {"Options": "What may be chosen.", "Options.fast": ""}, id="typed dict"),
    pytest.param(
        Route, {"Route.start": "", "Options.fast": "", "Options": "What may be chosen.", "Point.x": ""}, id="nested"
    ),
    pytest.param(Pair, {"Pair": "", "Pair.second": "", "Essay.title": "A short title."}, id="named tuple"),
    pytest.param(Box[Point], {"Box.item": "what is inside", "Point": "A place."}, id="generic"),
    pytest.param(Boxes, {"Boxes": "All boxes.", "Box.item": "what is inside"}, id="root model"),
    pytest.param(RootModel[Point], {"Point.x": ""}, id="root model of an object"),
    pytest.param(Level, {"Level": "How hard it is."}, id="enum"),
    pytest.param(list[Point], {"return_value": "", "Point.y": "northwards"}, id="list"),
    pytest.param(Point | Options, {"return_value": "", "Point.x": "", "Options.fast": ""}, id="union"),
    pytest.param(Annotated[int, Field(description="years")], {"return_value": "years"}, id="number"),
    pytest.param(Tree, {"return_value": ""}, id="recursive alias"),
    pytest.param(dict[str, Any], {"return_value": ""}, id="anything"),
]


@pytest.mark.parametrize(("annotation", "known"), CASES)
def test_every_class_and_field_has_a_name(annotation, known):
    assert known.items() <= output_schema(annotation).descriptions.items()


@pytest.mark.parametrize(("annotation", "known"), CASES)
@pytest.mark.parametrize("prefix", ["", "Say: "])
def test_every_description_can_be_replaced_and_removed(annotation, known, prefix):
    output = output_schema(annotation)
    texts = {name: prefix and prefix + name for name in output.descriptions}
    changed = output.described(texts)
    assert changed.descriptions == texts
    assert output.descriptions != texts or not any(texts.values())
    for form in (changed.wrapped_schema, changed.reading_schema, changed.compact, changed.strict_schema()):
        if prefix and form is not None and not isinstance(annotation, type(RootModel[Point])):
            assert all(text in json.dumps(form) for name, text in texts.items() if "." in name)


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_a_type_in_other_words_reads_the_same_replies(case):
    output = output_schema(case.annotation)
    changed = output.described({name: f"About {name}." for name in output.descriptions})
    sent = json.loads(json.dumps(changed.dump(case.value))) if case.data is None else case.data
    if case.data is None:
        assert sent == json.loads(json.dumps(output.dump(case.value)))
    Draft202012Validator.check_schema(changed.wrapped_schema)
    assert (changed.key, changed.name, changed.adapter) == (output.key, output.name, output.adapter)
    assert case.same(
        changed.read(sent if case.data is None or changed.key is None else {changed.key: sent}), case.value
    )
    assert "x-" not in json.dumps(changed.wrapped_schema)
    assert (changed.strict_schema() is None) == (output.strict_schema() is None)


def test_what_is_not_named_stays_as_it_is():
    changed = output_schema(Essay).described({"Essay.title": "At most five words."})
    assert changed.descriptions["Essay"] == "An essay."
    assert "title: string  // At most five words." in changed.compact
    assert "Essay {  // An essay." in changed.compact
    assert changed.described({"Essay": "Text."}).descriptions["Essay.title"] == "At most five words."


def test_meanings_of_numbers_stay_beside_the_words_for_them():
    changed = output_schema(Essay).described({"Level": "Difficulty."})
    assert "// Difficulty.; 1 = EASY, 2 = HARD" in changed.compact
    assert "// 1 = EASY, 2 = HARD" in changed.described({"Level": ""}).compact


def test_a_removed_description_leaves_no_trace():
    changed = output_schema(Point).described({"Point": "", "Point.y": ""})
    assert "description" not in json.dumps(changed.wrapped_schema)
    assert "//" not in changed.compact


def test_the_same_words_make_the_same_object():
    output = output_schema(list[Point])
    assert output.described({"Point.x": "east"}) is output.described({"Point.x": "east"})
    assert output.described({}) is output
    for number in range(200):
        output.described({"Point.x": f"{number}"})
    assert len(output._forms) <= 64


def test_a_name_is_the_same_at_the_root_and_inside():
    texts = {"Point.x": "east"}
    for annotation in (Point, list[Point], Box[Point], Route, Point | None):
        assert output_schema(annotation).described(texts).descriptions["Point.x"] == "east"


def test_classes_of_one_name_are_numbered_wherever_they_stand():
    other = elsewhere()
    for annotation in (tuple[Point, other], tuple[other, Point], dict[str, other | Point]):
        names = output_schema(annotation).descriptions
        assert (names["Point"], names["Point_2"]) == ("A place.", "Another one.")
        assert "Point_2.y" not in names


def test_an_unknown_name_is_an_error_that_names_the_nearest():
    with pytest.raises(DefinitionError, match=r"return type of 'f': there is no 'Essay.titel' .* mean 'Essay.title'\?"):
        output_schema(Essay).described({"Essay.titel": "x"}, where="return type of 'f'")
    with pytest.raises(DefinitionError, match=r"no 'zzz' to describe. It has 'Point', 'Point.x', 'Point.y'\."):
        output_schema(Point).described({"zzz": "x"})
    with pytest.raises(DefinitionError, match=r"the description of 'Point\.x' is 3, and no text"):
        output_schema(Point).described({"Point.x": 3})


def test_unknown_names_are_passed_over_where_classes_depend_on_the_call():
    output = output_schema(Box[int])
    assert output.described({"Point.x": "east"}, lenient=True) is output
    assert output.described({"Point.x": "east", "Box.item": "it"}, lenient=True).descriptions["Box.item"] == "it"


def test_a_type_around_another_one_takes_over_its_words():
    class Reasoned(BaseModel):
        reasoning: str
        return_value: list[Point]

    said = output_schema(list[Point]).described({"Point.x": "east", RETURN_KEY: "The way."})
    around = output_schema(Reasoned).described_as(said)
    assert around.descriptions["Point.x"] == "east"
    assert around.descriptions["Reasoned.return_value"] == "The way."
    assert output_schema(Reasoned).described_as(output_schema(list[Point])) is output_schema(Reasoned)


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_to_say_the_same_again_changes_nothing(case):
    output = output_schema(case.annotation)
    again = output.described(output.descriptions)
    assert (again.wrapped_schema, again.compact, again.strict) == (output.wrapped_schema, output.compact, output.strict)


def test_a_field_that_may_be_anything_can_be_described():
    class Anything:
        """No class that pydantic knows."""

    register_type(
        Anything,
        schema={"type": "object", "properties": {"x": True}},
        to_json=lambda value: {},
        from_json=lambda data: Anything(),
    )

    class Holder(BaseModel, arbitrary_types_allowed=True):
        thing: Anything
        rest: Any

    changed = output_schema(Holder).described({"Holder.thing": "What it is.", "Holder.rest": "The rest."})
    assert changed.wrapped_schema["properties"]["rest"] == {"description": "The rest."}
    assert changed.wrapped_schema["properties"]["thing"]["properties"] == {"x": True}


def test_a_schema_may_say_that_anything_goes():
    schema = {"type": "object", "x-class": "a.B", "properties": {"x": True}}
    assert redescribed(schema, {("a.B", "x"): "It."})["properties"] == {"x": {"description": "It."}}
    assert redescribed(schema, {("a.B", "x"): ""})["properties"] == {"x": {}}
