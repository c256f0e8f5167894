"""Files of tests none of which is run: what is skipped says nothing about the code, though nothing of it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.planner.evaluators.expected import expected_tests
from llm_strategy.planner.evaluators.findings import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from llm_strategy.planner.evaluators.verdict import TestOutcome

__all__ = ["unrun_problems"]


def unrun_problems(
    files: Mapping[str, str], paths: Iterable[str], tests: Iterable[TestOutcome], reasons: Mapping[str, str]
) -> Iterator[Problem]:
    """Tell files that have tests, all of which are skipped, expected to fail, or said to be none.

    Args:
        files: the workspace.
        paths: files of tests that could be loaded.
        tests: how their tests ended.
        reasons: why a file is skipped as a whole.
    """
    outcomes: dict[str, list[TestOutcome]] = {}
    for one in tests:
        outcomes.setdefault(one.id.partition("::")[0], []).append(one)
    for path in paths:
        own = outcomes.get(path, [])
        if any(one.outcome != "skipped" for one in own):
            continue
        if own or path in reasons or any(expected_tests(files, [path], believing=False)):
            why = reasons.get(path) or next((one.message for one in own), "")
            said = f"{why[:300].rstrip('.')}. {_ADVICE}" if own or path in reasons else _NO_TESTS
            yield Problem(path, 0, f"None of its tests is run. {said}", "tests")


_ADVICE = "Have them run here, and mend what fails; what cannot be run here is no test."
_NO_TESTS = "`__test__` says that they are none: take that out, or give the file another name."
