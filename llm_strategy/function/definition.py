"""A stub, read once: what its signature, docstring and annotations say about the calls to come."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Generator, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast, get_args, get_origin

from llm_strategy.errors import DefinitionError
from llm_strategy.function.hints import Surroundings, hints_of
from llm_strategy.function.parameters import (
    OWNER_NAMES,
    Parameter,
    check_annotated,
    check_model_parameter,
    parameter_of,
)
from llm_strategy.function.stub import is_stub, own_statement
from llm_strategy.schema import free_type_variables

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FunctionType

__all__ = ["Binding", "Definition", "define"]

Binding: TypeAlias = Literal["instance", "class", "nothing"]
"""What a member of a class is bound to when it is looked up."""

_ITERATORS = (Iterator, Generator)
_ASYNC_ITERATORS = (AsyncIterator, AsyncGenerator, AsyncIterable)


@dataclass(frozen=True, eq=False)
class Definition:
    """What a stub declares.

    What needs the annotations is worked out when it is first asked for: a stub may name classes that are defined below
    it. `define` asks at once, where that is possible, so that wrong definitions are found where they are written.
    """

    function: Callable[..., Any]
    """The stub."""
    has_model: bool
    """Whether the stub has a parameter for the model."""
    surroundings: Surroundings = field(default_factory=Surroundings, repr=False)
    """Where it was decorated."""
    binding: Binding | None = None
    """What the stub is bound to; None where only the name of its first parameter tells."""

    @cached_property
    def where(self) -> str:
        """Module and qualified name, for errors."""
        return f"{self.function.__module__}.{self.function.__qualname__}"

    @cached_property
    def title(self) -> str:
        """Name as a model is shown it: with the class of a method, without the function around."""
        return self.function.__qualname__.rpartition("<locals>.")[2]

    @cached_property
    def instruction(self) -> str:
        """The docstring, without its indentation."""
        return inspect.cleandoc(self.function.__doc__ or "")

    @cached_property
    def _written(self) -> list[inspect.Parameter]:
        return list(inspect.signature(self.function).parameters.values())

    @cached_property
    def owner(self) -> str | None:
        """Name of the parameter for the instance or class that a method is called on."""
        first = self._written[0].name if self._written else None
        if self.binding is None:
            return first if first in OWNER_NAMES else None
        return None if self.binding == "nothing" else first

    @cached_property
    def _given(self) -> list[inspect.Parameter]:
        """The parameters that are inputs: not the owner, not the model."""
        return self._written[(self.owner is not None) + self.has_model :]

    def check_written(self) -> None:
        """Check what can be seen without evaluating annotations. Raises DefinitionError."""
        if self.has_model:
            check_model_parameter(self._written[self.owner is not None :], self.where, self._hint)
        for parameter in self._given:
            check_annotated(parameter, self.where)
        if "return" not in self.function.__annotations__:
            raise DefinitionError(
                f"{self.where!r} has no return type: it says what to make of the model's reply. "
                f"Add one: `def {self.function.__name__}(...) -> <type>`."
            )

    def _hint(self, name: str) -> dict[str, Any]:
        more = self.surroundings.result if name == "return" else self.surroundings.inputs
        function = cast("FunctionType", self.function)
        names = {**self.surroundings.names(function), **more}
        return hints_of(function, names, self.where, {name})

    @cached_property
    def _hints(self) -> dict[str, Any]:
        """The evaluated annotations by name. Raises DefinitionError for one that means nothing (yet)."""
        hints: dict[str, Any] = {}
        for name in (*(parameter.name for parameter in self._given), "return"):
            hints |= self._hint(name)
        object.__setattr__(self, "surroundings", Surroundings())  # the frames around need not be kept any longer
        return hints

    @property
    def known(self) -> bool:
        """Whether all annotations can be evaluated yet: one may name a class that is defined below the stub."""
        try:
            return "return" in self._hints
        except DefinitionError as error:
            if isinstance(error.__cause__, NameError):
                return False
            raise

    @cached_property
    def items(self) -> bool:
        """Whether the value is streamed item by item."""
        return _plain(self._hints["return"]) in (*_ITERATORS, *_ASYNC_ITERATORS)

    @cached_property
    def awaited(self) -> bool:
        """Whether a call is awaited."""
        return inspect.iscoroutinefunction(self.function)

    @cached_property
    def asynchronous(self) -> bool:
        """Whether a call gives something to await or to iterate over with `async for`."""
        return self.awaited or _plain(self._hints["return"]) in _ASYNC_ITERATORS

    @cached_property
    def value_type(self) -> Any:
        """The type of the value, or of one item where items are streamed."""
        returns = self._hints["return"]
        if not self.items:
            return None if returns is type(None) else returns
        if not get_args(returns):
            raise DefinitionError(
                f"{self.where!r} returns {returns!r} and does not say of what. Write the type of one item: "
                "`Iterator[<type>]`."
            )
        return get_args(returns)[0]

    @cached_property
    def asked_type(self) -> Any:
        """The type that a model is asked for: a list, where items are streamed."""
        return list[self.value_type] if self.items else self.value_type  # type: ignore[name-defined]  # made at run time

    @cached_property
    def inputs(self) -> tuple[Parameter, ...]:
        """The parameters that are inputs of the model: not the owner, not the model."""
        return tuple(parameter_of(parameter, self._hints[parameter.name]) for parameter in self._given)

    @property
    def input_hints(self) -> dict[str, Any]:
        """The evaluated annotations of the inputs, as they are written, by their names."""
        return {one.name: self._hints[one.name] for one in self._given}

    @cached_property
    def signature(self) -> inspect.Signature:
        """The signature of the inputs alone, to bind arguments with."""
        return inspect.Signature([one.in_signature() for one in self.inputs])

    @cached_property
    def variables(self) -> tuple[Any, ...]:
        """The type variables that a call has to give types to. Raises DefinitionError for those that none can."""
        of_inputs = [free_type_variables(one.annotation, where=f"{self.where!r}") for one in self.inputs]
        of_value = free_type_variables(self.value_type, where=f"{self.where!r}")
        return tuple(dict.fromkeys(variable for found in (*of_inputs, of_value) for variable in found))


def _plain(annotation: Any) -> Any:
    """An annotation without its arguments, whether it has any or not."""
    return get_origin(annotation) or annotation


def define(
    function: Callable[..., Any], *, has_model: bool, surroundings: Surroundings, binding: Binding | None = None
) -> Definition:
    """Read a stub.

    Raises:
        DefinitionError: it has a body of its own, no docstring, no return type, an input without a type; the message
            names the function.
    """
    definition = Definition(function, has_model, surroundings, binding)
    where = definition.where
    code = cast("FunctionType", function)
    if hasattr(function, "__wrapped__"):
        raise DefinitionError(
            f"{where!r} is wrapped by another decorator already, and what that does would be lost. "
            "Put this decorator directly above the `def`, below the others."
        )
    if is_stub(code) is False and not getattr(function, "__isabstractmethod__", False):
        raise DefinitionError(
            f"{where!r} has a body of its own (`{own_statement(code)}`) that the model would replace. "
            "Leave only the docstring, `...`, `pass` or `raise NotImplementedError`, or take the decorator off."
        )
    if not definition.instruction:
        raise DefinitionError(
            f"{where!r} has no docstring: the docstring is the model's instruction. Add one"
            f"{'' if binding is None else f', or leave the member out with skip={{{function.__name__!r}}}'}."
        )
    definition.check_written()
    if definition.known:
        _ = definition.inputs, definition.signature, definition.value_type
    return definition
