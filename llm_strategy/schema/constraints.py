"""Names of scalar types and their limits, in the words of the compact notation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["INTEGER_KEY", "NUMBER_KEY", "constraint_text", "scalar_name"]

INTEGER_KEY = r"^[+-]?[0-9]+$"
"""Pattern of the text of an integer, where a dictionary has integers as keys."""
NUMBER_KEY = r"^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$"
"""Pattern of the text of a number, where a dictionary has numbers as keys."""

_FORMATS = {
    "date-time": "datetime",
    "duration": "ISO 8601 duration",
    "uri": "url",
    "multi-host-uri": "url",
    "binary": "bytes",
    "password": "string",
    "file-path": "path",
    "directory-path": "path",
}
_KEY_NAMES = {INTEGER_KEY: "integer", NUMBER_KEY: "number"}


def scalar_name(schema: Mapping[str, Any]) -> str:
    """Name a scalar type.

    >>> scalar_name({"type": "string", "format": "date-time"}), scalar_name({"type": "integer"})
    ('datetime', 'integer')
    """
    named = _FORMATS.get(schema.get("format", ""), schema.get("format"))
    return _KEY_NAMES.get(schema.get("pattern", "")) or str(named or schema.get("type", "any"))


def constraint_text(schema: Mapping[str, Any]) -> str:
    """Write the limits of a type.

    >>> constraint_text({"minimum": 0, "maximum": 120})
    '0..120'
    >>> constraint_text({"minLength": 3, "pattern": "^a"})
    '>= 3 chars /^a/'
    """
    kind = schema.get("type")
    found = [
        _number_range(schema),
        f"multiple of {_number(schema['multipleOf'])}" if "multipleOf" in schema else "",
        _count(schema.get("minLength"), schema.get("maxLength"), "chars"),
        f"/{schema['pattern']}/" if _has_own_pattern(schema) else "",
        _items(schema),
        "unique" if kind == "array" and schema.get("uniqueItems") else "",
        _count(schema.get("minProperties"), schema.get("maxProperties"), "entries"),
    ]
    return " ".join(part for part in found if part)


def _items(schema: Mapping[str, Any]) -> str:
    first, least, most = len(schema.get("prefixItems", ())), schema.get("minItems"), schema.get("maxItems")
    # A tuple of two or more shows its length by itself; a tuple of one would look like a list.
    return "" if most == 0 or (first > 1 and least == most == first) else _count(least, most, "items")


def _has_own_pattern(schema: Mapping[str, Any]) -> bool:
    return "pattern" in schema and schema["pattern"] not in _KEY_NAMES and schema.get("format") != "decimal"


def _number_range(schema: Mapping[str, Any]) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        return f"{_number(least)}..{_number(most)}"
    signs = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}
    return " and ".join(f"{sign} {_number(schema[name])}" for name, sign in signs.items() if name in schema)


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else str(value)


def _count(least: int | None, most: int | None, what: str) -> str:
    least = least or None
    if least is not None and least == most:
        return f"{least} {what if least != 1 else what.removesuffix('s')}"
    if least is not None and most is not None:
        return f"{least}..{most} {what}"
    if least is not None:
        return f">= {least} {what}"
    return f"<= {most} {what}" if most is not None else ""
