"""What came of a writer's last replies, in the room there is for it.

The newest findings stand in full, since they are what has to be mended. What was before them is one line a reply; where
even those outgrow their room, they are summed up in a note, and the collection begins anew with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llm_strategy.planner.computer.shortening import LETTERS_OF_A_TOKEN, shortened

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Feedback"]


@dataclass(slots=True)
class Feedback:
    """What is told to the writer of an instruction.

    >>> feedback = Feedback(100)
    >>> feedback.add("wrote a.py", ["a.py:1: invalid syntax"])
    >>> print(feedback.told())
    What came of your last reply (wrote a.py):
    a.py:1: invalid syntax
    """

    tokens: int
    """The room for all of it."""
    note: str = ""
    """What earlier attempts came to, or a summary of what has no room."""
    before: list[str] = field(default_factory=list[str])
    """The replies before the last one, one line each."""
    last: str = ""
    """What the last reply did."""
    findings: list[str] = field(default_factory=list[str])
    """What came of it."""

    def add(self, did: str, findings: Sequence[str]) -> None:
        """Take in what a reply did and what came of it."""
        if self.last:
            self.before.append(f"- {self.last}: {_first_line(self.findings)}")
        self.last = did
        self.findings = [one for one in findings if one]

    @property
    def outgrown(self) -> bool:
        """Whether what was before the last reply needs more than half of the room."""
        return sum(len(line) + 1 for line in self.before) + len(self.note) > self.tokens * LETTERS_OF_A_TOKEN // 2

    def sum_up(self, note: str) -> None:
        """Put a note in the place of what was before the last reply."""
        self.note, self.before = shortened(note, max(1, self.tokens // 4)), []

    def history(self) -> str:
        """Return what was before the last reply."""
        return "\n".join([*([self.note] if self.note else []), *self.before])

    def told(self) -> str:
        """Return all of it as text; '' where there is nothing to tell."""
        parts: list[str] = []
        if self.history():
            parts.append(f"Before that:\n{shortened(self.history(), self.tokens // 2)}")
        if self.findings:
            last = shortened(self.last, max(1, self.tokens // 4))
            room = max(1, self.tokens - (sum(map(len, parts)) + len(last)) // LETTERS_OF_A_TOKEN)
            parts.append(f"What came of your last reply ({last}):\n" + shortened("\n".join(self.findings), room))
        return "\n\n".join(parts)


def _first_line(findings: Sequence[str]) -> str:
    text = findings[0] if findings else "nothing was wrong"
    lines = text.splitlines()
    return " ".join(lines[:2])[:160]
