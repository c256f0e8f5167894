"""A stub, read once: what its signature, docstring and annotations say about the calls to come."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, get_args, get_origin

from llm_strategy.errors import DefinitionError
from llm_strategy.function.hints import hints_of
from llm_strategy.function.parameters import OWNER_NAMES, Parameter, checked_model_parameter, parameters_of
from llm_strategy.function.stub import is_stub, own_statement

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Definition", "define"]

_SYNC_ITEMS = (Iterator, Generator)
_ASYNC_ITEMS = (AsyncIterator, AsyncGenerator)


@dataclass(frozen=True)
class Definition:
    """What a stub declares.

    What needs the annotations is worked out when it is first asked for: a stub may name classes that are defined below
    it. `define` asks at once, where that is possible, so that wrong definitions are found where they are written.
    """

    function: Callable[..., Any]
    """The stub."""
    where: str
    """Module and qualified name, for errors."""
    has_model: bool
    """Whether the stub has a parameter for the model."""
    names: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    """Local names that the annotations may refer to."""

    @property
    def name(self) -> str:
        """Name of the function."""
        return self.function.__name__

    @cached_property
    def instruction(self) -> str:
        """The docstring, without its indentation."""
        return inspect.getdoc(self.function) or ""

    @cached_property
    def _parameters(self) -> list[inspect.Parameter]:
        return list(inspect.signature(self.function).parameters.values())

    @cached_property
    def owner(self) -> str | None:
        """Name of the parameter for the instance or class that a method is called on."""
        first = self._parameters[0].name if self._parameters else ""
        return first if first in OWNER_NAMES else None

    @cached_property
    def asynchronous(self) -> bool:
        """Whether a call gives something to await or to iterate over with `async for`."""
        return (
            inspect.iscoroutinefunction(self.function)
            or inspect.isasyncgenfunction(self.function)
            or get_origin(self.returns) in _ASYNC_ITEMS
        )

    @cached_property
    def awaited(self) -> bool:
        """Whether a call is awaited."""
        return inspect.iscoroutinefunction(self.function)

    @cached_property
    def hints(self) -> dict[str, Any]:
        """The evaluated annotations by name. Raises DefinitionError for one that means nothing (yet)."""
        return hints_of(self.function, self.names, self.where)

    @property
    def known(self) -> bool:
        """Whether all annotations can be evaluated yet: one may name a class that is defined below the stub."""
        try:
            return bool(self.hints) or True
        except DefinitionError as error:
            if isinstance(error.__cause__, NameError):
                return False
            raise

    @cached_property
    def returns(self) -> Any:
        """The return annotation. Raises DefinitionError where there is none."""
        if "return" not in self.hints:
            raise DefinitionError(
                f"{self.where!r} has no return type: it says what to make of the model's reply. "
                f"Add one: `def {self.name}(...) -> <type>`."
            )
        return self.hints["return"]

    @cached_property
    def items(self) -> bool:
        """Whether the value is streamed item by item."""
        return get_origin(self.returns) in (*_SYNC_ITEMS, *_ASYNC_ITEMS)

    @cached_property
    def value_type(self) -> Any:
        """The type of the value, or of one item where items are streamed."""
        if not self.items:
            return None if self.returns is type(None) else self.returns
        return get_args(self.returns)[0]

    @cached_property
    def inputs(self) -> tuple[Parameter, ...]:
        """The parameters that are inputs of the model: not the owner, not the model. Raises DefinitionError."""
        rest = self._parameters[1:] if self.owner else self._parameters
        if self.has_model:
            checked_model_parameter(rest, self.hints, self.where)
            rest = rest[1:]
        return parameters_of(rest, self.hints, self.where)

    @cached_property
    def signature(self) -> inspect.Signature:
        """The signature of the inputs alone, to bind arguments with."""
        return inspect.Signature([inspect.Parameter(one.name, one.kind, default=one.default) for one in self.inputs])

    def named(self, owner: type) -> Definition:
        """Return the definition with `owner` known by its name: annotations may refer to the class around them."""
        return Definition(
            self.function, self.where, self.has_model, {**self.names, owner.__name__: owner, "Self": owner}
        )


def define(function: Callable[..., Any], *, has_model: bool, names: Mapping[str, Any], remedy: str = "") -> Definition:
    """Read a stub.

    Raises:
        DefinitionError: it has a body of its own, no docstring, no return type, an input without a type; the message
            names the function, and ends with `remedy`.
    """
    where = f"{function.__module__}.{function.__qualname__}"
    definition = Definition(function, where, has_model, names)
    _check_body(function, where)
    if not definition.instruction:
        raise DefinitionError(f"{where!r} has no docstring: the docstring is the model's instruction. Add one{remedy}.")
    if definition.known:
        _ = definition.returns, definition.inputs
    return definition


def _check_body(function: Callable[..., Any], where: str) -> None:
    if inspect.isfunction(function) and is_stub(function) is False:
        raise DefinitionError(
            f"{where!r} has a body of its own (`{own_statement(function)}`) that the model would replace. "
            "Leave only the docstring, `...`, `pass` or `raise NotImplementedError`, or take the decorator off."
        )
