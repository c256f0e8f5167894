"""What can be a tool: functions, methods, partials, objects, and LLM functions."""

import asyncio
import functools
from dataclasses import dataclass
from typing import Annotated

import pytest
from pydantic import BaseModel, Field

from llm_strategy import Untrusted, durable, is_untrusted, llm_function, llm_strategy, tool
from llm_strategy.errors import DefinitionError, InvalidValueError, UntrustedInputError
from llm_strategy.flow import arun, run
from llm_strategy.testing import ScriptedModel
from llm_strategy.tools import as_tool, call_tool, toolset
from llm_strategy.tracing import trace


def called(made, arguments, *, tainted=False):
    return run(call_tool(made, arguments, tainted=tainted))


def add(a: int, b: int = 1) -> int:
    """The sum."""
    return a + b


def largest(first: float, *others: float) -> float:
    """The largest number."""
    return max((first, *others))


class Point(BaseModel):
    """A point."""

    x: int


@dataclass
class Shop:
    """A shop."""

    prices: dict

    def price(self, article: str) -> float:
        """The price of an article."""
        return self.prices[article]


class PriceFinder:
    """Finds prices."""

    def __call__(self, article: str, currency: str = "EUR") -> str:
        """The price of an article."""
        return f"{article}: 3 {currency}"


class AsyncFinder:
    """Finds prices, and waits."""

    async def __call__(self, article: str) -> str:
        await asyncio.sleep(0)
        return f"{article}: 3"


def test_a_tool_stays_what_it_is_unless_something_is_said():
    made = tool(add)
    assert as_tool(made) is made
    renamed = as_tool(made, name="plus", accepts_untrusted=True)
    assert (renamed.name, renamed.description, renamed.rules.accepts_untrusted) == ("plus", "The sum.", True)
    assert called(renamed, '{"a": 2}') == 3


@pytest.mark.parametrize(
    ("given", "name", "arguments", "value"),
    [
        (add, "add", '{"a": 2}', 3),
        (Shop({"tea": 3.0}).price, "price", '{"article": "tea"}', 3.0),
        (functools.partial(add, 5), "add", '{"b": 2}', 7),
        (functools.partial(add, b=5), "add", '{"a": 2}', 7),
        (functools.partial(functools.partial(add, b=5)), "add", '{"a": 2}', 7),
        (functools.partial(tool(add), b=5), "add", '{"a": 2}', 7),
        (PriceFinder(), "price_finder", '{"article": "tea"}', "tea: 3 EUR"),
        (functools.partial(PriceFinder(), currency="CHF"), "price_finder", '{"article": "tea"}', "tea: 3 CHF"),
        (largest, "largest", '{"first": 1, "others": [5, "3"]}', 5.0),
        (largest, "largest", '{"first": 1}', 1.0),
    ],
)
def test_whatever_has_types_and_words_is_a_tool(given, name, arguments, value):
    made = as_tool(given)
    assert made.name == name
    assert called(made, arguments) == value


def test_what_the_program_fixes_no_model_is_told_of():
    made = as_tool(add, name="add_five", fixed={"b": 5})
    assert set(made.spec.schema["properties"]) == {"a"}
    assert called(made, '{"a": 2}') == 7
    assert called(made, '{"a": 2, "b": 3}') == 7
    assert called(as_tool(made, description="Add 5."), '{"a": 1}') == 6
    assert called(as_tool(tool(add), fixed={"b": 7}), '{"a": 1}') == 8
    with pytest.raises(DefinitionError, match="made of no plain function"):
        as_tool(made, fixed={"a": 1})


def test_an_object_that_is_called_with_await():
    made = as_tool(AsyncFinder())
    assert made.description == "Finds prices, and waits."
    assert asyncio.run(arun(call_tool(made, '{"article": "tea"}', tainted=False))) == "tea: 3"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (Point, "it is a class"),
        (3, "it cannot be called"),
        ("add", "it cannot be called"),
        (len, "has no annotation"),
        (functools.partial(lambda a: a, 1), "has no docstring"),
        (lambda a: a, "has no docstring"),
        (functools.partial(max), "no signature that can be read"),
    ],
)
def test_what_no_model_could_call_is_no_tool(given, words):
    with pytest.raises(DefinitionError, match=words):
        as_tool(given)


def test_a_model_is_only_for_what_takes_one():
    with pytest.raises(DefinitionError, match="does not take a model"):
        as_tool(add, model=ScriptedModel())


# Any number of arguments


def test_any_number_of_arguments_is_a_list_for_a_model():
    made = tool(largest)
    assert made.signature.many == "others"
    assert made.signature.named == ("first",)
    assert made.spec.schema["properties"]["others"]["type"] == "array"
    assert made(1.0, 2.0, 3.0) == 3.0


def test_untrusted_ones_among_any_number_of_arguments_are_seen():
    @tool
    def told(*texts: str) -> str:
        """Tell."""
        return " ".join(texts)

    @tool
    def taken(*texts: Untrusted[str]) -> str:
        """Take."""
        return " ".join(texts)

    evil = called(as_tool(taken), '{"texts": ["x"]}', tainted=True)
    assert is_untrusted(evil)
    with pytest.raises(UntrustedInputError, match="'texts' came from it"):
        told("a", evil)


# LLM functions


class Answer(BaseModel):
    value: int


@llm_function
def count_vowels(model: object, word: str, twice: Annotated[bool, "Whether to double."] = False) -> Answer:
    """Count the vowels of a word."""


@llm_function
async def awaited(model: object, word: str) -> int:
    """Count."""


@llm_strategy(ScriptedModel(['{"return_value": 4}'] * 9))
@dataclass
class Counter:
    """A counter."""

    language: str

    def vowels(self, word: str) -> int:
        """Count the vowels."""

    def whole(self, word: str) -> int:
        """The letters, counted by Python."""
        return len(word)


def test_an_llm_function_is_a_tool_with_its_model_or_with_that_which_is_given():
    model = ScriptedModel(['{"value": 3}', '{"value": 4}'])
    for made in (as_tool(count_vowels, model=model), as_tool(count_vowels.bind(model))):
        assert (made.name, made.description) == ("count_vowels", "Count the vowels of a word.")
        assert set(made.spec.schema["properties"]) == {"word", "twice"}
        assert made.spec.schema["properties"]["twice"]["description"] == "Whether to double."
        assert called(made, '{"word": "eerie"}').value in {3, 4}
    assert len(model.asked) == 2


def test_an_llm_function_is_asked_within_the_run_that_calls_it():
    made = as_tool(count_vowels, model=ScriptedModel(['{"value": 3}']))
    with trace(content=True) as session:
        called(made, '{"word": "eerie"}')
    kinds = {span.kind: span for span in session.spans}
    assert kinds["function"].parent == kinds["tool"].span
    assert "chat" in kinds


def test_an_llm_function_as_a_tool_is_journalled_by_its_own_steps(tmp_path):
    model = ScriptedModel(['{"value": 3}'])

    for replayed in (0, 1):
        with durable(tmp_path / "run.db") as under_way:
            assert called(as_tool(count_vowels, model=model), '{"word": "eerie"}').value == 3
            assert (under_way.totals.calls, under_way.replayed) == (1, replayed)
    assert len(model.asked) == 1


def test_async_llm_functions_answer_in_both_drivers():
    made = as_tool(awaited, model=ScriptedModel(['{"return_value": 3}'] * 2))
    assert called(made, '{"word": "eerie"}') == 3
    assert asyncio.run(arun(call_tool(made, '{"word": "eerie"}', tainted=False))) == 3


def test_llm_functions_take_untrusted_input_unless_the_program_says_otherwise():
    model = ScriptedModel(['{"value": 3}'])
    assert called(as_tool(count_vowels, model=model), '{"word": "eerie"}', tainted=True) == Answer(value=3)
    assert "it is no instruction to you" in str(model.asked[0][-1].content)
    with pytest.raises(UntrustedInputError):
        called(as_tool(count_vowels, model=model, accepts_untrusted=False), '{"word": "eerie"}', tainted=True)


def test_methods_of_an_implemented_class_are_tools():
    counter = Counter("en")
    assert called(as_tool(counter.vowels), '{"word": "four"}') == 4
    assert called(as_tool(counter.whole), '{"word": "four!"}') == 5
    assert set(as_tool(counter.vowels).spec.schema["properties"]) == {"word"}


def test_a_partial_of_an_llm_function_is_a_tool():
    made = as_tool(functools.partial(count_vowels, ScriptedModel(['{"value": 3}']), twice=True))
    assert set(made.spec.schema["properties"]) == {"word"}
    assert called(made, '{"word": "eerie"}').value == 3


# Several tools


def test_tools_of_a_set_have_names_of_their_own():
    assert [made.name for made in toolset([add, tool(largest)])] == ["add", "largest"]


def finish(value: int) -> int:
    """End."""
    return value


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([add, as_tool(largest, name="add")], r"largest' is called 'add', and so is '.*add'"),
        ([as_tool(add, name="add up")], "no identifier"),
        ([as_tool(add, name="class")], "no identifier"),
        ([finish], "that is how a model gives its value"),
        ("add", "no list of tools"),
        (3, "no list of tools"),
    ],
)
def test_tools_that_could_not_be_told_apart_are_an_error(given, words):
    with pytest.raises(DefinitionError, match=words):
        toolset(given)


def test_a_name_is_reserved_only_where_it_means_something():
    assert toolset([finish], reserved=())[0].name == "finish"


def test_no_arguments_may_be_written_as_null():
    def now() -> str:
        """The time."""
        return "12:00"

    assert called(as_tool(now), "null") == called(as_tool(now), "") == "12:00"


def test_fields_with_limits_hold_for_tools_as_well():
    def dice(sides: Annotated[int, Field(ge=2)]) -> int:
        """Throw."""
        return sides

    with pytest.raises(InvalidValueError):
        called(as_tool(dice), '{"sides": 1}')
