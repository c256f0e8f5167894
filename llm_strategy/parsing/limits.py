"""What the reader spends at most on one reply.

A reply is untrusted input: a model in a loop, or one that repeats an attacker's text, must not stall its caller.
Well-formed replies are read by a compiled parser and bounded by their size only. Everything else (searching, repairing,
fitting) is paid for, step by step, from one `Budget` per reply. It grows with the length of the text, so the
time is linear by construction, whatever the text says.
"""

from __future__ import annotations

from llm_strategy.errors import OversizedReplyError

__all__ = ["MAX_CHARACTERS", "MAX_DEPTH", "MAX_DIGITS", "Budget"]

MAX_CHARACTERS = 16_000_000
"""Longest reply that is looked at."""
MAX_DEPTH = 64
"""Deepest nesting that is searched for and repaired; the strict path allows what the compiled parser allows (200)."""
MAX_DIGITS = 4_000
"""Longest number that is read; Python itself refuses to convert longer ones."""

_FREE_STEPS = 35_000
_CHARACTERS_PER_STEP = 7
_CHARACTERS_AT_ONCE = 256


class Budget:
    """Steps that may still be spent on one reply.

    A step is one decision of the reader (about a microsecond); passing over `_CHARACTERS_AT_ONCE` characters in
    compiled code counts as one more.
    """

    __slots__ = ("left",)

    def __init__(self, characters: int) -> None:
        self.left = _FREE_STEPS + characters // _CHARACTERS_PER_STEP

    def spend(self, steps: int = 1, *, characters: int = 0) -> None:
        """Take steps off the budget.

        Raises:
            OversizedReplyError: nothing is left.
        """
        self.left -= steps + characters // _CHARACTERS_AT_ONCE
        if self.left < 0:
            raise OversizedReplyError(
                "The reply is too long or too damaged to be read in reasonable time. "
                "Reply again, shorter, with valid JSON only."
            )
