"""Texts that fit into their room: the middle is left out, and it is told how much."""

from __future__ import annotations

from typing import Final

__all__ = ["LETTERS_OF_A_TOKEN", "shortened"]

LETTERS_OF_A_TOKEN: Final = 3
"""Code has a token for every three to four letters: the smaller one, so that budgets hold."""


def shortened(text: str, tokens: int) -> str:
    r"""Return a text in the room of so many tokens, with the lines in its middle left out where it is longer.

    >>> shortened("one\ntwo\nthree", 100)
    'one\ntwo\nthree'
    >>> print(shortened("\n".join(f"line {n}" for n in range(99)), 20))
    line 0
    line 1
    ... (96 lines left out) ...
    line 98
    """
    room = tokens * LETTERS_OF_A_TOKEN
    if len(text) <= room:
        return text
    lines = text.split("\n")
    share = max(0, room - len("... (9999 lines left out) ...")) // 2
    head, tail = _fitting(lines, share), _fitting(lines[::-1], share)
    left = len(lines) - head - tail
    if head + tail == 0:
        return f"{text[:share]} ... ({len(text) - 2 * share} letters left out) ... {text[len(text) - share :]}"
    return "\n".join([*lines[:head], f"... ({left} lines left out) ...", *lines[len(lines) - tail :]])


def _fitting(lines: list[str], room: int) -> int:
    for count, line in enumerate(lines):
        room -= len(line) + 1
        if room < 0:
            return count
    return len(lines)
