"""What the first library of this name promised for functions, kept; and what it failed at."""

import inspect
import typing

import pytest
from langchain_core.language_models import BaseChatModel, BaseLLM
from pydantic import BaseModel, Field

from llm_strategy import ChatChain, llm_function, llm_strategy
from llm_strategy.errors import DefinitionError, InputError, ReplayError
from llm_strategy.schema import bind_type_variables, type_name
from llm_strategy.testing import FakeLLM, ScriptedModel

T = typing.TypeVar("T")
S = typing.TypeVar("S")
U = typing.TypeVar("U")
V = typing.TypeVar("V")


class One(BaseModel, typing.Generic[T]):
    value: T


class Two(BaseModel, typing.Generic[T, S]):
    a: T
    b: S


class Maybe(BaseModel, typing.Generic[T, S]):
    a: T | None = None
    b: S | None = None


@pytest.mark.parametrize(
    ("annotation", "name"),
    [
        (int, "int"),
        (typing.List[int], "list[int]"),
        (list[list[int]], "list[list[int]]"),
        (typing.Dict[str, typing.List[int]], "dict[str, list[int]]"),
        (typing.Set[typing.Set[int]], "set[set[int]]"),
        (One, "One[T]"),
        (typing.List[One[int]], "list[One[int]]"),
        (list[One], "list[One[T]]"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_types_have_short_names(annotation, name):
    assert type_name(annotation) == name


def with_completion_model(llm: BaseLLM, a: str = "", b: int = 1) -> str:
    """Say it."""
    raise NotImplementedError


def with_chat_model(chat_model: BaseChatModel, a: str = "", b: int = 1) -> str:
    """Say it."""
    raise NotImplementedError


def with_chain(chat_chain: ChatChain, a: str = "", b: int = 1) -> str:
    """Say it."""
    raise NotImplementedError


@pytest.mark.parametrize("stub", [with_completion_model, with_chat_model, with_chain], ids=lambda stub: stub.__name__)
def test_the_first_parameter_is_any_kind_of_model(stub):
    schema = llm_function(stub).input_type.model_json_schema()
    assert schema["properties"] == {
        "a": {"default": "", "title": "A", "type": "string"},
        "b": {"default": 1, "title": "B", "type": "integer"},
    }


def test_the_input_type_carries_the_name_and_the_required_inputs():
    def f(llm: BaseLLM, a: str, b: int = Field(3)) -> str:
        """Say it."""
        raise NotImplementedError

    schema = llm_function(f).input_type.model_json_schema()
    assert schema["title"] == "FInputs"
    assert schema["required"] == ["a"]
    assert schema["properties"]["b"]["default"] == 3


@pytest.mark.parametrize(
    "default", [Field(description="test"), Field(..., description="test")], ids=["no-default", "ellipsis"]
)
def test_a_field_without_a_default_is_required(default):
    def f(llm: BaseLLM, a: str, b: int = default) -> str:
        """Say it."""
        raise NotImplementedError

    function = llm_function(f)
    assert function.input_type.model_json_schema()["properties"]["b"]["description"] == "test"
    with pytest.raises(TypeError, match="missing a required argument: 'b'"):
        function.prompt("")


def test_none_gives_no_type_to_a_variable():
    @llm_function
    def f(llm: BaseLLM, a: T) -> T:
        """Say it."""

    with pytest.raises(InputError, match="'a' is None"):
        f.prompt(None)


def result_type(function, *args):
    return function.prompt(*args)[0].content.partition("-> ")[2].partition("\n")[0]


@llm_function
def joined(llm: BaseLLM, a: One[T], b: One[V]) -> Two[T, V]:
    """Join them."""
    raise NotImplementedError


@llm_function
def remapped(llm: BaseLLM, a: One[U], b: One[V], c: One[V]) -> Two[U, V]:
    """Join them."""
    raise NotImplementedError


@llm_function
def many_ways(llm: BaseLLM, a: Maybe[U, int], b: Maybe[int, V], c: Maybe[V, V], d: Maybe[U, U]) -> Maybe[U, V]:
    """Join them."""
    raise NotImplementedError


@llm_function
def collected(llm: BaseLLM, a: list[T], b: T) -> dict[T, T]:
    """Collect them."""
    raise NotImplementedError


@llm_function
def collected_alone(llm: BaseLLM, a: list[T]) -> dict[T, T]:
    """Collect them."""
    raise NotImplementedError


@llm_function
def plain(llm: BaseLLM, a: T, b: S, c: int) -> dict[T, S]:
    """Collect them."""
    raise NotImplementedError


@pytest.mark.parametrize(
    ("function", "args", "expected"),
    [
        pytest.param(joined, (One[int](value=0), One[str](value="")), "Two[int, str]", id="models"),
        pytest.param(
            remapped, (One[int](value=0), One[str](value=""), One[str](value="")), "Two[int, str]", id="other-variables"
        ),
        pytest.param(
            many_ways,
            (Maybe[int, int](), Maybe[int, str](), Maybe[str, str](), Maybe[int, int]()),
            "Maybe[int, str]",
            id="many-ways",
        ),
        pytest.param(collected, (["a"], "hello"), "dict[str, str]", id="collection"),
        pytest.param(collected_alone, (["a"],), "dict[str, str]", id="collection-alone"),
        pytest.param(plain, (0, "", 10), "dict[int, str]", id="plain-values"),
    ],
)
def test_the_result_type_follows_the_arguments(function, args, expected):
    assert result_type(function, *args) == expected


def test_conflicting_arguments_are_an_error():
    with pytest.raises(InputError, match="'V' is str by 'b' and float by 'c'"):
        remapped.prompt(One[int](value=0), One[str](value=""), One[float](value=0.0))


@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [
        pytest.param(Two, Two[int, str](a=1, b="x"), {T: int, S: str}, id="whole"),
        pytest.param(
            Two,
            Two[Two[int, float], str](a=Two[int, float](a=1, b=2.0), b="x"),
            {T: Two[int, float], S: str},
            id="right",
        ),
        pytest.param(
            Two[Two[T, float], S],
            Two[Two[int, float], str](a=Two[int, float](a=1, b=2.0), b="x"),
            {T: int, S: str},
            id="left",
        ),
    ],
)
def test_generics_are_resolved_when_they_are_nested(annotation, value, expected):
    assert bind_type_variables(annotation, value) == expected


def test_a_completion_model_answers():
    @llm_function
    def add(llm: BaseLLM, a: int, b: int) -> int:
        """
        Add two numbers.
        """
        raise NotImplementedError

    asked = "\n\n".join(turn.content for turn in add.prompt(1, 2))
    assert add(FakeLLM(texts={asked + ' {"return_value": 3}'}), 1, 2) == 3
    assert inspect.cleandoc(add.__doc__) == "Add two numbers."
    assert add.__wrapped__.__doc__ == add.__doc__


def test_a_fake_completion_model_continues_what_it_knows():
    assert FakeLLM(texts={"foobar"}).invoke("foo") == "bar"
    assert FakeLLM(texts={"foobar"}).invoke("foo", stop=["a"]) == "b"
    with pytest.raises(ReplayError):
        FakeLLM(texts=set()).invoke("foo")


def test_plain_functions_are_implemented():
    @llm_strategy(ScriptedModel(["3", "2", "3"]))
    def add(a: int, b: int = 1, *, c: int = 2) -> int:
        """Add integers."""
        raise NotImplementedError

    assert (add(1, 2), add(1), add(a=1, c=2)) == (3, 2, 3)


@pytest.mark.parametrize(
    "source", ["...", "pass", "raise NotImplementedError('why')", "raise NotImplementedError from None"]
)
def test_stubs_that_the_first_library_refused_are_stubs(source, tmp_path):
    path = tmp_path / "stubs.py"
    path.write_text(f"class Shop:\n    def find(self, query: str) -> str:\n        '''Find it.'''\n        {source}\n")
    names = {"__name__": "stubs"}
    exec(compile(path.read_text(), str(path), "exec"), names)
    assert llm_strategy(ScriptedModel(["x"]))(names["Shop"])().find("y") == "x"


def test_wrong_definitions_fail_when_they_are_defined():
    def no_docstring(llm: BaseLLM, a: str) -> str:
        raise NotImplementedError

    def no_return_type(llm: BaseLLM, a: str):
        """Say it."""
        raise NotImplementedError

    def no_model(x: int, a: str) -> str:
        """Say it."""
        raise NotImplementedError

    for stub in (no_docstring, no_return_type, no_model):
        with pytest.raises(DefinitionError):
            llm_function(stub)
