"""An instance is copied into a class whose stubs a model implements."""

import copy
import threading
from dataclasses import dataclass
from typing import Generic, TypeVar

import pytest
from pydantic import BaseModel

from llm_strategy import llm_strategy
from llm_strategy.errors import DefinitionError
from llm_strategy.testing import ScriptedModel

T = TypeVar("T")


@dataclass
class Plain:
    items: list[str]

    def count(self) -> int:
        """How many."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Slotted:
    items: tuple[str, ...]

    def count(self) -> int:
        """How many."""


class Model(BaseModel):
    items: list[str]

    def count(self) -> int:
        """How many."""


class Simple:
    def __init__(self, items):
        self.items = items
        self._lock = threading.Lock()

    def count(self) -> int:
        """How many."""


class Store(Generic[T]):
    def __init__(self, items):
        self.items = items

    def first(self) -> T:
        """The first."""


@pytest.mark.parametrize(
    "instance",
    [Plain(["a"]), Slotted(("a",)), Model(items=["a"]), Simple(["a"])],
    ids=lambda instance: type(instance).__name__,
)
def test_instances_of_every_kind_are_implemented(instance):
    model = ScriptedModel(["1"])
    implemented = llm_strategy(model)(instance)
    assert implemented.count() == 1
    assert isinstance(implemented, type(instance))
    assert implemented.items is instance.items
    assert model.asked[0][1].content == 'self: {"items": ["a"]}'


def test_the_instance_that_was_given_stays_as_it_is():
    instance = Plain(["a"])
    llm_strategy(ScriptedModel(["1"]))(instance)
    assert type(instance) is Plain
    with pytest.raises(NotImplementedError):
        instance.count()


def test_an_implemented_instance_can_be_copied():
    implemented = llm_strategy(ScriptedModel(["1"]))(Plain(["a"]))
    assert copy.deepcopy(implemented).count() == 1


def test_a_parametrised_instance_keeps_its_types():
    assert llm_strategy(ScriptedModel(["1"]))(Store[int]([])).first() == 1
    assert llm_strategy(ScriptedModel(["1"]))(Store[str]([])).first() == "1"


class Uncopied:
    def __copy__(self):
        raise TypeError("cannot be copied")

    def count(self) -> int:
        """How many."""


def test_an_instance_that_cannot_be_copied_is_refused():
    with pytest.raises(
        DefinitionError, match=r"'Uncopied' cannot be given implemented stubs: cannot be copied. Decorate"
    ):
        llm_strategy(ScriptedModel())(Uncopied())


@pytest.mark.parametrize("given", [3, "text", None, [1]], ids=repr)
def test_values_without_stubs_are_refused(given):
    with pytest.raises(DefinitionError, match="has no stub for a model to implement"):
        llm_strategy(ScriptedModel())(given)
