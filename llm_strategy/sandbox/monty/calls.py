"""A call of a tool by code in monty: its arguments by the names of parameters, as JSON text; and what is answered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic_monty import ExcType, ExternalExceptionData

    from llm_strategy.sandbox.protocol import GuestFunction

__all__ = ["called_with", "raised", "stub"]

_MOST = 256
"""Arguments of a call, those by position of `*args` as one."""
_LONGEST = 16 * 2**20
"""Characters of JSON that a call may hand over."""


def called_with(function: GuestFunction, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    """Return the arguments of a call by name, as JSON text. Whether they fit the tool is for the tool to say.

    >>> from llm_strategy.sandbox import GuestFunction
    >>> called_with(GuestFunction("add", ("a", "b")), (1,), {"b": (2,)})
    '{"a": 1, "b": [2]}'
    >>> called_with(GuestFunction("add", ("a",), many="rest"), (1, 2, 3), {})
    '{"a": 1, "rest": [2, 3]}'

    Raises:
        TypeError: they cannot be bound, or are no JSON data; it says what the author of the code should read.
    """
    named = _bound(function, args, kwargs)
    if len(named) > _MOST:
        raise TypeError(f"{function.name}() was given {len(named)} arguments; a tool takes {_MOST}.")
    for name, value in named.items():
        _refuse(function.name, name, value)
    text = json.dumps(named)
    if len(text) > _LONGEST:
        raise TypeError(f"{function.name}() was given {len(text)} characters of data; a tool takes {_LONGEST}.")
    return text


def _bound(function: GuestFunction, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    positional = tuple(name for name in function.parameters if name != function.many)
    named = dict(zip(positional, args, strict=False))
    rest = args[len(positional) :]
    if function.many:
        named[function.many] = list(rest)
    elif rest:
        takes = f"{len(positional)} positional argument{'s' * (len(positional) != 1)}"
        raise TypeError(f"{function.name}() takes {takes} but {len(args)} were given")
    twice = [name for name in kwargs if name in named]
    if twice:
        raise TypeError(f"{function.name}() got multiple values for argument {twice[0]!r}")
    return {**named, **kwargs}


def _refuse(function: str, name: str, value: object) -> None:
    where = f"{function}() argument {name!r} is no JSON data"
    try:
        json.dumps(value, allow_nan=False)
    except RecursionError:
        raise TypeError(f"{where}: it is nested too deeply.") from None
    except (TypeError, ValueError) as error:
        raise TypeError(f"{where}: {error}. Pass numbers, texts, lists and dicts.") from None


def raised(kind: ExcType, message: str = "") -> ExternalExceptionData:
    """Return the answer to a call that is an exception in the code."""
    return {"exc_type": kind, "message": message} if message else {"exc_type": kind}


def stub(name: str) -> Callable[..., None]:
    """Return what a tool is where code takes it as a value: monty keeps the name only, and asks for a call of it."""

    def called(*_args: object, **_kwargs: object) -> None:
        """Never called."""

    called.__name__ = name
    return called
