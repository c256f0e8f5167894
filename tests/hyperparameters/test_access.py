"""What is said to those who read, delete or replace what a scope does not have."""

# ruff: noqa: PLR0206 (a property may have hyperparameters: nobody gives them)

import functools
from typing import Annotated

import pytest
from pydantic import AfterValidator

from llm_strategy import llm_strategy
from llm_strategy.errors import HyperparameterError, UnknownHyperparameterError
from llm_strategy.hyperparameters import Hyperparameters, track_hyperparameters
from llm_strategy.testing import ScriptedModel


def even(value: int) -> int:
    if value % 2:
        raise ValueError("not even")
    return value


@track_hyperparameters
def shine(*, _watts: Annotated[int, AfterValidator(even)] = 2):
    return _watts


class Room:
    @property
    @track_hyperparameters
    def size(self, *, _wide: int = 1):
        return _wide

    @functools.cached_property
    @track_hyperparameters
    def name(self, *, _short: bool = False):
        return "r" if _short else "room"

    @property
    def plain(self):
        return 1


@llm_strategy(ScriptedModel(lambda asked: ""))
class Poem:
    @property
    def title(self) -> str:
        """Give it a title."""


def test_reading_a_name_that_is_not_names_what_is_near():
    scope = Hyperparameters()

    with pytest.raises(AttributeError) as caught:
        scope[shine].wats  # noqa: B018

    message = f"{shine.config_name!r} has no hyperparameter 'wats'. Did you mean 'watts'? It has 'watts'."
    assert str(caught.value) == message
    assert not hasattr(scope[shine], "volts")
    assert not hasattr(scope[shine], "_watts")
    with pytest.raises(UnknownHyperparameterError, match="Did you mean 'watts'"):
        scope[shine].wats = 3


def test_a_property_means_its_function():
    scope = Hyperparameters({Room.size: {"wide": 3}})
    scope[Room.name].short = True
    scope[Poem.title].instruction = "Be short."

    with scope:
        assert (Room().size, Room().name) == (3, "r")
    assert Room.size in scope
    assert scope.get(Poem.title).instruction == "Be short."
    assert list(Hyperparameters.schema_of(Room.size, Room.name).model_fields) == ["size", "name"]
    del scope[Room.size]
    assert Room.size not in scope
    assert Room.plain not in scope
    with pytest.raises(HyperparameterError, match="is no tracked function"):
        scope[Room.plain]


def test_what_is_not_there_cannot_be_deleted():
    scope = Hyperparameters()
    name = shine.config_name

    for key in (shine, name):
        with pytest.raises(UnknownHyperparameterError) as caught:
            del scope[key]
        assert str(caught.value) == f"The scope has no entry of {name!r} to delete. It is empty."
    scope[shine].watts = 4
    with pytest.raises(UnknownHyperparameterError, match=r"to delete\. Did you mean '.*shine'\?$"):
        del scope[name[:-1]]


def test_a_reason_is_told_without_how_pydantic_knows_it():
    with pytest.raises(HyperparameterError) as caught:
        Hyperparameters({shine: {"watts": 3}})

    assert str(caught.value) == f"{shine.config_name!r}: hyperparameter 'watts' cannot be 3: not even."


def test_the_entries_are_not_replaced_as_a_whole():
    scope = Hyperparameters({shine: {"watts": 4}})

    with pytest.raises(HyperparameterError, match="Make a new scope"):
        scope.root = {}
    assert scope[shine].watts == 4
