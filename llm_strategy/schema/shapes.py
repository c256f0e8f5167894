"""Compare JSON data with its schema: which branch of a union it is, and where they may differ.

Strict structured outputs make a model write `null` where a field was to be left out; a dictionary with keys
that are no text is written as pairs, and JSON inside JSON as text.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from llm_strategy.schema.json_data import is_list, is_object

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["drop_absent", "fit_pairs"]

_PREFIX = "#/$defs/"
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def drop_absent(data: Any, schema: Mapping[str, Any]) -> Any:
    """Remove fields that hold `null` where the schema lets them be absent, but not be null.

    >>> age = {"type": "object", "properties": {"age": {"type": "integer", "default": 18}}}
    >>> drop_absent({"age": None}, age)
    {}
    """
    return _walk(data, schema, schema.get("$defs", {}), _without_absent)


def fit_pairs(data: Any, schema: Mapping[str, Any]) -> Any:
    """Bring dictionaries into the form that the schema has for them: an object, or a list of pairs.

    >>> fit_pairs([{"key": 1, "value": "a"}], {"type": "object", "additionalProperties": {"type": "string"}})
    {'1': 'a'}
    """
    return _walk(data, schema, schema.get("$defs", {}), _with_fitting_pairs)


def _without_absent(data: Any, schema: Any, definitions: Any) -> Any:
    if not is_object(data):
        return data
    properties, required = schema.get("properties", {}), schema.get("required", ())
    return {
        name: part
        for name, part in data.items()
        if not (
            part is None
            and name in properties
            and name not in required
            and not _matches(None, properties[name], definitions)
        )
    }


def _with_fitting_pairs(data: Any, schema: Any, _definitions: Any) -> Any:
    kind = schema.get("type")
    if _is_json_text(schema):
        return json.dumps(data, ensure_ascii=False)
    if kind == "object" and _are_pairs(data):
        return {_text(pair["key"]): pair["value"] for pair in data}
    if kind == "array" and is_object(data):
        return [{"key": key, "value": value} for key, value in data.items()]
    return data


def _is_json_text(schema: Any) -> bool:
    return bool(schema.get("contentMediaType") == "application/json")


def _are_pairs(data: Any) -> bool:
    return is_list(data) and all(is_object(item) and set(item) == {"key", "value"} for item in data)


def _text(key: Any) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)


def _walk(data: Any, schema: Any, definitions: Any, change: Callable[[Any, Any, Any], Any]) -> Any:
    if not (is_object(data) or is_list(data)) or not is_object(schema):
        return data
    schema = _branch(data, schema, definitions)
    data = change(data, schema, definitions)
    if is_object(data):
        properties: Any = schema.get("properties", {})
        rest: Any = schema.get("additionalProperties")
        return {name: _walk(part, properties.get(name, rest), definitions, change) for name, part in data.items()}
    first: Any = schema.get("prefixItems", ())
    rest = schema.get("items")
    if not is_list(data):  # the change made a text of it
        return data
    return [
        _walk(part, first[index] if index < len(first) else rest, definitions, change)
        for index, part in enumerate(data)
    ]


def _branch(data: Any, schema: Any, definitions: Any) -> Any:
    """Follow references and pick the member of a union that the data looks like."""
    if "$ref" in schema:
        return _branch(data, definitions[schema["$ref"].removeprefix(_PREFIX)], definitions)
    members: list[Any] = schema.get("anyOf") or schema.get("oneOf") or []
    fitting = next((member for member in members if _matches(data, member, definitions)), None)
    return schema if fitting is None else _branch(data, fitting, definitions)


def _matches(data: Any, schema: Any, definitions: Any) -> bool:
    """Whether data could be an instance, judged by its outside: type, tags and required names."""
    if "$ref" in schema:
        return _matches(data, definitions[schema["$ref"].removeprefix(_PREFIX)], definitions)
    members: list[Any] = schema.get("anyOf") or schema.get("oneOf")
    if members:
        return any(_matches(data, member, definitions) for member in members)
    if "const" in schema or "enum" in schema:
        return data in (schema.get("enum") or [schema["const"]])
    kind = schema.get("type")
    if kind is not None and not _is_of(data, kind) and not _is_json_text(schema):
        return kind == "object" and _are_pairs(data) and bool(data)
    if not is_object(data):
        return True
    properties = schema.get("properties", {})
    return all(name in data for name in schema.get("required", ())) and all(
        _matches(data[name], part, definitions) for name, part in properties.items() if name in data and "const" in part
    )


def _is_of(data: Any, kind: str | list[str]) -> bool:
    kinds = [kind] if isinstance(kind, str) else kind
    return any(isinstance(data, _TYPES[each]) and (each == "boolean" or not isinstance(data, bool)) for each in kinds)
