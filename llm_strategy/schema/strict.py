"""Rewrite a JSON schema into the subset that strict structured outputs accept.

What strict mode asks for (OpenAI's documentation of structured outputs, 2026): an object at the root, every
property required, no additional properties, a short list of keywords, and limits on size and depth. The
rewritten schema is narrower than the type and never wider in shape, so whatever fits it can be read; what had
to be dropped (lengths, defaults, formats) is said in the description, and checked by pydantic afterwards.

Decisions:

* A field with a default is required, and its default is said: the model writes a value.
* A field that may be absent and has no default that could be said (a `NotRequired` key, a default factory)
  may be `null`, and `llm_strategy.schema.drop_absent` reads `null` as absent.
* A tuple is an array of that many items, each of one of the element types: positions cannot be expressed.
* Free keys (`dict[str, int]`), `Any`, open objects, and a key that may be absent as well as `null` cannot be expressed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llm_strategy.schema.json_data import is_list, is_object
from llm_strategy.schema.strict_limits import limit_exceeded
from llm_strategy.schema.wire_schema import is_recursive

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["StrictSchemaImpossible", "strict_schema"]

_PREFIX = "#/$defs/"
_FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})
_KEPT = frozenset(
    {
        *(
            "type",
            "enum",
            "const",
            "anyOf",
            "items",
            "properties",
            "required",
            "description",
            "pattern",
            "format",
        ),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems"),
    }
)
_TOLD = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "uniqueItems": "no duplicates",
    "minProperties": "at least {} entries",
    "maxProperties": "at most {} entries",
}
_JSON_TYPES = ((bool, "boolean"), (str, "string"), (int, "integer"), (float, "number"), (type(None), "null"))


@dataclass(frozen=True, slots=True)
class StrictSchemaImpossible:
    """Why a schema has no strict form."""

    reason: str
    """Where, and what cannot be expressed."""


class _ImpossibleError(Exception):
    """Leaves the recursion; never leaves this module."""


def strict_schema(schema: Mapping[str, Any]) -> dict[str, Any] | StrictSchemaImpossible:
    """Rewrite a schema for strict mode, or say why that is impossible.

    >>> strict_schema({"type": "object", "properties": {"age": {"type": "integer", "default": 18}}})
    ... # doctest: +NORMALIZE_WHITESPACE
    {'type': 'object', 'properties': {'age': {'type': 'integer', 'description': 'default: 18'}},
     'required': ['age'], 'additionalProperties': False}
    >>> strict_schema({"type": "object", "additionalProperties": {"type": "integer"}}).reason
    'the root is an object with free keys'
    """
    definitions: Mapping[str, Any] = schema.get("$defs", {})
    root = {name: part for name, part in schema.items() if name != "$defs"}
    if root.get("type") != "object" or "anyOf" in root:
        return StrictSchemaImpossible("the root is no object")
    try:
        result = _strict(root, definitions, "the root")
        if definitions:
            result["$defs"] = {name: _strict(body, definitions, name) for name, body in definitions.items()}
    except _ImpossibleError as impossible:
        return StrictSchemaImpossible(str(impossible))
    exceeded = limit_exceeded(result)
    return StrictSchemaImpossible(exceeded) if exceeded else result


def _strict(schema: Any, definitions: Mapping[str, Any], where: str) -> dict[str, Any]:
    if not is_object(schema) or not schema.keys() - {"description", "title", "default", "examples"}:
        raise _ImpossibleError(f"{where} may be any JSON")
    schema = _merged(schema, definitions, where)
    if schema.keys() == {"$ref"}:
        return dict(schema)
    notes = _notes(schema)
    kept = {name: part for name, part in schema.items() if name in _KEPT}
    _drop_unsupported_values(kept)
    if "anyOf" in kept:
        kept["anyOf"] = [_strict(part, definitions, where) for part in kept["anyOf"]]
    elif "type" not in kept:
        kept["type"] = _type_of_values(kept, where)
    if kept.get("type") == "array":
        kept |= _array(schema, definitions, where)
    if kept.get("type") == "object":
        kept |= _object(schema, definitions, where)
    told = "; ".join(part for part in (kept.get("description", ""), *notes) if part)
    return kept | ({"description": told} if told else {})


def _merged(schema: dict[str, Any], definitions: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Bring references with company, `oneOf` and a lone `allOf` into the forms that are supported."""
    if "allOf" in schema:
        if len(schema["allOf"]) != 1:
            raise _ImpossibleError(f"{where} has to fit several schemas at once")
        schema = {**schema["allOf"][0], **{name: part for name, part in schema.items() if name != "allOf"}}
    if "$ref" in schema and len(schema) > 1:  # a reference may have no siblings: put its target here
        name = schema["$ref"].removeprefix(_PREFIX)
        if is_recursive(name, definitions):  # to put it here would never end
            alone = {"$ref": schema["$ref"]}
            return {"anyOf": [alone], "description": schema["description"]} if "description" in schema else alone
        target = definitions[name]
        schema = {**target, **{name: part for name, part in schema.items() if name != "$ref"}}
    if "oneOf" in schema:
        schema = {
            **{name: part for name, part in schema.items() if name != "oneOf"},
            "anyOf": schema["oneOf"],
        }
    return schema


def _notes(schema: Mapping[str, Any]) -> list[str]:
    notes = [text.format(schema[name]) for name, text in _TOLD.items() if schema.get(name)]
    if "format" in schema and schema["format"] not in _FORMATS:
        notes.append(f"format: {schema['format']}")
    if "examples" in schema:
        notes.append(f"e.g. {', '.join(json.dumps(each, ensure_ascii=False) for each in schema['examples'])}")
    if schema.get("default") is not None:
        notes.append(f"default: {json.dumps(schema['default'], ensure_ascii=False)}")
    return notes


def _drop_unsupported_values(kept: dict[str, Any]) -> None:
    if kept.get("format") not in _FORMATS:
        kept.pop("format", None)
    if "(?" in kept.get("pattern", ""):  # groups that look around or are named
        del kept["pattern"]


def _type_of_values(schema: Mapping[str, Any], where: str) -> str | list[str]:
    values = schema["enum"] if "enum" in schema else [schema["const"]] if "const" in schema else []
    found = {name for value in values for name in [next((n for kind, n in _JSON_TYPES if type(value) is kind), "")]}
    if not found or "" in found:
        raise _ImpossibleError(f"{where} has no type")
    return found.pop() if len(found) == 1 else sorted(found)


def _array(schema: Mapping[str, Any], definitions: Mapping[str, Any], where: str) -> dict[str, Any]:
    first: list[Any] = schema.get("prefixItems", [])
    if schema.get("maxItems") == 0:
        return {"items": {"type": "null"}}
    if not first:
        return {"items": _strict(schema.get("items", {}), definitions, f"an item of {where}")}
    rest = schema.get("items")
    members = [_strict(part, definitions, f"an item of {where}") for part in (*first, *([rest] if rest else ()))]
    distinct = [part for index, part in enumerate(members) if part not in members[:index]]
    return {"items": distinct[0] if len(distinct) == 1 else {"anyOf": distinct}}


def _object(schema: Mapping[str, Any], definitions: Mapping[str, Any], where: str) -> dict[str, Any]:
    properties: Mapping[str, Any] = schema.get("properties", {})
    rest = schema.get("additionalProperties", not properties and "properties" not in schema)
    if "patternProperties" in schema or rest is not False:
        raise _ImpossibleError(f"{where} is an object with free keys")
    required = set(schema.get("required", ()))
    strict = {
        name: _property(part, definitions, f"{name!r} of {where}", required=name in required)
        for name, part in properties.items()
    }
    return {"properties": strict, "required": list(strict), "additionalProperties": False}


def _property(schema: Any, definitions: Mapping[str, Any], where: str, *, required: bool) -> dict[str, Any]:
    made = _strict(schema, definitions, where)
    if required or "default" in schema:
        return made
    if _admits_null(made, definitions):
        raise _ImpossibleError(f"{where} may be absent as well as null")
    description = made.pop("description", None)
    note = f"{description}; null when absent" if description else "null when absent"
    return {"anyOf": [made, {"type": "null"}], "description": note}


def _admits_null(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> bool:
    if "$ref" in schema:
        return _admits_null(definitions[schema["$ref"].removeprefix(_PREFIX)], definitions)
    kind = schema.get("type")
    members: list[Any] = schema.get("anyOf", [])
    return (
        kind == "null"
        or (is_list(kind) and "null" in kind)
        or any(_admits_null(member, definitions) for member in members)
    )
