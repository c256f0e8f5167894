"""What plans share: words and numbers of an instruction."""

from __future__ import annotations

import re

__all__ = ["UnreadError", "floats", "has", "quoted"]


class UnreadError(ValueError):
    """An instruction that no plan can read."""


def has(text: str, *words: str) -> bool:
    """Return whether one of the words (regular expressions) stands in the text, in any case."""
    return any(re.search(rf"\b{word}", text, re.IGNORECASE) for word in words)


def quoted(text: str) -> list[str]:
    """Return what stands in single quotes; apostrophes inside of words are none."""
    return re.findall(r"(?<!\w)'([^']*)'(?!\w)", text)


def floats(texts: list[str]) -> list[float]:
    """Return numbers, whole ones as such."""
    return [float(text) if "." in text else int(text) for text in (one.replace(",", "") for one in texts)]
