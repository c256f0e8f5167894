"""Tools of functions, methods, partials, objects with `__call__`, and LLM functions."""

from __future__ import annotations

import functools
import inspect
import re
import typing
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard, cast

from llm_strategy.errors import DefinitionError
from llm_strategy.tools.origin import Origin
from llm_strategy.tools.rules import Rules
from llm_strategy.tools.signature import signature_of
from llm_strategy.tools.tool import Tool

if TYPE_CHECKING:
    from collections.abc import Callable

    from llm_strategy.flow import Flow

__all__ = ["asks_a_model", "made_tool", "takes_model"]

_PLAIN = (FunctionType, MethodType)


class _Answered(Protocol):
    """An LLM function, as far as a tool needs to know."""

    @property
    def input_hints(self) -> dict[str, Any]: ...
    def flow(self, *args: Any, **kwargs: Any) -> Flow[Any]: ...


def asks_a_model(given: Any) -> bool:
    """Return whether something is an LLM function, or a partial of one."""
    root = _root(given)
    return getattr(root, "asks_a_model", False) is True and hasattr(root, "flow") and not isinstance(root, type)


def takes_model(given: Any) -> bool:
    """Return whether something is an LLM function that takes its model as an argument."""
    return not _is_partial(given) and asks_a_model(given) and hasattr(given, "bind")


def made_tool(given: Any, rules: Rules) -> Tool[..., Any]:
    """Return a tool of something that can be called. Raises DefinitionError."""
    root = _root(given)
    if isinstance(given, _PLAIN):
        return Tool(cast("Callable[..., Any]", given), rules)
    if isinstance(root, Tool):
        known: Tool[..., Any] = cast("Any", root)
        if known.origin.signature is not None:
            raise DefinitionError(
                f"Tool {known.where!r} is made of no plain function: give `fixed` where it is made a tool of."
            )
        return made_tool(_over(given, known.function), rules.over(known))
    if isinstance(root, type) or not callable(root):
        raise DefinitionError(
            f"{given!r:.200} is no tool: {'it is a class' if isinstance(root, type) else 'it cannot be called'}. Use a "
            "function with types and a docstring, a method, or an object with __call__."
        )
    return _described(given, root, rules)


def _described(given: Any, root: Any, rules: Rules) -> Tool[..., Any]:
    is_llm = asks_a_model(root)
    is_object = not (is_llm or isinstance(root, (*_PLAIN, BuiltinFunctionType)))
    called: Any = type(root).__call__ if is_object else root
    name = rules.name or (_snake(str(type(root).__name__)) if is_object else str(root.__name__))
    where = f"{called.__module__}.{getattr(called, '__qualname__', name)}"
    told = inspect.cleandoc(called.__doc__ or root.__doc__ or "")
    if not (rules.description or told):
        raise DefinitionError(
            f"Tool {where!r} has no docstring, and the model would not know what it is for. Add one, or description=..."
        )
    hints = cast("_Answered", root).input_hints if is_llm else _hints(called, where)
    awaited = inspect.iscoroutinefunction(called) and not inspect.iscoroutinefunction(given)
    origin = Origin(
        where,
        signature_of(name, _parameters(given, where), hints, where),
        _flow_of(given) if is_llm else None,
        _awaited(given) if awaited else None,
    )
    whole = Rules(name, rules.description or told, rules.accepts_untrusted, rules.needs_approval)
    return Tool(cast("Callable[..., Any]", given), whole, origin=origin)


def _root(given: Any) -> Any:
    while _is_partial(given):
        given = given.func
    return given


def _is_partial(given: Any) -> TypeGuard[functools.partial[Any]]:
    return isinstance(given, functools.partial)


def _over(given: Any, function: Any) -> Any:
    """Return a partial of a tool as one of its function."""
    if not _is_partial(given):
        return function
    return functools.partial(_over(given.func, function), *given.args, **given.keywords)


def _flow_of(given: Any) -> Callable[..., Flow[Any]]:
    if not _is_partial(given):
        return cast("_Answered", given).flow
    return functools.partial(_flow_of(given.func), *given.args, **given.keywords)


def _awaited(given: Any) -> Callable[..., Any]:
    async def called(*args: Any, **kwargs: Any) -> Any:
        return await given(*args, **kwargs)

    return called


def _hints(called: Any, where: str) -> dict[str, Any]:
    try:
        return typing.get_type_hints(called, include_extras=True)
    except Exception as error:
        raise DefinitionError(f"{where!r}: an annotation cannot be evaluated: {error}.") from error


def _parameters(given: Any, where: str) -> list[inspect.Parameter]:
    """Return the parameters that are left: what a partial has fixed is none, though it could be passed again."""
    try:
        parameters = inspect.signature(given).parameters.values()
    except (ValueError, TypeError) as error:
        raise DefinitionError(f"{where!r} has no signature that can be read: {error}. Write a function.") from error
    fixed: set[str] = set()
    while _is_partial(given):
        fixed |= given.keywords.keys()
        given = given.func
    return [one for one in parameters if one.name not in fixed]


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
