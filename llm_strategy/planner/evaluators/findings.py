"""What an evaluator finds, and how it is told to the model that has to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["NO_VERDICT", "Problem", "told"]

NO_VERDICT: Final = "test run"
"""The rule of problems that leave unknown whether tests pass: they were not run, or cannot be believed."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something that is wrong with a file."""

    path: str
    """The file."""
    line: int
    """Where, from 1; 0 for the file as a whole."""
    message: str
    """What is wrong."""
    rule: str = ""
    """The rule that says so: `syntax`, `F821`, ..."""

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.message}" + (f" ({self.rule})" if self.rule else "")


def told(problems: Iterable[Problem], *, letters: int = 4000) -> str:
    r"""Return problems line by line, in order, in as many letters as there are room for; the rest is counted.

    >>> told([Problem("b.py", 2, "undefined name 'x'", "F821"), Problem("a.py", 0, "is empty")])
    "a.py: is empty\nb.py:2: undefined name 'x' (F821)"
    """
    lines = [str(one) for one in sorted(set(problems))]
    kept: list[str] = []
    for line in lines:
        letters -= len(line) + 1
        if letters < 0 and kept:
            return "\n".join([*kept, f"... and {len(lines) - len(kept)} more"])
        kept.append(line[: letters + len(line) + 1] if letters < 0 else line)
    return "\n".join(kept)
