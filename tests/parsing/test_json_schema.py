"""References, merged schemas and rules."""

import pytest

from llm_strategy.errors import DefinitionError
from llm_strategy.parsing import ReplyReader
from llm_strategy.parsing.json_schema import SchemaRoot, broken_rule


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"$ref": "#/$defs/None", "$defs": {}}, "points to nothing"),
        ({"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}}}, "circle"),
        ({"$ref": 3}, "no pointer"),
        ({"$ref": "http://example.org/x"}, "no pointer"),
    ],
)
def test_a_reference_that_leads_nowhere_is_an_error_of_the_definition(schema: dict, words: str) -> None:
    with pytest.raises(DefinitionError, match=words):
        ReplyReader.of(schema)


def test_references_may_point_anywhere_and_have_neighbours() -> None:
    root = SchemaRoot({"$defs": {"a/b": {"type": "integer"}, "yes": True}})
    assert root.resolve({"$ref": "#/$defs/a~1b", "title": "T"}) == {"type": "integer", "title": "T"}
    assert root.resolve({"$ref": "#/$defs/yes", "title": "T"}) is True
    assert root.resolve(False) is False


def test_all_of_is_one_schema() -> None:
    parts = [
        {"properties": {"a": {"type": "integer"}}, "required": ["a"], "minimum": 1, "maximum": 9},
        {"properties": {"b": {}}, "required": ["b"], "minimum": 2, "maximum": 8},
        True,
    ]
    merged = SchemaRoot({}).resolve({"allOf": parts, "title": "T"})
    assert merged == {
        "title": "T", "properties": {"a": {"type": "integer"}, "b": {}}, "required": ["b", "a"], "minimum": 2, "maximum": 8,
    }  # fmt: skip
    assert SchemaRoot({}).resolve({"allOf": [{"type": "string"}, False]}) is False


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        ("ab", {"minLength": 2, "pattern": "b$"}), (2, {"exclusiveMinimum": 1, "exclusiveMaximum": 3}), (0.3, {"multipleOf": 0.1}),
        ([1, 2], {"uniqueItems": True, "maxItems": 2}), ({"a": 1}, {"maxProperties": 1}), (None, {"minimum": 3}), (True, {"minimum": 3}),
    ],
)  # fmt: skip
def test_kept_rules_say_nothing(value: object, schema: dict) -> None:
    assert broken_rule(value, schema) is None
