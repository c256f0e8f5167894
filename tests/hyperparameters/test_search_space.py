"""Search spaces: the hyperparameters of several functions as one model."""

# ruff: noqa: B008 (mutable and computed defaults are the subject)

from collections.abc import Callable
from enum import Enum
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel, Field

from llm_strategy.errors import HyperparameterError
from llm_strategy.hyperparameters import Hyperparameters, SearchSpace, track_hyperparameters
from llm_strategy.schema import output_schema


class Tone(Enum):
    DRY = "dry"
    WARM = "warm"


class Prompt(BaseModel):
    opening: str = "Please"


@track_hyperparameters
def write(*, _tone: Tone = Tone.DRY, _heat: float = Field(0.5, ge=0, le=2, description="Above 0 for variety.")):
    return _tone, _heat


@track_hyperparameters
def ask(*, _prompt: Prompt = Prompt(), _then: Callable[..., Any] = print):
    return _prompt, _then


class Room:
    @track_hyperparameters
    def write(self, *, _n: int = 1):
        return _n


def test_the_json_of_a_point_is_the_json_of_a_scope():
    Space = Hyperparameters.schema_of(write, ask)
    point = Space()

    assert isinstance(point, SearchSpace)
    assert point.model_dump(mode="json") == {
        write.config_name: {"tone": "dry", "heat": 0.5},
        ask.config_name: {"prompt": {"opening": "Please"}},
    }
    text = Space.model_validate_json(point.model_dump_json()).model_dump_json()
    with Hyperparameters.model_validate_json(text):
        assert write() == (Tone.DRY, 0.5)


def test_a_point_makes_a_scope():
    Space = Hyperparameters.schema_of(write, ask)
    point = Space(write={"heat": 1.5})
    point.ask.prompt.opening = "Kindly"

    scope = Hyperparameters(point)

    with scope:
        assert write() == (Tone.DRY, 1.5)
        assert ask() == (Prompt(opening="Kindly"), print)
    assert scope.model_dump(exclude_unset=True) == {
        write.config_name: {"heat": 1.5},
        ask.config_name: {"prompt": {"opening": "Kindly"}},
    }
    scope[ask].prompt.opening = "Now"
    assert point.ask.prompt.opening == "Kindly"
    assert type(scope[ask]) is ask.config_model_type
    assert Hyperparameters(Space()).model_dump(exclude_unset=True) == {}


def test_the_schema_tells_descriptions_bounds_and_defaults():
    schema = Hyperparameters.schema_of(write, ask).model_json_schema()

    assert list(schema["properties"]) == [write.config_name, ask.config_name]
    heat = schema["$defs"]["WriteHyperparameters"]["properties"]["heat"]
    assert heat["description"] == "Above 0 for variety."
    assert (heat["minimum"], heat["maximum"], heat["default"]) == (0, 2, 0.5)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert list(schema["$defs"]["AskHyperparameters"]["properties"]) == ["prompt"]


def test_a_model_may_write_a_point():
    Space = Hyperparameters.schema_of(write, ask, Room.write)

    output = output_schema(Space)

    assert output.strict_schema() is not None
    assert "Above 0 for variety." in output.compact
    example = output.dump(Space.model_validate({write.config_name: {"heat": 1.5}}))
    assert Hyperparameters(output.read(example))[write].heat == 1.5


def test_values_out_of_bounds_are_refused():
    Space = Hyperparameters.schema_of(write)

    with pytest.raises(ValueError, match="less than or equal to 2"):
        Space.model_validate({write.config_name: {"heat": 3}})
    with pytest.raises(ValueError, match="Extra inputs"):
        Space.model_validate({"other": {}})


def test_functions_with_one_name_are_told_apart():
    @track_hyperparameters
    def copy(*, _a: int = 1): ...

    Space = Hyperparameters.schema_of(write, Room.write, copy, write)

    assert list(Space.model_fields)[:2] == ["test_search_space_write", "Room_write"]
    assert set(Space.model_fields) == set(Hyperparameters.schema_of(copy, Room.write, write).model_fields)
    assert len(Space.model_fields) == 3
    assert Hyperparameters(Space(Room_write={"n": 3})).model_dump(exclude_unset=True) == {
        Room.write.config_name: {"n": 3}
    }


def test_a_function_whose_names_are_all_taken_has_a_number():
    class Named:
        config_name = "copy"
        config_model_type = write.config_model_type

    assert list(Hyperparameters.schema_of(Named()).model_fields) == ["function_1"]


def test_a_space_needs_functions():
    with pytest.raises(HyperparameterError, match="one tracked function at least"):
        Hyperparameters.schema_of()
    with pytest.raises(HyperparameterError, match="is no tracked function"):
        Hyperparameters.schema_of(print)


def test_a_space_has_one_function_of_a_name():
    def make(name):
        space = {}
        exec(f"def again(*, _{name}: int = 1): ...", {"__name__": "lamps"}, space)
        return track_hyperparameters(space["again"])

    with pytest.raises(HyperparameterError, match=r"Two functions are called 'lamps\.again'\. Rename one of them\."):
        Hyperparameters.schema_of(make("a"), make("b"))
