"""`llm_strategy`: a model implements whatever is a stub in what it decorates."""

from __future__ import annotations

import inspect
from functools import cached_property
from types import FunctionType
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar, Unpack, cast, overload

from llm_strategy.chat import ChatChain, resolve
from llm_strategy.errors import DefinitionError
from llm_strategy.function import BoundLLMFunction, LLMFunction, implementation
from llm_strategy.function.hints import surroundings
from llm_strategy.function.members import LLMClassMethod
from llm_strategy.strategy.classes import implemented
from llm_strategy.strategy.instances import implemented_instance

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from llm_strategy.chat import ModelLike
    from llm_strategy.function.definition import Binding
    from llm_strategy.function.settings import Shaping

__all__ = ["llm_dataclass", "llm_strategy"]

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound=type)
T = TypeVar("T")


class _Strategy(Protocol):
    """Implements the stubs of what it is given."""

    @overload
    def __call__(self, target: C, /) -> C: ...  # type: ignore[overload-overlap]  # classes can be called, too
    @overload
    def __call__(self, target: LLMFunction[P, R], /) -> BoundLLMFunction[P, R]: ...
    @overload
    def __call__(self, target: Callable[P, R], /) -> BoundLLMFunction[P, R]: ...
    @overload
    def __call__(self, target: T, /) -> T: ...


def llm_strategy(
    model: ModelLike | ChatChain | None = None, *, skip: Collection[str] = (), **options: Unpack[Shaping]
) -> _Strategy:
    """Let a model implement the stubs of a class, an instance or a function.

    - A class (dataclass, pydantic model, ABC, Protocol, plain or generic class): a subclass in which every abstract
      member and every stub, inherited ones too, is answered by the model; implemented members stay as they are.
      Methods, static and class methods, properties and cached properties; sync and async.
    - An instance: a copy of it, of such a subclass.
    - A function: the function with the model fixed and its signature unchanged.

    A stub under a decorator that wraps it is the business of that decorator, and `pass` alone, without a docstring,
    does nothing on purpose.

    What a method is called on is part of the prompt, but for fields with `repr=False` or `Field(exclude=True)`.

    Args:
        model: who answers; None takes the default model, at each call.
        skip: names of members to leave alone.
        **options: settings of all the functions; see `Options`.

    Raises:
        DefinitionError: a stub has no docstring, no return type, or a type that no model can give; a class has no stub.

    Examples:
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
    if isinstance(model, type | FunctionType | LLMFunction):
        raise DefinitionError(
            f"llm_strategy was given {model!r} for the model. Write @llm_strategy(model) above what is to be "
            "implemented, or @llm_strategy() for the default model."
        )
    if model is not None and not isinstance(model, str | ChatChain):
        resolve(model)  # what is no model is found here, where it is written; names are opened when they are needed
    place = surroundings()

    def answered(stub: FunctionType, binding: Binding | None) -> BoundLLMFunction[..., Any]:
        return BoundLLMFunction(implementation(stub, options, has_model=False, place=place, binding=binding), model)

    def decorate(target: Any) -> Any:
        if isinstance(target, type):
            return implemented(target, model, options, skip, place)
        if isinstance(target, LLMFunction):
            return cast("LLMFunction[..., Any]", target).using(**options).bind(model)
        answer = _of_function(target, answered)
        return implemented_instance(target, model, options, skip, place) if answer is None else answer

    return decorate


def _of_function(target: Any, answered: Callable[[Any, Binding | None], BoundLLMFunction[..., Any]]) -> Any:
    """Return a function, in whichever wrapping, as one that the model answers; None for anything else."""
    inner = getattr(target, "__func__", None)
    if inspect.isfunction(target):
        return answered(target, None)
    if inspect.ismethod(target):
        return answered(target.__func__, "instance").__get__(target.__self__)
    if isinstance(target, staticmethod):
        return staticmethod(answered(_function_in(inner), "nothing"))
    if isinstance(target, classmethod):
        return LLMClassMethod(answered(_function_in(inner), "class"))
    return _of_property(target, answered)


def _of_property(target: Any, answered: Callable[[Any, Binding | None], BoundLLMFunction[..., Any]]) -> Any:
    if isinstance(target, property):
        return property(answered(_function_in(target.fget), "instance"), target.fset, target.fdel, target.__doc__)
    if isinstance(target, cached_property):
        return cached_property(answered(_function_in(target.func), "instance"))
    return None


def _function_in(wrapped: Any) -> FunctionType:
    if not inspect.isfunction(wrapped):
        raise DefinitionError(f"{wrapped!r} is no function. Put @llm_strategy(model) directly above a `def`.")
    return wrapped


def llm_dataclass(
    cls: type[T],
    model: ModelLike | ChatChain | None = None,
    *,
    skip: Collection[str] = (),
    **options: Unpack[Shaping],
) -> type[T]:
    """Return the dataclass with its stubs implemented by a model: `llm_strategy(model)(cls)`.

    Raises:
        DefinitionError: `cls` is no dataclass, or one of its stubs is wrong.
    """
    if not (inspect.isclass(cls) and hasattr(cls, "__dataclass_fields__")):
        given = cls if inspect.isclass(cls) else f"A {type(cls).__name__!r} object"
        raise DefinitionError(
            f"{given} is no dataclass. Put @dataclass on it, or use llm_strategy(model), which takes any class."
        )
    return llm_strategy(model, skip=skip, **options)(cls)
