"""Every kind of member is implemented; the others are told apart."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

import pytest
from pydantic import BaseModel

from llm_strategy import ChainOfThought, Example, llm_function, llm_strategy, use_model
from llm_strategy.errors import DefinitionError, InputError, NoModelError, UnknownModelError
from llm_strategy.testing import ScriptedModel


def strategy(*replies, **options):
    return llm_strategy(ScriptedModel(list(replies)), **options)


@dataclass
class Shop:
    name: str
    made = lambda self: "made"  # noqa: E731

    def method(self, query: str, *, limit: int = 3) -> list[str]:
        """Find them."""
        raise NotImplementedError("why") from None

    @staticmethod
    def static(a: int) -> int:
        """Double it."""
        raise NotImplementedError

    @classmethod
    def from_text(cls, text: str) -> "Shop":
        """Read it."""
        raise NotImplementedError

    @classmethod
    def copied(this, text: str) -> Self:
        """Read it."""

    @property
    def size(self) -> int:
        """The size."""
        ...

    @size.setter
    def size(self, value: int) -> None:
        self.name = str(value)

    @cached_property
    def rating(self) -> float:
        """The rating."""

    async def method_async(self, query: str) -> str:
        """Find it."""

    def items(self, n: int) -> Iterator[int]:
        """Some numbers."""

    async def items_async(self, n: int) -> AsyncIterator[int]:
        """Some numbers."""
        yield

    def other(this, one: Self) -> Self:
        """Mix them."""

    @llm_function
    def own_model(self, model, query: str) -> int:
        """Find it."""

    def implemented(self) -> str:
        """My own."""
        return self.name

    @staticmethod
    def implemented_static() -> int:
        return 4

    @classmethod
    def implemented_class(cls) -> str:
        return cls.__name__

    @property
    def implemented_property(self) -> int:
        return 5


TEA = '{"name": "Tea"}'


def test_methods():
    model = ScriptedModel(['["a"]'])
    assert llm_strategy(model)(Shop)("x").method("tea") == ["a"]
    assert "Shop.method(query: str, limit: int) -> list[str]\n\nFind them." in model.asked[0][0].content
    assert model.asked[0][1].content == 'self: {"name": "x"}\nquery: tea\nlimit: 3'


@pytest.mark.parametrize("on_instance", [False, True], ids=["class", "instance"])
def test_static_methods(on_instance):
    shop = strategy("4")(Shop)
    assert (shop("x") if on_instance else shop).static(2) == 4


@pytest.mark.parametrize("name", ["from_text", "copied"])
@pytest.mark.parametrize("on_instance", [False, True], ids=["class", "instance"])
def test_class_methods(name, on_instance):
    shop = strategy(TEA)(Shop)
    made = getattr(shop("x") if on_instance else shop, name)("tea")
    assert made == shop("Tea")
    assert type(made) is shop


def test_self_is_the_class_that_a_method_is_called_on():
    class Corner(strategy(TEA, TEA)(Shop)):
        pass

    assert type(Corner("x").other(Corner("y"))) is Corner
    assert type(Corner.copied("x")) is Corner


def test_a_parameter_takes_instances_of_the_class_that_was_given():
    @dataclass
    class Point:
        x: int

        def between(self, other: "Point") -> "Point":
            """The middle."""

    implemented = strategy('{"x": 2}')(Point)
    assert type(implemented(1).between(Point(3))) is implemented


def test_properties():
    shop = strategy("3", "4")(Shop)("x")
    assert (shop.size, shop.size) == (3, 4)
    assert type(shop).size.__doc__ == "The size."
    shop.size = 9
    assert shop.name == "9"


def test_cached_properties_ask_once():
    shop = strategy("4.5")(Shop)("x")
    assert (shop.rating, shop.rating) == (4.5, 4.5)


def test_a_cached_property_makes_room_for_its_value():
    @strategy("4.5")
    @dataclass(frozen=True, slots=True)
    class Slotted:
        name: str

        @cached_property
        def rating(self) -> float:
            """The rating."""

    shop = Slotted("x")
    assert (shop.rating, shop.rating) == (4.5, 4.5)


def test_asynchronous_methods():
    async def all_of():
        shop = strategy("green", "[1, 2]")(Shop)("x")
        return await shop.method_async("tea"), [one async for one in shop.items_async(2)]

    assert asyncio.run(all_of()) == ("green", [1, 2])


def test_iterators():
    assert list(strategy("[1, 2]")(Shop)("x").items(2)) == [1, 2]


def test_what_is_implemented_stays():
    shop = strategy()(Shop)
    assert (shop("x").implemented(), shop.implemented_static(), shop.implemented_class()) == ("x", 4, "Shop")
    assert (shop("x").implemented_property, shop("x").made()) == (5, "made")
    assert shop("x").own_model(ScriptedModel(["7"]), "x") == 7


def test_what_is_skipped_stays():
    shop = strategy(skip={"method"})(Shop)("x")
    with pytest.raises(NotImplementedError, match="why"):
        shop.method("x")


@pytest.mark.parametrize(
    ("skip", "words"),
    [
        pytest.param({"metod"}, r"Shop' has no member 'metod' to skip. Did you mean 'method'\?", id="near"),
        pytest.param({"zzz"}, "Shop' has no member 'zzz' to skip. Take the name out", id="far"),
        pytest.param("method", r"skip='method' is a text. Write a set of names: skip={'method'}", id="text"),
    ],
)
def test_skipping_nothing_is_an_error(skip, words):
    with pytest.raises(DefinitionError, match=words):
        strategy(skip=skip)(Shop)


def test_a_class_without_stubs_is_refused():
    class Done:
        def method(self):
            return 1

    with pytest.raises(DefinitionError, match=r"Done' has no stub for a model to implement. A stub is a method"):
        strategy()(Done)


def test_a_member_without_source_is_refused_unless_it_is_abstract():
    names = {"__name__": __name__}
    exec(
        "import abc\n"
        "class Unknown:\n    def find(self) -> int:\n        '''Find.'''\n"
        "class Known(abc.ABC):\n    @abc.abstractmethod\n    def find(self) -> int:\n        '''Find.'''\n",
        names,
    )
    with pytest.raises(
        DefinitionError, match=r"Unknown\.find: its source cannot be found.*@abstractmethod.*skip={'find'}"
    ):
        strategy()(names["Unknown"])
    assert strategy("3")(names["Known"])().find() == 3


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(lambda: {"find": untyped}, "find' has no return type|untyped' has no return type", id="return"),
        pytest.param(lambda: {"find": bare}, "parameter 'query' has no annotation", id="parameter"),
    ],
)
def test_a_wrong_stub_is_refused_with_its_class(make, words):
    with pytest.raises(DefinitionError, match=words):
        strategy()(type("Shop", (), make()))


def untyped(self, query: str):
    """Find it."""


def bare(self, query) -> str:
    """Find it."""


def test_methods_offer_what_functions_do():
    shop = strategy('["a"]', '["b"]', '["c"]')(Shop)("x")
    assert shop.method.using(attempts=1)("tea") == ["a"]
    assert [result.value for result in shop.method.map(["tea"])] == [["b"]]
    assert shop.method.chat("tea")[1].response == '["c"]'
    assert shop.method.prompt("tea")[1].content == 'self: {"name": "x"}\nquery: tea\nlimit: 3'


def test_options_hold_for_all_stubs():
    shop = strategy('{"reasoning": "hm", "return_value": 3}', reasoning=ChainOfThought(), attempts=1)(Shop)("x")
    assert shop.size == 3
    with pytest.raises(DefinitionError, match=r"unknown option 'atempts'. Did you mean 'attempts'"):
        strategy(atempts=1)(Shop)


def test_examples_of_a_method_need_no_owner():
    @strategy("3", examples=[Example({"text": "two"}, 2)])
    class Reader:
        def read(self, text: str) -> int:
            """Read it."""

    assert [turn.content for turn in Reader().read.prompt("three")[1:]] == [
        "text: two",
        '{"return_value": 2}',
        "text: three",
    ]


@dataclass
class Locked:
    name: str
    lock: object = field(default_factory=threading.Lock)

    def find(self) -> int:
        """Find it."""


def test_an_owner_that_is_no_data_says_how_to_hide_it():
    with pytest.raises(InputError, match=r"find\(\): self\.lock.* is a lock and cannot be shown") as caught:
        strategy()(Locked)("x").find()
    assert "Fields with repr=False or Field(exclude=True), and attributes of plain classes" in str(caught.value)


class Recursive:
    def __init__(self):
        self.itself = self

    def find(self) -> int:
        """Find it."""


def test_an_owner_that_contains_itself_is_refused():
    with pytest.raises(InputError, match="contains itself"):
        strategy()(Recursive)().find()


def test_the_default_model_is_looked_up_at_each_call(monkeypatch):
    monkeypatch.delenv("LLM_STRATEGY_MODEL", raising=False)
    shop = llm_strategy()(Shop)("x")
    with use_model(ScriptedModel(["3"])):
        assert shop.size == 3
    with pytest.raises(NoModelError):
        _ = shop.size


def test_what_is_no_model_is_refused_at_once():
    with pytest.raises(UnknownModelError, match="no model"):
        llm_strategy(3)


@pytest.mark.parametrize("given", [Shop, test_methods, Shop.own_model], ids=["class", "function", "llm-function"])
def test_a_decorator_without_brackets_is_refused(given):
    with pytest.raises(
        DefinitionError, match=r"Write @llm_strategy\(model\) above .* or @llm_strategy\(\) for the default"
    ):
        llm_strategy(given)


def test_a_model_class_keeps_its_fields_where_a_name_is_used_twice():
    @strategy("3")
    class Thing(BaseModel):
        date: str

        def year(self) -> int:
            """The year."""

    assert Thing(date="2026").year() == 3


def test_a_method_that_does_nothing_on_purpose_is_left_alone():
    @strategy("3")
    class Thing:
        def save(self):
            pass

        def count(self) -> int:
            """How many."""
            pass

        @property
        def nothing(self):
            pass

    assert Thing().save() is None
    assert Thing().nothing is None
    assert Thing().count() == 3


def test_what_a_class_says_of_itself_is_part_of_the_prompt() -> None:
    @llm_strategy(ScriptedModel())
    @dataclass
    class Shop:
        """A shop that sells
        second-hand books.

        Founded in 1899.
        """

        books: list[str]

        def find(self, query: str) -> list[str]:
            """Titles that match."""
            raise NotImplementedError

        @classmethod
        def guess(cls, hint: str) -> str:
            """A title."""
            raise NotImplementedError

    shown = "self: A shop that sells second-hand books.\n"
    assert f"- {shown}" in f"{Shop(['Faust']).find.prompt('x')[0].content}\n"
    assert "cls: A shop that sells second-hand books." in Shop.guess.prompt("x")[0].content
    assert "1899" not in Shop(["Faust"]).find.prompt("x")[0].content


def test_a_class_that_says_nothing_of_itself_adds_nothing_to_the_prompt() -> None:
    @llm_strategy(ScriptedModel())
    @dataclass
    class Shop:
        books: list[str]

        def find(self, query: str) -> list[str]:
            """Titles that match."""
            raise NotImplementedError

    assert "Parameters" not in Shop(["Faust"]).find.prompt("x")[0].content
