"""Descriptions in a schema by name, and the same schema with other ones.

A name is `Class.field`, or `Class` for what a class says of itself; `return_value` is what is said of a value that is
no object with fields. Classes are told apart by where they are defined: arguments of generic classes do not count, so
the names are the same in every call, and of two classes with one name the second is called `Item_2`, wherever they
stand.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeAlias

from llm_strategy.errors import DefinitionError
from llm_strategy.schema.json_data import is_list, is_object
from llm_strategy.schema.schema_generator import CLASS, MEANING
from llm_strategy.schema.wire_schema import inner_schemas, with_inner_schemas

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["VALUE", "Place", "chosen", "descriptions", "named_places", "redescribed"]

Place: TypeAlias = tuple[str, str]
"""Where a class is defined, and the name of a field of it; no field for the class itself."""

VALUE: Place = ("", "")
"""The place of what is said of the value as a whole."""

_PREFIX = "#/$defs/"


def descriptions(schema: Mapping[str, Any]) -> dict[Place, str]:
    """Return what a schema says at each place; '' where it says nothing.

    >>> descriptions({"type": "object", "x-class": "shop.Item", "properties": {"price": {"description": "in cents"}}})
    {('shop.Item', ''): '', ('shop.Item', 'price'): 'in cents'}
    """
    named = _class_at_root(schema)
    found: dict[str, dict[Place, str]] = {named: {} if named else {VALUE: _text(schema)}}  # what is at the root first
    for node in _classes(schema):
        home: str = node[CLASS]
        known = found.setdefault(home, {})
        known.setdefault((home, ""), _text(node))
        for name, part in node.get("properties", {}).items():
            known.setdefault((home, name), _text(part))
    if named and _text(schema):
        found[named][named, ""] = _text(schema)
    return {place: text for of_class in found.values() for place, text in of_class.items()}


def named_places(places: Mapping[Place, str], value_name: str) -> dict[str, Place]:
    """Return places by the names that users know them by, in their order."""
    homes: dict[str, str] = {}
    for home in sorted({home for home, _ in places if home}):
        short = wanted = home.rpartition(".")[2]
        count = 1
        while short in homes.values():
            count += 1
            short = f"{wanted}_{count}"
        homes[home] = short
    return {_name(place, homes, value_name): place for place in places}


def _name(place: Place, homes: Mapping[str, str], value_name: str) -> str:
    home, field = place
    return ".".join(part for part in (homes.get(home, value_name), field) if part)


def chosen(texts: Mapping[str, str], names: Mapping[str, Place], *, where: str, lenient: bool) -> dict[Place, str]:
    """Return texts by their places.

    Raises:
        DefinitionError: there is no such place, and that is not to be passed over.
    """
    for name, text in texts.items():
        if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance] - users need not check types
            raise DefinitionError(f"{where}: the description of {name!r} is {text!r}, and no text.")
        if name not in names and not lenient:
            near = get_close_matches(name, names, n=1, cutoff=0.5)
            hint = f"Did you mean {near[0]!r}? " if near else ""
            known = ", ".join(map(repr, names))
            raise DefinitionError(f"{where}: there is no {name!r} to describe. {hint}It has {known}.")
    return {names[name]: text for name, text in texts.items() if name in names}


def redescribed(schema: dict[str, Any], texts: Mapping[Place, str]) -> dict[str, Any]:
    """Return a schema that says something else at some places; an empty text removes what was said.

    >>> redescribed({"type": "integer", "description": "years"}, {("", ""): "age"})
    {'type': 'integer', 'description': 'age'}
    """
    changed: dict[str, Any] = _rewritten(schema, texts)
    if VALUE in texts:
        return _told(changed, texts[VALUE])
    if CLASS not in changed and (_class_at_root(schema), "") in texts:
        changed.pop("description", None)  # beside a reference it would hide what the target says
    return changed


def _rewritten(node: Any, texts: Mapping[Place, str]) -> Any:
    if is_list(node):
        return [_rewritten(part, texts) for part in node]
    if not is_object(node):
        return node
    made = with_inner_schemas(node, lambda part: _rewritten(part, texts))
    home = node.get(CLASS)
    if home is None:
        return made
    properties = made.get("properties", {})
    for name, part in properties.items():
        if (home, name) in texts:
            properties[name] = _told(part, texts[home, name])
    return _told(made, texts[home, ""]) if (home, "") in texts else made


def _classes(node: Any) -> Iterator[dict[str, Any]]:
    if is_list(node):
        for part in node:
            yield from _classes(part)
    elif is_object(node):
        if CLASS in node:
            yield node
        for part in inner_schemas(node):
            yield from _classes(part)


def _class_at_root(schema: Mapping[str, Any]) -> str:
    if CLASS in schema:
        return str(schema[CLASS])
    target = schema.get("$ref", "").removeprefix(_PREFIX)
    return str(schema["$defs"][target].get(CLASS, "")) if target else ""


def _text(node: Any) -> str:
    """What a node says in words that somebody wrote: the meanings of numbers are added to them."""
    told = str(node.get("description", "")) if is_object(node) else ""
    return told.removesuffix(node.get(MEANING, "")).removesuffix("; ") if told else ""


def _told(node: Any, text: str) -> dict[str, Any]:
    if not is_object(node):  # `true`: anything goes
        return {"description": text} if text else {}
    told = "; ".join(part for part in (text, node.get(MEANING, "")) if part)
    if told:
        return {**node, "description": told}
    return {name: part for name, part in node.items() if name != "description"}
