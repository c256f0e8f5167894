"""Turn Python values into JSON data, as a model should see them.

The value decides, not its annotation: an argument declared as `Shape` is shown with everything its `Circle`
has. Shown are public things only: dataclass fields with `repr=False` and pydantic fields with `repr=False` or
`exclude=True` are left out at every depth, secrets are masked. Sets are sorted, so that the same value always
makes the same prompt.
"""

from __future__ import annotations

import base64
import inspect
import math
import sys
from collections.abc import Collection, Generator, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, Flag
from fractions import Fraction
from typing import Any, get_origin

import typing_extensions
from pydantic import PlainSerializer, TypeAdapter, WrapSerializer
from pydantic_core import PydanticSerializationError, to_json, to_jsonable_python

from llm_strategy.errors import InputError
from llm_strategy.schema.adapters import registered_type
from llm_strategy.schema.json_data import is_object
from llm_strategy.schema.key_forms import is_named_by_member
from llm_strategy.schema.members import has_members, members_of
from llm_strategy.schema.type_names import type_name
from llm_strategy.schema.untrusted_text import plain_text

__all__ = ["to_jsonable"]


def to_jsonable(value: object, annotation: Any = Any, *, where: str = "the value", complete: bool = False) -> Any:
    """Turn a value into JSON data.

    >>> import datetime
    >>> to_jsonable({"day": datetime.date(2026, 1, 31), "tags": {"b", "a"}, "limit": float("inf")})
    {'day': '2026-01-31', 'tags': ['a', 'b'], 'limit': 'Infinity'}

    Args: value: any value made of data; functions are shown by signature, classes by name, NumPy and pandas
        as lists. annotation: the declared type; only a serializer in its `Annotated` is used. where: the name
        of the parameter, for error messages. complete: write hidden fields as well, for data that is read
        back; leave out what is computed.

    Raises: InputError: the value contains itself, or something that is no data (an open file, a lock, a
        generator).
    """
    if get_origin(annotation) is typing_extensions.Annotated and any(
        isinstance(each, PlainSerializer | WrapSerializer) for each in annotation.__metadata__
    ):
        return TypeAdapter[Any](annotation).dump_python(value, mode="json")
    try:
        return _Writer(where, complete=complete).write(value)
    except RecursionError as error:
        raise InputError(f"{where!r} nests too deep to be shown to a model. Pass a flatter value.") from error


@dataclass(slots=True)
class _Writer:
    """Writes one value; knows the path it is on, to name it in errors and to notice circles."""

    where: str
    complete: bool = field(kw_only=True)
    path: list[str] = field(default_factory=list[str])
    open: dict[int, str] = field(default_factory=dict[int, str])

    def write(self, value: Any) -> Any:
        kind: Any = value.__class__
        if value is None or kind is str or kind is bool or kind is int:
            return value
        if kind is float:
            return value if math.isfinite(value) else self._write_non_finite(value)
        return self._write_scalar(value, kind) if isinstance(value, _SCALARS) else self._write_structure(value, kind)

    def _write_scalar(self, value: Any, kind: type) -> Any:
        if isinstance(value, Enum):
            named = not isinstance(value, Flag) and is_named_by_member(type(value))
            return value.name if named else self.write(value.value)
        if isinstance(value, _BUFFERS):
            return self._write_bytes(bytes(value))
        if isinstance(value, type):
            return type_name(value)
        if issubclass(kind, str):
            return plain_text(value)
        plain = next(base for base in (bool, int, float) if issubclass(kind, base))
        return self.write(plain(value))

    def _write_non_finite(self, value: float) -> str:
        if self.complete:  # numbers of replies are finite
            raise self._cannot(value, "it is no finite number, and none is ever read. Use None or a number instead")
        return _NON_FINITE.get(value, "NaN")

    def _write_bytes(self, value: bytes) -> str:
        try:
            return value.decode()
        except UnicodeDecodeError as error:
            if self.complete:  # it would be read as the text that it is written as
                reason = "it is no UTF-8 text. Annotate it as pydantic's Base64Bytes"
                raise self._cannot(value, reason) from error
            return base64.b64encode(value).decode()

    def _write_structure(self, value: Any, kind: Any) -> Any:
        if hasattr(kind, "__shown__"):  # an image and the like: the prompt says where it stands
            return value.__shown__()
        entry = registered_type(kind)
        if entry is not None:
            return self.write(entry.to_json(value))
        if has_members(kind) or isinstance(value, Mapping | Collection):
            with self._inside(value):
                return self._write_inside(value)
        if issubclass(kind, Iterator):
            raise self._cannot(value, "it can be read only once. Pass a list of its items")
        if get_origin(value) is not None:
            return type_name(value)
        if callable(value):
            return _signature(value)
        return self._write_other(value)

    def _write_inside(self, value: Any) -> Any:
        if has_members(type(value)):
            members = members_of(value, complete=self.complete)
            return self._write_members(members) if is_object(members) else self.write(members)
        if isinstance(value, Mapping):
            return self._write_mapping(value)
        items = [self._step(f"[{index}]", item) for index, item in enumerate(value)]
        return sorted(items, key=_sort_key) if isinstance(value, AbstractSet) else items

    def _write_members(self, members: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._step(f".{name}", member) for name, member in members.items()}

    def _write_mapping(self, value: Any) -> Any:
        keys = {key: self.write(key) for key in value}
        texts = {key: _key_text(written) for key, written in keys.items()}
        plain = all(isinstance(key, str) for key in value) if self.complete else all(map(_is_text, texts.values()))
        if plain:
            return {texts[key]: self._step(f"[{key!r}]", part) for key, part in value.items()}
        return [{"key": keys[key], "value": self._step(f"[{key!r}]", part)} for key, part in value.items()]

    def _write_other(self, value: Any) -> Any:
        if isinstance(value, Fraction):  # known to newer releases of pydantic only
            return str(value)
        try:
            return to_jsonable_python(value)
        except PydanticSerializationError:
            pass
        members = _public_attributes(value)
        if members:
            with self._inside(value):
                return self._write_members(members)
        if _is_system_type(value.__class__) or _has_no_repr(value.__class__):
            raise self._cannot(value, "it is no data. Pass what it stands for, or register it with register_type()")
        return repr(value)

    def _step(self, name: str, value: Any) -> Any:
        self.path.append(name)
        written = self.write(value)
        self.path.pop()
        return written

    @contextmanager
    def _inside(self, value: Any) -> Generator[None]:
        if id(value) in self.open:
            raise self._cannot(
                value,
                f"it contains itself (it is {self.open[id(value)]}). Leave the reference back out, with repr=False",
            )
        self.open[id(value)] = self._place()
        yield
        del self.open[id(value)]

    def _place(self) -> str:
        return repr(self.where + "".join(self.path))

    def _cannot(self, value: object, why: str) -> InputError:
        return InputError(f"{self._place()} is a {type_name(type(value))} and cannot be shown to a model: {why}.")


_BUFFERS: tuple[Any, ...] = (bytes, bytearray, memoryview)
_SCALARS: tuple[Any, ...] = (str, int, float, *_BUFFERS, Enum, type)
_NON_FINITE = {math.inf: "Infinity", -math.inf: "-Infinity"}


def _key_text(written: Any) -> Any:
    if isinstance(written, bool) or written is None:
        return to_json(written).decode()
    return str(written) if isinstance(written, str | int | float) else written


def _is_text(key: Any) -> bool:
    return isinstance(key, str)


def _sort_key(item: Any) -> tuple[str, Any]:
    number = isinstance(item, int | float)
    return ("", item) if number else (type(item).__name__, item if isinstance(item, str) else to_json(item).decode())


def _signature(function: Any) -> str:
    named: Any = getattr(function, "func", function)  # what a partial is made of
    name = getattr(named, "__name__", type(named).__name__)
    try:
        signature = str(inspect.signature(function))
    except (TypeError, ValueError):  # a builtin without a signature
        signature = "(...)"
    summary = (inspect.getdoc(named) or "").partition("\n")[0]
    return f"{name}{signature}" + (f": {summary}" if summary else "")


def _is_system_type(kind: type) -> bool:
    """Whether a type belongs to Python itself: its objects are machinery (files, locks, modules), not data."""
    return kind.__module__.partition(".")[0] in sys.stdlib_module_names and kind.__name__ != "SimpleNamespace"


def _has_no_repr(kind: Any) -> bool:
    return not any("__repr__" in vars(parent) for parent in kind.__mro__[:-1])


def _public_attributes(value: Any) -> dict[str, Any]:
    if _is_system_type(value.__class__):
        return {}
    names = dict.fromkeys(getattr(value, "__dict__", ()))
    for parent in reversed(type(value).__mro__):
        names |= dict.fromkeys(vars(parent).get("__annotations__", ()))
    return {name: getattr(value, name) for name in names if not name.startswith("_") and hasattr(value, name)}
