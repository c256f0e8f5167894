"""A class whose stubs a model implements: a subclass, made without generating code."""

from __future__ import annotations

import abc
from functools import cached_property
from types import new_class
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import DefinitionError
from llm_strategy.function import BoundLLMFunction, implementation
from llm_strategy.strategy.members import Member, stubs_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from llm_strategy.chat import ChatChain, ModelLike

__all__ = ["implemented"]


def implemented(
    cls: type,
    model: ModelLike | ChatChain | None,
    options: Mapping[str, Any],
    skip: Collection[str],
    names: Mapping[str, Any],
) -> type:
    """Return a subclass of `cls` whose stubs the model answers.

    It carries the name of `cls`, so that prompts, representations and pickles name what the user wrote.

    Raises:
        DefinitionError: a stub is wrong, or there is none.
    """
    stubs = stubs_of(cls, skip)
    if not stubs:
        raise DefinitionError(
            f"{cls.__qualname__!r} has no stub for a model to implement. A stub is a method, property, static or class "
            "method whose body is only a docstring, `...`, `pass` or `raise NotImplementedError`."
        )
    subclass = new_class(cls.__name__, (_parent(cls),), {}, lambda body: body.update(_namespace(cls, stubs)))
    subclass.__qualname__ = cls.__qualname__
    known = {**names, cls.__name__: subclass, "Self": subclass}
    for stub in stubs:
        answered = BoundLLMFunction(implementation(stub.function, options, has_model=False, names=known), model)
        member = _member(stub, answered)
        setattr(subclass, stub.name, member)
        if isinstance(member, cached_property):
            member.__set_name__(subclass, stub.name)
    abc.update_abstractmethods(subclass)
    return subclass


def _parent(cls: type) -> Any:
    """The base to inherit from: a generic class with its own variables, so that the subclass is generic too."""
    variables = getattr(cls, "__parameters__", ())
    pydantic_generic = hasattr(cls, "__pydantic_generic_metadata__")
    return cls[variables] if variables and not pydantic_generic else cls  # type: ignore[index]


def _namespace(cls: type, stubs: list[Member]) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__module__": cls.__module__, "__doc__": cls.__doc__}
    has_slots = all("__slots__" in parent.__dict__ for parent in cls.__mro__[:-1])
    if has_slots and not any(stub.kind == "cached_property" for stub in stubs):
        namespace["__slots__"] = ()
    return namespace


def _member(stub: Member, answered: BoundLLMFunction[Any, Any]) -> Any:
    match stub.kind:
        case "property":
            return property(answered, stub.original.fset, stub.original.fdel, stub.function.__doc__)
        case "cached_property":
            return cached_property(answered)
        case "staticmethod":
            return staticmethod(answered)
        case "classmethod":
            return _ClassMember(answered)
        case "method":
            return answered


class _ClassMember:
    """A class method that is an LLM function: bound to the class, also when it is called on an instance.

    The built-in `classmethod` binds callable objects differently from one Python version to the next.
    """

    def __init__(self, answered: BoundLLMFunction[Any, Any]) -> None:
        self._answered = answered

    def __get__(self, instance: object, owner: type | None = None) -> BoundLLMFunction[Any, Any]:
        return self._answered.__get__(type(instance) if owner is None else owner)
