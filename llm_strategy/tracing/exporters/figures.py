"""Figures as people read them: times, costs and counts, the same in every view."""

from __future__ import annotations

import math

__all__ = ["clipped", "cost_text", "count_text", "seconds_text", "tokens_text"]


def clipped(text: str, limit: int) -> str:
    """Return a text of at most `limit` characters, and say how long it was where it is cut off.

    >>> clipped("abcdefghij", 4)
    'abcd... (10 characters)'
    """
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text):,} characters)"


def seconds_text(seconds: float | None) -> str:
    """Return a duration in the unit that fits it.

    >>> [seconds_text(one) for one in (None, 0.0123, 12.345, 125, 7260)]
    ['...', '12 ms', '12.3 s', '2 min 05 s', '2 h 01 min']
    """
    if seconds is None:
        return "..."
    if seconds < 0.9995:
        return f"{max(seconds, 0) * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def cost_text(known: float, unpriced: int = 0) -> str:
    """Return a cost in US dollars; what is not known is a question mark, and never a zero.

    >>> [cost_text(0), cost_text(0.0000195), cost_text(12.5), cost_text(0, 2), cost_text(0.02, 1)]
    ['$0', '$0.0000195', '$12.50', '?', '$0.0200 + ?']
    """
    if unpriced and not known:
        return "?"
    if not known:
        return "$0"
    digits = 2 if known >= 1 else min(12, 2 - math.floor(math.log10(known)))
    return f"${known:,.{digits}f}{' + ?' if unpriced else ''}"


def count_text(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun.

    >>> count_text(1, "call"), count_text(2000, "call"), count_text(0, "retry", "retries")
    ('1 call', '2,000 calls', '0 retries')
    """
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def tokens_text(known: int, unmeasured: int = 0) -> str:
    """Return a number of tokens; what replies did not report is a question mark, and never a zero.

    >>> [tokens_text(0), tokens_text(1200), tokens_text(0, 2), tokens_text(30, 1)]
    ['0', '1,200', '?', '30 + ?']
    """
    if unmeasured and not known:
        return "?"
    return f"{known:,}{' + ?' if unmeasured else ''}"
