"""What the evaluators found, apart from what was wrong before the run began."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from llm_strategy.planner.evaluators import Verdict

__all__ = ["names_of", "without"]


def names_of(verdict: Verdict) -> list[str]:
    """Return what tells the findings of a verdict apart, whatever the line that they stand in.

    >>> from llm_strategy.planner.evaluators import Problem, Verdict
    >>> names_of(Verdict(problems=(Problem("a.py", 3, "invalid syntax", "syntax"),)))
    ['a.py: invalid syntax (syntax)']
    """
    problems = [str(replace(one, line=0)) for one in verdict.problems]
    return sorted({*problems, *(one.id for one in verdict.tests if one.outcome == "failed")})


def without(verdict: Verdict, known: Collection[str]) -> Verdict:
    """Return a verdict without the findings that are known."""
    if not known:
        return verdict
    return replace(
        verdict,
        problems=tuple(one for one in verdict.problems if str(replace(one, line=0)) not in known),
        tests=tuple(one for one in verdict.tests if one.outcome != "failed" or one.id not in known),
    )
