"""Tell which key of an object means which field, when the spelling differs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llm_strategy.parsing.plain import is_object
from llm_strategy.parsing.scalars import folded

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["match_fields"]


def match_fields(
    value: Mapping[str, Any], properties: Mapping[str, Any], *, lenient: bool
) -> tuple[dict[str, str], list[str]]:
    """Match the keys of an object with the fields of its schema.

    A field is found under its name; failing that, if `lenient`, under an alias (`x-alias`), or a key that differs from
    either in case, accents, spaces, hyphens and underscores only, if exactly one does.

    Returns:
        The key under which each field was found, and the keys that belong to no field.

    >>> match_fields({"First Name": 1, "age": 2, "x": 3}, {"first_name": {}, "age": {}}, lenient=True)
    ({'age': 'age', 'first_name': 'First Name'}, ['x'])
    """
    found = {name: name for name in properties if name in value}
    free = [key for key in value if key not in found]
    if lenient and free and len(found) < len(properties):
        _match_spellings(found, free, properties)
        taken = set(found.values())
        free = [key for key in free if key not in taken]
    return found, free


def _match_spellings(found: dict[str, str], free: list[str], properties: Mapping[str, Any]) -> None:
    by_fold: dict[str, list[str]] = {}
    for key in free:
        by_fold.setdefault(folded(key) or key, []).append(key)
    for name, schema in properties.items():
        if name in found:
            continue
        alias: str = schema.get("x-alias", name) if is_object(schema) else name
        for spelling in (alias, name):
            keys = by_fold.get(folded(spelling) or spelling, [])
            if len(keys) == 1:
                found[name] = keys[0]
                break
