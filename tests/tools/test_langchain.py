"""Tools of langchain as tools of ours."""

import asyncio
import subprocess
import sys
from typing import Annotated, Any

import pytest
from langchain_core.tools import BaseTool, InjectedToolArg, StructuredTool, ToolException
from langchain_core.tools import Tool as TextTool
from langchain_core.tools import tool as langchain_tool
from pydantic import BaseModel, Field
from pydantic.v1 import BaseModel as OldModel

from llm_strategy import is_untrusted, tool
from llm_strategy.errors import DefinitionError, InvalidValueError, UnsupportedError, UntrustedInputError
from llm_strategy.flow import arun, run
from llm_strategy.tools import as_tool, call_tool, toolset


def called(made, arguments, **options):
    return run(call_tool(made, arguments, **{"tainted": False, **options}))


def acalled(made, arguments):
    return asyncio.run(arun(call_tool(made, arguments, tainted=False)))


@langchain_tool
def add(a: int, b: int = 1) -> int:
    """The sum."""
    return a + b


@langchain_tool
async def fetch(name: str) -> str:
    """Fetch."""
    await asyncio.sleep(0)
    return f"page {name}"


class Place(BaseModel):
    city: str
    country: str = "NO"


class Query(BaseModel):
    place: Place = Field(description="Where.")
    days: int = Field(default=1, ge=1)


class Forecast(BaseTool):
    name: str = "forecast"
    description: str = "The weather of the next days."
    args_schema: type[BaseModel] = Query

    def _run(self, place: Place, days: int = 1) -> str:
        return f"{place.city}, {place.country}: sun for {days}"


class AsyncForecast(Forecast):
    async def _arun(self, place: Place, days: int = 1) -> str:
        return f"{place.city}: async sun for {days}"


SCHEMA = {
    "type": "object",
    "title": "Search",
    "properties": {
        "query": {"type": "string", "description": "What to look for."},
        "limit": {"type": "integer", "minimum": 1},
        "where": {"$ref": "#/$defs/Where"},
        "copy": {"type": "boolean"},
        "with-dash": {"type": "string"},
    },
    "required": ["query"],
    "$defs": {
        "Where": {"type": "object", "properties": {"city": {"type": "string"}, "part": {"$ref": "#/$defs/Where"}}}
    },
}


def search_tool(**fields):
    seen = []

    def search(**arguments: Any) -> str:
        seen.append(arguments)
        return "found"

    made = StructuredTool(name="search", description="Search.", args_schema=SCHEMA, func=search, **fields)
    return as_tool(made), seen


def test_a_decorated_function_is_a_tool():
    made = as_tool(add)
    assert (made.name, made.description) == ("add", "The sum.")
    assert made.spec.schema["properties"]["b"]["default"] == 1
    assert made.signature.value is int
    assert called(made, '{"a": "2"}') == 3
    assert acalled(made, '{"a": 2, "b": 5}') == 7


def test_an_async_tool_needs_an_async_call():
    made = as_tool(fetch)
    assert acalled(made, '{"name": "a"}') == "page a"
    with pytest.raises(UnsupportedError, match="is async, and this call is not"):
        called(made, '{"name": "a"}')


def test_a_class_with_a_model_of_its_arguments():
    made = as_tool(Forecast())
    assert called(made, '{"place": {"city": "Oslo"}}') == "Oslo, NO: sun for 1"
    assert acalled(made, '{"place": {"city": "Oslo"}, "days": 2}') == "Oslo, NO: sun for 2"
    assert acalled(as_tool(AsyncForecast()), '{"place": {"city": "Oslo"}}') == "Oslo: async sun for 1"
    with pytest.raises(InvalidValueError):
        called(made, '{"place": {"city": "Oslo"}, "days": 0}')


def test_arguments_as_json_schema_are_checked_and_passed_as_they_were_given():
    made, seen = search_tool()
    assert made.spec.schema["properties"]["query"]["description"] == "What to look for."
    assert called(made, '{"query": "tea", "limit": "3", "copy": true, "with-dash": "x"}') == "found"
    assert called(made, '{"query": "tea", "where": {"city": "Oslo"}}') == "found"
    assert seen == [
        {"query": "tea", "limit": 3, "copy": True, "with-dash": "x"},
        {"query": "tea", "where": {"city": "Oslo"}},
    ]
    for arguments in ('{"limit": 3}', '{"query": "tea", "limit": 0}', '{"query": "tea", "limit": "many"}'):
        with pytest.raises(InvalidValueError):
            called(made, arguments)
    assert len(seen) == 2


def test_a_model_of_the_first_version_of_pydantic():
    class Old(OldModel):
        text: str

    made = as_tool(StructuredTool(name="old", description="Old.", args_schema=Old, func=lambda text: text.upper()))
    assert called(made, '{"text": "a"}') == "A"


def test_a_tool_of_one_text():
    made = as_tool(TextTool(name="shout", description="Shout.", func=lambda text: text.upper()))
    assert list(made.spec.schema["properties"]) == ["tool_input"]
    assert called(made, '{"tool_input": "a"}') == "A"


def test_what_a_tool_makes_of_its_own_errors_is_its_value():
    def fail(text: str) -> int:
        """Fail."""
        raise ToolException(f"no {text}")

    handled = as_tool(StructuredTool.from_function(fail, handle_tool_error=True))
    assert called(handled, '{"text": "tea"}') == "no tea"
    with pytest.raises(ToolException, match="no tea"):
        called(as_tool(StructuredTool.from_function(fail)), '{"text": "tea"}')


def test_of_content_and_artifact_the_content_is_the_value():
    def look(text: str) -> tuple[str, list[int]]:
        """Look."""
        return f"seen {text}", [1, 2]

    made = as_tool(StructuredTool.from_function(look, response_format="content_and_artifact"))
    assert called(made, '{"text": "tea"}') == "seen tea"


def test_arguments_that_no_model_is_told_of_are_given_by_the_program():
    @langchain_tool
    def mine(text: str, user: Annotated[str, InjectedToolArg]) -> str:
        """Tell whose it is."""
        return f"{text} of {user}"

    with pytest.raises(DefinitionError, match="needs 'user', which no model is told of"):
        as_tool(mine)
    made = as_tool(mine, fixed={"user": "ada"})
    assert list(made.spec.schema["properties"]) == ["text"]
    assert called(made, '{"text": "tea"}') == "tea of ada"
    assert called(as_tool(add, fixed={"b": 9}), '{"a": 1}') == 10


def test_names_words_and_rules_can_be_others():
    made = as_tool(add, name="plus", description="Add.", needs_approval=True)
    assert (made.name, made.description, made.rules.needs_approval) == ("plus", "Add.", True)
    assert as_tool(made, name="sum_of").name == "sum_of"
    with pytest.raises(DefinitionError, match="no description"):
        as_tool(StructuredTool(name="x", description="", args_schema=SCHEMA, func=lambda **_: ""))
    with pytest.raises(DefinitionError, match="'a b', and that is no identifier"):
        toolset([TextTool(name="a b", description="x", func=str)])


def test_untrusted_input_is_refused_as_everywhere():
    with pytest.raises(UntrustedInputError):
        called(as_tool(add), '{"a": 1}', tainted=True)
    made = as_tool(search_tool()[0], accepts_untrusted=True)
    assert is_untrusted(called(made, '{"query": "tea"}', tainted=True))


def test_langchain_is_not_imported_for_tools_that_are_none_of_it():
    code = (
        "import sys\nfrom llm_strategy.tools import as_tool\n"
        "def f(a: int) -> int:\n    'Double.'\n    return 2 * a\n"
        "as_tool(f)\nassert not any(name.startswith('langchain') for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_our_own_decorator_does_not_take_a_langchain_tool_for_a_function():
    assert as_tool(tool(add.func)).name == "add"
