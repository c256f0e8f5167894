"""A class whose stubs a model implements: a subclass, made without generating code."""

from __future__ import annotations

import abc
import dataclasses
import inspect
from functools import cached_property
from types import new_class
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import DefinitionError
from llm_strategy.function import BoundLLMFunction, implementation
from llm_strategy.function.hints import type_parameters
from llm_strategy.function.members import LLMClassMethod
from llm_strategy.strategy.members import Kind, Member, stubs_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from llm_strategy.chat import ChatChain, ModelLike
    from llm_strategy.function.definition import Binding
    from llm_strategy.function.hints import Surroundings

__all__ = ["implemented"]

_BINDINGS: Mapping[Kind, Binding] = {
    "method": "instance",
    "property": "instance",
    "cached_property": "instance",
    "staticmethod": "nothing",
    "classmethod": "class",
}


def implemented(
    cls: type,
    model: ModelLike | ChatChain | None,
    options: Mapping[str, Any],
    skip: Collection[str],
    place: Surroundings,
) -> type:
    """Return a subclass of `cls` whose stubs the model answers.

    It carries the name of `cls`, so that prompts, representations and pickles name what the user wrote.

    Raises:
        DefinitionError: a stub is wrong, there is none, or the class cannot have subclasses.
    """
    stubs = stubs_of(cls, skip)
    if not stubs:
        raise DefinitionError(
            f"{cls.__qualname__!r} has no stub for a model to implement. A stub is a method, property, static or class "
            "method whose body is only a docstring, `...`, `pass` or `raise NotImplementedError`."
        )
    subclass = _subclass(cls, stubs)
    nested: dict[str, Any] = {}
    for parent in reversed(cls.__mro__):
        nested |= type_parameters(vars(parent))
        nested |= {name: value for name, value in vars(parent).items() if isinstance(value, type)}
    # A parameter takes what the user's own class makes, too; a model's reply becomes one of the implemented class.
    place = place.including({**nested, cls.__name__: cls}, {**nested, cls.__name__: subclass})
    for stub in stubs:
        answer = implementation(stub.function, options, has_model=False, place=place, binding=_BINDINGS[stub.kind])
        member = _member(stub, BoundLLMFunction[..., Any](answer, model))
        setattr(subclass, stub.name, member)
        if isinstance(member, cached_property):
            member.__set_name__(subclass, stub.name)
    abc.update_abstractmethods(subclass)
    return subclass


def _subclass(cls: type, stubs: list[Member]) -> type:
    namespace: dict[str, Any] = {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "__doc__": cls.__doc__}
    if cls.__dictoffset__ == 0 and not any(stub.kind == "cached_property" for stub in stubs):
        namespace["__slots__"] = ()
    namespace |= _for_later_decorators(cls)
    try:
        return new_class(cls.__name__, (_parent(cls),), {}, lambda body: body.update(namespace))
    except TypeError as error:
        raise DefinitionError(
            f"{cls.__qualname__!r} cannot be given implemented stubs, since it allows no subclass: {error}. "
            "Decorate its methods one by one, each with @llm_strategy(model)."
        ) from error


_COMPARED = ("eq", "lt", "le", "gt", "ge", "hash")
_WRITTEN = frozenset({"__init__", "__repr__", "__type_params__", *(f"__{name}__" for name in _COMPARED)})
"""What `@dataclass` leaves alone where a class has it itself, and what evaluating the annotations needs."""


_READ: tuple[Any, ...] = (type, dataclasses.Field)
"""What annotations name, and what fields are described by."""


def _for_later_decorators(cls: type) -> dict[str, Any]:
    """What a decorator further up reads off a class itself: `@dataclass` makes fields of its own annotations only."""
    annotations = inspect.get_annotations(cls)
    made = "__dataclass_fields__" in vars(cls) or hasattr(cls, "model_fields") or getattr(cls, "_is_protocol", False)
    if made or not annotations:
        return {}
    kept: dict[str, Any] = {
        name: value for name, value in vars(cls).items() if name in _WRITTEN or isinstance(value, _READ)
    }
    return {**kept, "__annotations__": annotations}


def _parent(cls: type) -> Any:
    """The base to inherit from: a generic class with its own variables, so that the subclass is generic too."""
    generic: Any = cls
    variables = getattr(cls, "__parameters__", ())
    pydantic_generic = hasattr(cls, "__pydantic_generic_metadata__")
    return generic[variables] if variables and not pydantic_generic else cls


def _member(stub: Member, answered: BoundLLMFunction[..., Any]) -> Any:
    match stub.kind:
        case "property":
            setter, deleter = _unless_abstract(stub.original.fset), _unless_abstract(stub.original.fdel)
            return property(answered, setter, deleter, stub.function.__doc__)
        case "cached_property":
            return cached_property(answered)
        case "staticmethod":
            return staticmethod(answered)
        case "classmethod":
            return LLMClassMethod(answered)
        case _:
            return answered


def _unless_abstract(function: Callable[..., Any] | None) -> Callable[..., Any] | None:
    """A setter that nobody wrote is left out: a model answers questions, and stores nothing."""
    return None if getattr(function, "__isabstractmethod__", False) else function
