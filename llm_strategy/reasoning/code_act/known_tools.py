"""Tools as data: their names, which are read back among the tools that this process has used.

Nothing is imported by a name that comes from data: a name that no method of reasoning has ever been given is an error.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakValueDictionary

from pydantic_core import core_schema

from llm_strategy.errors import DefinitionError
from llm_strategy.tools import as_tool

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler

    from llm_strategy.tools import Tool

__all__ = ["ToolNames", "as_tools", "names_of"]

_KNOWN: WeakValueDictionary[str, Tool[..., Any]] = WeakValueDictionary()
"""By where they are defined. Of tools that are made there again and again, as methods are, it is the last one."""


def as_tools(given: Any, where: str) -> tuple[Tool[..., Any], ...]:
    """Return tools for what stands for them: tools, functions, or names of tools that were given before.

    Raises:
        DefinitionError: something is no tool, a name is not known, or two tools have the same name.
    """
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise DefinitionError(f"{where}: tools={given!r} is no list of tools. Give one.")
    tools = tuple(_as_tool(one, where) for one in cast("Iterable[object]", given))
    names = [one.name for one in tools]
    for name in names:
        if names.count(name) > 1 or not name.isidentifier():
            raise DefinitionError(
                f"{where}: {'two tools are called' if names.count(name) > 1 else 'a tool is called'} {name!r}. Each "
                "needs a name of its own that is an identifier: @tool(name=...)."
            )
    _KNOWN.update({one.where: one for one in tools})
    return tools


def _as_tool(given: Any, where: str) -> Tool[..., Any]:
    if isinstance(given, str):
        return _known(given, where)
    try:
        return as_tool(given)
    except DefinitionError as error:
        raise DefinitionError(f"{where}: {error}") from error


def _known(name: str, where: str) -> Tool[..., Any]:
    found = _KNOWN.get(name)
    if found is not None:
        return found
    same = [one for one in list(_KNOWN.values()) if one.name == name]
    if len(same) == 1:
        return same[0]
    names = sorted({one.where if same else one.name for one in same or list(_KNOWN.values())})
    near = get_close_matches(name, names, n=1) if not same else []
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise DefinitionError(
        f"{where}: {'several tools are called' if same else 'no tool that was used here is called'} {name!r}."
        f"{hint} {'They are' if same else 'Known are'} {', '.join(map(repr, names)) or 'none'}; a tool is known from "
        "when it was given to a method of reasoning."
    )


def names_of(tools: Iterable[Tool[..., Any]]) -> list[str]:
    """Return tools as data: their names, or where they are defined, where others have the same name."""
    known = list(_KNOWN.values())
    return [
        one.name if {other.where for other in known if other.name == one.name} <= {one.where} else one.where
        for one in tools
    ]


class ToolNames:
    """Marks an annotation for pydantic: tools, which travel as their names."""

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            partial(as_tools, where="tools"),
            json_schema_input_schema=core_schema.list_schema(core_schema.str_schema()),
            serialization=core_schema.plain_serializer_function_ser_schema(
                names_of, return_schema=core_schema.list_schema(core_schema.str_schema())
            ),
        )
