"""LLM functions work as members of a class, with the model as an argument."""

import abc
import asyncio
import inspect
import pickle
from dataclasses import dataclass
from typing import Generic, Self, TypeVar

import pytest

from llm_strategy import llm_function
from llm_strategy.errors import InputError
from llm_strategy.testing import ScriptedModel

T = TypeVar("T")


@dataclass
class Shop:
    name: str
    shelf: list[str]

    @llm_function
    def find(self, model, query: str) -> str:
        """Find it."""

    @llm_function
    async def afind(self, model, query: str) -> str:
        """Find it."""

    @llm_function
    @staticmethod
    def add(model, a: int, b: int) -> int:
        """Add."""

    @staticmethod
    @llm_function
    def add_below(model, a: int, b: int) -> int:
        """Add."""

    @llm_function
    @classmethod
    def parse(cls, model, text: str) -> Self:
        """Parse."""

    @classmethod
    @llm_function
    def parse_below(cls, model, text: str) -> Self:
        """Parse."""

    def own(self):
        return self.name


class Corner(Shop):
    def own(self):
        return super().own() + "!"

    def find_here(self, model, query):
        return super().find(model, query)


SHOP = Shop("Tea", ["green"])
REPLY = '{"name": "Coffee", "shelf": []}'


def test_a_method_shows_what_it_is_called_on():
    model = ScriptedModel(["green"])
    assert SHOP.find(model, "tea") == "green"
    assert "Shop.find(query: str) -> str" in model.asked[0][0].content
    assert model.asked[0][1].content == 'self: {"name": "Tea", "shelf": ["green"]}\nquery: tea'


def test_a_method_is_called_through_its_class():
    assert Shop.find(SHOP, ScriptedModel(["green"]), "tea") == "green"
    assert Shop.find.prompt(SHOP, "tea") == SHOP.find.prompt("tea")
    assert Shop.find.bind(ScriptedModel(["green"]))(SHOP, "tea") == "green"


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(Shop.find, id="call"),
        pytest.param(Shop.find.prompt, id="prompt"),
        pytest.param(lambda: Shop.find.map(ScriptedModel(), ["x"]), id="map"),
        pytest.param(Shop.find.bind(ScriptedModel()), id="bound"),
    ],
)
def test_a_method_that_is_called_on_nothing_says_so(call):
    with pytest.raises(InputError, match=r"Shop\.find' is a method, and there is no 'self' to call it on"):
        call()


def test_a_method_can_be_awaited():
    assert asyncio.run(SHOP.afind(ScriptedModel(["green"]), "tea")) == "green"


@pytest.mark.parametrize("name", ["add", "add_below"])
@pytest.mark.parametrize("owner", [Shop, SHOP], ids=["class", "instance"])
def test_a_static_method_shows_no_owner(owner, name):
    model = ScriptedModel(["3"])
    assert getattr(owner, name)(model, 1, b=2) == 3
    assert model.asked[0][1].content == "a: 1\nb: 2"


@pytest.mark.parametrize("name", ["parse", "parse_below"])
@pytest.mark.parametrize("owner", [Corner, Corner("Tea", [])], ids=["class", "instance"])
def test_a_class_method_knows_its_class(owner, name):
    model = ScriptedModel([REPLY])
    assert getattr(owner, name)(model, "x") == Corner("Coffee", [])
    assert model.asked[0][1].content == "text: x"


def test_a_class_method_offers_what_functions_do():
    assert Shop.parse.using(attempts=1)(ScriptedModel([REPLY]), "x") == Shop("Coffee", [])
    assert Shop.__dict__["parse"].__doc__ == "Parse."


def test_methods_offer_what_functions_do():
    assert [result.value for result in SHOP.find.map(ScriptedModel(["a", "b"]), ["x", "y"], limit=1)] == ["a", "b"]
    assert SHOP.find.using(attempts=1)(ScriptedModel(["green"]), "tea") == "green"
    assert SHOP.find.chat(ScriptedModel(["green"]), "tea")[1].response == "green"
    assert list(SHOP.find.stream(ScriptedModel(["green"]), "tea"))[-1] == "green"
    assert list(SHOP.find.input_type.model_fields) == ["query"]


def test_the_signature_of_a_method_is_the_one_its_caller_sees():
    assert list(inspect.signature(SHOP.find).parameters) == ["model", "query"]
    assert list(inspect.signature(Shop.find).parameters) == ["self", "model", "query"]
    assert list(inspect.signature(Shop.add).parameters) == ["model", "a", "b"]


def test_implemented_members_and_super_work():
    corner = Corner("Tea", ["green"])
    assert corner.own() == "Tea!"
    assert corner.find_here(ScriptedModel(["green"]), "tea") == "green"


def test_methods_are_pickled_with_what_they_are_called_on():
    method = pickle.loads(pickle.dumps(SHOP.find))
    assert method.prompt("x") == SHOP.find.prompt("x")


def test_an_abstract_llm_function_is_implemented():
    class Base(abc.ABC):
        @llm_function
        @abc.abstractmethod
        def find(self, model, query: str) -> str:
            """Find it."""

    assert Base().find(ScriptedModel(["x"]), "y") == "x"


class Store(Generic[T]):
    def __init__(self, items):
        self.items = items

    @llm_function
    def best(self, model, like: T) -> T:
        """The best."""


class Words(Store[str]):
    pass


def test_a_subclass_gives_the_type():
    assert Words([]).best(ScriptedModel(["3"]), "x") == "3"
    with pytest.raises(InputError, match="argument 'like' does not fit its type"):
        Words([]).best.prompt(3)


def test_an_instance_of_a_parametrised_class_gives_the_type():
    assert Store[int]([]).best(ScriptedModel(["3"]), 1) == 3
    with pytest.raises(InputError, match="argument 'like' does not fit its type"):
        Store[int]([]).best.prompt("x")


def test_without_either_the_argument_gives_it():
    assert Store([]).best(ScriptedModel(["3"]), 1) == 3
