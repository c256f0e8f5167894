"""The size limits of strict structured outputs (OpenAI's documentation, 2026)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llm_strategy.schema.json_data import is_list, is_object

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["limit_exceeded"]

_PREFIX = "#/$defs/"
MAX_PROPERTIES = 5_000
"""Object properties in the whole schema."""
MAX_DEPTH = 10
"""Levels of objects inside objects."""
MAX_TEXT = 120_000
"""Characters of all names and of all enum and const values."""
MAX_ENUM_VALUES = 1_000
"""Enum values in the whole schema."""
MAX_LONG_ENUM_TEXT = 15_000
"""Characters of one enum of strings with more than `LONG_ENUM` values."""
LONG_ENUM = 250
"""Number of values from which the text of one enum is limited."""


@dataclass(slots=True)
class _Size:
    properties: int = 0
    enum_values: int = 0
    text: int = 0
    long_enum_text: int = 0


def limit_exceeded(schema: Mapping[str, Any]) -> str:
    """Say which limit a schema exceeds; '' when it is within all of them.

    >>> limit_exceeded({"type": "object", "properties": {}})
    ''
    """
    size = _Size()
    _measure(schema, size)
    depth = _depth(schema, schema.get("$defs", {}), ())
    found = (
        (size.properties, MAX_PROPERTIES, "properties"),
        (size.enum_values, MAX_ENUM_VALUES, "enum values"),
        (size.text, MAX_TEXT, "characters of names and values"),
        (size.long_enum_text, MAX_LONG_ENUM_TEXT, f"characters in an enum of more than {LONG_ENUM} values"),
        (depth, MAX_DEPTH, "levels of nesting"),
    )
    return next((f"{count} {what}, {limit} at most" for count, limit, what in found if count > limit), "")


def _measure(node: Any, size: _Size) -> None:
    if is_list(node):
        for part in node:
            _measure(part, size)
    if not is_object(node):
        return
    names = [*node.get("properties", ()), *node.get("$defs", ())]
    values = [str(value) for value in node.get("enum", ())] + ([str(node["const"])] if "const" in node else [])
    size.properties += len(node.get("properties", ()))
    size.enum_values += len(node.get("enum", ()))
    size.text += sum(map(len, names)) + sum(map(len, values))
    if len(values) > LONG_ENUM:
        size.long_enum_text = max(size.long_enum_text, sum(map(len, values)))
    for name, part in node.items():
        if name in {"properties", "$defs"}:
            _measure(list(part.values()), size)
        elif name in {"items", "anyOf"}:
            _measure(part, size)


def _depth(node: Any, definitions: Mapping[str, Any], inside: tuple[str, ...]) -> int:
    """Levels of objects; a recursive definition counts once."""
    ref = node.get("$ref", "").removeprefix(_PREFIX)
    if ref:
        return 0 if ref in inside else _depth(definitions[ref], definitions, (*inside, ref))
    below = [*node.get("properties", {}).values(), *node.get("anyOf", ())]
    below += [node["items"]] if "items" in node else []
    own = 1 if node.get("type") == "object" else 0
    return own + max((_depth(part, definitions, inside) for part in below), default=0)
