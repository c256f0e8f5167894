"""How the user's task is called: by name or whole, with a model or without, async or not."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping
from functools import partial
from io import IOBase
from typing import TYPE_CHECKING, Any, TypeAlias, get_type_hints

from pydantic import BaseModel

from llm_strategy.errors import ConfigurationError
from llm_strategy.function.callables import BoundLLMFunction, LLMFunction
from llm_strategy.hyperparameters.mistakes import shown
from llm_strategy.optimize.rollouts.awaiting import awaited

if TYPE_CHECKING:
    from collections.abc import Callable

    from llm_strategy.chat import ModelLike

__all__ = ["Arguments", "TaskCall"]

Arguments: TypeAlias = tuple[tuple[Any, ...], dict[str, Any]]
"""What a task is called with: in order, and by name."""

_MODELS = frozenset({"model", "chat_model", "language_model", "llm", "task_model", "task_chat_model"})
"""What a parameter for the model is called."""
_MOST_KNOWN = 64
"""Of how many forms of arguments it is remembered whether they fit."""
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class TaskCall:
    """Calls a task with the parameters of a case.

    An LLM function gets the model, and its arguments by name: out of a dict, a dataclass, a pydantic model or a named
    tuple; a single parameter may be given as it is. Any other callable gets dicts by name where the names fit, and
    else the parameters as they are, after the model where it takes one.

    >>> TaskCall(lambda country: country.upper())("Italy")
    'ITALY'
    >>> TaskCall(lambda language_model, question: (language_model, question), "a model")("Why?")
    ('a model', 'Why?')

    Raises:
        ConfigurationError: the task is nothing that can be called.
    """

    def __init__(self, task: Callable[..., Any], model: ModelLike | None = None) -> None:
        if not callable(task):
            raise ConfigurationError(f"The task is {shown(task)}. Give something that can be called.")
        self.task = task
        """What is called."""
        self.name = _name(task)
        """What it is called in errors and traces."""
        self.description = _description(task)
        """What it says that it does, where the search begins: no candidate changes that."""
        self._model = model
        self._signature = _signature(task)
        self._inputs = self._parameters()
        self._known: dict[tuple[int, tuple[str, ...]], bool] = {}
        self._is_given_model = isinstance(task, LLMFunction)
        self._is_answered = isinstance(task, LLMFunction | BoundLLMFunction)

    def __call__(self, parameters: Any) -> Any:
        """Call the task here, and wait for its value; what it gives one by one is a list.

        Raises:
            ConfigurationError: the task does not take such parameters.
            Exception: whatever the task raises.
        """
        return self.outcome(*self.arguments(parameters))

    def outcome(self, given: tuple[Any, ...], named: Mapping[str, Any]) -> Any:
        """Call the task with these arguments; see `arguments`."""
        value: Any = self.task(*given, **named)
        if isinstance(value, Awaitable):
            value = awaited(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        if isinstance(value, AsyncIterator):
            value = awaited(_all_of(value))  # pyright: ignore[reportUnknownArgumentType]
        is_iterator = isinstance(value, Iterator) and not isinstance(value, IOBase)
        return list(value) if is_iterator else value  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]

    def arguments(self, parameters: Any) -> Arguments:
        """Return what the task is called with for a case. Raises ConfigurationError."""
        if self._signature is None:
            return (parameters,), {}
        for given, named in self._ways(parameters):
            if self._takes(self._signature, given, named):
                return given, named
        raise ConfigurationError(
            f"The task {self.name}{self._signature} cannot be called with {shown(parameters)}. Give it a dict of its "
            "arguments, or write a function that takes the parameters of a case, and maybe a model before them."
        )

    def _takes(self, signature: inspect.Signature, given: tuple[Any, ...], named: Mapping[str, Any]) -> bool:
        """Whether the task takes so many arguments in order, and these by name."""
        form = len(given), tuple(named)
        known = self._known.get(form)
        if known is None:
            try:
                signature.bind(*given, **named)
                known = True
            except TypeError:
                known = False
            if len(self._known) < _MOST_KNOWN:
                self._known[form] = known
        return known

    def _parameters(self) -> list[inspect.Parameter]:
        """The parameters that can be given without a name, the model among them."""
        signature = self._signature
        return [] if signature is None else [one for one in signature.parameters.values() if one.kind in _POSITIONAL]

    def _ways(self, parameters: Any) -> list[Arguments]:
        """In which ways the task may be meant to be called, the most probable one first."""
        fields = _fields(parameters)
        with_model, without = (self._model,), ()
        if self._is_answered:
            lead: tuple[Any, ...] = with_model if self._is_given_model else without
            if type(parameters) is tuple:
                return [((*lead, *parameters), {}), ((*lead, parameters), {})]
            whole: Arguments = (*lead, parameters), {}
            if fields is None or self._is_meant_whole(parameters, self._inputs[len(lead) :]):
                return [whole]
            return [(lead, fields), whole]
        names_model = bool(self._inputs) and self._inputs[0].name in _MODELS
        by_name: list[Arguments] = [] if fields is None else [(without, fields), (with_model, fields)]
        as_it_is: list[Arguments] = [((parameters,), {})]
        if names_model or self._model is not None:
            as_it_is.append(((self._model, parameters), {}))
        return by_name + as_it_is if isinstance(parameters, Mapping) else as_it_is[:1] + by_name[:1] + as_it_is[1:]

    def _is_meant_whole(self, parameters: Any, inputs: list[inspect.Parameter]) -> bool:
        """Whether the only input is declared as what the parameters are."""
        if len(inputs) != 1 or isinstance(parameters, dict):
            return False
        try:
            hints = get_type_hints(self.task)
        except Exception:  # noqa: BLE001 (annotations may name what is not there)
            hints = {}
        declared: Any = hints.get(inputs[0].name, inputs[0].annotation)
        origin: Any = getattr(declared, "__pydantic_generic_metadata__", {}).get("origin") or declared
        return isinstance(origin, type) and isinstance(parameters, origin)


def _fields(parameters: Any) -> dict[str, Any] | None:
    """Return the parts of parameters by name, as they are; None where they have none."""
    if isinstance(parameters, Mapping):
        named: dict[Any, Any] = dict(parameters)  # pyright: ignore[reportUnknownArgumentType]
        return named if all(isinstance(name, str) for name in named) else None
    if isinstance(parameters, BaseModel):
        return dict(parameters)
    if dataclasses.is_dataclass(parameters) and not isinstance(parameters, type):
        return {field.name: getattr(parameters, field.name) for field in dataclasses.fields(parameters)}
    names: Any = getattr(parameters, "_fields", None)
    if isinstance(parameters, tuple) and names is not None:
        return dict(zip(names, parameters, strict=True))  # pyright: ignore[reportUnknownArgumentType]
    return None


def _signature(task: Callable[..., Any]) -> inspect.Signature | None:
    try:
        return inspect.signature(task)
    except (TypeError, ValueError):  # of some functions written in C nobody knows it
        return None


def _name(task: object) -> str:
    inner = _inner(task)
    named: Any = getattr(inner, "__qualname__", None) or type(inner).__qualname__
    return str(named)


def _description(task: object) -> str:
    """Return the docstring of a task; where it has none, its name."""
    own: object = getattr(_inner(task), "__doc__", None)
    return inspect.cleandoc(own) if isinstance(own, str) and own else _name(task)


def _inner(task: object) -> object:
    return task.func if isinstance(task, partial) else task  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]


async def _all_of(values: AsyncIterator[Any]) -> list[Any]:
    return [value async for value in values]
