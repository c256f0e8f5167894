"""Which values need another form in JSON than pydantic gives them; schema, reader and writer agree by asking here.

* A dictionary whose keys have no single text form (tuples, models, unions, numbers in a Literal) travels as a
  list of `{"key": ..., "value": ...}`.
* Members of an Enum whose values are no JSON scalars are named.
* `type[X]` is the name of `X` or of one of the subclasses of `X` that exist when the schema is made.
"""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import enum
    from collections.abc import Mapping

__all__ = ["DICTIONARY_KINDS", "closed_classes", "has_pair_keys", "is_named_by_member"]

DICTIONARY_KINDS = frozenset({"dict", "frozendict", "ordered-dict", "counter"})
"""Kinds of pydantic-core schemas that stand for a mapping."""

_TEXT_KINDS = frozenset(
    {
        *("any", "str", "int", "float", "bool", "bytes", "date", "time", "datetime"),
        *("timedelta", "uuid", "url", "multi-host-url", "decimal", "fraction", "complex", "enum"),
    }
)
_WRAPPING_KINDS = frozenset({"lax-or-strict", "json-or-python", "custom-error", "default"})
_WRAPPED = ("json_schema", "lax_schema", "schema")


def has_pair_keys(dictionary: Mapping[str, Any], definitions: Mapping[str, Any]) -> bool:
    """Whether a dictionary schema travels as a list of pairs, because its keys have no single text form."""
    return "keys_schema" in dictionary and not _is_text(dictionary["keys_schema"], definitions)


def _is_text(key: Mapping[str, Any], definitions: Mapping[str, Any]) -> bool:
    kind = key["type"]
    if kind == "literal":
        return all(isinstance(value, str) for value in key["expected"])
    if kind in _WRAPPING_KINDS or kind.startswith("function-"):
        inner = next((key[name] for name in _WRAPPED if name in key), None)
        return inner is None or _is_text(inner, definitions)
    if kind == "union":  # the ways to one value, as of a Path; in a real union 1 and "1" would be the same text
        return all(_leaf(choice) in {"str", "is-instance"} for choice in key["choices"])
    if kind == "chain":
        return _is_text(key["steps"][0], definitions)
    target = definitions.get(key.get("schema_ref", ""))
    return _is_text(target, definitions) if target is not None else kind in _TEXT_KINDS


def _leaf(key: Mapping[str, Any]) -> str:
    inner = next((key[name] for name in _WRAPPED if name in key), None)
    return str(key["type"]) if inner is None else _leaf(inner)


def is_named_by_member(kind: type[enum.Enum]) -> bool:
    """Whether members of an Enum travel by name, because a value is no JSON scalar.

    >>> import enum
    >>> Corner = enum.Enum("Corner", {"NORTH_WEST": (0, 0), "SOUTH_EAST": (1, 1)})
    >>> is_named_by_member(Corner), is_named_by_member(enum.Enum("Color", {"RED": "red"}))
    (True, False)
    """
    return not all(isinstance(member.value, str | int | float | None) for member in kind)


def closed_classes(parent: type) -> dict[str, type]:
    """Name the classes that a `type[parent]` may be: the concrete ones among `parent` and its subclasses.

    >>> class Shape: ...
    >>> class Circle(Shape): ...
    >>> sorted(closed_classes(Shape))
    ['Circle', 'Shape']
    """
    found: dict[str, type] = {}
    waiting = [parent]
    while waiting:
        kind = waiting.pop()
        if kind is parent or _is_choice(kind):
            found.setdefault(kind.__name__, kind)
        waiting.extend(type.__subclasses__(kind))
    return {name: kind for name, kind in sorted(found.items()) if not _is_open(kind)}


def _is_open(kind: type) -> bool:
    """Whether a class cannot have objects of its own, or says nothing about them."""
    return kind is object or inspect.isabstract(kind) or bool(getattr(kind, "_is_protocol", False))


def _is_choice(kind: type) -> bool:
    """Whether a subclass is one to choose: not private, and no machinery of Python itself."""
    library = kind.__module__.partition(".")[0]
    return not kind.__name__.startswith("_") and (library == "builtins" or library not in sys.stdlib_module_names)
