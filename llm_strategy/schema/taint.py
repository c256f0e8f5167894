"""Following values that came from somebody who is not trusted, wherever they go.

Covered: texts and what is sliced and put together of them (see `untrusted_text`), at any depth of lists, tuples, sets,
dicts, dataclasses, NamedTuples and pydantic models; other objects by their identity; messages and chains that hold
untrusted data.

Not covered: values that can hardly hold an order (numbers, truth values, dates, UUIDs, members of an enumeration,
values declared as a `Literal`, functions, modules, classes): an untrusted text still decides *which* of them it is. Of
objects that can be neither marked nor watched (such as `Path` in Python 3.11) the last 10,000 are remembered. What
`untrusted_text` and `untrusted_bytes` list as not covered.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import numbers
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from decimal import Decimal
from enum import Enum
from types import BuiltinFunctionType, EllipsisType, FunctionType, ModuleType, NotImplementedType
from typing import Any, TypeVar, cast
from uuid import UUID
from weakref import ref

from pydantic import BaseModel

from llm_strategy.messages import Message
from llm_strategy.schema.marks import marked_fields
from llm_strategy.schema.partial.growth import PartialValue
from llm_strategy.schema.remarked import remarked
from llm_strategy.schema.untrusted_bytes import UntrustedBytes
from llm_strategy.schema.untrusted_text import UntrustedText, trusted_text, untrusted_text

__all__ = ["distrust", "is_untrusted", "trust"]

T = TypeVar("T")

_ONE_FOR_ALL = (type(None), EllipsisType, NotImplementedType, FunctionType, BuiltinFunctionType, ModuleType, type)
"""Of what the program has one object, which a mark would be on wherever it stands."""
_NARROW = (*_ONE_FOR_ALL, numbers.Number, Decimal, Enum, dt.date, dt.time, dt.timedelta, dt.tzinfo, UUID, range)
_MOST_KEPT = 10_000


class _Identities:
    """Objects that are known by what they are, and not by what they hold; those that can be watched go away."""

    def __init__(self) -> None:
        self._watched: dict[int, ref[object]] = {}
        self._kept: OrderedDict[int, object] = OrderedDict()

    def add(self, value: object) -> None:
        """Remember an object."""
        key = id(value)
        try:
            self._watched[key] = ref(value, lambda _: self._watched.pop(key, None))
        except TypeError:
            self._kept[key] = value
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)

    def __contains__(self, value: object) -> bool:
        watched = self._watched.get(id(value))
        return watched() is value if watched is not None else self._kept.get(id(value)) is value

    def discard(self, value: object) -> None:
        """Forget an object."""
        if value in self:
            self._watched.pop(id(value), None)
            self._kept.pop(id(value), None)


_DISTRUSTED = _Identities()
_TRUSTED = _Identities()
"""Objects of classes with untrusted fields that somebody has looked at."""


def distrust(value: T, annotation: Any = Any) -> T:
    """Return a value with the mark on everything in it that may hold an order; containers and objects are copied.

    LLM functions do this to what they make of untrusted arguments; do it to what comes from elsewhere.

    >>> is_untrusted(distrust({"subject": "Hello"})["subject"] + "!")
    True

    Args:
        value: any value; what is no text, and holds none, is remembered by its identity where it can hold an order.
        annotation: the declared type; it tells the words of a `Literal` from other texts.
    """
    return cast("T", remarked(value, annotation, text=_untrusted, other=_distrusted, narrow=_NARROW))


def trust(value: T) -> T:
    """Return a value without the mark: from here on it counts as if the program had written it itself.

    This is the one way to give what an untrusted text brought forth to a tool that does not accept it. Look at the
    value first, and keep the calls few: they can be found by their name.

    >>> is_untrusted(trust(distrust("Hello")))
    False
    """
    return cast("T", remarked(value, Any, text=_plain, other=_trusted, narrow=_NARROW))


def _untrusted(value: str | bytes) -> str | bytes:
    return untrusted_text(value) if isinstance(value, str) else UntrustedBytes(value)


def _plain(value: str | bytes) -> str | bytes:
    return trusted_text(value) if isinstance(value, str) else bytes(value)


def _distrusted(value: object) -> None:
    if not isinstance(value, BaseModel) and not dataclasses.is_dataclass(value):
        _DISTRUSTED.add(value)
    _TRUSTED.discard(value)


def _trusted(value: object) -> None:
    _DISTRUSTED.discard(value)
    kind: Any = type(value)
    if (isinstance(value, BaseModel) or dataclasses.is_dataclass(value)) and marked_fields(kind):
        _TRUSTED.add(value)


def is_untrusted(value: object) -> bool:
    """Return whether anything in a value came from somebody who is not trusted.

    >>> is_untrusted(["plain", 3])
    False
    """
    waiting: deque[object] = deque((value,))
    seen: set[int] = set()
    while waiting:
        one = waiting.popleft()
        if isinstance(one, UntrustedText | UntrustedBytes):
            return True
        if isinstance(one, str):
            continue
        if isinstance(one, _NARROW) or id(one) in seen:
            continue
        seen.add(id(one))
        if one in _DISTRUSTED or (isinstance(one, Message) and one.fences):
            return True
        parts = _parts(one)
        if parts is None:
            return True
        waiting.extend(parts)
    return False


def _parts(value: object) -> Iterable[object] | None:
    """Return what a value consists of; None where its class says that it is not trusted."""
    if isinstance(value, Mapping):
        pairs = cast("Mapping[object, object]", value)
        return [*pairs.keys(), *pairs.values()]
    if isinstance(value, list | tuple | AbstractSet | deque):
        return cast("Iterable[object]", value)
    if isinstance(value, PartialValue):
        return vars(value).values()
    return _fields(value)


def _fields(value: object) -> Iterable[object] | None:
    if isinstance(value, BaseModel):
        if value not in _TRUSTED and _holds_marked(value, value.__dict__):
            return None
        return [*value.__dict__.values(), *(value.__pydantic_extra__ or {}).values()]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {one.name: getattr(value, one.name, None) for one in dataclasses.fields(value)}
        return None if value not in _TRUSTED and _holds_marked(value, fields) else fields.values()
    return ()


def _holds_marked(value: object, fields: Mapping[str, object]) -> bool:
    kind: Any = type(value)
    return any(not isinstance(fields.get(name), _NARROW) for name in marked_fields(kind))
