"""Which members of a class a model implements."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import cached_property
from types import FunctionType
from typing import TYPE_CHECKING, Any, Literal

from llm_strategy.errors import DefinitionError
from llm_strategy.function.stub import is_stub

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

__all__ = ["Member", "stubs_of"]

Kind = Literal["method", "staticmethod", "classmethod", "property", "cached_property"]


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a class that is a stub."""

    name: str
    """Name in the class."""
    kind: Kind
    """What it is bound as."""
    function: FunctionType
    """The stub itself."""
    original: Any
    """The member as the class has it."""


def stubs_of(cls: type, skip: Collection[str]) -> list[Member]:
    """Return the stubs of a class, its parents' included: abstract members always, others by their source.

    Raises:
        DefinitionError: a member's source cannot be had, so it cannot be said whether it is a stub; `skip` names
            something that the class does not have.
    """
    static = dict(inspect.getmembers_static(cls))
    unknown = set(skip) - set(static)
    if unknown:
        raise DefinitionError(f"{cls.__qualname__!r} has no member {sorted(unknown)[0]!r} to skip.")
    found = (_member(cls, name, value) for name, value in static.items() if name not in skip)
    return [member for member in found if member is not None]


def _member(cls: type, name: str, value: Any) -> Member | None:
    kind, function = _unwrapped(value)
    if kind is None or not isinstance(function, FunctionType):
        return None
    abstract = bool(getattr(value, "__isabstractmethod__", False) or getattr(function, "__isabstractmethod__", False))
    if _is_special(name) and not abstract:
        return None
    if abstract or _is_stub(cls, name, function):
        return Member(name, kind, function, value)
    return None


def _is_special(name: str) -> bool:
    """Dunder methods are not looked into: generated ones have no source, and `__init__` is no question."""
    return name.startswith("__") and name.endswith("__")


def _unwrapped(value: Any) -> tuple[Kind | None, Callable[..., Any] | None]:
    if isinstance(value, FunctionType):
        return "method", value
    if isinstance(value, staticmethod):
        return "staticmethod", value.__func__
    if isinstance(value, classmethod):
        return "classmethod", value.__func__
    if isinstance(value, property):
        return "property", value.fget
    if isinstance(value, cached_property):
        return "cached_property", value.func
    return None, None


def _is_stub(cls: type, name: str, function: FunctionType) -> bool:
    if function.__name__ == "<lambda>" or _is_foreign(function):
        return False
    stub = is_stub(function)
    if stub is None:
        raise DefinitionError(
            f"{cls.__qualname__}.{name}: its source cannot be found, so it cannot be said whether it is a stub. "
            f"Mark it with @abstractmethod if a model is to implement it, or leave it out with skip={{{name!r}}}."
        )
    return stub


def _is_foreign(function: FunctionType) -> bool:
    """Methods of the base libraries (pydantic's, the standard library's) are nobody's stubs."""
    return function.__module__.partition(".")[0] in {
        "pydantic",
        "abc",
        "typing",
        "typing_extensions",
        "enum",
        "builtins",
    }
