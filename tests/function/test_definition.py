"""Wrong definitions fail where they are written, and say where, what and what to do."""

import collections.abc
import functools
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated, Any, ParamSpec, TypeVar

import pytest
from langchain_core.language_models import BaseChatModel, BaseLLM
from pydantic import BaseModel

from llm_strategy import ChatChain, llm_explicit_function, llm_function, llm_strategy
from llm_strategy.chat import ModelLike
from llm_strategy.errors import DefinitionError
from llm_strategy.testing import ScriptedModel

T = TypeVar("T")
P = ParamSpec("P")


class Inputs(BaseModel):
    text: str


def no_docstring(model, text: str) -> int: ...


def blank_docstring(model, text: str) -> int:
    """ """


def no_return_type(model, text: str):
    """Guess."""


def no_annotation(model, text) -> int:
    """Guess."""


def default_without_annotation(model, text="", *, limit: int = 3) -> int:
    """Guess."""


def no_parameters() -> int:
    """Guess."""


def keyword_model(*, model, text: str) -> int:
    """Guess."""


def collected_model(*models: Any) -> int:
    """Guess."""


def number_for_the_model(x: int, text: str) -> int:
    """Guess."""


def optional_number_for_the_model(x: int | None, text: str) -> int:
    """Guess."""


def own_body(model, text: str) -> int:
    """Guess."""
    return 3


def bare_callable(model, text: str) -> Callable:
    """Guess."""


def callable_result(model, text: str) -> Callable[[int], str]:
    """Guess."""


def callable_inside(model, text: str) -> dict[str, list[Callable[[int], str]]]:
    """Guess."""


def iterator_of_nothing(model, text: str) -> Iterator:
    """Guess."""


def unbound_variable(model, text: str) -> list[T]:
    """Guess."""


def parameter_specification(model, function: Callable[P, int]) -> int:
    """Guess."""


WRONG = [
    (no_docstring, "no_docstring' has no docstring: the docstring is the model's instruction. Add one"),
    (blank_docstring, "blank_docstring' has no docstring"),
    (no_return_type, r"no_return_type' has no return type.* Add one: `def no_return_type\(\.\.\.\) -> <type>`"),
    (no_annotation, "no_annotation': parameter 'text' has no annotation.* write `text: <type>`"),
    (default_without_annotation, "parameter 'text' has no annotation"),
    (no_parameters, r"no parameter for the model. Add one as the first: `def no_parameters\(model, \.\.\.\)`"),
    (keyword_model, "keyword_model' has no parameter for the model"),
    (collected_model, "collected_model' has no parameter for the model"),
    (
        number_for_the_model,
        "the first parameter of an LLM function is the model, and 'x' is annotated with <class 'int'>",
    ),
    (optional_number_for_the_model, "and 'x' is annotated with int | None. Put a parameter for the model before it"),
    (own_body, r"own_body' has a body of its own \(`return 3`\)"),
    (bare_callable, "return type of '.*bare_callable' .*Callable"),
    (callable_result, "return type of '.*callable_result'"),
    (callable_inside, "return type of '.*callable_inside'"),
    (iterator_of_nothing, r"does not say of what. Write the type of one item: `Iterator\[<type>\]`"),
    (
        unbound_variable,
        "return type of '.*unbound_variable' holds the type variable 'T', and no argument gives its type",
    ),
    (parameter_specification, "uses 'P', a ParamSpec"),
]


@pytest.mark.parametrize(("stub", "words"), WRONG, ids=lambda given: getattr(given, "__name__", ""))
def test_a_wrong_stub_is_refused_with_a_reason(stub, words):
    with pytest.raises(DefinitionError, match=words) as caught:
        llm_function(stub)
    assert stub.__qualname__ in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param("capital", id="text"),
        pytest.param(Inputs, id="class"),
        pytest.param(property(lambda self: 1), id="property"),
        pytest.param(staticmethod(len), id="builtin"),
        pytest.param(3, id="number"),
    ],
)
def test_only_functions_are_decorated(given):
    with pytest.raises(DefinitionError, match=r"is no function. Put the decorator directly above a `def`"):
        llm_function(given)


def test_an_llm_function_is_not_decorated_twice():
    @llm_function
    def guess(model, text: str) -> int:
        """Guess."""

    with pytest.raises(DefinitionError, match=r"<LLM function .*guess> is no function"):
        llm_function(guess)


@pytest.mark.parametrize(
    "annotation",
    [
        pytest.param(Any, id="any"),
        pytest.param(object, id="object"),
        pytest.param(BaseChatModel, id="chat-model"),
        pytest.param(BaseLLM, id="completion-model"),
        pytest.param(ChatChain, id="chain"),
        pytest.param(ModelLike, id="alias"),
        pytest.param(BaseChatModel | None, id="optional"),
        pytest.param(Annotated[BaseChatModel, "who"], id="annotated"),
        pytest.param("BaseChatModel", id="text"),
        pytest.param("Unknown", id="unknown-text"),
    ],
)
def test_the_model_may_be_annotated_in_many_ways(annotation):
    def guess(llm: annotation, text: str) -> int:
        """Guess."""

    assert llm_function(guess).prompt("x")[-1].content == "text: x"


@pytest.mark.parametrize(
    ("returns", "value_type", "items"),
    [
        pytest.param(Iterator[int], int, True, id="iterator"),
        pytest.param(collections.abc.Generator[int, None, None], int, True, id="generator"),
        pytest.param(AsyncIterator[int], int, True, id="async-iterator"),
        pytest.param(collections.abc.AsyncGenerator[int, None], int, True, id="async-generator"),
        pytest.param(list[int], list[int], False, id="list"),
        pytest.param(None, None, False, id="none"),
    ],
)
def test_items_are_told_from_values(returns, value_type, items):
    def guess(model, text: str) -> returns:
        """Guess."""

    function = llm_function(guess)
    assert function.output_type == value_type
    assert f"-> {'list[int]' if items else str(value_type)}" in function.prompt("x")[0].content


def two_inputs(model, one: Inputs, two: Inputs) -> int:
    """Guess."""


def no_input(model) -> int:
    """Guess."""


def plain_input(model, text: str) -> int:
    """Guess."""


def optional_input(model, one: Inputs | None) -> int:
    """Guess."""


@pytest.mark.parametrize(
    ("stub", "found"),
    [
        pytest.param(two_inputs, "one: .*Inputs.*, two: .*Inputs", id="two"),
        pytest.param(no_input, "are none", id="none"),
        pytest.param(plain_input, "text: <class 'str'>", id="text"),
        pytest.param(optional_input, r"one: .*Inputs \| None|one: .*Optional", id="optional"),
    ],
)
def test_an_explicit_function_takes_one_model_and_nothing_else(stub, found):
    with pytest.raises(DefinitionError, match="an explicit function takes the model and one pydantic model") as caught:
        llm_explicit_function(stub)
    assert caught.match(found)
    assert caught.match("Use @llm_function for anything else")


def test_the_remedy_for_a_member_without_docstring_is_to_skip_it():
    class Shop:
        def find(self, query: str) -> str: ...

    with pytest.raises(
        DefinitionError, match=r"Shop\.find' has no docstring.*or leave the member out with skip={'find'}"
    ):
        llm_strategy("replay:x")(Shop)


def wrapped(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)

    return wrapper


def test_a_decorator_in_between_is_refused():
    with pytest.raises(
        DefinitionError, match=r"guess' is wrapped by another decorator already.* directly above the `def`"
    ):

        @llm_function
        @wrapped
        def guess(model, text: str) -> int:
            """Guess."""


def test_a_decorator_above_is_used():
    @wrapped
    @llm_function
    def guess(model, text: str) -> int:
        """Guess."""

    assert guess(ScriptedModel(["3"]), "x") == 3


def test_a_stub_under_a_decorator_of_a_class_is_left_to_that_decorator():
    @llm_strategy(ScriptedModel(["3"]))
    class Shop:
        @wrapped
        def find(self) -> int:
            """Find it."""
            raise NotImplementedError

        def count(self) -> int:
            """How many."""

    assert Shop().count() == 3
    with pytest.raises(NotImplementedError):
        Shop().find()
