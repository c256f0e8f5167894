"""What the evaluators found, apart from what was wrong before the run began.

What was wrong is known by its file and its words, and by how often it was found there: lines move. What leaves unknown
whether the tests pass is never known before: with it, nothing would ever be judged.

Not covered: in a file of tests that could not be loaded before the run, tests that the run adds are not judged while it
still cannot be loaded.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from llm_strategy.planner.evaluators import Problem, Verdict

__all__ = ["names_of", "without"]


def names_of(verdict: Verdict) -> list[str]:
    """Return what tells findings apart, whatever the line that they stand in: each as often as it was found.

    >>> from llm_strategy.planner.evaluators import Problem, Verdict
    >>> names_of(Verdict(problems=(Problem("a.py", 3, "invalid syntax", "syntax"),)))
    ['a.py: invalid syntax (syntax)']
    """
    problems = [_name(one) for one in verdict.problems if one not in verdict.unjudged]
    return sorted([*problems, *(one.id for one in verdict.tests if one.outcome == "failed")])


def without(verdict: Verdict, known: Iterable[str]) -> Verdict:
    """Return a verdict without the findings that are known. Where there are more of a kind, the last ones are new."""
    left = Counter(known)
    if not left:
        return verdict
    return replace(
        verdict,
        problems=tuple(_new(verdict, left)),
        tests=tuple(one for one in verdict.tests if one.outcome != "failed" or one.id not in left),
    )


def _new(verdict: Verdict, left: Counter[str]) -> Iterator[Problem]:
    for one in verdict.problems:
        name = _name(one)
        if one in verdict.unjudged or not left[name]:
            yield one
        else:
            left[name] -= 1


def _name(one: Problem) -> str:
    return str(replace(one, line=0))
