"""Schemas as they go over the wire: a definition that is used once stands where it is used.

A model reads every token of a schema. `$defs` with one reference each cost a tenth of a small request and say nothing.
Definitions that are used several times, or that hold themselves, stay where they are.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from llm_strategy.schema.json_data import is_list, is_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["bare", "inlined"]

_PREFIX = "#/$defs/"
_KNOWN: dict[int, tuple[Mapping[str, Any], dict[str, Any]]] = {}
"""Schemas that were seen, by their ids; they are kept, so that no other object takes an id in here."""
_BARE: dict[int, tuple[Mapping[str, Any], dict[str, Any]]] = {}
_MOST_KNOWN = 512
_NAMED = frozenset({"properties", "$defs"})


def bare(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema that means the same without the types of choices: each choice shows its type.

    For the arguments of tools; strict schemas must name every type.

    >>> bare({"properties": {"size": {"enum": ["S", "L"], "type": "string"}}})
    {'properties': {'size': {'enum': ['S', 'L']}}}
    """
    known = _BARE.get(id(schema))
    if known is None:
        if len(_BARE) >= _MOST_KNOWN:
            _BARE.clear()
        known = _BARE[id(schema)] = (schema, _without_types(inlined(schema)))
    return known[1]


def _without_types(value: Any, *, names: bool = False) -> Any:
    """Drop what an `enum` shows; with `names`, the keys are names that the user chose, such as those of fields."""
    if is_list(value):
        return [_without_types(item) for item in value]
    if not is_object(value):
        return value
    shown = not names and ("enum" in value or "const" in value)
    kept = {key: part for key, part in value.items() if not (shown and key == "type")}
    return {key: _without_types(part, names=not names and key in _NAMED) for key, part in kept.items()}


def inlined(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema that means the same, and is shorter.

    >>> point = {"type": "object"}
    >>> inlined({"properties": {"at": {"$ref": "#/$defs/Point"}}, "$defs": {"Point": point}})
    {'properties': {'at': {'type': 'object'}}}
    """
    known = _KNOWN.get(id(schema))
    if known is None:
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        known = _KNOWN[id(schema)] = (schema, _shortened(dict(schema)))
    return known[1]


def _shortened(schema: dict[str, Any]) -> dict[str, Any]:
    definitions: Any = schema.get("$defs")
    if not is_object(definitions):
        return schema
    uses = Counter(_references(schema))
    once = {name: body for name, body in definitions.items() if uses[name] == 1 and is_object(body)}
    once = {name: body for name, body in once.items() if not _holds(name, once, frozenset())}
    kept = {name: _placed(body, once) for name, body in definitions.items() if name not in once}
    rest = {name: _placed(value, once) for name, value in schema.items() if name != "$defs"}
    return {**rest, "$defs": kept} if kept else rest


def _references(value: Any) -> Iterator[str]:
    """Yield the names that are referred to, anywhere."""
    if is_object(value):
        target = value.get("$ref")
        if isinstance(target, str):
            yield target.removeprefix(_PREFIX)
    children = value.values() if is_object(value) else value if is_list(value) else ()
    for child in children:
        yield from _references(child)


def _holds(name: str, once: dict[str, Any], seen: frozenset[str]) -> bool:
    """Whether a definition leads back to itself."""
    if name in seen:
        return True
    return name in once and any(_holds(inner, once, seen | {name}) for inner in _references(once[name]))


def _placed(value: Any, once: dict[str, Any]) -> Any:
    if is_list(value):
        return [_placed(item, once) for item in value]
    if not is_object(value):
        return value
    target = value.get("$ref")
    name = target.removeprefix(_PREFIX) if isinstance(target, str) else ""
    if name in once:
        beside = {key: part for key, part in value.items() if key != "$ref"}
        return {**_placed(once[name], once), **_placed(beside, once)}
    return {key: _placed(part, once) for key, part in value.items()}
