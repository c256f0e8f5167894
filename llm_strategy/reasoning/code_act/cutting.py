"""Shortening of texts that a model is shown: the middle goes, since beginning and end tell the most."""

from __future__ import annotations

__all__ = ["cut_middle"]


def cut_middle(text: str, longest: int, mark: str) -> str:
    """Return a text with its middle cut out where it is too long, and a mark in its place that says how much.

    >>> cut_middle("a" * 10 + "b" * 10, 8, "[{count} of {total} characters cut]")
    'aaaa[12 of 20 characters cut]bbbb'

    Args:
        text: the text.
        longest: characters that are kept.
        mark: stands for the middle. Slots: `count`, the characters that were cut, and `total`.
    """
    if len(text) <= longest:
        return text
    tail = longest // 2
    head = longest - tail
    told = mark.format(count=len(text) - longest, total=len(text))
    return f"{text[:head]}{told}{text[len(text) - tail :] if tail else ''}"
