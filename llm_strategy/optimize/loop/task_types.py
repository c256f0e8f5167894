"""Of which types the inputs and the results of a task are: as it says itself, and as its inputs show.

Inputs show their class. What is in a list, or in another class that is open for any type, only the task can say:
made-up inputs are to have the same in them.
"""

from __future__ import annotations

import inspect
import typing
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Generator, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ConfigDict, TypeAdapter

from llm_strategy.errors import DefinitionError
from llm_strategy.schema.annotations import origin_and_arguments, parameters
from llm_strategy.schema.generics import free_type_variables, substitute

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["parameters_type", "result_type"]

_OPEN: frozenset[Any] = frozenset({tuple, list, dict, set, frozenset, deque})
"""Classes that do not say what is in them."""
_ONE_BY_ONE: frozenset[Any] = frozenset({AsyncGenerator, AsyncIterator, Generator, Iterator})
"""What is gathered in a list."""


def parameters_type(task: Callable[..., Any], seeds: Sequence[Any]) -> Any:
    """Return the type of the second parameter of a task; Any where nobody knows it.

    >>> def shortest(model, texts: list[str]) -> str: ...
    >>> parameters_type(shortest, [["Bees", "Rome"]])
    list[str]

    Args:
        task: called with a model and an input.
        seeds: some inputs. Where all of them are of one class that says what is in it, they are of that type.
    """
    kinds: set[Any] = {type(one) for one in seeds}
    kind: Any = kinds.pop() if len(kinds) == 1 else Any
    is_open = kind is Any or kind in _OPEN or bool(parameters(kind))
    if not is_open:
        return kind
    declared = _declared_input(task)
    if declared is not Any and all(_is_of(declared, one) for one in seeds):
        return declared
    return _closed(kind)


def result_type(task: Callable[..., Any]) -> Any:
    """Return what a task says that it gives; Any where it does not say, or nobody knows what it means.

    >>> from collections.abc import AsyncIterator
    >>> async def lines(model, text: str) -> AsyncIterator[str]: ...
    >>> result_type(lines)
    list[str]
    """
    found = _closed(_hints(task).get("return", Any))
    origin, arguments = origin_and_arguments(found)
    if origin in _ONE_BY_ONE:
        gathered: Any = list
        return gathered[arguments[0] if arguments else Any]
    if isinstance(origin, type) and issubclass(origin, Awaitable):
        return arguments[-1] if arguments else Any
    return found


def _declared_input(task: Callable[..., Any]) -> Any:
    try:
        signature = inspect.signature(task)
    except (TypeError, ValueError):  # of some functions written in C nobody knows it
        return Any
    places = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [one.name for one in signature.parameters.values() if one.kind in places]
    return _closed(_hints(task).get(names[1], Any)) if len(names) > 1 else Any


def _hints(task: Callable[..., Any]) -> dict[str, Any]:
    inner: Any = task.func if isinstance(task, partial) else task
    for one in (inner, type(inner).__call__):
        try:
            found = typing.get_type_hints(inspect.unwrap(one))
        except (NameError, TypeError, AttributeError, DefinitionError):
            continue
        if found:
            return found
    return {}


def _closed(annotation: Any) -> Any:
    """Return a type in which anything may stand for type variables."""
    try:
        free = free_type_variables(annotation)
        return Any if isinstance(annotation, TypeVar) else substitute(annotation, dict.fromkeys(free, Any))
    except DefinitionError:
        return Any


def _is_of(declared: Any, value: Any) -> bool:
    """Whether a value is of a type as it is, and is not only read as one."""
    for config in (ConfigDict(arbitrary_types_allowed=True), None):
        try:
            return bool(TypeAdapter[Any](declared, config=config).validate_python(value) == value)
        except Exception:  # noqa: BLE001, S112 (whatever is wrong with a type or a value: it is not known to be one)
            continue
    return False
