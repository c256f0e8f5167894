"""Calling an LLM function from the command line."""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import nullcontext
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from pydantic import TypeAdapter
from rich.console import Console

from llm_strategy.chat.resolve import MODEL_VARIABLE
from llm_strategy.cli.prompts import prompts_shown, show_messages
from llm_strategy.errors import ConfigurationError, InputError, LLMStrategyError
from llm_strategy.function import BoundLLMFunction, LLMFunction

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["call_target", "find_target", "show_prompt"]

AnyFunction = LLMFunction[..., Any] | BoundLLMFunction[..., Any]


def call_target(target: str, arguments: str, model: str | None, *, show_prompts: bool = False) -> None:
    """Call the function that `target` names, and print its value as JSON.

    Raises:
        ConfigurationError: there is no such function, or the arguments are no JSON object.
        LLMStrategyError: whatever the call raises.
    """
    function = find_target(target)
    values = _arguments(arguments)
    with prompts_shown(Console(stderr=True)) if show_prompts else nullcontext():
        value = _called(function, values, model)
        if inspect.iscoroutine(value):
            value = asyncio.run(value)
        _print(value, function)


def show_prompt(target: str, arguments: str) -> None:
    """Print the messages of a call. Raises ConfigurationError, InputError."""
    function = find_target(target)
    show_messages(Console(), _with_hint(target, lambda: function.prompt(**_arguments(arguments))))


def find_target(target: str) -> AnyFunction:
    """Return the LLM function that `MODULE:FUNCTION` names; modules of the working directory are found too.

    Raises:
        ConfigurationError: there is no such module or function, or it is no LLM function.
    """
    module, colon, path = target.partition(":")
    if not (module and colon and path) or module.startswith("."):
        raise ConfigurationError(f"{target!r} names no function. Write MODULE:FUNCTION, such as 'shop:describe'.")
    if os.getcwd() not in sys.path:  # noqa: PTH109 (sys.path holds strings)
        sys.path.insert(0, os.getcwd())  # noqa: PTH109
    found: Any = _imported(module)
    for name in path.split("."):
        if not hasattr(found, name):
            raise ConfigurationError(f"{target!r}: {name!r} is not there. {_functions_of(found)}")
        found = getattr(found, name)
    if not isinstance(found, LLMFunction | BoundLLMFunction):
        raise ConfigurationError(
            f"{target!r} is no LLM function but a {type(found).__name__!r}. Decorate it with @llm_function, or with "
            "@llm_strategy(model)."
        )
    return cast("AnyFunction", found)


def _imported(module: str) -> Any:
    try:
        return import_module(module)
    except LLMStrategyError:
        raise
    except Exception as error:
        missing = isinstance(error, ModuleNotFoundError) and module.startswith(error.name or module)
        remedy = "Name it as in an import statement, from the folder you are in." if missing else "Mend it first."
        raise ConfigurationError(
            f"Module {module!r} cannot be imported: {type(error).__name__}: {error}. {remedy}"
        ) from error


def _functions_of(module: Any) -> str:
    names = [name for name in dir(module) if isinstance(getattr(module, name), LLMFunction | BoundLLMFunction)]
    return f"LLM functions there: {', '.join(map(repr, names))}." if names else "There is no LLM function there."


def _arguments(text: str) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except ValueError as error:
        raise ConfigurationError(
            f'--json is no JSON: {error}. Write an object, such as \'{{"text": "..."}}\'.'
        ) from error
    if not isinstance(values, dict):
        raise ConfigurationError(f"--json is a {type(values).__name__}, and has to be an object of arguments by name.")
    return values  # pyright: ignore[reportUnknownVariableType]  # keys of a JSON object are strings


def _called(function: AnyFunction, values: dict[str, Any], model: str | None) -> Any:
    if isinstance(function, BoundLLMFunction):
        asked = function if model is None else function.using(model=model)
        return _with_hint(repr(function), lambda: asked(**values))
    default = None if function.settings.model or os.environ.get(MODEL_VARIABLE) else "local"
    return _with_hint(repr(function), lambda: function(model or default, **values))


def _with_hint(target: str, call: Callable[[], Any]) -> Any:
    try:
        return call()
    except LLMStrategyError:
        raise
    except TypeError as error:
        raise InputError(f"{target}: {error}. Give the arguments with --json '{{\"name\": value}}'.") from error


def _print(value: Any, function: AnyFunction) -> None:
    if hasattr(value, "__anext__"):
        asyncio.run(_print_items(value, function))
    elif isinstance(value, Iterator):
        for item in value:  # pyright: ignore[reportUnknownVariableType]
            _print_one(item, function)
    else:
        _print_one(value, function)


async def _print_items(items: AsyncIterator[Any], function: AnyFunction) -> None:
    async for item in items:
        _print_one(item, function)


def _print_one(value: Any, function: AnyFunction) -> None:
    sys.stdout.write(f"{TypeAdapter[Any](function.output_type).dump_json(value).decode()}\n")
    sys.stdout.flush()
