"""Texts of a page, each once: a prompt that is sent again with every attempt is written only one time."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Texts", "plain", "written"]

_LARGEST = 2**53
"""Whole numbers above it are not exact in a browser."""


class Texts:
    """Collects texts and gives each a number.

    >>> texts = Texts()
    >>> texts.number("a"), texts.number("b"), texts.number("a"), texts.all
    (0, 1, 0, ['a', 'b'])
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    @property
    def all(self) -> list[str]:
        """Return the texts; the number of one is its place."""
        return list(self._numbers)

    def number(self, text: str) -> int:
        """Return the number of a text."""
        return self._numbers.setdefault(text, len(self._numbers))

    def attributes(self, attributes: Mapping[str, Any]) -> list[list[Any]]:
        """Return attributes as `[name, text]` for texts and `[name, -1, value]` for all else, names and texts numbered.

        >>> Texts().attributes({"model": "small", "seed": 7})
        [[0, 1], [2, -1, 7]]
        """
        return [self._attribute(name, plain(value)) for name, value in attributes.items()]

    def _attribute(self, name: str, value: Any) -> list[Any]:
        key = self.number(name)
        return [key, self.number(value)] if isinstance(value, str) else [key, -1, value]


def plain(value: object) -> Any:
    """Return a value that every JSON reader takes: no infinity, no number that a browser would round.

    >>> plain(float("nan")), plain(2**60), plain((1, 2))
    ('nan', '1152921504606846976', [1, 2])
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return value if abs(value) <= _LARGEST else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, list | tuple):
        return [plain(one) for one in cast("list[object]", value)]
    return written(value)


def written(value: object) -> str:
    """Return a value as JSON; what is no JSON in it stands there as text."""
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (ValueError, RecursionError):
        return "(too deep)"
