"""`llm_strategy` on functions: the signature stays, the model is fixed."""

import asyncio
import inspect
from functools import cached_property

import pytest

from llm_strategy import llm_function, llm_strategy
from llm_strategy.errors import DefinitionError
from llm_strategy.function import BoundLLMFunction
from llm_strategy.testing import ScriptedModel


def strategy(*replies, **options):
    return llm_strategy(ScriptedModel(list(replies)), **options)


def test_a_function_keeps_its_signature():
    @strategy("3", "4")
    def add(a: int, b: int = 1, *, c: int = 2) -> int:
        """Add."""

    assert add(1) == 3
    assert add(1, 2, c=3) == 4
    assert list(inspect.signature(add).parameters) == ["a", "b", "c"]
    assert isinstance(add, BoundLLMFunction)


def test_a_coroutine_function_is_awaited():
    @strategy("3")
    async def add(a: int) -> int:
        """Add."""

    assert asyncio.run(add(1)) == 3


def test_an_llm_function_gets_its_model():
    @llm_function
    def add(model, a: int) -> int:
        """Add."""

    assert strategy("3", attempts=1)(add)(1) == 3


class Shop:
    name = "Tea"

    @strategy("3", "4")
    def method(self, a: int) -> int:
        """Add."""

    @strategy("5", "6")
    @staticmethod
    def static(a: int) -> int:
        """Add."""

    @staticmethod
    @strategy("5", "6")
    def static_above(a: int) -> int:
        """Add."""

    @strategy("7", "8")
    @classmethod
    def of_class(cls, a: int) -> int:
        """Add."""

    @strategy("9")
    @property
    def size(self) -> int:
        """The size."""

    @property
    @strategy("9")
    def size_above(self) -> int:
        """The size."""

    def stub(self, a: int) -> int:
        """Add."""


def test_single_members_are_decorated():
    assert (Shop().method(1), Shop.method(Shop(), 1)) == (3, 4)
    assert (Shop.static(1), Shop().static(1)) == (5, 6)
    assert (Shop.static_above(1), Shop().static_above(1)) == (5, 6)
    assert (Shop.of_class(1), Shop().of_class(1)) == (7, 8)
    assert (Shop().size, Shop().size_above) == (9, 9)
    assert Shop.size.__doc__ == "The size."


def test_a_bound_method_is_answered_for_its_instance():
    shop = Shop()
    shop.name = "Coffee"
    model = ScriptedModel(["3"])
    assert llm_strategy(model)(shop.stub)(1) == 3
    assert model.asked[0][1].content == 'self: {"name": "Coffee"}\na: 1'


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(staticmethod(len), id="static"),
        pytest.param(classmethod(property(len)), id="class"),
        pytest.param(property(len), id="property"),
        pytest.param(property(), id="empty-property"),
    ],
)
def test_only_functions_are_answered(given):
    with pytest.raises(DefinitionError, match=r"is no function. Put @llm_strategy\(model\) directly above a `def`"):
        strategy()(given)


def test_a_wrong_function_is_refused():
    with pytest.raises(DefinitionError, match=r"add' has no docstring: .* Add one.$"):

        @strategy()
        def add(a: int) -> int: ...


def test_a_cached_property_is_answered_once():
    model = ScriptedModel(['{"return_value": 1}'])

    class Keeping:
        @llm_strategy(model)
        @cached_property
        def guess(self) -> int:
            """Guess."""
            raise NotImplementedError

    keeping = Keeping()
    assert (keeping.guess, keeping.guess) == (1, 1)
