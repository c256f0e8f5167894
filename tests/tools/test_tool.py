"""What a model is told about a tool, how its arguments are read, and what the program gets from it."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field
from typing_extensions import Doc

from llm_strategy import Untrusted, distrust, is_untrusted, tool
from llm_strategy.errors import DefinitionError, InvalidValueError, NoValueError, UnknownToolError, UntrustedInputError
from llm_strategy.tools import Tool, tool_named


class Place(BaseModel):
    city: str
    street: str = ""


@tool
def ride(place: Place, /, seats: Annotated[int, "People"] = 1, *, when: Literal["now", "later"] = "now") -> str:
    """Order a ride.

    It comes in minutes.
    """
    return f"{place.city} {seats} {when}"


@tool(name="look_up", description="Find it.")
def search(
    query: Annotated[str, Doc("Words")], limit: int = Field(3, gt=0, description="At most")
) -> Untrusted[list[str]]:
    """Ignored."""
    return [query] * limit


def test_a_tool_is_the_function_that_it_was():
    assert ride(Place(city="Rome"), 2, when="later") == "Rome 2 later"
    assert ride.__name__ == "ride"
    assert repr(ride) == f"<tool {__name__}.ride>"


def test_name_and_description_come_from_the_function_or_from_the_decorator():
    assert (ride.name, ride.description) == ("ride", "Order a ride.\n\nIt comes in minutes.")
    assert (search.name, search.description) == ("look_up", "Find it.")


def test_the_schema_is_strict_and_describes_the_parameters():
    properties = ride.parameters["properties"]
    assert list(properties) == ["place", "seats", "when"]
    assert ride.parameters["additionalProperties"] is False
    assert properties["seats"]["description"].startswith("People")
    assert search.parameters["properties"]["query"]["description"] == "Words"
    assert search.parameters["properties"]["limit"]["description"].startswith("At most")


def test_arguments_are_read_as_values_of_functions_are():
    arguments = ride.read('Here: ```json\n{"place": {"city": "Rome",}, "seats": "2"}\n```')
    args, kwargs = ride.signature.passed(arguments)
    assert args == (Place(city="Rome"),)
    assert kwargs == {"seats": 2, "when": "now"}


def test_a_tool_without_arguments_takes_an_empty_text():
    @tool
    def now() -> int:
        """The time."""
        return 1

    assert now.signature.passed(now.read("")) == ((), {})
    assert now.parameters["properties"] == {}


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ('{"place": {"city": "Rome"}, "seats": "many"}', InvalidValueError, "`seats`"),
        ('{"place": {"city": "Rome"}, "when": "never"}', InvalidValueError, "`when`"),
        ('{"seats": 1}', InvalidValueError, "place"),
        ("I would rather walk.", NoValueError, "JSON"),
    ],
)
def test_arguments_that_do_not_fit_are_told_in_words_for_the_model(text, error, words):
    with pytest.raises(error, match=words):
        ride.read(text)


def test_names_that_pydantic_has_a_meaning_for_can_be_parameters():
    @tool
    def odd(_secret: str, copy: int, json: str = "j") -> str:
        """Odd names."""
        return f"{_secret}{copy}{json}"

    args, kwargs = odd.signature.passed(odd.read('{"_secret": "s", "copy": 2}'))
    assert odd(*args, **kwargs) == "s2j"
    assert set(odd.parameters["properties"]) == {"_secret", "copy", "json"}


def _undocumented(a: int) -> int:
    return a


def _unnamed(*args: int, start: int = 0) -> int:
    """Add."""
    return sum(args, start)


def _open(**options: int) -> int:
    """Add."""
    return len(options)


def _untyped(a) -> int:
    """Add."""
    return a


def _unknown(a: "Nowhere") -> int:  # noqa: F821
    """Add."""
    return a


def _unfillable(a: Any, b: object = Field(max_length="x")) -> int:  # type: ignore[call-overload]
    """Add."""
    return 1


def _odd_field(copy: int = Field(1)) -> int:
    """Add."""
    return copy


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (_undocumented, "has no docstring"),
        (_unnamed, r"'start' stands behind \*args"),
        (_open, r"\*\*options has none"),
        (_untyped, "parameter 'a' has no annotation"),
        (_unknown, "an annotation cannot be evaluated: name 'Nowhere'"),
        (_odd_field, "'copy' has a Field.*Rename"),
    ],
)
def test_what_no_model_could_call_is_an_error_where_it_is_defined(function, words):
    with pytest.raises(DefinitionError, match=words):
        tool(function)


def test_a_method_is_a_tool_of_its_object():
    class Counter:
        def __init__(self) -> None:
            self.count = 0

        @tool
        def add(self, number: int) -> int:
            """Count on."""
            self.count += number
            return self.count

        @tool(name="words")
        @staticmethod
        def words(text: str) -> int:
            """Count words."""
            return len(text.split())

    counter = Counter()
    assert (counter.add(2), Counter.add(counter, 3)) == (2, 5)
    assert list(counter.add.parameters["properties"]) == ["number"]
    assert isinstance(Counter.add, Tool)
    assert counter.words("a b") == 2


def test_an_untrusted_argument_is_refused_unless_it_is_declared():
    calls = []

    @tool
    def send(to: str, text: Untrusted[str]) -> str:
        """Send a text."""
        calls.append((to, text))
        return f"sent to {to}"

    with pytest.raises(UntrustedInputError, match=r"'send' does not accept untrusted input, and 'to' came from it"):
        send(distrust("eve"), "text")
    with pytest.raises(UntrustedInputError):
        send(to=["bob", distrust("eve")], text=distrust("text"))
    assert calls == []
    assert is_untrusted(send("bob", distrust("text")))
    assert not is_untrusted(send("bob", "text"))


def test_a_tool_that_accepts_untrusted_input_gets_it_with_its_mark():
    @tool(accepts_untrusted=True)
    def shout(text: str) -> str:
        """Shout."""
        return text.upper()

    assert is_untrusted(shout(distrust("a")))
    assert not is_untrusted(shout("a"))


def test_values_of_a_tool_that_reads_what_others_wrote_are_untrusted():
    assert is_untrusted(search("cats"))
    assert search("cats", limit=2) == ["cats", "cats"]


def test_async_tools_are_awaited():
    @tool
    async def fetch(name: str) -> Untrusted[str]:
        """Fetch a page."""
        await asyncio.sleep(0)
        return name

    assert is_untrusted(asyncio.run(fetch("a")))
    with pytest.raises(UntrustedInputError):
        fetch(distrust("a"))


def test_a_tool_is_found_by_its_name():
    assert tool_named([ride, search], "look_up") is search
    with pytest.raises(
        UnknownToolError, match=r"no tool 'lookup'. Did you mean 'look_up'. Tools are 'ride', 'look_up'"
    ):
        tool_named([ride, search], "lookup")
    with pytest.raises(UnknownToolError, match="Tools are none"):
        tool_named([], "x")


def test_a_tool_of_dataclasses():
    @dataclass
    class Point:
        x: int

    @tool
    def move(point: Point) -> int:
        """Move."""
        return point.x

    (args, kwargs) = move.signature.passed(move.read('{"point": {"x": "3"}}'))
    assert move(*args, **kwargs) == 3
