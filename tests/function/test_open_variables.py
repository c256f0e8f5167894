"""Type variables that no argument shows do not matter where the value does not show them either."""

from typing import Any, Generic, Literal, NewType, TypeVar

import pytest
from pydantic import BaseModel

from llm_strategy import llm_function
from llm_strategy.errors import InputError
from llm_strategy.testing import ScriptedModel

T = TypeVar("T")
U = TypeVar("U")

Name = NewType("Name", str)


class Phantom(BaseModel, Generic[T, U]):
    v: T


class Around(BaseModel, Generic[T, U]):
    inner: Phantom[T, U]
    more: "list[Around[T, U]]" = []


class Open(BaseModel, Generic[T, U]):
    v: T
    more: list[U] = []


@llm_function
def phantom(model, p: Phantom[T, U]) -> Phantom[T, U]:
    """Phantom."""


@llm_function
def around(model, p: Around[T, U]) -> list[Around[T, U]]:
    """Around."""


@llm_function
def opened(model, p: Open[T, U]) -> Open[T, U]:
    """Opened."""


@llm_function
def made(model, kind: type[T]) -> T:
    """Make."""


def test_a_variable_that_no_field_shows_is_left_open():
    answer = phantom(ScriptedModel(['{"v": 1}']), Phantom(v=1))
    assert type(answer) is Phantom[int, Any]
    assert type(phantom(ScriptedModel(['{"v": 1}']), Phantom[int, str](v=1))) is Phantom[int, str]


def test_a_variable_that_no_field_shows_is_left_open_inside_of_others():
    (answer,) = around(ScriptedModel(['[{"inner": {"v": 1}}]']), Around(inner=Phantom(v=1)))
    assert answer.inner.v == 1


def test_a_variable_that_a_field_shows_is_asked_for_by_parameters():
    with pytest.raises(
        InputError, match=r"argument 'p' is a 'Open' .* for 'U'\. Parametrise it: Open\[T, U\]\(\.\.\.\)"
    ):
        opened(ScriptedModel([]), Open(v=1))


@pytest.mark.parametrize("given", [3, "int", [int]])
def test_an_argument_that_stands_for_a_type_has_to_be_one(given):
    with pytest.raises(InputError, match=r"argument .kind. is .*, which is no type\. Pass a class"):
        made(ScriptedModel([]), given)


@pytest.mark.parametrize("given", [str, Name, Literal["a"]])
def test_classes_and_other_types_stand_for_types(given):
    assert made(ScriptedModel(['"a"']), given) == "a"
