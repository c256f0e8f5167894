"""`llm_strategy`: a model implements whatever is a stub in what it decorates."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar, Unpack, overload

from llm_strategy.errors import DefinitionError
from llm_strategy.function import BoundLLMFunction, LLMFunction, implementation
from llm_strategy.function.hints import surrounding_names
from llm_strategy.strategy.classes import implemented
from llm_strategy.strategy.instances import implemented_instance

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from llm_strategy.chat import ChatChain, ModelLike
    from llm_strategy.function import Options

__all__ = ["llm_dataclass", "llm_strategy"]

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound=type)
T = TypeVar("T")


class _Strategy(Protocol):
    """Implements the stubs of what it is given."""

    @overload
    def __call__(self, target: C, /) -> C: ...
    @overload
    def __call__(self, target: LLMFunction[P, R], /) -> BoundLLMFunction[P, R]: ...
    @overload
    def __call__(self, target: Callable[P, R], /) -> BoundLLMFunction[P, R]: ...
    @overload
    def __call__(self, target: T, /) -> T: ...


def llm_strategy(
    model: ModelLike | ChatChain | None = None, /, *, skip: Collection[str] = (), **options: Unpack[Options]
) -> _Strategy:
    """Let a model implement the stubs of a class, an instance or a function.

    - A class (dataclass, pydantic model, ABC, Protocol, plain or generic class): a subclass in which every abstract
      member and every stub, inherited ones too, is answered by the model; implemented members stay as they are. Methods,
      static and class methods, properties and cached properties; sync and async.
    - An instance: a copy of it, of such a subclass.
    - A function: the function with the model fixed and its signature unchanged.

    What a method is called on is part of the prompt, but for fields with `repr=False` or `Field(exclude=True)`.

    Args:
        model: who answers; None takes the default model, at each call.
        skip: names of members to leave alone.
        **options: settings of all the functions; see `Options`.

    Raises:
        DefinitionError: a stub has no docstring, no return type, or a type that no model can give; a class has no stub.

    Example:
        >>> from dataclasses import dataclass
        >>> from llm_strategy.testing import ScriptedModel
        >>> @llm_strategy(ScriptedModel(['{"return_value": 41}']))
        ... @dataclass
        ... class Customer:
        ...     birthdate: str
        ...     @property
        ...     def age(self) -> int:
        ...         '''The age in 2026.'''
        ...         raise NotImplementedError()
        >>> Customer("1985-03-01").age
        41
    """
    names = surrounding_names()

    def decorate(target: Any) -> Any:
        if isinstance(target, type):
            return implemented(target, model, options, skip, names)
        if isinstance(target, LLMFunction):
            return (target.using(**options) if options else target).bind(model)
        if isinstance(target, staticmethod | classmethod):
            return type(target)(decorate(target.__func__))
        if isinstance(target, property):
            return property(decorate(target.fget), target.fset, target.fdel, target.__doc__)
        if inspect.isfunction(target):
            return BoundLLMFunction(implementation(target, options, has_model=False, names=names), model)
        if callable(target) and not hasattr(target, "__dict__"):
            raise DefinitionError(f"{target!r} is neither a class, nor an instance, nor a Python function.")
        return implemented_instance(target, model, options, skip, names)

    return decorate


def llm_dataclass(cls: type[T], model: ModelLike | ChatChain | None = None, /, **options: Unpack[Options]) -> type[T]:
    """Return the dataclass with its stubs implemented by a model: `llm_strategy(model)(cls)`.

    Raises:
        DefinitionError: `cls` is no dataclass, or one of its stubs is wrong.
    """
    if not (isinstance(cls, type) and hasattr(cls, "__dataclass_fields__")):
        raise DefinitionError(
            f"{cls!r} is no dataclass. Put @dataclass on it, or use llm_strategy(model), which takes any class."
        )
    return llm_strategy(model, **options)(cls)
