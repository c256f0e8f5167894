"""A JSON schema, ready to be walked: references resolved, `allOf` merged, keywords checked one by one."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from llm_strategy.errors import DefinitionError
from llm_strategy.parsing.plain import is_list, is_object

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Schema", "SchemaRoot", "allowed_types", "broken_rule", "json_type"]

Schema: TypeAlias = "dict[str, Any] | bool"
_MAX_REFERENCES: Final = 32
_MAX_PATTERN_INPUT: Final = 10_000


_TYPES: Final[dict[type, str]] = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}
_KEYWORDS: Final = {"object": ("properties", "required", "patternProperties"), "array": ("items", "prefixItems")}


def json_type(value: Any) -> str:
    """Return the JSON type of plain data, `integer` for whole numbers written without a fraction."""
    return _TYPES[type(value)]


def allowed_types(schema: dict[str, Any]) -> list[str]:
    """Return the JSON types that a schema allows; none if it says nothing about types.

    >>> allowed_types({"type": "string", "nullable": True}), allowed_types({"properties": {}}), allowed_types({})
    (['string', 'null'], ['object'], [])
    """
    kind = schema.get("type")
    if kind is None:
        return [name for name, keywords in _KEYWORDS.items() if any(keyword in schema for keyword in keywords)][:1]
    kinds: list[str] = [kind] if isinstance(kind, str) else list(kind)
    if schema.get("nullable") and "null" not in kinds:
        kinds.append("null")
    return [name for name in kinds if name in _TYPES.values()]


class SchemaRoot:
    """The document in which the references of a schema are looked up."""

    def __init__(self, document: Schema) -> None:
        self.document = document
        self._resolved: dict[int, tuple[Schema, Schema]] = {}

    def resolve(self, schema: Schema) -> Schema:
        """Return `schema` with its reference followed and its `allOf` merged.

        Raises:
            DefinitionError: the reference leads nowhere or in a circle.
        """
        if isinstance(schema, bool) or not ("$ref" in schema or "allOf" in schema):
            return schema
        known = self._resolved.get(id(schema))
        if known is not None:
            return known[1]
        resolved = self._follow(schema)
        self._resolved[id(schema)] = (schema, resolved)
        return resolved

    def _follow(self, schema: Schema) -> Schema:
        for _ in range(_MAX_REFERENCES):
            if isinstance(schema, bool):
                return schema
            if "$ref" in schema:
                beside = {key: value for key, value in schema.items() if key != "$ref"}
                target = self._look_up(schema["$ref"])
                schema = {**target, **beside} if is_object(target) else target
            elif "allOf" in schema:
                schema = self._merge(schema)
            else:
                return schema
        msg = "A reference in the JSON schema leads in a circle. Give every `$ref` an end."
        raise DefinitionError(msg)

    def _look_up(self, reference: Any) -> Schema:
        place: Any = self.document
        if not isinstance(reference, str) or not reference.startswith("#"):
            raise DefinitionError(f"The reference {reference!r} is no pointer into the schema. Use '#/$defs/Name'.")
        for part in reference[1:].split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            if is_object(place) and key in place:
                place = place[key]
            else:
                raise DefinitionError(f"The reference {reference!r} points to nothing. Add it under `$defs`.")
        return cast("Schema", place)

    def _merge(self, schema: dict[str, Any]) -> Schema:
        merged = {key: value for key, value in schema.items() if key != "allOf"}
        for part in schema["allOf"]:
            resolved = self._follow(part)
            if resolved is False:
                return False
            if is_object(resolved):
                merged = _merged(merged, resolved)
        return merged


def _merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Both schemas at once; where a keyword cannot be joined, the one outside wins."""
    result = {**other, **one}
    for key in ("properties", "patternProperties", "$defs"):
        if key in one and key in other:
            result[key] = {**other[key], **one[key]}
    if "required" in one and "required" in other:
        result["required"] = list(dict.fromkeys([*other["required"], *one["required"]]))
    for key in ("minimum", "minLength", "minItems", "exclusiveMinimum"):
        if key in one and key in other:
            result[key] = max(one[key], other[key])
    for key in ("maximum", "maxLength", "maxItems", "exclusiveMaximum"):
        if key in one and key in other:
            result[key] = min(one[key], other[key])
    return result


def broken_rule(value: Any, schema: dict[str, Any]) -> str | None:
    """Say which rule on size, range or form a value breaks, as an order to the model; None if it keeps all."""
    if isinstance(value, str):
        return _broken_text_rule(value, schema)
    if is_list(value):
        return _broken_list_rule(value, schema)
    if is_object(value):
        return _broken_size_rule(len(value), schema, "Properties", "properties")
    return None if value is None or isinstance(value, bool) else _broken_number_rule(value, schema)


def _broken_size_rule(size: int, schema: dict[str, Any], keyword: str, noun: str) -> str | None:
    low, high = schema.get(f"min{keyword}"), schema.get(f"max{keyword}")
    if low is not None and size < low:
        return f"at least {low} {noun} are needed, found {size}"
    if high is not None and size > high:
        return f"at most {high} {noun} are allowed, found {size}"
    return None


def _broken_text_rule(value: str, schema: dict[str, Any]) -> str | None:
    broken = _broken_size_rule(len(value), schema, "Length", "characters")
    if broken:
        return broken
    pattern = schema.get("pattern")
    if pattern is not None and not re.search(pattern, value[:_MAX_PATTERN_INPUT]):
        return f"the text must match the pattern {pattern!r}"
    return None


def _broken_number_rule(value: float, schema: dict[str, Any]) -> str | None:
    rules: tuple[tuple[str, Callable[[float], bool], str], ...] = (
        ("minimum", lambda limit: value >= limit, "at least"),
        ("maximum", lambda limit: value <= limit, "at most"),
        ("exclusiveMinimum", lambda limit: value > limit, "more than"),
        ("exclusiveMaximum", lambda limit: value < limit, "less than"),
        ("multipleOf", lambda limit: abs(value / limit - round(value / limit)) < 1e-9, "a multiple of"),
    )
    for keyword, keeps, words in rules:
        limit = schema.get(keyword)
        if limit is not None and not isinstance(limit, bool) and not keeps(limit):
            return f"the number must be {words} {limit}"
    return None


def _broken_list_rule(value: list[Any], schema: dict[str, Any]) -> str | None:
    broken = _broken_size_rule(len(value), schema, "Items", "items")
    if broken:
        return broken
    if schema.get("uniqueItems"):
        seen = {json.dumps(item, sort_keys=True) for item in value}
        if len(seen) < len(value):
            return "the items must differ from each other"
    return None
