"""Several tools that a model, or code, can tell apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import DefinitionError
from llm_strategy.tools.convert import as_tool

if TYPE_CHECKING:
    from llm_strategy.tools.tool import Tool

__all__ = ["toolset"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_RENAME = "Give it another name: as_tool(..., name=...)."


def toolset(given: Iterable[Any], *, reserved: Iterable[str] = ("finish",)) -> tuple[Tool[..., Any], ...]:
    """Return tools that go together, of whatever `as_tool` takes.

    >>> def now() -> str:
    ...     '''The time.'''
    ...     return "12:00"
    >>> toolset([now])
    (<tool llm_strategy.tools.toolset.now>,)

    Args:
        given: what tools are made of.
        reserved: names that mean something else.

    Raises:
        DefinitionError: something is no tool, two have the same name, or a name is no identifier, or is reserved.
    """
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise DefinitionError(f"{given!r:.100} is no list of tools. Give a list.")
    kept = frozenset(reserved)
    known: dict[str, Tool[..., Any]] = {}
    for one in given:
        tool: Tool[..., Any] = as_tool(one)
        named = f"Tool {tool.where!r} is called {tool.name!r}"
        if not _NAME.fullmatch(tool.name) or iskeyword(tool.name):
            raise DefinitionError(f"{named}, and that is no identifier: code could not call it. {_RENAME}")
        if tool.name in kept:
            raise DefinitionError(f"{named}, and that is how a model gives its value. {_RENAME}")
        if tool.name in known:
            raise DefinitionError(f"{named}, and so is {known[tool.name].where!r}. {_RENAME}")
        known[tool.name] = tool
    return tuple(known.values())
