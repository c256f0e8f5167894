"""The JSON schema of a type, as it is sent to a model: tidied, with short names and without what nothing refers to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from llm_strategy.schema.json_data import is_list, is_object
from llm_strategy.schema.schema_generator import ALIASES, MEANING, WireJsonSchema
from llm_strategy.schema.shapes import fit_pairs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import TypeAdapter

__all__ = ["is_recursive", "references", "wire_schema", "without_hints", "without_root_reference"]

_PREFIX = "#/$defs/"
_DATA = frozenset({"const", "default", "enum", "examples", "required", ALIASES})
_MAPS_OF_SCHEMAS = frozenset({"properties", "patternProperties", "$defs"})


def wire_schema(adapter: TypeAdapter[Any]) -> dict[str, Any]:
    """Make the schema of a compiled type: draft 2020-12, an object at `$defs` for each shared class, no titles.

    Enums carry `x-aliases`, which `without_hints` removes.

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
    return {
        name: {key: without_hints(each) for key, each in part.items()}
        if name in _MAPS_OF_SCHEMAS
        else part
        if name in _DATA
        else without_hints(part)
        for name, part in schema.items()
        if name != ALIASES
    }


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
    meaning = kept.pop(MEANING, "")
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
        for name, part in node.items():
            if name == "$ref":
                yield str(part).removeprefix(_PREFIX)
            elif name not in _DATA:
                yield from references(list(part.values()) if name in _MAPS_OF_SCHEMAS else part)
