"""Fitting plain data to a schema."""

from typing import Any

import pytest

from llm_strategy.errors import OversizedReplyError
from llm_strategy.parsing.coerce import Coercion
from llm_strategy.parsing.fit import Fit
from llm_strategy.parsing.json_schema import SchemaRoot
from llm_strategy.parsing.limits import Budget

NAME = {
    "type": "object",
    "properties": {"first_name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["first_name", "age"],
}
CAT = {
    "type": "object",
    "properties": {"kind": {"const": "cat"}, "lives": {"type": "integer"}},
    "required": ["kind", "lives"],
}
DOG = {
    "type": "object",
    "properties": {"kind": {"const": "dog"}, "bark": {"type": "string"}},
    "required": ["kind", "bark"],
}


def fit(value: Any, schema: Any, **options: Any) -> Fit:
    return Coercion(SchemaRoot(schema), Budget(1000), **options).fit(value, schema)


@pytest.mark.parametrize(
    ("value", "schema", "expected", "repair"),
    [
        pytest.param("42", {"type": "integer"}, 42, "text read as a number", id="text-for-integer"),
        pytest.param("4.0", {"type": "integer"}, 4, "text read as a number", id="whole-float-text"),
        pytest.param("50%", {"type": "number", "maximum": 1}, 0.5, "text read as a number", id="percent-of-a-share"),
        pytest.param("50%", {"type": "number"}, 50, "text read as a number", id="percent"),
        pytest.param("yes", {"type": "boolean"}, True, "word read as a truth value", id="yes"),
        pytest.param(0, {"type": "boolean"}, False, "number read as a truth value", id="zero"),
        pytest.param(7, {"type": "string"}, "7", "number read as text", id="number-for-text"),
        pytest.param(True, {"type": "string"}, "true", "number read as text", id="truth-value-for-text"),
        pytest.param("N/A", {"type": ["integer", "null"]}, None, "word read as null", id="null-word"),
        pytest.param("", {"type": ["integer", "null"]}, None, "word read as null", id="empty-for-null"),
        pytest.param(["x"], {"type": "string"}, "x", "list of one read as its item", id="list-of-one"),
        pytest.param(["red"], {"enum": ["red", "blue"]}, "red", "list of one read as its item", id="list-of-one-choice"),
        pytest.param("Red!", {"enum": ["red", "blue"]}, "red", "choice by another spelling", id="choice-spelling"),
        pytest.param("2.0", {"enum": [1, 2]}, 2, "choice by another spelling", id="choice-by-number"),
        pytest.param("one", {"enum": [1, 2], "x-aliases": {"1": ["one", "first"]}}, 1, "choice by another spelling", id="choice-alias"),
        pytest.param(5, {"type": "array", "items": {"type": "integer"}}, [5], "single value read as a list", id="single-value"),
        pytest.param("[1, '2']", {"type": "array", "items": {"type": "integer"}}, [1, 2], "list written as text", id="list-as-text"),
        pytest.param({"items": [1]}, {"type": "array", "items": {"type": "integer"}}, [1], "wrapped list", id="wrapped-list"),
        pytest.param("{first_name: A, age: 1}", NAME, {"first_name": "A", "age": 1}, "object written as text", id="object-as-text"),
        pytest.param([{"first_name": "A", "age": 1}], NAME, {"first_name": "A", "age": 1}, "list of one read as its item", id="list-of-one-object"),
        pytest.param({"First Name": "A", "AGE": 1}, NAME, {"first_name": "A", "age": 1}, "key by another spelling", id="keys"),
        pytest.param(3, {"properties": {"n": {"type": "integer"}}, "required": ["n"]}, {"n": 3}, "value read as the only field", id="only-field"),
        pytest.param({"person": {"first_name": "A", "age": 1}}, NAME, {"first_name": "A", "age": 1}, "unasked envelope", id="envelope-inside"),
        pytest.param({"values": {"a": 1}}, {"properties": {"a": {}}, "additionalProperties": False}, {"a": 1}, "unasked envelope", id="envelope-where-nothing-is-required"),
        pytest.param({"a": None}, {"properties": {"a": {"type": "string"}}}, {}, "null left out", id="null-for-optional"),
        pytest.param({"a": 1}, {"properties": {"a": {}, "b": {"default": 2}}, "required": ["a", "b"]}, {"a": 1, "b": 2}, "missing field given its default", id="default"),
        pytest.param({"a": 1}, {"properties": {"a": {}, "b": {"anyOf": [{"type": "null"}, {"type": "string"}]}}, "required": ["b"]}, {"a": 1, "b": None}, "missing field read as null", id="missing-nullable"),
        pytest.param({"a": 1, "z": 2}, {"properties": {"a": {}}, "additionalProperties": False}, {"a": 1}, "unknown field left out", id="unknown-field"),
    ],
)  # fmt: skip
def test_one_departure_is_mended_named_and_costs(value: Any, schema: Any, expected: Any, repair: str) -> None:
    result = fit(value, schema)

    assert result.problems == []
    assert result.value == expected
    assert type(result.value) is type(expected)
    assert repair in result.repairs
    assert result.cost > 0
    assert fit(value, schema, lenient=False).problems


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"error": {"first_name": "A", "age": 1}}, id="failure"),
        pytest.param({"person": {"title": "A"}}, id="no-field-inside"),
        pytest.param({"one": {"first_name": "A", "age": 1}, "two": {}}, id="two-keys"),
        pytest.param({"outer": {"inner": {"first_name": "A", "age": 1}}}, id="two-envelopes"),
    ],
)
def test_an_object_without_fields_is_opened_only_where_they_stand_under_its_one_key(value: Any) -> None:
    (problem,) = fit(value, NAME).problems

    assert "none of the fields is there. Use these: first_name, age" in problem


def test_what_may_hold_any_key_is_not_opened() -> None:
    schema = {"properties": {"a": {}, "b": {}}, "additionalProperties": True}

    assert fit({"values": {"a": 1}}, schema).value == {"values": {"a": 1}}


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        pytest.param({"first_name": "A", "age": 1}, NAME, id="object"),
        pytest.param(2.0, {"type": "integer"}, id="whole-float"),
        pytest.param(2, {"type": "number"}, id="integer-for-number"),
        pytest.param(None, {"type": "string", "nullable": True}, id="nullable"),
        pytest.param(
            [1, "x", True],
            {"prefixItems": [{"type": "integer"}, {"type": "string"}], "items": {"type": "boolean"}},
            id="tuple",
        ),
        pytest.param([1, "x"], {"items": [{"type": "integer"}, {"type": "string"}]}, id="tuple-of-older-drafts"),
        pytest.param(
            {"x1": 2, "y": "z"}, {"type": "object", "patternProperties": {"^x": {"type": "integer"}}}, id="pattern"
        ),
        pytest.param(
            {"a": 1},
            {"type": "object", "additionalProperties": {"type": "integer"}, "propertyNames": {"pattern": "^a"}},
            id="map",
        ),
        pytest.param("x", {"not": {"type": "integer"}}, id="not"),
        pytest.param("anything", {}, id="no-schema"),
        pytest.param("anything", True, id="true"),
        pytest.param("1.5", {"type": "string", "format": "decimal"}, id="decimal-text"),
        pytest.param(1.5, {"type": "string", "format": "decimal"}, id="decimal-number"),
        pytest.param({"kind": "dog", "bark": "w"}, {"oneOf": [CAT, DOG]}, id="union"),
        pytest.param(
            {"a": 1, "b": 2},
            {"properties": {"a": {}}, "required": ["a"], "anyOf": [{"required": ["b"]}, {"required": ["c"]}]},
            id="union-beside-fields",
        ),
    ],
)
def test_what_fits_comes_back_unchanged_and_free(value: Any, schema: Any) -> None:
    for lenient in (True, False):
        result = fit(value, schema, lenient=lenient)
        assert (result.value, result.problems, result.repairs) == (value, [], {})


@pytest.mark.parametrize(
    ("value", "schema", "problem"),
    [
        pytest.param("x", {"type": "integer"}, 'must be a whole number, got "x"', id="word-for-integer"),
        pytest.param(1.5, {"type": "integer"}, "must be a whole number, got 1.5", id="fraction"),
        pytest.param(True, {"type": "integer"}, "must be a whole number, got true", id="truth-value-for-integer"),
        pytest.param("maybe", {"type": "boolean"}, 'must be true or false, got "maybe"', id="maybe"),
        pytest.param(None, {"type": "array"}, "must be a list, got null", id="null-for-list"),
        pytest.param(None, {"type": "object"}, "must be an object, got null", id="null-for-object"),
        pytest.param("x", {"type": "object"}, 'must be an object, got "x"', id="text-for-object"),
        pytest.param({"a": 1}, {"type": "string"}, 'must be a text, got {"a": 1}', id="object-for-text"),
        pytest.param("many", {"type": "string", "format": "decimal"}, 'must be a number, got "many"', id="decimal"),
        pytest.param("green", {"enum": ["red", "blue"]}, 'must be one of "red", "blue", got "green"', id="choice"),
        pytest.param(None, {"const": "x"}, 'must be "x", got null', id="const"),
        pytest.param(True, {"enum": ["true", 1]}, 'must be one of "true", 1, got true', id="truth-value-for-choice"),
        pytest.param("abc", {"type": "string", "maxLength": 2}, 'at most 2 characters are allowed, found 3, got "abc"', id="length"),
        pytest.param("abc", {"type": "string", "pattern": "^b"}, "the text must match the pattern '^b', got \"abc\"", id="pattern"),
        pytest.param(3, {"type": "integer", "minimum": 4}, "the number must be at least 4, got 3", id="minimum"),
        pytest.param(3, {"multipleOf": 2}, "the number must be a multiple of 2, got 3", id="multiple"),
        pytest.param([1], {"type": "array", "minItems": 2}, "at least 2 items are needed, found 1, got [1]", id="items"),
        pytest.param([1, 1], {"type": "array", "uniqueItems": True}, "the items must differ from each other, got [1, 1]", id="unique"),
        pytest.param([1], {"prefixItems": [{}, {}]}, "2 items are needed, found 1", id="short-tuple"),
        pytest.param({}, {"type": "object", "minProperties": 1}, "at least 1 properties are needed, found 0, got {}", id="properties"),
        pytest.param(1, {"not": {"type": "integer"}}, "this value is excluded, got 1", id="not"),
        pytest.param(1, False, "nothing is allowed here, got 1", id="false"),
        pytest.param({}, {"anyOf": []}, "nothing is allowed here, got {}", id="empty-union"),
        pytest.param({"age": 1}, NAME, "`first_name`: this field is missing. Add it", id="missing"),
        pytest.param({"x": 1}, {"type": "object", "required": ["y"]}, "`y`: this field is missing. Add it", id="missing-unnamed"),
        pytest.param({"x": 1}, NAME, "none of the fields is there. Use these: first_name, age", id="no-field"),
        pytest.param({"b": 1}, {"type": "object", "propertyNames": {"pattern": "^a"}}, "`b`: the text must match the pattern '^a', got \"b\"", id="name"),
        pytest.param({"kind": "cow"}, {"anyOf": [CAT, DOG]}, '`kind`: must be one of "cat", "dog", got "cow"', id="tag"),
        pytest.param({"kind": "cat"}, {"anyOf": [CAT, DOG]}, "`lives`: this field is missing. Add it", id="tag-known"),
        pytest.param(None, {"anyOf": [{"type": "integer"}, {"type": "boolean"}]}, "must be a whole number or must be true or false, got null", id="union"),
        pytest.param({"a": [{"b": "x"}]}, {"properties": {"a": {"items": {"properties": {"b": {"type": "integer"}}}}}}, '`a.0.b`: must be a whole number, got "x"', id="path"),
    ],
)  # fmt: skip
def test_what_cannot_be_mended_is_said_with_its_path(value: Any, schema: Any, problem: str) -> None:
    assert fit(value, schema).problems == [problem]


def test_the_alternative_that_needs_least_mending_is_taken() -> None:
    schema = {"anyOf": [{"type": "string"}, {"type": "integer"}]}
    assert fit(3, schema).value == 3
    loose = {"properties": {"a": {}, "b": {}}, "required": ["a"], "additionalProperties": False}
    closed = {"properties": {"a": {}, "c": {}}, "required": ["a"], "additionalProperties": False}
    assert fit({"a": 1, "c": 2}, {"anyOf": [loose, closed]}).value == {"a": 1, "c": 2}


def test_a_growing_value_has_placeholders_for_what_is_still_to_come() -> None:
    schema = {
        "properties": {
            "n": {"type": "integer"},
            "l": {"type": "array"},
            "m": {"type": "object"},
            "o": {"type": "string"},
        },
        "required": ["n", "l", "m"],
    }
    assert fit({}, schema, partial=True).value == {"n": None, "l": [], "m": {}, "o": None}
    assert fit({}, schema, partial=True, placeholders=False).value == {"n": None, "l": [], "m": {}}
    assert fit([1], {"type": "array", "minItems": 3}, partial=True).problems == []


def test_unknown_fields_are_problems_when_nothing_is_mended() -> None:
    schema = {"properties": {"a": {}}, "additionalProperties": False}
    assert fit({"z": 1}, schema, lenient=False).problems == ["`z`: this field is unknown. Leave it out"]


def test_a_number_in_a_sentence_counts_in_prose_only() -> None:
    assert fit("It is 4.", {"type": "integer"}, prose=True).value == 4
    assert fit("It is 4.", {"type": "integer"}).problems
    assert fit("due 2024-05-01!", {"type": "string", "format": "date"}, prose=True).value == "2024-05-01"


def test_a_schema_that_contains_itself_is_followed_as_deep_as_the_value() -> None:
    tree = {
        "$ref": "#/$defs/T",
        "$defs": {
            "T": {"properties": {"v": {"type": "integer"}, "kids": {"items": {"$ref": "#/$defs/T"}}}, "required": ["v"]}
        },
    }
    assert fit({"v": "1", "kids": [{"v": 2}]}, tree).value == {"v": 1, "kids": [{"v": 2}]}


def test_a_union_that_contains_itself_ends_in_a_typed_error() -> None:
    loop = {"$ref": "#/$defs/L", "$defs": {"L": {"anyOf": [{"$ref": "#/$defs/L"}, {"type": "integer"}]}}}
    with pytest.raises(OversizedReplyError):
        fit("x", loop)
