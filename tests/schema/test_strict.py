import datetime as dt
import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import NotRequired, TypedDict

from benchmarks.type_table import TABLE
from llm_strategy.schema import StrictSchemaImpossible, output_schema, strict_schema

ALLOWED = {
    *("type", "properties", "required", "additionalProperties", "items", "anyOf", "enum", "const", "$ref", "$defs"),
    *("description", "pattern", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("multipleOf", "minItems", "maxItems"),
}


class Inner(BaseModel):
    """Something inside."""

    x: int


class Outer(BaseModel):
    inner: Inner = Field(description="what is inside")
    inner2: Inner
    text: str = Field("a", min_length=1, max_length=9)
    nothing: str | None = None
    tags: set[str]
    day: dt.date
    price: Decimal
    look: Annotated[str, Field(pattern="^(?:a|b)$")] = "a"


@dataclass
class Lists:
    items: list[int] = field(default_factory=list)
    below: list["Lists"] = field(default_factory=list)


def nodes(node):
    if isinstance(node, dict):
        yield node
        for name, part in node.items():
            if name in {"properties", "$defs"}:
                for each in part.values():
                    yield from nodes(each)
            elif name in {"items", "anyOf"}:
                yield from nodes(part)
    elif isinstance(node, list):
        for part in node:
            yield from nodes(part)


strict_cases = [case for case in TABLE if output_schema(case.annotation).strict_schema() is not None]


@pytest.mark.parametrize("case", strict_cases, ids=lambda case: case.name)
def test_every_strict_schema_keeps_to_the_rules(case):
    schema = output_schema(case.annotation).strict_schema()
    Draft202012Validator.check_schema(schema)
    assert schema["type"] == "object"
    assert "anyOf" not in schema
    for node in nodes(schema):
        assert set(node) <= ALLOWED
        assert "$ref" not in node or set(node) == {"$ref"}
        assert {"type", "$ref", "anyOf"} & set(node)
        if node.get("type") == "object":
            assert node["additionalProperties"] is False
            assert node["required"] == list(node["properties"])


def test_most_types_have_a_strict_form():
    assert len(strict_cases) > 0.75 * len(TABLE)


def test_a_default_is_said_and_the_field_required():
    schema = output_schema(Outer).strict_schema()
    assert schema["required"] == list(Outer.model_fields)
    assert schema["properties"]["text"] == {
        "type": "string",
        "description": 'at least 1 characters; at most 9 characters; default: "a"',
    }
    assert schema["properties"]["nothing"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}


def test_what_cannot_be_expressed_is_said():
    properties = output_schema(Outer).strict_schema()["properties"]
    assert properties["tags"]["description"] == "no duplicates"
    assert properties["day"] == {"type": "string", "format": "date"}
    assert "pattern" not in properties["look"]


def test_a_reference_with_a_description_is_replaced_by_its_target():
    schema = output_schema(Outer).strict_schema()
    assert schema["properties"]["inner2"] == {"$ref": "#/$defs/Inner"}
    assert schema["properties"]["inner"]["description"] == "what is inside"
    assert schema["properties"]["inner"]["properties"] == {"x": {"type": "integer"}}


def test_a_field_with_a_default_factory_may_be_null_and_comes_back_as_the_default():
    output = output_schema(Lists)
    reply = {"items": None, "below": [{"items": [1], "below": None}]}
    Draft202012Validator(output.strict_schema()).validate(reply)
    assert output.read(reply) == Lists(below=[Lists(items=[1])])


def test_a_described_reference_to_itself_keeps_both():
    class Link(BaseModel):
        after: "Link" = Field(None, description="the next one")

    strict = output_schema(Link).strict_schema()
    after = {"anyOf": [{"$ref": "#/$defs/Link"}], "description": "the next one"}
    assert strict["properties"]["after"] == after  # a reference may have no siblings


def test_a_tuple_is_an_array_of_its_elements():
    schema = output_schema(tuple[int, str, int]).strict_schema()["properties"]["return_value"]
    assert schema == {
        "type": "array",
        "items": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
        "minItems": 3,
        "maxItems": 3,
    }


class Maybe(TypedDict):
    nick: NotRequired[str | None]


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    x: int


@pytest.mark.parametrize(
    ("annotation", "reason"),
    [
        (dict[str, int], "'return_value' of the root is an object with free keys"),
        (Any, "'return_value' of the root may be any JSON"),
        (list, "an item of 'return_value' of the root may be any JSON"),
        (Open, "the root is an object with free keys"),
        (Maybe, "'nick' of the root may be absent as well as null"),
    ],
    ids=str,
)
def test_what_has_no_strict_form_says_where_and_why(annotation, reason):
    strict = output_schema(annotation).strict
    assert isinstance(strict, StrictSchemaImpossible)
    assert strict.reason == reason


def test_a_root_that_is_no_object_is_impossible():
    assert strict_schema({"type": "array", "items": {}}) == StrictSchemaImpossible("the root is no object")


def wrapped(schema, **definitions):
    made = {"type": "object", "properties": {"v": schema}, "required": ["v"]}
    return made | ({"$defs": definitions} if definitions else {})


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"oneOf": [{"type": "integer"}], "discriminator": {}}, {"anyOf": [{"type": "integer"}]}),
        ({"allOf": [{"type": "integer"}], "description": "n"}, {"type": "integer", "description": "n"}),
        ({"enum": ["a", 1, None]}, {"enum": ["a", 1, None], "type": ["integer", "null", "string"]}),
        ({"const": True}, {"const": True, "type": "boolean"}),
        (
            {"type": "array", "prefixItems": [{"type": "integer"}], "items": {"type": "string"}},
            {"type": "array", "items": {"anyOf": [{"type": "integer"}, {"type": "string"}]}},
        ),
        ({"type": "string", "format": "uri"}, {"type": "string", "description": "format: uri"}),
    ],
    ids=["oneOf", "allOf", "mixed enum", "const", "prefix and rest", "format"],
)
def test_other_spellings_are_rewritten(schema, expected):
    assert strict_schema(wrapped(schema))["properties"]["v"] == expected


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"allOf": [{"type": "integer"}, {"minimum": 1}]}, "several schemas at once"),
        ({"enum": [[1]]}, "has no type"),
        ({"minimum": 1}, "has no type"),
        (True, "may be any JSON"),
    ],
    ids=["allOf", "enum of arrays", "no type", "true"],
)
def test_other_schemas_are_impossible(schema, reason):
    assert reason in strict_schema(wrapped(schema)).reason


def nested(levels):
    schema = {"type": "integer"}
    for _ in range(levels):
        schema = wrapped(schema)
    return schema


def test_ten_levels_are_allowed_and_eleven_are_not():
    assert isinstance(strict_schema(nested(10)), dict)
    assert strict_schema(nested(11)).reason == "11 levels of nesting, 10 at most"


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        (
            {"type": "object", "properties": {f"p{n}": {"type": "string", "default": ""} for n in range(5001)}},
            "5001 pr",
        ),
        (wrapped({"type": "string", "enum": [str(n) for n in range(1001)]}), "1001 enum values"),
        (wrapped({"type": "string", "enum": [f"{n:070}" for n in range(251)]}), "17570 characters in an enum"),
        (wrapped({"type": "string", "const": "x" * 120_001}), "characters of names and values"),
    ],
    ids=["properties", "enum values", "long enum", "text"],
)
def test_schemas_beyond_the_limits_are_impossible(schema, reason):
    assert reason in strict_schema(schema).reason


def test_the_schema_that_is_given_is_not_changed():
    schema = output_schema(Outer).wrapped_schema
    before = json.dumps(schema)
    strict_schema(schema)
    assert json.dumps(schema) == before


def test_literals_keep_their_type():
    schema = output_schema(Literal["a", "b"]).strict_schema()["properties"]["return_value"]
    assert schema == {"enum": ["a", "b"], "type": "string"}
