"""What a model thought before it replied is no part of the reply."""

from __future__ import annotations

import re

__all__ = ["without_thoughts"]

_OPEN = re.compile(r"\s*<(think|thinking|thought|reasoning|reflection|scratchpad)>", re.IGNORECASE)
_END = re.compile(r"</(?:think|thinking)>[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)


def without_thoughts(reply: str) -> tuple[str, bool]:
    r"""Return a reply without the thinking before it, and whether it ended inside of that.

    Tags further on belong to the files. Where a model's template has opened the thinking, only its end is there.

    >>> without_thoughts("<think>a.py?\n```\nno\n```</think>\nDONE"), without_thoughts("hm\n</think>\nDONE")
    (('\nDONE', False), ('\nDONE', False))
    """
    text = reply
    while opened := _OPEN.match(text):
        closing = re.compile(rf"</{opened[1]}>", re.IGNORECASE).search(text, opened.end())
        if closing is None:
            return "", True
        text = text[closing.end() :]
    end = _END.search(text) if text == reply else None
    if end and "<think" not in text[: end.start()].lower():
        return text[end.end() :], False
    return text, False
