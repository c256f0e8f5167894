"""Leave out the middle of what is too long, and say how much that was."""

from __future__ import annotations

from typing import Any

from llm_strategy.schema.json_data import is_list, is_object

__all__ = ["shortened", "shortened_data"]

_LEAST = 32
"""What is left of a text in data, however many others there are."""


def shortened(text: str, limit: int) -> tuple[str, int]:
    """Return the beginning and the end of a text, within a limit, and how many characters of it were dropped.

    >>> shortened("abcdefghij" * 10, 50)
    ('abcdefghi... [82 characters dropped] ...bcdefghij', 82)
    """
    if len(text) <= limit:
        return text, 0
    kept = max(0, limit - len(_notice(len(text))))
    head, tail = kept - kept // 2, len(text) - kept // 2
    if head and _is_high(text[head - 1]) and _is_low(text[head]):
        head -= 1
    if tail < len(text) and _is_low(text[tail]) and _is_high(text[tail - 1]):
        tail += 1
    dropped = tail - head
    return f"{text[:head]}{_notice(dropped)}{text[tail:]}", dropped


def shortened_data(data: Any, limit: int) -> Any:
    """Return JSON data whose texts and collections are cut so that all of it is about so long.

    >>> shortened_data({"a": [1, 2, 3], "b": 4}, 25)
    {'a': [1, 2, 3], 'b': 4}
    """
    return _Cutter(limit).cut(data)


def _notice(dropped: int) -> str:
    return f"... [{dropped:,} characters dropped] ..."


def _is_high(character: str) -> bool:
    return "\ud800" <= character <= "\udbff"


def _is_low(character: str) -> bool:
    return "\udc00" <= character <= "\udfff"


class _Cutter:
    """Hands out a number of characters, first come, first served."""

    def __init__(self, left: int) -> None:
        self._left = left

    def cut(self, data: Any) -> Any:
        if isinstance(data, str):
            told = shortened(data, max(_LEAST, self._left))[0]
            self._left -= len(told) + 2
            return told
        if is_list(data):
            self._left -= 3  # brackets and a comma
            items: list[Any] = []
            for item in data:
                if self._left <= 0:
                    return [*items, f"... [{len(data) - len(items):,} more]"]
                items.append(self.cut(item))
            return items
        if is_object(data):
            return self._cut_object(data)
        self._left -= len(str(data)) + 2
        return data

    def _cut_object(self, data: dict[str, Any]) -> dict[str, Any]:
        self._left -= 3
        parts: dict[str, Any] = {}
        for name, part in data.items():
            if self._left <= 0:
                return {**parts, "...": f"[{len(data) - len(parts):,} more]"}
            parts[self.cut(name)] = self.cut(part)
        return parts
