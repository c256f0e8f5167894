"""Definitions that are used once stand where they are used."""

import pytest

from llm_strategy.chat.inlining import bare, inlined

TEXT = {"type": "string"}


def ref(name, **beside):
    return {"$ref": f"#/$defs/{name}", **beside}


def test_a_definition_within_a_definition_is_placed_too():
    schema = {"properties": {"a": ref("A")}, "$defs": {"A": {"items": ref("B")}, "B": TEXT}}

    assert inlined(schema) == {"properties": {"a": {"items": TEXT}}}


def test_what_stands_beside_a_reference_is_kept():
    schema = {"properties": {"a": ref("A", description="The first.")}, "$defs": {"A": TEXT}}

    assert inlined(schema) == {"properties": {"a": {**TEXT, "description": "The first."}}}


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": ref("A"), "b": ref("A")}, "$defs": {"A": TEXT}},
        {"properties": {"a": ref("A")}, "$defs": {"A": {"properties": {"next": ref("A")}}}},
        {"$ref": "#/$defs/A", "$defs": {"A": {"anyOf": [TEXT, ref("A")]}}},
        {"type": "object", "properties": {"$ref": TEXT}},
        {"$defs": {"A": {"a": ref("B")}, "B": {"b": ref("A")}}},
        {"properties": {"a": {"$ref": "#/elsewhere"}}, "$defs": {"A": TEXT}},
    ],
    ids=["used twice", "recursive", "a recursive root", "a property of that name", "a circle", "elsewhere"],
)
def test_others_stay_where_they_are(schema):
    assert inlined(schema) == schema


def test_a_schema_is_shortened_once():
    schema = {"properties": {"a": ref("A")}, "$defs": {"A": TEXT}}

    assert inlined(schema) is inlined(schema)


def test_a_choice_shows_its_type():
    assert bare({"properties": {"size": {"enum": ["S"], "type": "string"}}}) == {
        "properties": {"size": {"enum": ["S"]}}
    }


def test_fields_with_the_names_of_keywords_are_kept():
    schema = {"properties": {"enum": TEXT, "const": TEXT, "type": TEXT, "properties": TEXT}, "type": "object"}

    assert bare(schema) == schema
