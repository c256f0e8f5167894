"""The model that answers any question with a value of the right form."""

from datetime import date
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field, TypeAdapter

from llm_strategy import ChatChain
from llm_strategy.schema.fenced import PythonCode
from llm_strategy.testing import SchemaModel
from llm_strategy.testing.schema_model import instance_of


class Colour(Enum):
    RED = "red"


class Node(BaseModel):
    name: str
    children: list["Node"]
    first: "Node | None"
    last: "None | Node"  # noqa: RUF036 (the order is the point)


KINDS = [
    int,
    str,
    bool,
    None,
    float,
    date,
    Colour,
    Literal[3],
    list[int],
    tuple[int, ...],
    dict[str, int],
    int | str,
    Node,
    Annotated[int, Field(ge=5)],
    Annotated[list[str], Field(min_length=3)],
]


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("method", ["json_schema", "tool"])
def test_a_value_of_every_type_can_be_asked_for(kind, method):
    value, _ = ChatChain(SchemaModel()).structured_query("What?", kind, method=method)

    TypeAdapter(kind).validate_python(value)


@pytest.mark.parametrize("kind", [*KINDS, tuple[int, str]], ids=str)
def test_an_instance_fits_its_schema(kind):
    schema = TypeAdapter(kind).json_schema()

    Draft202012Validator(schema).validate(instance_of(schema, schema.get("$defs", {})))


def test_what_is_not_asked_for_by_a_schema_is_a_fenced_text():
    assert ChatChain(SchemaModel()).structured_query("What?", PythonCode)[0] == "text"


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        pytest.param({}, "text", id="anything"),
        pytest.param({"type": ["integer", "null"]}, 1, id="the first of several types"),
        pytest.param({"type": "string", "format": "date"}, "2026-01-31", id="a format"),
        pytest.param({"type": "string", "format": "unheard-of"}, "text", id="an unknown format"),
        pytest.param({"type": "array"}, [], id="a list of anything"),
        pytest.param({"prefixItems": [{"type": "integer"}], "type": "array"}, [1], id="a tuple"),
        pytest.param({"enum": ["a", "b"]}, "a", id="a choice"),
        pytest.param({"const": 3}, 3, id="a constant"),
        pytest.param({"allOf": [{"type": "integer"}]}, 1, id="all of one"),
    ],
)
def test_an_instance_is_small(schema: dict[str, Any], value: Any):
    assert instance_of(schema, {}) == value


def test_a_schema_model_tells_its_kind():
    assert SchemaModel()._llm_type == "schema"
