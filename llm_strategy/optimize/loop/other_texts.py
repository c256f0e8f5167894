"""A value with other texts in it; everything else in it stays what it is."""

from __future__ import annotations

import datetime as dt
import numbers
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from llm_strategy.schema.remarked import remarked

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["NO_TEXTS", "with_texts"]

T = TypeVar("T")

NO_TEXTS = (type(None), type, numbers.Number, Decimal, Enum, dt.date, dt.time, dt.timedelta, dt.tzinfo, UUID, range)
"""Types whose values hold no text that somebody else could have written."""


def with_texts(value: T, change: Callable[[str], str]) -> T:
    """Return a copy of a value in which each text is changed, at any depth; itself where none of them is.

    >>> with_texts({"name": ["Bees", 3]}, str.upper)
    {'NAME': ['BEES', 3]}

    Args:
        value: any value; of objects that are neither data nor collections, nothing is changed.
        change: gives a text for a text.
    """
    changed = False

    def text(found: Any) -> Any:
        nonlocal changed
        if not isinstance(found, str):
            return found  # bytes
        other = change(found)
        changed = changed or other is not found
        return other

    copied = remarked(value, Any, text=text, other=_left_alone, narrow=NO_TEXTS)
    return cast("T", copied) if changed else value


def _left_alone(_: object) -> None: ...
