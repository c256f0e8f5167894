"""The hyperparameters of explicit functions, and of generic ones, whose types the call decides."""

import json
from dataclasses import dataclass
from typing import Generic, TypeVar

import pytest
from pydantic import BaseModel, Field

from llm_strategy import Example, llm_explicit_function
from llm_strategy.hyperparameters import Hyperparameters

T = TypeVar("T")


class Essay(BaseModel):
    """An essay."""

    title: str = Field(description="A title.")
    text: str


ESSAY = {"title": "T", "text": "x"}


def texts(messages):
    return "\n".join(message.content for message in messages)


@pytest.fixture
def hparams():
    return Hyperparameters()


class Box(BaseModel, Generic[T]):
    """A box."""

    item: T = Field(description="What is inside.")


@dataclass
class Plan:
    """A plan."""

    goal: str


def test_explicit_functions_have_the_fields_of_their_input_for_parameters(hparams):
    @llm_explicit_function
    def plan(model, essay: Essay) -> Plan:
        """Plan."""

    assert hparams[plan].parameters == {"title": "A title.", "text": ""}
    hparams[plan].parameters["text"] = "The draft."
    with hparams:
        assert "- title: A title.\n- text: The draft." in texts(plan.prompt(Essay(**ESSAY)))


def test_generic_functions_take_names_of_classes_that_depend_on_the_call(hparams):
    @llm_explicit_function
    def unpack(model, box: Box[T]) -> Box[list[T]]:
        """Unpack."""

    entry = hparams[unpack]
    assert entry.fields == {"Box": "", "Box.item": "What is inside."}
    entry.fields["Box.item"] = "Everything."
    entry.fields["Plan.goal"] = "In one word."
    entry.examples = [Example({"box": {"item": {"goal": "g"}}}, {"item": [{"goal": "g"}]})]
    with hparams:
        told = unpack.prompt(Box[Plan](item=Plan("x")))
        assert "goal: string  // In one word." in told[0].content
        assert "// Everything." in told[0].content
        assert json.loads(told[2].content) == {"item": [{"goal": "g"}]}
    assert Hyperparameters.model_validate_json(hparams.model_dump_json())[unpack] == entry


def test_typed_examples_of_a_generic_function_can_be_written(hparams):
    @llm_explicit_function(examples=[Example({"box": Box[Plan](item=Plan("g"))}, Plan("h"))])
    def open_box(model, box: Box[T]) -> T:
        """Open."""

    with hparams:
        open_box.prompt(Box[Plan](item=Plan("x")))
    again = Hyperparameters.model_validate_json(hparams.model_dump_json())
    with again:
        assert json.loads(open_box.prompt(Box[Plan](item=Plan("x")))[2].content) == {"goal": "h"}
