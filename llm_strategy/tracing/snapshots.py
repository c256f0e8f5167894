"""Any Python value as JSON data, with bounded work and without errors.

What a value looks like is what `to_jsonable` makes of it, as far as that goes; where it does not go (open files, locks,
objects that contain themselves, objects that fail when they are looked at) the name of the type stands instead.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from enum import Enum
from typing import TYPE_CHECKING, Any, cast

from pydantic import SecretBytes, SecretStr
from pydantic_core import to_json
from typing_extensions import TypeIs

from llm_strategy.errors import InputError
from llm_strategy.schema import to_jsonable, type_name
from llm_strategy.schema.adapters import registered_type
from llm_strategy.schema.members import has_members, members_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["quick_json", "snapshot"]

_SMALL = 1_000
_FEW = 20
_DEEPEST = 60
_MARGIN = 8_192
"""What is dropped on both sides of an early cut: half of a secret may stand there."""
_SLACK = 16_384
_LONGEST_NUMBER = 300
"""Whole numbers of more bits are not written out: that takes quadratic time."""
_NON_FINITE = {math.inf: "Infinity", -math.inf: "-Infinity"}
_MASKED = "**********"


def quick_json(value: object) -> str | None:
    """Return a small plain value as JSON text; None where it is not small or not plain.

    >>> quick_json({"country": "France"}), quick_json([1])
    ('{"country":"France"}', None)
    """
    if type(value) is dict:
        parts = cast("dict[object, object]", value)
        if len(parts) > _FEW:
            return None
        for name, part in parts.items():
            if type(name) is not str or len(name) > _SMALL or not _is_small(part):
                return None
    elif not _is_small(value):
        return None
    try:
        return to_json(value).decode()
    except ValueError:  # half of a surrogate pair
        return None


def snapshot(value: object, limit: int, clean: Callable[[str], str]) -> Any:
    """Return a value as JSON data.

    Args:
        value: any value.
        limit: how many characters of it will be kept; about twice as many are looked at.
        clean: takes secrets out of texts that are so long that they are cut before all of the value is written.
    """
    return _Snapshot(limit, clean).write(value, 0)


def _is_small(value: object) -> bool:
    kind: Any = type(value)
    if kind is str:
        return len(cast("str", value)) <= _SMALL
    if kind is int:
        return -(2**63) <= cast("int", value) < 2**63
    return value is None or kind is bool or (kind is float and math.isfinite(cast("float", value)))


class _Snapshot:
    """Writes one value; counts what it has written, and knows what it is inside of."""

    def __init__(self, limit: int, clean: Callable[[str], str]) -> None:
        self._limit, self._clean = limit, clean
        self._left = 2 * limit + _SLACK
        self._open: set[int] = set()

    def write(self, value: Any, depth: int) -> Any:
        self._left -= 8
        kind: Any = value.__class__
        if kind is str:
            return self._text(value)
        if value is None or kind is bool:
            return value
        if kind is int or kind is float:
            return _number(value)
        try:
            return self._structure(value, depth)
        except InputError:  # it is no data
            return f"<{_named(value)}>"
        except Exception as error:  # noqa: BLE001 (a trace must not break what it looks at)
            return f"<{_named(value)}: {type(error).__name__} when it was looked at>"

    def _structure(self, value: Any, depth: int) -> Any:
        if isinstance(value, Enum | type):
            return self.write(to_jsonable(value), _DEEPEST)
        if isinstance(value, str):
            return self._text(str.__str__(value))
        size = _size(value)
        if size > self._limit + _SLACK:
            return f"<{_named(value)} of {size:,} items>"
        if self._left <= 0 or depth > _DEEPEST:
            return f"<{_named(value)}>"
        parts = _parts(value)
        return self.write(_plain(value), depth + 1) if parts is None else self._inside(value, parts, depth + 1)

    def _inside(self, value: object, parts: Any, depth: int) -> Any:
        if id(value) in self._open:
            return f"<{_named(value)}, in itself>"
        self._open.add(id(value))
        try:
            if _is_mapping(parts):
                return self._mapping(parts, depth)
            itself = parts is value
            return self._items(parts, depth) if itself else self.write(parts, depth)
        finally:
            self._open.discard(id(value))

    def _mapping(self, value: Mapping[Any, Any], depth: int) -> Any:
        pairs: list[tuple[Any, Any]] = []
        for name, part in value.items():
            if self._left <= 0:
                pairs.append(("...", f"[{len(value) - len(pairs):,} more]"))
                break
            pairs.append((self.write(name, depth), self.write(part, depth)))
        if all(name is None or isinstance(name, str | int | float) for name, _ in pairs):
            return {name if isinstance(name, str) else to_json(name).decode(): part for name, part in pairs}
        return [{"key": name, "value": part} for name, part in pairs]

    def _items(self, value: Collection[Any], depth: int) -> list[Any]:
        items: list[Any] = []
        for item in value:
            if self._left <= 0:
                items.append(f"... [{len(value) - len(items):,} more]")
                break
            items.append(self.write(item, depth))
        return sorted(items, key=_sort_key) if isinstance(value, AbstractSet) else items

    def _text(self, value: str) -> str:
        """Return a text, or, where it is very long, its clean beginning and end."""
        most = max(self._limit, 256) + 2 * _MARGIN
        if len(value) <= max(self._left, 2 * most):
            self._left -= len(value)
            return value
        head, tail = self._clean(value[:most])[:-_MARGIN], self._clean(value[-most:])[_MARGIN:]
        self._left -= len(head) + len(tail)
        return f"{head}... [{len(value) - 2 * (most - _MARGIN):,} characters dropped] ...{tail}"


def _is_mapping(value: Any) -> TypeIs[Mapping[Any, Any]]:
    return isinstance(value, Mapping)


def _is_collection(value: Any) -> TypeIs[Collection[Any]]:
    return isinstance(value, Collection)


def _parts(value: Any) -> Any:
    """Return what a value is made of; None where it is no structure."""
    if has_members(type(value)):
        return members_of(value, complete=False)
    if isinstance(value, bytes | bytearray | memoryview | range):
        return None
    entry = registered_type(value.__class__)
    if entry is not None:
        return entry.to_json(value)
    return value if _is_collection(value) else _public_attributes(value)


def _public_attributes(value: object) -> dict[str, Any] | None:
    """Return the attributes of an object of a class that is not Python's own; None where it has none."""
    kind = type(value)
    if kind.__module__.partition(".")[0] in sys.stdlib_module_names and kind.__name__ != "SimpleNamespace":
        return None
    names: dict[str, None] = dict.fromkeys(getattr(value, "__dict__", ()))
    for parent in reversed(kind.__mro__):
        names |= dict.fromkeys(vars(parent).get("__annotations__", ()))
    found = {name: getattr(value, name) for name in names if not name.startswith("_") and hasattr(value, name)}
    return None if callable(value) else found or None


def _plain(value: object) -> Any:
    """Return a value that is no structure as data: a date, a path, a function, or else what its `repr` says."""
    if isinstance(value, SecretStr | SecretBytes):
        return _MASKED
    return repr(value) if isinstance(value, BaseException) else to_jsonable(value)


def _size(value: object) -> int:
    """Return the size of what is written in one go: bytes, arrays, frames."""
    if isinstance(value, bytes | bytearray | memoryview):
        return len(cast("bytes", value))
    kind: Any = value.__class__
    size: Any = getattr(value, "size", 0) if registered_type(kind) is not None else 0
    return size if isinstance(size, int) else 0


def _number(value: float) -> Any:
    if isinstance(value, int):
        bits = value.bit_length()
        return value if bits <= _LONGEST_NUMBER else f"<int of {bits:,} bits>"
    return value if math.isfinite(value) else _NON_FINITE.get(value, "NaN")


def _sort_key(item: object) -> tuple[str, Any]:
    number = isinstance(item, int | float)
    return ("", item) if number else (type(item).__name__, item if isinstance(item, str) else str(item))


def _named(value: object) -> str:
    try:
        return type_name(type(value))
    except Exception:  # noqa: BLE001 (a class may do anything)
        return "object"
