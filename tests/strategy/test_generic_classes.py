"""Type variables of a class are resolved from the instance, its class, or its parents."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import pytest
from pydantic import BaseModel

from llm_strategy import llm_strategy
from llm_strategy.errors import DefinitionError
from llm_strategy.testing import ScriptedModel

T = TypeVar("T")
S = TypeVar("S")


class Word(BaseModel):
    text: str


class Plain(Generic[T]):
    def __init__(self, items=()):
        self.items = list(items)

    def best(self) -> T:
        """The best."""


class Abstract(ABC, Generic[T]):
    @abstractmethod
    def best(self) -> T:
        """The best."""


class Interface(Protocol[T]):
    def best(self) -> T:
        """The best."""


@dataclass
class Data(Generic[T]):
    items: list[T]

    def best(self) -> T:
        """The best."""


class Model(BaseModel, Generic[T]):
    items: list[T] = []

    def best(self) -> T:
        """The best."""

    def pairs(self, other: T) -> dict[str, list[T]]:
        """Pairs."""


GENERIC = [Plain, Abstract, Interface, Model]


def strategy(*replies):
    return llm_strategy(ScriptedModel(list(replies)))


@pytest.mark.parametrize("generic", GENERIC, ids=lambda kind: kind.__name__)
def test_an_instance_of_a_parametrised_class_gives_the_type(generic):
    implemented = strategy("3", "3", '{"text": "x"}')(generic)
    assert implemented[int]().best() == 3
    assert implemented[str]().best() == "3"
    assert implemented[Word]().best() == Word(text="x")


@pytest.mark.parametrize("generic", GENERIC, ids=lambda kind: kind.__name__)
def test_a_subclass_gives_the_type(generic):
    class Words(generic[Word]):
        pass

    class More(Words):
        pass

    assert strategy('{"text": "x"}')(More)().best() == Word(text="x")


@pytest.mark.parametrize("generic", GENERIC, ids=lambda kind: kind.__name__)
def test_a_subclass_of_an_implemented_class_gives_the_type(generic):
    class Words(strategy("3")(generic)[int]):
        pass

    assert Words().best() == 3


def test_fields_give_the_type_where_nothing_states_it():
    assert strategy("3")(Data)([1]).best() == 3
    assert strategy("3")(Data)(["1"]).best() == "3"


def test_the_class_that_a_method_was_written_in_has_the_last_word():
    class Left(Generic[T]):
        def left(self) -> T:
            """Left."""

    class Both(Left[int], Plain[str]):
        pass

    both = strategy("1", "1")(Both)()
    assert (both.left(), both.best()) == (1, "1")


def test_types_pass_through_parents():
    class Named(Plain[dict[str, S]], Generic[S]):
        pass

    assert strategy('{"a": 1}')(Named)[int]().best() == {"a": 1}
    with pytest.raises(DefinitionError, match=r"holds the type variable 'T'|holds the type variable 'S'"):
        strategy()(Named)().best()


def test_a_type_that_nothing_gives_is_an_error():
    with pytest.raises(DefinitionError, match=r"return type of '.*Plain\.best' holds the type variable 'T'"):
        strategy()(Plain)().best()


def test_arguments_are_checked_against_the_type():
    model = strategy('{"a": [1]}')(Model)[int]()
    assert model.pairs(3) == {"a": [1]}


def test_two_instances_of_one_class_keep_their_own_types():
    implemented = strategy("1", "1", "1")(Plain)
    one, other = implemented[int](), implemented[str]()
    assert [one.best(), other.best(), one.best()] == [1, "1", 1]
