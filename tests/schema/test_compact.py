import datetime as dt
import enum
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, Json

from benchmarks.type_table import TABLE
from llm_strategy.schema import compact_schema, output_schema


class Address(BaseModel):
    city: str


class Person(BaseModel):
    """A user of
    the shop."""

    name: str = Field(description="full\n  name")
    age: int = Field(ge=0)
    role: Literal["admin", "user"] = "user"
    emails: list[str] = Field(min_length=1, max_length=3)
    home: Address | None = None
    work: Address | None = None
    friends: list["Person"] = []


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Country(enum.Enum):
    UNITED_KINGDOM = "united kingdom"
    UNITED_STATES = "united states"
    NEW_ZEALAND = "new zealand"
    SOUTH_AFRICA = "south africa"
    SAUDI_ARABIA = "saudi arabia"
    COSTA_RICA = "costa rica"
    SRI_LANKA = "sri lanka"


class Odd(BaseModel):
    model_config = ConfigDict(extra="allow")
    a_b: int = Field(alias="a b")
    typ: str = Field("x", alias="type")


@dataclass
class Task:
    level: Level
    days: list[Level] = field(default_factory=list)
    origin: Country | None = None
    goal: Country | None = None


def lines(*each):
    return "\n".join(each)


def test_an_object_is_written_field_by_field():
    assert output_schema(Person).compact == lines(
        "Person {  // A user of the shop.",
        "  name: string  // full name",
        "  age: integer >= 0",
        '  role?: "admin" | "user" = "user"',
        "  emails: [string] 1..3 items",
        "  home?: Address | null",
        "  work?: Address | null",
        "  friends?: [Person]",
        "}",
        "Address {",
        "  city: string",
        "}",
    )


def test_long_shared_choices_are_named_and_short_ones_are_not():
    assert output_schema(Task).compact == lines(
        "Task {",
        "  level: 1 | 2  // 1 = LOW, 2 = HIGH",
        "  days?: [1 | 2]  // 1 = LOW, 2 = HIGH",
        "  origin?: Country | null",
        "  goal?: Country | null",
        "}",
        "Country = " + " | ".join(f'"{country.value}"' for country in Country),
    )


def test_odd_names_are_quoted_and_open_objects_say_so():
    assert output_schema(Odd).compact == 'Odd {\n  "a b": integer\n  type?: string = "x"\n  ...: any\n}'


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (int, "integer"),
        (Any, "any"),
        (None, "null"),
        (str | None, "string | null"),
        (list[list[int]], "[[integer]]"),
        (tuple[int, str], "[integer, string]"),
        (tuple[int], "[integer] 1 item"),
        (tuple[()], "[]"),
        (tuple[int, ...], "[integer]"),
        (set[str], "[string] unique"),
        (dict[str, int], "{string: integer}"),
        (dict[int, str], "{integer: string}"),
        (dict[float, str], "{number: string}"),
        (dict[dt.date, str], "{date: string}"),
        (dict[Literal["a", "b"], int], '{"a" | "b": integer}'),
        (dict[str, int | None], "{string: integer | null}"),
        (dict[Annotated[str, Field(pattern="^a")], int], "{/^a/: integer}"),
        (dict[tuple[int, int], str], "[{key: [integer, integer], value: string}]"),
        (Annotated[dict[str, int], Field(min_length=1)], "{string: integer} >= 1 entries"),
        (dt.datetime, "datetime"),
        (dt.timedelta, "ISO 8601 duration"),
        (Decimal, "number"),
        (bytes, "bytes"),
        (Json[list[int]], "JSON text of [integer]"),
        (Annotated[float, Field(gt=0, lt=1)], "number > 0 and < 1"),
        (Annotated[float, Field(ge=0.5, le=1)], "number 0.5..1"),
        (Annotated[int, Field(multiple_of=5)], "integer multiple of 5"),
        (Annotated[str, Field(min_length=2, max_length=2)], "string 2 chars"),
        (Annotated[str, Field(max_length=9, pattern="^a")], "string <= 9 chars /^a/"),
        (Annotated[list[int], Field(max_length=2)], "[integer] <= 2 items"),
        (Literal["a", 1, True], '"a" | 1 | true'),
        (list[Person | int], "[Person | integer]"),
    ],
    ids=str,
)
def test_the_notation_of_types(annotation, text):
    assert output_schema(annotation).compact.partition("\nPerson {")[0] == f"{{return_value: {text}}}"


def test_examples_of_a_field_are_shown():
    class Named(BaseModel):
        name: str = Field(description="full name", examples=["Ann", "Bob"])

    assert output_schema(Named).compact == 'Named {\n  name: string  // full name, e.g. "Ann", "Bob"\n}'
    assert output_schema(Named).strict_schema()["properties"]["name"]["description"] == 'full name; e.g. "Ann", "Bob"'


def test_the_description_of_a_wrapped_value_stands_behind_it():
    years = Annotated[int, Field(description="in\nyears")]
    assert output_schema(years).compact == "{return_value: integer}  // in years"


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": ["string", "null"]}, "string | null"),
        ({"type": "array", "prefixItems": [{"type": "integer"}], "items": {"type": "string"}}, "[integer, string...]"),
        ({"type": "object", "additionalProperties": False}, "{}"),
        ({"type": "object"}, "{string: any}"),
        ({"oneOf": [{"type": "integer"}, {"type": "integer"}]}, "integer"),
        (
            {"$ref": "#/$defs/A", "$defs": {"A": {"anyOf": [{"type": "array", "items": {"$ref": "#/$defs/A"}}]}}},
            "A\nA = [A]",
        ),
        ({"type": "object", "properties": {"a": {"type": "object", "properties": {"b": True}}}}, "{a?: {b?: any}}"),
    ],
    ids=["types", "prefix and rest", "closed", "free", "same members", "recursive", "inline"],
)
def test_schemas_from_elsewhere(schema, text):
    assert compact_schema(schema) == text


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_a_description_never_breaks_the_lines(case):
    for line in output_schema(case.annotation).compact.split("\n"):
        assert line == line.rstrip()
        assert line.strip()


def test_the_same_schema_gives_the_same_text():
    assert compact_schema(output_schema(Person).json_schema, "Person") == output_schema(Person).compact
