import pytest

from llm_strategy.schema.shapes import drop_absent, fit_pairs

CAT = {"type": "object", "properties": {"kind": {"const": "cat"}, "age": {"type": "integer"}}, "required": ["kind"]}
DOG = {"type": "object", "properties": {"kind": {"const": "dog"}, "age": {"type": ["integer", "null"]}}}
LIST = {"type": "array", "items": {"$ref": "#/$defs/Pet"}}
SCHEMA = {**LIST, "$defs": {"Pet": {"oneOf": [CAT, DOG, {"type": "boolean"}]}}}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ([{"kind": "cat", "age": None}], [{"kind": "cat"}]),
        ([{"kind": "dog", "age": None}], [{"kind": "dog", "age": None}]),
        ([{"kind": None}], [{"kind": None}]),
        ([True, 1, "x"], [True, 1, "x"]),
        ("text", "text"),
    ],
    ids=["not nullable", "nullable", "wrong tag", "scalars", "text"],
)
def test_null_is_absent_only_where_it_may_be_absent_and_not_null(data, expected):
    assert drop_absent(data, SCHEMA) == expected


def test_nothing_is_dropped_where_the_schema_is_silent():
    assert drop_absent({"a": {"b": None}}, {"type": "object", "properties": {"a": True}}) == {"a": {"b": None}}
    assert drop_absent([[None]], {"type": "array", "prefixItems": [{"type": "array"}]}) == [[None]]


PAIRS = [{"key": True, "value": 1}]


@pytest.mark.parametrize(
    ("data", "schema", "expected"),
    [
        (PAIRS, {"type": "object"}, {"true": 1}),
        (PAIRS, {"type": "array"}, PAIRS),
        (PAIRS, {"anyOf": [{"type": "null"}, {"type": "object"}]}, {"true": 1}),
        ({"a": 1}, {"type": "array"}, [{"key": "a", "value": 1}]),
        ([1], {"type": "string", "contentMediaType": "application/json"}, "[1]"),
        ({"a": [1]}, {"type": "string", "contentMediaType": "application/json"}, '{"a": [1]}'),
        ([1], {"type": "object"}, [1]),
    ],
    ids=["object", "list", "union", "to pairs", "json list", "json object", "neither"],
)
def test_dictionaries_take_the_form_of_the_schema(data, schema, expected):
    assert fit_pairs(data, schema) == expected
