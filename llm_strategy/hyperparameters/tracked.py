"""A function whose hyperparameters can be changed from outside, without touching its code or its calls."""

from __future__ import annotations

import functools
import inspect
import sys
from types import MethodType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Protocol, Self, TypeVar, overload

from pydantic.fields import FieldInfo

from llm_strategy.errors import DefinitionError
from llm_strategy.hyperparameters.parameters import Hyperparameter, config_type_of, hyperparameters_of
from llm_strategy.hyperparameters.registry import config_name_of, register
from llm_strategy.hyperparameters.resolution import values_in_force
from llm_strategy.hyperparameters.stack import in_scope

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from llm_strategy.hyperparameters.config_model import ConfigModel

__all__ = ["TrackedFunction", "TrackedMethod"]

P = ParamSpec("P")
Q = ParamSpec("Q")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
S = TypeVar("S")


class TrackedMethod(Protocol[P, R_co]):
    """A tracked function that is bound to an instance: a plain bound method, and a key of scopes as well."""

    @property
    def config_name(self) -> str:
        """The name in scopes and in JSON: `module.qualname`."""
        ...

    @property
    def config_model_type(self) -> type[ConfigModel]:
        """The model of the hyperparameters."""
        ...

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Call the method."""
        ...


class TrackedFunction(Generic[P, R]):
    """A function with hyperparameters; made by `track_hyperparameters`.

    It is called like the function, and looks like it to `inspect`. What a scope has set takes the place of defaults
    when it is called: for a coroutine or a generator too, that is before its first step.
    """

    __wrapped__: Callable[P, R]
    __name__: str
    __qualname__: str
    __signature__: inspect.Signature

    def __init__(self, function: Callable[P, R]) -> None:
        functools.update_wrapper(self, function)
        self.config_name = _name_of(function)
        """The name in scopes and in JSON: `module.qualname`."""
        signature = inspect.signature(function)
        self._hyperparameters = hyperparameters_of(signature, self.config_name)
        self.config_model_type: type[ConfigModel] = config_type_of(function, self._hyperparameters, self.config_name)
        """The model of the hyperparameters."""
        self.__signature__ = _with_plain_defaults(signature)
        self._fields = tuple(one for one in self._hyperparameters if one.is_field)
        by_place = [one for one in signature.parameters.values() if one.kind is inspect.Parameter.POSITIONAL_ONLY]
        self._by_place = tuple(by_place) if any(one.name.startswith("_") for one in by_place) else ()
        _look_like(self, function)
        register(self)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function with the values in force; arguments that are given win."""
        if in_scope():
            own = {one: one.default for one in self._hyperparameters if not _given(one, args, kwargs)}
            found = values_in_force(self, {one.name: default for one, default in own.items()})
            values = {
                one: found.get(one.name, default) for one, default in own.items() if one.name in found or one.is_field
            }
        else:
            values = {one: one.default for one in self._fields if not _given(one, args, kwargs)}
        if not values:
            return self.__wrapped__(*args, **kwargs)
        given: Any = {one.parameter: value for one, value in values.items()}
        if self._by_place:
            return self._call_by_position(args, kwargs, given)
        kwargs.update(given)
        return self.__wrapped__(*args, **kwargs)

    def _call_by_position(self, args: tuple[Any, ...], kwargs: dict[str, Any], given: dict[str, Any]) -> R:
        """Call the function where some values have no names that it could be called with."""
        function: Callable[..., R] = self.__wrapped__
        places = list(args)
        for parameter in self._by_place[len(args) :]:
            value = given.pop(parameter.name, parameter.default)
            if value is inspect.Parameter.empty:
                return function(*args, **kwargs)  # an argument is missing: the function says so itself
            places.append(value)
        return function(*places, **{**kwargs, **given})

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Self: ...
    @overload
    def __get__(
        self: TrackedFunction[Concatenate[S, Q], R], instance: S, owner: type[Any] | None = None
    ) -> TrackedMethod[Q, R]: ...
    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __reduce__(self) -> str:
        return self.__qualname__  # like any function: by the name that it has in its module

    def __repr__(self) -> str:
        return f"<tracked function {self.config_name}>"


def _given(one: Hyperparameter, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    if one.position is not None and one.position < len(args):
        return True
    return one.parameter in kwargs and one.kind is not inspect.Parameter.POSITIONAL_ONLY


def _name_of(function: Any) -> str:
    code = getattr(inspect.unwrap(function), "__code__", None) if callable(function) else None
    if code is None or isinstance(function, type):
        raise DefinitionError(f"{function!r} is no function. Decorate what is written with `def` or `async def`.")
    return config_name_of(function)


def _with_plain_defaults(signature: inspect.Signature) -> inspect.Signature:
    """Show the value in the place of a `Field`."""
    plain = [
        parameter.replace(default=... if parameter.default.default_factory else parameter.default.default)
        if isinstance(parameter.default, FieldInfo) and parameter.name.startswith("_")
        else parameter
        for parameter in signature.parameters.values()
    ]
    return signature.replace(parameters=plain)


def _look_like(tracked: Any, function: Any) -> None:
    """Let `inspect` see what kind of function this is: it looks at the code, and only of what has all of these."""
    for name in ("__code__", "__defaults__", "__kwdefaults__"):
        setattr(tracked, name, getattr(function, name, None))
    if sys.version_info >= (3, 12) and inspect.iscoroutinefunction(function):
        inspect.markcoroutinefunction(tracked)
