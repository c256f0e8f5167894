"""Types of JSON data as Python writes them, for functions that a model reads before it calls them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llm_strategy.schema.json_data import is_list, is_object

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["python_type", "type_of_data"]

_NAMES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None", "object": "dict"}
_DEEPEST = 4


def python_type(schema: Mapping[str, Any], definitions: Mapping[str, Any], depth: int = 0) -> str:
    """Return the Python type of the data that fits a JSON schema.

    >>> python_type({"type": "array", "items": {"type": "integer"}}, {})
    'list[int]'
    """
    reference = schema.get("$ref")
    if isinstance(reference, str):
        schema = definitions.get(reference.rpartition("/")[2], {})
    if depth > _DEEPEST:
        return "object"
    kinds = schema.get("anyOf") or schema.get("oneOf")
    if is_list(kinds):
        parts = [python_type(one, definitions, depth + 1) for one in kinds if is_object(one)]
        return " | ".join(dict.fromkeys(parts))
    if "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        return f"Literal[{', '.join(map(repr, values))}]"
    return _plain(schema, definitions, depth)


def _plain(schema: Mapping[str, Any], definitions: Mapping[str, Any], depth: int) -> str:
    kind = schema.get("type")
    if is_list(kind):
        return " | ".join(_NAMES.get(str(one), "list") for one in kind)
    if kind == "array":
        items = schema.get("items")
        return f"list[{python_type(items, definitions, depth + 1)}]" if is_object(items) else "list"
    values = schema.get("additionalProperties")
    if kind == "object" and is_object(values):
        return f"dict[str, {python_type(values, definitions, depth + 1)}]"
    return _NAMES.get(str(kind), "object")


def type_of_data(value: Any) -> str:
    """Return the Python type of JSON data, with the size of what has one.

    >>> type_of_data([{"a": 1}]), type_of_data("abc"), type_of_data(2.5)
    ('list of 1 dict', 'str', 'float')
    """
    if isinstance(value, list):
        kinds: set[str] = {type(one).__name__ for one in value}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        inner = next(iter(kinds)) if len(kinds) == 1 else "items"
        return f"list of {len(value)} {inner}"  # pyright: ignore[reportUnknownArgumentType]
    return "None" if value is None else type(value).__name__
