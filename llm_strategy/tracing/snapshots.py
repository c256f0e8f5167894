"""Any Python value as JSON data, with bounded work and without errors.

What a value looks like is what `to_jsonable` makes of it, as far as that goes; where it does not go (open files, locks,
objects that contain themselves, objects that fail when they are looked at) the name of the type stands instead.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, cast

from pydantic import SecretBytes, SecretStr
from pydantic_core import to_json

from llm_strategy.schema import to_jsonable, type_name
from llm_strategy.schema.json_data import is_list, is_object, is_tuple
from llm_strategy.schema.members import has_members, members_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["quick_json", "snapshot"]

_PLAIN = frozenset({str, int, bool, type(None)})
_SMALL = 1_000
_FEW = 20
_DEEPEST = 60
_MARGIN = 8_192
"""What is dropped on both sides of an early cut: half of a secret may stand there."""
_SLACK = 65_536
_NUMBER = 300
"""More digits than this are not written: the conversion takes quadratic time."""
_NON_FINITE = {math.inf: "Infinity", -math.inf: "-Infinity"}


def quick_json(value: object) -> str | None:
    """Return a small plain value as JSON text; None where it is not small or not plain.

    >>> quick_json({"country": "France"}), quick_json([1])
    ('{"country":"France"}', None)
    """
    kind = type(value)
    if kind is dict:
        parts = cast("dict[object, object]", value)
        if len(parts) > _FEW or not all(type(name) is str and _is_small(part) for name, part in parts.items()):
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
        limit: how many characters of it will be kept; several times as many are looked at.
        clean: takes secrets out of texts that are so long that they are cut before all of the value is written.
    """
    return _Snapshot(limit, clean).write(value, 0)


def _is_small(value: object) -> bool:
    kind = type(value)
    if kind is str:
        return len(cast("str", value)) <= _SMALL
    return kind is bool or value is None or (kind is int and -(2**63) <= cast("int", value) < 2**63)


class _Snapshot:
    """Writes one value; counts what it has written, and knows what it is inside of."""

    def __init__(self, limit: int, clean: Callable[[str], str]) -> None:
        self._limit, self._clean = limit, clean
        self._left = 4 * limit + _SLACK
        self._open: set[int] = set()

    def write(self, value: Any, depth: int) -> Any:
        self._left -= 8
        kind = type(value)
        if kind is str:
            return self._text(value)
        if value is None or kind is bool:
            return value
        if kind is int:
            return value if value.bit_length() <= _NUMBER else f"<int of {value.bit_length():,} bits>"
        if kind is float:
            return value if math.isfinite(value) else _NON_FINITE.get(value, "NaN")
        try:
            return self._structure(value, depth)
        except Exception as error:  # noqa: BLE001 (a trace must not break what it looks at)
            return f"<{_named(value)}: {type(error).__name__} when it was looked at>"

    def _structure(self, value: Any, depth: int) -> Any:
        if isinstance(value, SecretStr | SecretBytes):
            return "**********"
        if isinstance(value, str | bytes | bytearray | memoryview):
            return self._buffer(value)
        if self._left <= 0 or depth > _DEEPEST:
            return f"<{_named(value)}>"
        if not _is_container(value):
            return self._other(value)
        if id(value) in self._open:
            return f"<{_named(value)}, in itself>"
        self._open.add(id(value))
        try:
            return self._inside(value, depth + 1)
        finally:
            self._open.discard(id(value))

    def _inside(self, value: Any, depth: int) -> Any:
        if has_members(type(value)):
            members = members_of(value, complete=False)
            return self._mapping(members, depth) if is_object(members) else self.write(members, depth)
        if isinstance(value, Mapping):
            return self._mapping(value, depth)
        items = self._items(value, len(value), depth)
        return sorted(items, key=lambda item: (type(item).__name__, str(item))) if _is_set(value) else items

    def _mapping(self, value: Mapping[Any, Any], depth: int) -> Any:
        parts: dict[str, Any] = {}
        for name, part in value.items():
            if self._left <= 0:
                parts["..."] = f"[{len(value) - len(parts):,} more]"
                break
            key = name if type(name) is str else self._key(name, depth)
            parts[self._text(key)] = self.write(part, depth)
        return parts

    def _key(self, name: object, depth: int) -> str:
        told = self.write(name, depth)
        return told if isinstance(told, str) else to_json(told).decode()

    def _items(self, value: Iterable[Any], count: int, depth: int) -> list[Any]:
        items: list[Any] = []
        for item in value:
            if self._left <= 0:
                items.append(f"... [{count - len(items):,} more]")
                break
            items.append(self.write(item, depth))
        return items

    def _buffer(self, value: str | bytes | bytearray | memoryview) -> Any:
        if isinstance(value, str):
            return self.write(to_jsonable(value), _DEEPEST) if type(value).__mro__[1] is not str else self._text(value)
        size = memoryview(value).nbytes
        if size > self._limit + _SLACK:
            return f"<{_named(value)} of {size:,} bytes>"
        return self._text(to_jsonable(value))

    def _other(self, value: object) -> Any:
        size: Any = getattr(value, "size", None)  # of arrays and frames
        if isinstance(size, int) and size > self._limit:
            return f"<{_named(value)} of {size:,} items>"
        told = to_jsonable(value)
        return self.write(told, _DEEPEST - 8)

    def _text(self, value: str) -> str:
        """Return a text, or, where it is very long, its clean beginning and end."""
        most = max(self._limit, 256) + 2 * _MARGIN
        if len(value) <= max(2 * most, 0) and len(value) <= max(self._left, most):
            self._left -= len(value)
            return value
        head, tail = self._clean(value[:most])[:-_MARGIN], self._clean(value[-most:])[_MARGIN:]
        self._left -= len(head) + len(tail)
        return f"{head}... [{len(value) - 2 * (most - _MARGIN):,} characters dropped] ...{tail}"


def _is_set(value: object) -> bool:
    return isinstance(value, AbstractSet)


def _is_container(value: object) -> bool:
    return (
        is_object(value)
        or is_list(value)
        or is_tuple(value)
        or isinstance(value, Mapping | AbstractSet | deque)
        or (isinstance(value, Sequence) and not isinstance(value, range))
        or has_members(type(value))
    )


def _named(value: object) -> str:
    try:
        return type_name(type(value))
    except Exception:  # noqa: BLE001 (a class may do anything)
        return "object"
