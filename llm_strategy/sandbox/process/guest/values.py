"""Values of Python as JSON data, where they are data."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import decimal
import enum
import fractions
import math
import pathlib
import sys
import uuid
from collections import deque
from collections.abc import Mapping
from typing import Any, cast

__all__ = ["NotData", "Plain", "cut", "shown"]

_TEXTS = (decimal.Decimal, fractions.Fraction, uuid.UUID, pathlib.PurePath, complex)
_NO_NAMES: dict[str, object] = {}
_LISTS: tuple[type[Any], ...] = (
    list,
    tuple,
    deque,
    range,
    type(_NO_NAMES.keys()),
    type(_NO_NAMES.values()),
    type(_NO_NAMES.items()),
)
_KEYS = (str, int, float, bool, type(None), dt.date, dt.time, enum.Enum, *_TEXTS)
_DEEPEST = 100


class NotData(Exception):  # noqa: N818 (it is an answer)
    """A value is no data, or too much of it."""


class Plain:
    """Turns one value into JSON data.

    Dataclasses and mappings are objects, other collections lists, sets sorted; frames of pandas are lists of records
    with null for what is missing. Numbers that JSON does not have are written as `"NaN"` and `"Infinity"`.
    """

    def __init__(self, most: int) -> None:
        self._left = most

    def write(self, value: Any, depth: int = 0) -> Any:
        """Return the data. Raises NotData, and what the code of the value raises."""
        self._spend(8)
        if depth > _DEEPEST:
            raise NotData("it nests too deep")
        if value is None or value is True or value is False:
            return value
        if isinstance(value, enum.Enum):
            return self.write(value.value, depth + 1)
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, int):
            return self._integer(value)
        if isinstance(value, float):
            return _number(float.__float__(value))
        return self._compound(value, depth + 1)

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise NotData("it is too large")

    def _text(self, value: str) -> str:
        self._spend(str.__len__(value))  # kinds of text may have a length of their own
        return _sendable(value)

    def _integer(self, value: int) -> int:
        bits = int.bit_length(value)
        most = sys.get_int_max_str_digits()  # code may have set it
        if bits > 13_000 or (most and bits > 3 * most):  # some 4,000 digits, beyond which few can read them
            raise NotData("a number in it has too many digits")
        self._spend(bits // 3)
        return int.__int__(value)

    def _compound(self, value: Any, depth: int) -> Any:
        kind: Any = cast("Any", type(value))
        if issubclass(kind, Mapping):
            return self._mapping(value, depth)
        if issubclass(kind, _LISTS):
            return [self.write(each, depth) for each in value]
        if issubclass(kind, set | frozenset):
            return sorted((self.write(each, depth) for each in value), key=_order)
        return self._single(value, kind, depth)

    def _single(self, value: Any, kind: Any, depth: int) -> Any:
        if issubclass(kind, bytes | bytearray | memoryview):
            return self._bytes(bytes(value))
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {one.name: self.write(getattr(value, one.name), depth) for one in dataclasses.fields(value)}
        if isinstance(value, dt.timedelta):
            return _number(value.total_seconds())
        if isinstance(value, _TEXTS):
            return self._text(str(value))
        return self._of_package(value, depth)

    def _of_package(self, value: Any, depth: int) -> Any:
        for package, write in (("pandas", self._pandas), ("numpy", self._numpy), ("pydantic", self._pydantic)):
            module = sys.modules.get(package)
            if module is not None:
                found = write(module, value, depth)
                if found is not NotData:
                    return found
        if isinstance(value, dt.date | dt.time):
            return value.isoformat()
        raise NotData(f"it is of type {type(value).__name__}")

    def _pandas(self, pandas: Any, value: Any, depth: int) -> Any:
        if value is pandas.NaT or value is pandas.NA:
            return None
        if isinstance(value, pandas.DataFrame):
            self._spend(8 * int(value.size))
            missing = value.isna()
            names = [str(name) for name in value.columns]
            rows = zip(
                value.itertuples(index=False, name=None), missing.itertuples(index=False, name=None), strict=True
            )
            return [self._record(names, cells, gaps, depth) for cells, gaps in rows]
        if isinstance(value, pandas.Series | pandas.Index):
            self._spend(8 * int(value.size))
            cells = [None if gap else cell for cell, gap in zip(value, pandas.isna(value), strict=True)]
            labelled = isinstance(value, pandas.Series) and not isinstance(value.index, pandas.RangeIndex)
            return self.write(dict(zip(value.index, cells, strict=True)) if labelled else cells, depth)
        return NotData

    def _record(self, names: list[str], cells: Any, gaps: Any, depth: int) -> dict[str, Any]:
        return {
            name: None if gap else self.write(cell, depth + 1)
            for name, cell, gap in zip(names, cells, gaps, strict=True)
        }

    def _numpy(self, numpy: Any, value: Any, depth: int) -> Any:
        if isinstance(value, numpy.ndarray):
            self._spend(8 * int(value.size))
            return self.write(value.tolist(), depth)
        if isinstance(value, numpy.generic):
            plain = value.item()
            return NotData if isinstance(plain, numpy.generic) else self.write(plain, depth)
        return NotData

    def _pydantic(self, pydantic: Any, value: Any, depth: int) -> Any:
        model: Any = getattr(pydantic, "BaseModel", ())
        return self.write(value.model_dump(mode="json"), depth) if isinstance(value, model) else NotData

    def _mapping(self, value: Mapping[Any, Any], depth: int) -> Any:
        if all(isinstance(key, _KEYS) for key in value):
            made = {self._key(key): self.write(each, depth) for key, each in value.items()}
            if len(made) == len(value):  # else two keys are one as text, such as 1 and "1"
                return made
        return [{"key": self.write(key, depth), "value": self.write(each, depth)} for key, each in value.items()]

    def _key(self, key: Any) -> str:
        plain = self.write(key, _DEEPEST - 2)
        if isinstance(plain, str):
            return plain
        return "null" if plain is None else str(plain).lower() if isinstance(plain, bool) else str(plain)

    def _bytes(self, value: bytes) -> str:
        try:
            return self._text(value.decode())
        except UnicodeDecodeError:
            return self._text(base64.b64encode(value).decode())


def _order(data: Any) -> tuple[str, str]:
    return type(data).__name__, str(data)


def _number(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def shown(value: Any, most: int) -> str:
    """Return a value as Python shows it, cut to a length."""
    try:
        return cut(repr(value), most)
    except Exception as error:  # noqa: BLE001 (code may do anything when it is shown)
        return cut(f"<{type(value).__name__}, whose repr raised {type(error).__name__}>", most)


def cut(text: str, most: int) -> str:
    """Return a text that can be sent, cut to a length, whatever kind of text it is."""
    whole = str.__len__(text) <= most
    return _sendable(text) if whole else f"{_sendable(str.__getitem__(text, slice(0, most)))}..."


def _sendable(text: str) -> str:
    return str.encode(text, "utf-8", "replace").decode()
