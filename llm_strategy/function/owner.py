"""What a method is called on: the data of it that a model is shown, and the types that it gives to type variables."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, time, timedelta
from enum import Enum
from functools import lru_cache
from numbers import Number
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from llm_strategy.errors import InputError
from llm_strategy.function.hints import SELF
from llm_strategy.schema import bind_arguments, free_type_variables, to_jsonable
from llm_strategy.schema.adapters import registered_type
from llm_strategy.schema.annotations import arguments_for, origin_and_arguments, parameters
from llm_strategy.schema.members import has_members, is_asked
from llm_strategy.schema.schema_generator import own_docstring

if TYPE_CHECKING:
    from collections.abc import Generator

    from llm_strategy.function.definition import Definition

__all__ = ["bindings_of_owner", "described_owner", "shown_owner"]

_WHOLE = (Mapping, Collection, Enum, Number, date, time, timedelta, Path, UUID)
"""Kinds of objects that are data as a whole, and not by their attributes."""

_REMEDY = (
    "Fields with repr=False or Field(exclude=True), and attributes of plain classes that begin with an underscore, are "
    "not shown."
)

_being_shown: ContextVar[tuple[object, ...]] = ContextVar("being_shown", default=())
"""What is being shown right now: reading a property of it may ask the model, which would have to be shown it again."""


def shown_owner(definition: Definition, owner: object) -> Any:
    """Return the data of an instance as JSON-able data; None where it has none, or is a class.

    Of plain classes, attributes whose names begin with `_` are left out; of others, what their class hides.

    Raises:
        InputError: something in it is no data.
    """
    if owner is None or definition.owner is None or isinstance(owner, type):
        return None
    where = f"{definition.where}(): {definition.owner}"
    kind = type(owner)
    try:
        with _showing(owner, where):
            if has_members(kind) or issubclass(kind, _WHOLE) or registered_type(kind) is not None:
                data = to_jsonable(owner, kind, where=where)
            else:
                data = {name: to_jsonable(value, where=f"{where}.{name}") for name, value in _attributes(owner)}
    except InputError as error:
        if _REMEDY in str(error):
            raise
        raise InputError(f"{error} {_REMEDY}") from error
    return None if data == {} else data


@contextmanager
def _showing(owner: object, where: str) -> Generator[None]:
    shown = _being_shown.get()
    if any(one is owner for one in shown):
        raise InputError(
            f"{where} is shown already: something that shows {type(owner).__qualname__!r} asks the model itself, "
            "without end. Make what asks a method."
        )
    token = _being_shown.set((*shown, owner))
    try:
        yield
    finally:
        _being_shown.reset(token)


def described_owner(definition: Definition, owner: object) -> dict[str, str]:
    """Return what the class of an instance says of itself, by the name of the parameter; nothing where it is silent."""
    if owner is None or definition.owner is None:
        return {}
    about = _first_paragraph(owner if isinstance(owner, type) else type(owner))
    return {definition.owner: about} if about else {}


@lru_cache(maxsize=512)
def _first_paragraph(kind: type) -> str:
    return " ".join(own_docstring(kind).partition("\n\n")[0].split())


def _attributes(owner: object) -> list[tuple[str, Any]]:
    names = dict.fromkeys(getattr(owner, "__dict__", ()))
    for parent in reversed(type(owner).__mro__):
        slots = parent.__dict__.get("__slots__", ())
        names |= dict.fromkeys((slots,) if isinstance(slots, str) else slots)
        names |= dict.fromkeys(inspect.get_annotations(parent))
    open_names = [name for name in names if not name.startswith("_") and not is_asked(type(owner), name)]
    return [(name, getattr(owner, name)) for name in open_names if hasattr(owner, name)]


def bindings_of_owner(definition: Definition, owner: object) -> dict[Any, Any]:
    """Return the types that an instance or class gives to the type variables of a method.

    What its class says counts first (`class Words(Store[str])`, `Store[str](...)`), then what its fields hold.
    """
    if owner is None:
        return {}
    kind = owner if isinstance(owner, type) else type(owner)
    bindings = {SELF: kind, **_bindings_of_class(getattr(owner, "__orig_class__", kind), definition.title)}
    missing = [one for one in definition.variables if one not in bindings]
    if missing and kind is not owner and parameters(kind):
        generic: Any = kind
        seen = bind_arguments({"self": generic[parameters(kind)]}, {"self": owner})
        bindings |= {variable: found for variable, found in seen.items() if variable in missing}
    return bindings


@lru_cache(maxsize=1024)
def _bindings_of_class(kind: Any, title: str) -> dict[Any, Any]:
    """What a class, generic or not, says about its type variables and its parents'.

    Two parents may use one variable for different things: the class that the method was written in has the last word.
    """
    home = title.rpartition(".")[0]
    parents = [parent for parent in reversed(origin_and_arguments(kind)[0].__mro__) if parameters(parent)]
    parents.sort(key=lambda parent: parent.__qualname__.rpartition("<locals>.")[2] == home)
    found: dict[Any, Any] = {}
    for parent in parents:
        stated = arguments_for(kind, parent) or ()
        pairs = zip(parameters(parent), stated, strict=False)
        found |= {variable: argument for variable, argument in pairs if not free_type_variables(argument)}
    return found
