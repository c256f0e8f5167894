"""Which members of a class a model implements."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from types import FunctionType
from typing import TYPE_CHECKING, Any, Literal

from llm_strategy.errors import DefinitionError
from llm_strategy.function.stub import is_no_op, is_stub

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

__all__ = ["Member", "stubs_of"]

Kind = Literal["method", "staticmethod", "classmethod", "property", "cached_property"]

_FOREIGN = frozenset({"pydantic", "abc", "typing", "typing_extensions", "enum", "builtins", "collections"})
"""Base libraries: what their methods leave out is nobody's stub, unless it is abstract."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a class that is a stub."""

    name: str
    """Name in the class."""
    kind: Kind
    """What it is bound as."""
    function: Callable[..., Any]
    """The stub itself."""
    original: Any
    """The member as the class has it."""


def stubs_of(cls: type, skip: Collection[str]) -> list[Member]:
    """Return the stubs of a class, its parents' included: abstract members always, others by their source.

    Raises:
        DefinitionError: a member's source cannot be had, so it cannot be said whether it is a stub; `skip` names
            something that the class does not have.
    """
    # Not `dir`: an enumeration, say, leaves its methods out there.
    static: dict[str, Any] = {name: value for parent in reversed(cls.__mro__) for name, value in vars(parent).items()}
    _check_skip(cls, skip, static)
    found = (_member(cls, name, value) for name, value in static.items() if name not in skip)
    return [member for member in found if member is not None]


def _check_skip(cls: type, skip: Collection[str], static: Collection[str]) -> None:
    if isinstance(skip, str):
        raise DefinitionError(
            f"{cls.__qualname__!r}: skip={skip!r} is a text. Write a set of names: skip={{{skip!r}}}."
        )
    for name in sorted(set(skip) - set(static)):
        near = get_close_matches(name, static, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else " Take the name out of `skip`."
        raise DefinitionError(f"{cls.__qualname__!r} has no member {name!r} to skip.{hint}")


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
    """Dunder methods are not looked into: generated ones have no source, and `__init__` is no question.

    Calling is what a model can do as well as any named method, and what protocols of one function are made of.
    """
    return name.startswith("__") and name.endswith("__") and name != "__call__"


_WRAPPINGS: tuple[tuple[type, Kind, str], ...] = (
    (staticmethod, "staticmethod", "__func__"),
    (classmethod, "classmethod", "__func__"),
    (property, "property", "fget"),
    (cached_property, "cached_property", "func"),
)
"""What a function may be wrapped in as a member, and where the function is in there."""


def _unwrapped(value: Any) -> tuple[Kind | None, object]:
    if isinstance(value, FunctionType):
        return "method", value
    for wrapping, kind, inside in _WRAPPINGS:
        if isinstance(value, wrapping):
            return kind, getattr(value, inside)
    return None, None


def _is_stub(cls: type, name: str, function: FunctionType) -> bool:
    if function.__name__ == "<lambda>" or function.__module__.partition(".")[0] in _FOREIGN:
        return False
    stub = is_stub(function)
    if stub is None:
        raise DefinitionError(
            f"{cls.__qualname__}.{name}: its source cannot be found, so it cannot be said whether it is a stub. "
            f"Mark it with @abstractmethod if a model is to implement it, or leave it out with skip={{{name!r}}}."
        )
    return stub and not is_no_op(function)
