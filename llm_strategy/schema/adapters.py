"""Types that pydantic does not know: how they are shown to a model and read back.

A registered type works wherever a type may stand: as a return type, as an argument, inside collections, and
as a field of dataclasses, TypedDicts and pydantic models (these need `arbitrary_types_allowed`, or pydantic
refuses the class). NumPy arrays, pandas frames and series and `range` are known; numpy and pandas are only
imported when their types are seen.
"""

from __future__ import annotations

import importlib
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from llm_strategy.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["RegisteredType", "register_type", "registered_type", "registry_version"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RegisteredType(Generic[T]):
    """How values of one type travel as JSON."""

    type: type[T]
    """The type; its subclasses are covered as well."""
    schema: Mapping[str, Any]
    """JSON schema (draft 2020-12) of what a model writes for a value."""
    to_json: Callable[[T], Any]
    """From a value to JSON data."""
    from_json: Callable[[Any], T]
    """From JSON data to a value; raises ValueError or TypeError for data that does not fit."""

    def read(self, data: Any) -> T:
        """Return the value that `data` stands for; a finished value is passed through."""
        return data if isinstance(data, self.type) else self.from_json(data)


_registered: dict[type, RegisteredType[Any]] = {}
_version = [0]
_lock = threading.Lock()
_ADAPTERS_BY_PACKAGE = {
    "numpy": "llm_strategy.schema.numpy_types",
    "pandas": "llm_strategy.schema.pandas_types",
}


def register_type(
    kind: type[T], *, schema: Mapping[str, Any], to_json: Callable[[T], Any], from_json: Callable[[Any], T]
) -> RegisteredType[T]:
    """Teach the library a type that pydantic does not know.

    Register before the functions that use the type are defined. A later registration replaces an earlier one.

    >>> import fractions
    >>> class Dice:
    ...     def __init__(self, sides: int) -> None:
    ...         self.sides = sides
    >>> register_type(Dice, schema={"type": "integer"}, to_json=lambda dice: dice.sides, from_json=Dice).type.__name__
    'Dice'

    Args: kind: the type; subclasses are covered as well, and are read back as `kind`. schema: JSON schema of
        what a model writes for a value. to_json: from a value to JSON data. from_json: from JSON data to a
        value; ValueError or TypeError tells the model that the data does not fit.
    """
    if not isinstance(kind, type):  # pyright: ignore[reportUnnecessaryIsInstance] - aliases such as list[int] get here
        raise DefinitionError(f"register_type() needs a class, got {kind!r}: register its origin.")
    entry = RegisteredType(kind, dict(schema), to_json, from_json)
    with _lock:
        _registered[kind] = entry
        _version[0] += 1
    return entry


def registry_version() -> int:
    """Count the registrations so far: whatever was made from the registry is out of date when it changes."""
    return _version[0]


def registered_type(kind: type) -> RegisteredType[Any] | None:
    """Return the registration of a type or of the nearest of its bases, or None.

    >>> registered_type(range).schema["type"]
    'object'
    >>> registered_type(str) is None
    True
    """
    if not isinstance(kind, type):  # pyright: ignore[reportUnnecessaryIsInstance] - typing's own names get here
        return None
    for parent in kind.__mro__[:-1]:
        package = parent.__module__.partition(".")[0]
        if package in _ADAPTERS_BY_PACKAGE and parent not in _registered:
            importlib.import_module(_ADAPTERS_BY_PACKAGE[package]).register()
        if parent in _registered:
            return _registered[parent]
    return _range_type() if kind is range else None


def _range_type() -> RegisteredType[range]:
    integer = {"type": "integer"}
    return RegisteredType(
        range,
        {
            "type": "object",
            "properties": {"start": integer, "stop": integer, "step": integer},
            "required": ["start", "stop", "step"],
            "additionalProperties": False,
        },
        lambda value: {"start": value.start, "stop": value.stop, "step": value.step},
        lambda data: range(data["start"], data["stop"], data["step"]),
    )
