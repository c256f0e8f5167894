"""`as_tool`: a tool out of whatever can be called with typed arguments."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypedDict, TypeGuard, TypeVar, Unpack, overload

from llm_strategy.errors import DefinitionError
from llm_strategy.tools.langchain import is_langchain_tool, langchain_tool
from llm_strategy.tools.objects import asks_a_model, made_tool, takes_model
from llm_strategy.tools.rules import Rules
from llm_strategy.tools.tool import Tool

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from llm_strategy.tools.rules import NeedsApproval

__all__ = ["ToolOptions", "as_tool"]

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)


class ToolOptions(TypedDict, total=False):
    """What differs from what the thing itself says."""

    model: Any
    """Who answers, where it is an LLM function that has no model yet."""
    name: str
    """The name that a model calls it by."""
    description: str
    """What a model is told about it."""
    accepts_untrusted: bool
    """Whether it may be called with what came from an untrusted text."""
    needs_approval: NeedsApproval
    """Whether somebody is asked before a model's call is carried out."""
    fixed: Mapping[str, Any]
    """Arguments that the program passes in every call, and no model is told of."""


class _TakesModel(Protocol[P, R_co]):
    """An LLM function whose model is an argument."""

    def bind(self, model: Any) -> Callable[P, R_co]: ...


class _LangchainTool(Protocol):
    """A tool of langchain."""

    @property
    def args_schema(self) -> Any: ...
    @property
    def response_format(self) -> Any: ...


@overload
def as_tool(given: Tool[P, R_co], /, **options: Unpack[ToolOptions]) -> Tool[P, R_co]: ...
@overload
def as_tool(given: _LangchainTool, /, **options: Unpack[ToolOptions]) -> Tool[..., Any]: ...
@overload
def as_tool(given: _TakesModel[P, R_co], /, **options: Unpack[ToolOptions]) -> Tool[P, R_co]: ...
@overload
def as_tool(given: Callable[P, R_co], /, **options: Unpack[ToolOptions]) -> Tool[P, R_co]: ...
def as_tool(given: Any, /, **options: Unpack[ToolOptions]) -> Any:
    """Return a tool that calls what is given: whatever has a typed signature and a description.

    It may be a tool already, a function, a method, a `functools.partial`, an object with `__call__`, a tool of
    langchain, or an LLM function: that is asked as a part of the run that calls it, and takes untrusted input, which it
    shows to its model as such.

    >>> def scale(value: float, factor: float = 2.0) -> float:
    ...     '''Multiply a value.'''
    ...     return value * factor
    >>> thrice = as_tool(scale, name="thrice", fixed={"factor": 3.0})
    >>> thrice(2.0), list(thrice.spec.schema["properties"])
    (6.0, ['value'])

    Args:
        given: what is called.
        **options: see `ToolOptions`.

    Raises:
        DefinitionError: it cannot be called, has no description, or a parameter that a model cannot fill.
    """
    rules = Rules(
        options.get("name", ""),
        options.get("description", ""),
        options.get("accepts_untrusted", False),
        options.get("needs_approval", False),
    )
    model, fixed = options.get("model"), options.get("fixed", {})
    if not fixed and _is_tool(given):
        return given if rules == Rules() else Tool(given.function, rules.over(given), origin=given.origin)
    if is_langchain_tool(given):
        return langchain_tool(given, rules, fixed)
    if takes_model(given):
        given = given.bind(model)
    elif model is not None:
        raise DefinitionError(f"{given!r:.200} does not take a model: leave model={model!r:.200} out.")
    accepts = options.get("accepts_untrusted", asks_a_model(given))
    rules = Rules(rules.name, rules.description, accepts, rules.needs_approval)
    return made_tool(functools.partial(given, **fixed) if fixed else given, rules)


def _is_tool(given: Any) -> TypeGuard[Tool[..., Any]]:
    return isinstance(given, Tool)
