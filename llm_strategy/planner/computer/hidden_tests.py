"""Tests that were run before, and are skipped or gone now: a step does not end well by hiding them.

What was run, and how it ended, is known over all steps and attempts of a run. A test that is skipped now is told for as
long as it is; one that failed and is gone, until there is another test in its place; one that passed and is gone, once:
it may go with what it tested.

Covered: functions and methods, by their names. Not covered: single parameters of a test, and whether a test that has
come in the place of another tests anything. What a person skips by hand while a run is broken off is told to the writer
like its own doing; a new run (`extend`) begins with what it finds.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from llm_strategy.planner.evaluators import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from llm_strategy.planner.evaluators import Verdict
    from llm_strategy.planner.evaluators.verdict import TestOutcome
    from llm_strategy.planner.state import RunState

__all__ = ["TESTS", "RanTests", "note_ran", "ran_before", "ran_tests"]

TESTS: Final = "tests"
"""The note of the state that keeps what was run."""
_UNREAD: Final = frozenset({"tests", "syntax", "invalid-syntax"})
"""Rules of problems with which tests may be missing that are there."""
_SKIPPED: Final = "{} was run before, and is skipped now. Have it run, and mend what fails."
_FAILED: Final = "{} failed, and is not there any more. Mend what it tests, or write another test in its place."
_PASSED: Final = "{} passed before, and is not there any more. Put it back. If it goes with what it tested, reply DONE."


class RanTests:
    """The tests that were run so far.

    Args:
        seen: how each of them ended, by its id without parameters.
    """

    def __init__(self, seen: Mapping[str, str]) -> None:
        self.seen = dict(seen)
        """How each ended when it was run the last time: `passed` or `failed`."""

    def judged(self, found: Verdict, new: Verdict) -> Verdict:
        """Return a verdict with what is hidden among its problems, where nothing else is wrong.

        Args:
            found: the verdict as it is.
            new: the same without what was wrong before the run.
        """
        now = _by_name(found.tests)
        gone = [test for test in self.seen if test not in now]
        came = any(test not in self.seen for test, outcome in now.items() if outcome != "skipped")
        if came and not found.unjudged and not any(one.rule in _UNREAD for one in new.problems):
            for test in gone:
                del self.seen[test]
        hidden = tuple(self._hidden(now)) if new.ok else ()
        self.seen |= {test: outcome for test, outcome in now.items() if outcome != "skipped"}
        return replace(new, problems=(*new.problems, *hidden)) if hidden else new

    def _hidden(self, now: Mapping[str, str]) -> Iterable[Problem]:
        found: list[Problem] = []
        for test, outcome in tuple(self.seen.items()):
            path, _, name = test.partition("::")
            if now.get(test) == "skipped":
                found.append(Problem(path, 0, _SKIPPED.format(name), "tests"))
            elif test not in now and outcome == "failed":
                found.append(Problem(path, 0, _FAILED.format(name), "tests"))
            elif test not in now:
                found.append(Problem(path, 0, _PASSED.format(name), "tests"))
                del self.seen[test]
        return found


def ran_tests(verdict: Verdict) -> dict[str, str]:
    """Return the tests of a verdict that were run, as those that may go with what they test.

    >>> from llm_strategy.planner.evaluators import Verdict
    >>> from llm_strategy.planner.evaluators.verdict import TestOutcome
    >>> ran_tests(Verdict(tests=(TestOutcome("test_a.py::test_x[1]", "passed"),)))
    {'test_a.py::test_x': 'passed'}
    """
    return dict.fromkeys((test for test, outcome in _by_name(verdict.tests).items() if outcome != "skipped"), "passed")


def ran_before(state: RunState, step: str) -> dict[str, str]:
    """Return what was run in the steps before, and in attempts at this step."""
    kept: dict[str, Any] = state.get(TESTS) or {}
    return {**kept.get("ran", {}), **(kept.get("tried", {}) if kept.get("step") == step else {})}


def note_ran(state: RunState, step: str, seen: Mapping[str, str], *, is_done: bool) -> int:
    """Keep what an attempt at a step has run: for the steps behind it where it is done, else for the next attempt."""
    last: dict[str, Any] = state.get(TESTS) or {}
    before: dict[str, str] = last.get("ran", {})
    kept: dict[str, Any] = (
        {"ran": dict.fromkeys(seen, "passed")} if is_done else {"ran": before, "step": step, "tried": dict(seen)}
    )
    state.note(TESTS, kept)
    return len(seen)


def _by_name(tests: Iterable[TestOutcome]) -> dict[str, str]:
    """Return how tests ended, by their ids without parameters: of several, the worst that was run."""
    rank = {"skipped": 0, "passed": 1, "failed": 2}
    found: dict[str, str] = {}
    for one in tests:
        name = one.id.partition("[")[0]
        if rank[one.outcome] >= rank[found.get(name, "skipped")]:
            found[name] = one.outcome
    return found
