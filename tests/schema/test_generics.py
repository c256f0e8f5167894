import dataclasses
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Generic, Literal, Optional, ParamSpec, Protocol, TypeVar, Union

import pytest
import typing_extensions
from pydantic import BaseModel
from typing_extensions import TypeAliasType, TypeVarTuple, Unpack

from llm_strategy.errors import DefinitionError, InputError
from llm_strategy.schema import (
    bind_arguments,
    bind_type_variables,
    close_type_variables,
    free_type_variables,
    substitute,
)

T = TypeVar("T")
S = TypeVar("S")
Number = TypeVar("Number", bound=float)
Text = TypeVar("Text", str, bytes)
P = ParamSpec("P")
Ts = TypeVarTuple("Ts")


class Box(BaseModel, Generic[T]):
    value: T


class Two(BaseModel, Generic[T, S]):
    a: T | None = None
    b: S | None = None


class IntBox(Box[int]):
    pass


class Labelled(Box[S], Generic[S, T]):
    label: T


@dataclasses.dataclass
class Pair(Generic[T, S]):
    left: T
    right: S


@dataclasses.dataclass
class Node(Generic[T]):
    value: T
    below: "list[Node[T]]" = dataclasses.field(default_factory=list)


class Plain(Generic[T]):
    value: T

    def __init__(self, value: T) -> None:
        self.value = value


class Stack(list[T], Generic[T]):
    pass


Rows = TypeAliasType("Rows", list[tuple[str, T]], type_params=(T,))


@pytest.mark.parametrize(
    ("annotation", "value", "bindings"),
    [
        (T, 1, {T: int}),
        (T, True, {T: bool}),
        (T, [1], {T: list[int]}),
        (T, {"a": {1}}, {T: dict[str, set[int]]}),
        (T, (1, "a"), {T: tuple[int, str]}),
        (T, [], {T: list}),
        (Annotated[T, "note"], 1, {T: int}),
        (list[T], [1, 2], {T: int}),
        (list[T], [], {}),
        (list[T], "no list", {}),
        (list[T], [1, "a"], {T: int | str}),
        (list[T], [True, 1], {T: int}),
        (list[T], [1, 2.5], {T: float}),
        (list[T], [1, None], {T: int | None}),
        (list[T], [[1], ["a"]], {T: list[int] | list[str]}),
        (Sequence[T], deque([1]), {T: int}),
        (set[T], {1}, {T: int}),
        (frozenset[T], frozenset({"a"}), {T: str}),
        (tuple[T, ...], (1, 2), {T: int}),
        (tuple[T, S], (1, "a"), {T: int, S: str}),
        (dict[str, list[T]], {"a": [1], "b": [2]}, {T: int}),
        (dict[T, S], {1: "a"}, {T: int, S: str}),
        (Mapping[T, S], {1: "a"}, {T: int, S: str}),
        (Optional[T], None, {}),
        (Optional[T], 1, {T: int}),
        (Union[list[T], T], [1], {T: int}),
        (Union[int, T], 1, {}),
        (Union[int, T], "a", {T: str}),
        (Union[type[T], None], int, {T: int}),
        (type[T], int, {T: int}),
        (type[T], list[int], {T: list[int]}),
        (Box[T], Box[int](value=1), {T: int}),
        (Box[T], Box(value=1), {T: int}),
        (Box[T], IntBox(value=1), {T: int}),
        (Box[T], Labelled[str, int](value="a", label=1), {T: str}),
        (Box[list[T]], Box[list[int]](value=[1]), {T: int}),
        (list[Box[T]], [Box[int](value=1)], {T: int}),
        (Two[T, S], Two[Two[int, float], str](), {T: Two[int, float], S: str}),
        (Two[Two[T, float], S], Two[Two[int, float], str](), {T: int, S: str}),
        (Two[T, S], Two(a=1), {T: int}),
        (Box[T | None], Box[int | None](value=1), {T: int}),
        (Pair[T, S], Pair[int, str](1, "a"), {T: int, S: str}),
        (Pair[T, S], Pair(1, "a"), {T: int, S: str}),
        (dict[str, Pair[T, S]], {"x": Pair(1, "a")}, {T: int, S: str}),
        (Node[T], Node(1, [Node(2)]), {T: int}),
        (Plain[T], Plain[int](1), {T: int}),
        (Plain[T], Plain(1), {T: int}),
        (Stack[T], Stack[int]([1]), {T: int}),
        (T, Box(value=1), {T: Box[int]}),
        (T, Two(a=1), {T: Two}),
        (T, Pair[int, str](1, "a"), {T: Pair[int, str]}),
        (Rows[T], [("a", 1)], {T: int}),
        (Number, True, {Number: bool}),
        (Number, 3, {Number: int}),
        (Text, "a", {Text: str}),
        (Callable[[T], S], len, {}),
        (Iterator[T], iter([1]), {}),
        (Literal["a"], "a", {}),
        (int, 1, {}),
    ],
    ids=str,
)
def test_variables_take_the_types_that_the_value_shows(annotation, value, bindings):
    assert bind_type_variables(annotation, value) == bindings


def test_variables_of_several_arguments_are_bound_together():
    annotations = {"a": Two[T, int], "b": Two[int, S], "c": Two[S, S], "d": Two[T, T], "e": list[str]}
    values = {"a": Two[int, int](), "b": Two[int, str](), "c": Two[str, str](), "d": Two[int, int](), "e": []}
    assert bind_arguments(annotations, values) == {T: int, S: str}


def test_plain_values_of_several_types_are_joined():
    assert bind_arguments({"a": T, "b": T}, {"a": 1, "b": "x"}) == {T: int | str}


def test_a_declared_type_takes_plain_values_that_fit():
    assert bind_arguments({"box": Box[T], "item": T}, {"box": Box[float](value=1), "item": 1}) == {T: float}


def test_arguments_without_a_value_are_passed_over():
    assert bind_arguments({"a": T, "b": S}, {"a": 1}) == {T: int}


def test_iterators_are_not_used_up_by_looking():
    numbers = iter([1, 2])
    bind_type_variables(Iterator[T], numbers)
    assert list(numbers) == [1, 2]


@pytest.mark.parametrize(
    "values",
    [
        {"a": Box[int](value=1), "b": Box[float](value=1.0)},
        {"a": Box[int](value=1), "b": Box(value="x")},
    ],
    ids=["two declarations", "a declaration and a value"],
)
def test_contradicting_declarations_name_both_parameters(values):
    with pytest.raises(InputError, match=r"'T' is int by 'a' and (float|str) by 'b'.*two type variables"):
        bind_arguments({"a": Box[T], "b": Box[T]}, values)


def test_none_for_a_bare_variable_names_the_parameter_and_the_remedy():
    with pytest.raises(InputError, match=r"'item' is None.*annotate the parameter as 'T \| None'"):
        bind_type_variables(T, None, where="item")


def test_a_value_that_contains_itself_shows_no_type():
    circle = []
    circle.append(circle)
    with pytest.raises(InputError, match="'circle' nests too deep, or contains itself"):
        bind_type_variables(T, circle, where="circle")


def test_a_value_outside_the_bound_is_refused():
    with pytest.raises(InputError, match=r"'Number' is str in this call, which is no float"):
        bind_type_variables(Number, "a")


def test_a_value_outside_the_constraints_is_refused():
    with pytest.raises(InputError, match=r"'Text' is int in this call, and may only be one of: str, bytes"):
        bind_type_variables(Text, 1)


def test_a_bound_that_cannot_be_checked_is_left_to_pydantic():
    class Quacks(Protocol):
        def quack(self) -> str: ...

    bounds = [TypeVar("A", bound=Quacks), TypeVar("B", bound=int | str), TypeVar("C", bound="Later")]  # noqa: F821
    assert [bind_type_variables(bound, 1) for bound in bounds] == [{bound: int} for bound in bounds]


def test_fields_with_annotations_from_inside_a_function_are_looked_at_by_value():
    @dataclasses.dataclass
    class Local(Generic[T]):
        value: T
        other: "Unknown" = None  # noqa: F821

    assert bind_type_variables(Local[T], Local(1)) == {T: int}


@pytest.mark.parametrize("annotation", [Callable[P, int], tuple[Unpack[Ts]]], ids=["ParamSpec", "TypeVarTuple"])
def test_other_kinds_of_parameters_are_refused(annotation):
    with pytest.raises(DefinitionError, match=r"uses 'T?[Ps]s?', a (ParamSpec|TypeVarTuple): only a TypeVar"):
        bind_type_variables(annotation, 1)


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (T, int),
        (S, S),
        (list[T], list[int]),
        (T | None, Optional[int]),
        (Annotated[list[T], "x"], Annotated[list[int], "x"]),
        (dict[str, Box[T]], dict[str, Box[int]]),
        (Box, Box[int]),
        (Two[T, S], Two[int, S]),
        (Pair[T, str], Pair[int, str]),
        (Callable[[T], T], Callable[[int], int]),
        (tuple[T, ...], tuple[int, ...]),
        (Literal["T"], Literal["T"]),
        (list[str], list[str]),
        (Rows[T], Rows[int]),
    ],
    ids=str,
)
def test_bindings_are_put_in_at_every_depth(annotation, expected):
    assert substitute(annotation, {T: int}) == expected


def test_an_open_variable_is_closed_by_default_bound_or_constraints():
    default = typing_extensions.TypeVar("default", default=list[int])
    assert close_type_variables(dict[str, default], where="'f'") == dict[str, list[int]]
    assert close_type_variables(Number, where="'f'") is float
    assert close_type_variables(list[Text], where="'f'") == list[str | bytes]
    assert close_type_variables(list[int], where="'f'") == list[int]


def test_an_open_variable_without_any_is_refused_where_it_is_defined():
    with pytest.raises(DefinitionError, match=r"^return type of 'f' holds the type variable 'T'.*an empty list shows"):
        close_type_variables(list[T], where="return type of 'f'")


def test_free_variables_are_listed_in_order():
    assert free_type_variables(dict[S, Box[list[T]]]) == (S, T)
    assert free_type_variables(Literal["a"]) == ()
    assert free_type_variables(Callable[[S], T]) == (S, T)
    assert free_type_variables(Any) == ()


def test_a_generic_model_inside_itself_is_looked_through() -> None:
    assert bind_type_variables(Box[Box[T]], Box[Box[str]](value=Box[str](value="x"))) == {T: str}


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the `type` statement is newer")
def test_an_alias_of_the_type_statement_is_looked_through() -> None:
    names: dict[str, Any] = {}
    exec("type Many[X] = list[X]", names)
    many = names["Many"]
    assert bind_type_variables(many[T], [1]) == {T: int}
    assert substitute(many[T], {T: int}) == many[int]
