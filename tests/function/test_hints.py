"""Annotations are found where they are written: around the stub, below it, as text."""

import gc
import typing
import weakref
from dataclasses import dataclass
from typing import Annotated, Literal, Optional, Self

import pytest
from pydantic import BaseModel

from llm_strategy import llm_function, llm_strategy
from llm_strategy.errors import DefinitionError
from llm_strategy.function.hints import SELF, Surroundings, hints_of
from llm_strategy.testing import ScriptedModel


@llm_function
def guess(model, text: str) -> "Below":
    """Guess."""


class Below(BaseModel):
    number: int


class Name(BaseModel):
    text: str


def test_a_class_below_the_stub_is_found_at_the_call():
    assert guess(ScriptedModel(['{"number": 3}']), "three") == Below(number=3)


def test_a_local_class_is_found_by_its_name():
    class Local(BaseModel):
        number: int

    @llm_function
    def guess(model, text: "str") -> "list[Local]":
        """Guess."""

    assert guess(ScriptedModel(['[{"number": 3}]']), "three") == [Local(number=3)]


def test_a_local_class_below_the_stub_is_found_at_the_call():
    @llm_function
    def guess(model, text: str) -> "Later":
        """Guess."""

    class Later(BaseModel):
        number: int

    assert guess(ScriptedModel(['{"number": 3}']), "three") == Later(number=3)


def test_a_local_name_of_a_caller_does_not_hide_the_one_of_the_module():
    def decorated():
        return llm_function(stub)

    def caller(Name):
        return decorated()

    assert caller(int)(ScriptedModel(['{"text": "Ada"}']), "x") == Name(text="Ada")


def stub(model, text: str) -> "Name":
    """Find the name."""


def test_a_name_of_the_enclosing_function_comes_before_one_further_out():
    class Name(BaseModel):
        outer: int

    def make():
        class Name(BaseModel):
            inner: int

        @llm_function
        def find(model, text: str) -> "Name":
            """Find the name."""

        return find, Name

    find, inner = make()
    assert find.output_type is inner


def test_a_name_that_never_comes_is_an_error_at_the_call():
    @llm_function
    def guess(model, text: str) -> "Nowhere":  # noqa: F821
        """Guess."""

    with pytest.raises(DefinitionError, match="guess': an annotation cannot be evaluated: NameError: name 'Nowhere'"):
        guess(ScriptedModel(["3"]), "three")


def test_an_annotation_that_means_nothing_is_an_error_at_once():
    with pytest.raises(DefinitionError, match="cannot be evaluated: SyntaxError"):

        @llm_function
        def guess(model, text: str) -> "list[":  # noqa: F722
            """Guess."""


def test_what_is_missing_is_found_at_once_although_another_name_is_unknown_yet():
    with pytest.raises(DefinitionError, match="no return type"):

        @llm_function
        def guess(model, text: "Nowhere"):  # noqa: F821
            """Guess."""


def test_the_type_of_the_model_may_be_known_to_type_checkers_only():
    @llm_function
    def guess(model: "BaseChatModel", text: str) -> int:  # noqa: F821
        """Guess."""

    assert guess(ScriptedModel(["3"]), "three") == 3


def test_local_values_are_let_go_once_the_annotations_are_known():
    class Heavy:
        pass

    def make():
        heavy = Heavy()

        @llm_function
        def guess(model, text: str) -> int:
            """Guess."""

        return guess, weakref.ref(heavy)

    guess, heavy = make()
    gc.collect()
    assert heavy() is None
    assert guess.output_type is int


def read(annotation):
    def function() -> annotation: ...

    return hints_of(function, {}, "f")["return"]


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        pytest.param(Self, SELF, id="bare"),
        pytest.param(list[Self], list[SELF], id="list"),
        pytest.param(dict[str, tuple[Self, ...]], dict[str, tuple[SELF, ...]], id="nested"),
        pytest.param(Self | None, Optional[SELF], id="union"),
        pytest.param(Annotated[Self, "me"], Annotated[SELF, "me"], id="annotated"),
        pytest.param(Literal["Self"], Literal["Self"], id="literal"),
        pytest.param(typing.Callable[[int], int], typing.Callable[[int], int], id="callable"),
    ],
)
def test_self_is_read_as_a_type_variable_at_any_depth(annotation, expected):
    assert read(annotation) == expected


def test_self_as_text_is_known_without_an_import():
    names = {"__name__": __name__}
    exec("class Shop:\n    def open(self) -> 'Self': '''Open.'''", names)
    function = names["Shop"].open
    assert hints_of(function, Surroundings().names(function), "f") == {"return": SELF}


def test_all_annotations_are_read_where_none_are_chosen():
    assert set(hints_of(stub, {"Name": Name}, "f")) == {"text", "return"}


def test_type_parameters_of_newer_functions_are_kept():
    def function(value: "T") -> "T": ...  # noqa: F821

    variable = typing.TypeVar("T")  # noqa: PLC0132
    function.__type_params__ = (variable,)
    found = hints_of(function, {"T": variable}, "f", {"value"})
    assert found == {"value": variable}


def test_a_method_may_name_its_own_class_and_classes_inside_it():
    @llm_strategy(ScriptedModel(['{"title": "Faust", "parts": [{"number": 1}]}', '{"number": 2}']))
    @dataclass
    class Book:
        @dataclass
        class Part:
            number: int

        title: str
        parts: "list[Part]"

        def translated(self) -> "Book":
            """The book in English."""

        def last(self) -> "Part":
            """The last part."""

    book = Book("Faust", [])
    translated = book.translated()
    assert type(translated) is Book
    assert translated.title == "Faust"
    assert book.last() == Book.Part(2)


HIDDEN = typing.TypeVar("Hidden")  # noqa: PLC0132


def test_type_parameters_of_newer_classes_are_found_by_their_names():
    class Store(typing.Generic[HIDDEN]):
        __type_params__ = (HIDDEN,)  # as `class Store[Hidden]` has it

        @llm_function
        def best(self, model) -> "Hidden":  # noqa: F821
            """The best."""

        def worst(self) -> "Hidden":  # noqa: F821
            """The worst."""

    assert Store[int]().best(ScriptedModel(["3"])) == 3
    assert llm_strategy(ScriptedModel(["3"]))(Store)[int]().worst() == 3


def test_self_in_a_function_that_is_no_method_is_refused():
    with pytest.raises(DefinitionError, match="holds the type variable 'Self'"):

        @llm_function
        def guess(model, text: str) -> Self:
            """Guess."""
