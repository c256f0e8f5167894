"""Text for terminals: what a model, a server or a file says is untrusted."""

from __future__ import annotations

__all__ = ["printable", "printable_line"]


def printable(text: str) -> str:
    r"""Return a text without the characters that steer a terminal, or change the order of what is shown.

    >>> printable("\x1b[31mred\u202e")
    '[31mred'
    """
    return "".join(sign for sign in text if sign.isprintable() or sign in "\n\t")


def printable_line(text: str, longest: int = 200) -> str:
    r"""Return a text on one line, cut where it is too long for one.

    >>> printable_line("a\n\x1b[31m" + 9 * "b", longest=8)
    'a [31mbb...'
    """
    line = " ".join(printable(text[: 4 * longest]).split())
    return line if len(line) <= longest and len(text) <= 4 * longest else f"{line[:longest]}..."
