"""Tools as data: their names, which are read back among the tools that this process has used.

Nothing is imported by a name that comes from data: a name that no method of reasoning has ever been given is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from functools import partial
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakMethod, WeakValueDictionary, ref

from pydantic_core import core_schema

from llm_strategy.errors import DefinitionError
from llm_strategy.tools import as_tool

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler

    from llm_strategy.tools import Tool

__all__ = ["ToolNames", "as_tools", "names_of"]

_KNOWN: WeakValueDictionary[str, Tool[..., Any]] = WeakValueDictionary()
"""The last tool of each place where one is defined, or of each tool of langchain, as long as anybody has it."""
_LASTING: dict[str, Tool[..., Any]] = {}
"""Those of functions that modules define: they are there as long as the program."""
_SOURCES: dict[str, Callable[[], object]] = {}
"""What the tool of each place was made of, weakly."""
_SEVERAL: set[str] = set()
"""The places where tools are made again and again, as methods, closures and tools of langchain are."""


def as_tools(given: Any, where: str) -> tuple[Tool[..., Any], ...]:
    """Return tools for what stands for them: tools, functions, or names of tools that were given before.

    Raises:
        DefinitionError: something is no tool, a name is not known, or two tools have the same name.
    """
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise DefinitionError(f"{where}: tools={given!r} is no list of tools. Give one.")
    tools = tuple(_registered(_as_tool(one, where)) for one in cast("Iterable[object]", given))
    names = [one.name for one in tools]
    for name in names:
        if names.count(name) > 1 or not name.isidentifier():
            raise DefinitionError(
                f"{where}: {'two tools are called' if names.count(name) > 1 else 'a tool is called'} {name!r}. Each "
                "needs a name of its own that is an identifier: @tool(name=...)."
            )
    return tools


def _registered(tool: Tool[..., Any]) -> Tool[..., Any]:
    """Keep a tool in mind; return the one that there is already of the same thing."""
    place, old = tool.where, _KNOWN.get(tool.where)
    if old is not None and _same(old, tool):
        return old
    if _is_lasting(tool):  # a module that is read again has defined it anew
        _LASTING[place] = tool
    elif place in _SOURCES and _SOURCES[place]() != _source(tool):
        _SEVERAL.add(place)
    _SOURCES[place] = _weakly(_source(tool))
    _KNOWN[place] = tool
    return tool


def _source(tool: Tool[..., Any]) -> Any:
    """Return what a tool was made of."""
    return tool.function if tool.origin.source is None else tool.origin.source


def _same(one: Tool[..., Any], other: Tool[..., Any]) -> bool:
    return one is other or (type(one) is type(other) and one.rules == other.rules and _is_one(one, other))


def _is_one(one: Tool[..., Any], other: Tool[..., Any]) -> bool:
    mine, theirs = _source(one), _source(other)
    both_methods = isinstance(mine, MethodType) and isinstance(theirs, MethodType)  # made anew at each look
    return mine is theirs or (both_methods and mine == theirs)


def _is_lasting(tool: Tool[..., Any]) -> bool:
    return isinstance(tool.function, FunctionType) and "<locals>" not in tool.where and tool.origin.source is None


def _weakly(source: Any) -> Callable[[], object]:
    try:
        return WeakMethod(source) if isinstance(source, MethodType) else ref(source)
    except TypeError:  # it cannot be referred to like that: what comes later is another one
        return _nothing


def _nothing() -> None:
    """Be nothing."""


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
        return _only(found, where)
    same = [one for one in list(_KNOWN.values()) if one.name == name]
    if len(same) == 1:
        return _only(same[0], where)
    names = sorted({one.where if same else one.name for one in same or list(_KNOWN.values())})
    near = get_close_matches(name, names, n=1) if not same else []
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise DefinitionError(
        f"{where}: {'several tools are called' if same else 'no tool that was used here is called'} {name!r}."
        f"{hint} {'They are' if same else 'Known are'} {', '.join(map(repr, names)) or 'none'}; a tool is known from "
        "when it was given to a method of reasoning."
    )


def _only(tool: Tool[..., Any], where: str) -> Tool[..., Any]:
    if tool.where in _SEVERAL:
        raise DefinitionError(
            f"{where}: several tools were made of {tool.where!r}, and the name does not tell which one is meant. Give "
            "the tool itself, or make one of a function of a module."
        )
    return tool


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
