"""Annotations that are text, as `from __future__ import annotations` makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import BaseModel

from llm_strategy.errors import DefinitionError
from llm_strategy.hyperparameters import track_hyperparameters

if TYPE_CHECKING:
    from decimal import Decimal


@track_hyperparameters
def near_the_top(*, _names: list[str] = ["a"]):  # noqa: B006
    return _names


def test_annotations_are_evaluated():
    assert near_the_top.config_model_type.model_fields["names"].annotation == list[str]


def test_names_of_the_surrounding_function_are_known():
    class Lamp(BaseModel):
        watts: int = 3

    @track_hyperparameters
    def shine(*, _lamp: Lamp = Lamp()):  # noqa: B008
        return _lamp.watts

    assert shine() == 3
    assert shine.config_model_type.model_fields["lamp"].annotation is Lamp


def test_names_of_the_surrounding_class_are_known():
    class Room:
        class Lamp(BaseModel):
            watts: int = 3

        @track_hyperparameters
        def shine(self, *, _lamp: Lamp = Lamp()):  # noqa: B008
            return _lamp.watts

        @staticmethod
        @track_hyperparameters
        def glow(_lamp: Lamp | None = None):
            return _lamp

    assert Room().shine() == 3
    assert Room.glow.config_model_type.model_fields["lamp"].annotation == Room.Lamp | None


def test_a_wrapped_function_is_read_where_it_was_written():
    import functools

    class Lamp(BaseModel):
        watts: int = 3

    def twice(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return 2 * function(*args, **kwargs)

        return wrapper

    @track_hyperparameters
    @twice
    def shine(*, _lamp: Lamp = Lamp()):  # noqa: B008
        return _lamp.watts

    assert shine() == 6
    assert shine(_lamp=Lamp(watts=4)) == 8


def test_what_only_a_type_checker_imports_is_no_type_of_a_hyperparameter():
    with pytest.raises(DefinitionError, match="'Decimal' is not defined"):

        @track_hyperparameters
        def price(*, _limit: Decimal = 1): ...
