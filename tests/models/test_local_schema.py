import json
from enum import Enum
from typing import Literal

import pytest
from pydantic import BaseModel, Field

from llm_strategy.errors import UnsupportedError
from llm_strategy.models.local_schema import grammar_schema

BOUNDS = {"minimum": -(10**15), "maximum": 10**15}


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Node(BaseModel):
    """A node."""

    value: int = Field(description="any", ge=0)
    children: list["Node"] = []


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        pytest.param({}, {}, id="anything"),
        pytest.param({"title": "X", "default": 1}, {}, id="annotations-only"),
        pytest.param({"type": "string", "title": "X"}, {"type": "string"}, id="string"),
        pytest.param({"minLength": 2}, {"type": "string", "minLength": 2}, id="implied-type"),
        pytest.param({"type": "string", "pattern": r"^\d+$"}, {"type": "string", "pattern": r"^\d+$"}, id="pattern"),
        pytest.param({"type": "string", "pattern": "^(?=a)"}, {"type": "string"}, id="lookahead-dropped"),
        pytest.param({"type": "string", "pattern": r"(a)\1"}, {"type": "string"}, id="back-reference-dropped"),
        pytest.param({"type": "string", "pattern": "(a"}, {"type": "string"}, id="broken-pattern-dropped"),
        pytest.param(
            {"type": "string", "format": "date", "maxLength": 3}, {"type": "string", "format": "date"}, id="format"
        ),
        pytest.param({"type": "string", "format": "uri"}, {"type": "string"}, id="unknown-format-dropped"),
        pytest.param({"type": "integer"}, {"type": "integer", **BOUNDS}, id="integer"),
        pytest.param(
            {"type": "integer", "minimum": 10**16},
            {"type": "integer", "minimum": 10**16, "maximum": 10**16 + 10**15},
            id="integer-beyond-the-limit",
        ),
        pytest.param(
            {"type": "number", "exclusiveMinimum": 0},
            {"type": "number", "exclusiveMinimum": 0, "maximum": 10**15, "multipleOf": 1e-9},
            id="number",
        ),
        pytest.param(
            {"type": ["integer", "null"]},
            {"anyOf": [{"type": "integer", **BOUNDS}, {"type": "null"}]},
            id="list-of-types",
        ),
        pytest.param({"type": "array", "minItems": 9}, {"type": "array", "minItems": 9, "maxItems": 9}, id="list"),
        pytest.param(
            {"type": "array", "uniqueItems": True, "items": {"type": "boolean"}, "maxItems": 2},
            {"type": "array", "items": {"type": "boolean"}, "maxItems": 2},
            id="unique-dropped",
        ),
        pytest.param(
            {"type": "array", "prefixItems": [{"const": 1}], "items": False, "maxItems": 1},
            {"type": "array", "prefixItems": [{"const": 1}], "items": False, "maxItems": 1},
            id="tuple",
        ),
        pytest.param(
            {"type": "object", "properties": {"a": {"const": 1}}, "required": ["a"]},
            {
                "type": "object",
                "properties": {"a": {"const": 1}},
                "required": ["a"],
                "additionalProperties": False,
            },
            id="object-is-closed",
        ),
        pytest.param({"type": "object"}, {"type": "object", "additionalProperties": True}, id="dictionary"),
        pytest.param(
            {"type": "object", "properties": {}}, {"type": "object", "additionalProperties": False}, id="empty-model"
        ),
        pytest.param(
            {"patternProperties": {"^a": {"const": 1}}},
            {"type": "object", "patternProperties": {"^a": {"const": 1}}, "additionalProperties": False},
            id="pattern-properties",
        ),
        pytest.param({"enum": ["a"], "type": "string"}, {"enum": ["a"]}, id="enum"),
        pytest.param(
            {"oneOf": [{"const": 1}, {"const": 2}], "discriminator": {"propertyName": "k"}},
            {"anyOf": [{"const": 1}, {"const": 2}]},
            id="one-of",
        ),
        pytest.param(
            {"allOf": [{"$ref": "#/$defs/X"}], "description": "d", "$defs": {"X": {"const": 1}}},
            {"$ref": "#/$defs/d0", "$defs": {"d0": {"const": 1}}},
            id="all-of-one",
        ),
        pytest.param(
            {"allOf": [{"properties": {"a": True}, "required": ["a"]}, {"properties": {"b": {}}, "required": ["b"]}]},
            {
                "type": "object",
                "properties": {"a": {}, "b": {}},
                "required": ["a", "b"],
                "additionalProperties": False,
            },
            id="all-of-merged",
        ),
    ],
)
def test_a_schema_becomes_what_the_grammar_enforces(schema, expected) -> None:
    assert grammar_schema(schema, max_items=5) == expected


def test_recursive_models_keep_their_recursion() -> None:
    rewritten = grammar_schema(Node.model_json_schema(), max_items=4)
    (name,) = rewritten["$defs"]
    assert rewritten["$ref"] == f"#/$defs/{name}"
    assert rewritten["$defs"][name]["properties"]["children"] == {
        "type": "array",
        "maxItems": 4,
        "items": {"$ref": f"#/$defs/{name}"},
    }


def test_a_reference_to_the_root_works() -> None:
    rewritten = grammar_schema({"properties": {"next": {"$ref": "#"}}})
    assert rewritten["$defs"]["d0"]["properties"]["next"] == {"$ref": "#/$defs/d0"}


def test_a_reference_with_escapes_works() -> None:
    rewritten = grammar_schema({"$ref": "#/$defs/a~1b%20c", "$defs": {"a/b c": {"const": 1}}})
    assert rewritten["$defs"] == {"d0": {"const": 1}}


@pytest.mark.parametrize("keys", [Colour, Literal["red", "blue"]], ids=["enum", "literal"])
def test_dictionaries_with_enumerated_keys_take_these_keys_only(keys) -> None:
    class Prices(BaseModel):
        of: dict[keys, bool]

    rewritten = grammar_schema(Prices.model_json_schema())["properties"]["of"]
    assert set(rewritten["properties"]) == {"red", "blue"}
    assert rewritten["additionalProperties"] is False


def test_alternatives_keep_what_stands_beside_them() -> None:
    schema = {"type": "object", "properties": {"a": {"const": 1}}, "anyOf": [{"required": ["a"]}, {"required": []}]}
    first, second = grammar_schema(schema)["anyOf"]
    assert first["required"] == ["a"]
    assert second["properties"] == {"a": {"const": 1}}


def test_lists_stay_open_without_a_limit() -> None:
    assert grammar_schema({"type": "array"}, max_items=None) == {"type": "array"}


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        pytest.param({"properties": {"x": {"enum": []}}}, r"'#/properties/x' has an empty `enum`", id="empty-enum"),
        pytest.param({"items": {"type": "float"}}, r"'#/items' has the unknown type 'float'", id="type"),
        pytest.param({"$ref": "#/$defs/Z"}, r"refers to '#/\$defs/Z', which does not exist", id="missing"),
        pytest.param({"$ref": "https://x.invalid/a"}, "only local references", id="remote"),
        pytest.param({"items": None}, "'#/items' is None: no value fits", id="none"),
    ],
)
def test_what_cannot_be_enforced_at_all_is_an_error_with_its_place(schema, message) -> None:
    with pytest.raises(UnsupportedError, match=message):
        grammar_schema(schema)


def test_the_schema_given_is_left_as_it_was() -> None:
    schema = Node.model_json_schema()
    before = json.dumps(schema)
    grammar_schema(schema)
    assert json.dumps(schema) == before
