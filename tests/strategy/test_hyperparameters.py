"""Members that a model implements have hyperparameters like any LLM function, under the name that the user wrote."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import pytest
from pydantic import BaseModel, Field

from llm_strategy import llm_function, llm_strategy
from llm_strategy.errors import HyperparameterError
from llm_strategy.hyperparameters import Hyperparameters
from llm_strategy.testing import ScriptedModel


class Key(BaseModel):
    name: str = Field(description="The key.")


KEY = '{"name": "a"}'


class Plain:
    """Some rows."""

    def find(self, query: str) -> Key:
        """The best match."""

    @classmethod
    def parse(cls, text: str) -> Key:
        """Parse a key."""

    @staticmethod
    def join(texts: list[str]) -> Key:
        """Join keys."""

    @property
    def first(self) -> Key:
        """The first key."""

    @cached_property
    def last(self) -> Key:
        """The last key."""

    def each(self) -> Iterator[Key]:
        """Each key."""


def model_of(*replies):
    return ScriptedModel(list(replies) or (lambda _messages: KEY))


Rows = llm_strategy(model_of())(dataclass(Plain))


def asked_for(ask, name, scope=None, **values):
    """The prompt of one question in a scope with these hyperparameters for a function of this name."""
    scope = Hyperparameters() if scope is None else scope
    for field, value in values.items():
        setattr(scope[name], field, value)
    with scope:
        return ask()


MEMBERS = ["find", "parse", "join", "first", "last", "each"]


@pytest.mark.parametrize("member", MEMBERS)
def test_every_member_has_its_entry_by_name(member):
    name = f"{__name__}.Plain.{member}"
    entry = Hyperparameters()[name]
    assert entry.fields["Key.name"] == "The key."
    assert entry.instruction.endswith((".", "key"))
    assert "self" not in entry.parameters


ASKING = [
    pytest.param("find", lambda rows: rows.find("x"), id="method"),
    pytest.param("parse", lambda rows: rows.parse("x"), id="class method"),
    pytest.param("parse", lambda rows: type(rows).parse("x"), id="class method of the class"),
    pytest.param("join", lambda rows: rows.join(["x"]), id="static method"),
    pytest.param("first", lambda rows: rows.first, id="property"),
    pytest.param("last", lambda rows: rows.last, id="cached property"),
    pytest.param("each", lambda rows: list(rows.each()), id="items"),
]


@pytest.mark.parametrize(("member", "ask"), ASKING)
@pytest.mark.parametrize("of", ["class", "instance"])
def test_every_member_follows_the_scope(member, ask, of):
    model = ScriptedModel(lambda messages: "[]" if ".each(" in messages[0].content else KEY)
    cls = dataclass(Plain)
    rows = llm_strategy(model)(cls)() if of == "class" else llm_strategy(model)(cls())
    texts = {"instruction": "Scope.", "fields": {"Key.name": "In capitals."}}
    asked_for(lambda: ask(rows), f"{__name__}.Plain.{member}", **texts)
    told = "\n".join(message.content for message in model.asked[0])
    assert "Scope." in told
    assert "In capitals." in told


def test_a_class_and_its_instances_share_an_entry():
    scope = Hyperparameters()
    rows, other = Rows(), Rows()
    scope[Rows.find].instruction = "One entry."
    assert scope[rows.find] is scope[Rows.find]
    assert scope[other.find].instruction == "One entry."
    with scope:
        assert "One entry." in rows.find.prompt("x")[0].content
        assert "One entry." in Rows.find.prompt(other, "x")[0].content


def test_instances_that_are_implemented_one_by_one_share_an_entry_too():
    scope = Hyperparameters()
    one, two = (llm_strategy(model_of())(dataclass(Plain)()) for _ in range(2))
    scope[one.find].fields["Key.name"] = "Shared."
    with scope:
        assert all("Shared." in rows.find.prompt("x")[0].content for rows in (one, two, one))
    assert scope[one.find] is scope[two.find]


def test_properties_are_found_by_their_functions():
    scope = Hyperparameters()
    scope[Rows.first.fget].instruction = "By function."
    assert scope[f"{__name__}.Plain.first"].instruction == "By function."
    assert scope[vars(Rows)["last"].func].instruction == "The last key."


def test_what_a_class_says_of_itself_may_be_said_otherwise():
    scope = Hyperparameters()
    rows = llm_strategy(model_of())(dataclass(Plain))()
    assert "- self: Some rows." in rows.find.prompt("x")[0].content
    scope[rows.find].parameters["self"] = "A table."
    with scope:
        assert "- self: A table." in rows.find.prompt("x")[0].content
    assert Hyperparameters.model_validate_json(scope.model_dump_json())[rows.find].parameters["self"] == "A table."
    scope[rows.find].parameters["self"] = ""
    with scope:
        assert "- self" not in rows.find.prompt("x")[0].content
    with pytest.raises(HyperparameterError, match=r"has no parameter 'slf' to describe\. Did you mean 'self'"):
        scope[rows.find].parameters["slf"] = "x"


def test_abstract_members_and_functions_in_classes_have_entries():
    @llm_strategy(model_of())
    class Shop(ABC):
        @abstractmethod
        def price(self, item: str) -> int:
            """The price."""

    class Own:
        @llm_function
        def price(self, model, item: str) -> int:
            """The price."""

        @staticmethod
        @llm_function
        def tax(model, item: str) -> int:
            """The tax."""

    scope = Hyperparameters()
    for function, arguments in ((Shop().price, ("x",)), (Own().price, ("x",)), (Own.tax, ("x",))):
        assert scope[function].parameters == {"item": ""}
        scope[function].instruction = f"Scope of {function.config_name}."
        with scope:
            assert f"Scope of {function.config_name}." in function.prompt(*arguments)[0].content


def test_the_names_of_variants_and_of_bound_functions_are_the_same():
    @llm_function
    def count(model, text: str) -> int:
        """Count."""

    bound = llm_strategy(model_of())(count)
    assert bound.config_name == count.config_name == count.using(seed=1).config_name
    scope = Hyperparameters()
    scope[count].instruction = "Scope."
    with scope:
        assert "Scope." in bound.prompt("x")[0].content
