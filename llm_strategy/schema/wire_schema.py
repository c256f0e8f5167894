"""The JSON schema of a type, as it is sent to a model: tidied, with short names and without what nothing refers to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from llm_strategy.schema.json_data import is_list, is_object
from llm_strategy.schema.schema_generator import ALIASES, CLASS, MEANING, WireJsonSchema
from llm_strategy.schema.shapes import fit_pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pydantic import TypeAdapter

__all__ = [
    "inner_schemas",
    "is_recursive",
    "references",
    "wire_schema",
    "with_inner_schemas",
    "without_hints",
    "without_root_reference",
]

_PREFIX = "#/$defs/"
_DATA = frozenset({"const", "default", "enum", "examples", "required", ALIASES})
_MAPS_OF_SCHEMAS = frozenset({"properties", "patternProperties", "$defs"})
_HINTS = frozenset({ALIASES, CLASS, MEANING})


def wire_schema(adapter: TypeAdapter[Any]) -> dict[str, Any]:
    """Make the schema of a compiled type: draft 2020-12, an object at `$defs` for each shared class, no titles.

    Classes carry `x-class`, enums `x-aliases` and `x-meaning`, which `without_hints` removes.

    >>> from pydantic import TypeAdapter
    >>> wire_schema(TypeAdapter(dict[str, int]))
    {'additionalProperties': {'type': 'integer'}, 'type': 'object'}
    """
    made = adapter.json_schema(schema_generator=WireJsonSchema)
    definitions: dict[str, Any] = made.pop("$defs", {})
    names = _short_names(definitions)
    root = _tidied(made, names, is_class=True)
    tidied = {names[name]: _tidied(body, names, is_class=True) for name, body in definitions.items()}
    for node in (root, *tidied.values()):
        for part in node.get("properties", {}).values():
            if "default" in part:
                part["default"] = fit_pairs(part["default"], {**part, "$defs": tidied})
    reachable = _reachable(root, tidied)
    return {**root, "$defs": {name: tidied[name] for name in sorted(reachable)}} if reachable else root


def without_hints(schema: Any) -> Any:
    """Remove what only a reader of replies needs.

    >>> without_hints({"enum": [1], "x-aliases": {"1": ["LOW"]}})
    {'enum': [1]}
    """
    if is_list(schema):
        return [without_hints(part) for part in schema]
    if not is_object(schema):
        return schema
    return with_inner_schemas({name: part for name, part in schema.items() if name not in _HINTS}, without_hints)


def with_inner_schemas(schema: Mapping[str, Any], change: Callable[[Any], Any]) -> dict[str, Any]:
    """Return a copy of a schema with what `change` makes of the schemas in it; data such as defaults stay.

    >>> with_inner_schemas({"items": {"type": "null"}, "default": [1]}, lambda part: {})
    {'items': {}, 'default': [1]}
    """
    return {
        name: {key: change(each) for key, each in part.items()}
        if name in _MAPS_OF_SCHEMAS
        else part
        if name in _DATA or not (is_object(part) or is_list(part))
        else change(part)
        for name, part in schema.items()
    }


def inner_schemas(schema: Mapping[str, Any]) -> Iterator[Any]:
    """Go over the schemas directly in a schema, and the lists of them.

    >>> list(inner_schemas({"items": {"type": "null"}, "default": [1]}))
    [{'type': 'null'}]
    """
    for name, part in schema.items():
        if name in _MAPS_OF_SCHEMAS:
            yield from part.values()
        elif name not in _DATA:
            yield part


def without_root_reference(schema: dict[str, Any]) -> dict[str, Any]:
    """Put the target of a reference at the root in its place: what is sent has to be an object by itself.

    >>> without_root_reference({"$ref": "#/$defs/A", "$defs": {"A": {"type": "null"}}})
    {'type': 'null'}
    """
    target = schema.get("$ref", "").removeprefix(_PREFIX)
    if not target:
        return schema
    definitions = schema["$defs"]
    root = {**definitions[target], **{name: part for name, part in schema.items() if name not in {"$ref", "$defs"}}}
    reachable = _reachable(root, definitions)
    return {**root, "$defs": {name: definitions[name] for name in sorted(reachable)}} if reachable else root


def _short_names(definitions: dict[str, Any]) -> dict[str, str]:
    """Number classes that share a name, where pydantic spells out their modules."""
    names: dict[str, str] = {}
    for name in sorted(definitions):
        title = str(definitions[name].get("title") or name)
        short = wanted = re.sub(r"[^A-Za-z0-9_]+", "_", title).strip("_") or "Value"
        count = 1
        while short in names.values():
            count += 1
            short = f"{wanted}_{count}"
        names[name] = short
    return names


def _tidied(node: Any, names: dict[str, str], *, is_class: bool = False) -> Any:
    if is_list(node):
        return [_tidied(part, names) for part in node]
    if not is_object(node):
        return node
    kept: dict[str, Any] = {}
    for name, part in node.items():
        if name == "$ref":
            kept[name] = _PREFIX + names[part.removeprefix(_PREFIX)]
        elif name in _MAPS_OF_SCHEMAS:
            kept[name] = {key: _tidied(schema, names) for key, schema in part.items()}
        elif name in _DATA:
            kept[name] = part
        elif not (name == "title" and (is_class or not part)):
            kept[name] = _tidied(part, names)
    meaning = kept.get(MEANING, "")
    told = "; ".join(part for part in (kept.get("description", ""), meaning) if part)
    return kept | ({"description": told} if told else {})


def _reachable(root: Any, definitions: Mapping[str, Any]) -> set[str]:
    found: set[str] = set()
    waiting = list(references(root))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(references(definitions[name]))
    return found


def is_recursive(name: str, definitions: Mapping[str, Any]) -> bool:
    """Whether a definition refers to itself, directly or through others.

    >>> is_recursive("A", {"A": {"items": {"$ref": "#/$defs/A"}}})
    True
    """
    return name in _reachable(definitions[name], definitions)


def references(node: Any) -> Iterator[str]:
    """Names of the definitions that a schema refers to directly."""
    if is_list(node):
        for part in node:
            yield from references(part)
    elif is_object(node):
        if "$ref" in node:
            yield str(node["$ref"]).removeprefix(_PREFIX)
        for part in inner_schemas(node):
            yield from references(part)
