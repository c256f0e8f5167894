"""Tests of our own that are run among those of the workspace: they tell whether pytest can still be believed.

A hook in a `conftest.py`, or code that changes pytest, may make passes of failures. In each folder with tests there is
one test more that has to fail and one that has to pass, in a file whose name looks like any other. Where the first does
not fail, or one of them does not come to its end, no result is worth anything, and that is said.

Covered: what makes all tests pass, drops them, or skips them. Not covered: code that tells its own tests from ours.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from llm_strategy.planner.evaluators.findings import NO_VERDICT, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from llm_strategy.planner.evaluators.verdict import TestOutcome

__all__ = ["Sentinels"]

_MOST: Final = 4
_WORDS: Final = (
    "account adds amount answer balance board book cache card change count date deck default draw edge empty entry "
    "error field file first format game grid hand index input item key length limit line list load menu move name next "
    "number offset option order output page parse path play point price query range read record reset result round "
    "route save score search size sort start state step store sum table text time title token total turn type update "
    "user valid value view width word write zero"
)


class Sentinels:
    """Two tests in each folder with tests, up to a few folders.

    Args:
        files: the workspace.
        paths: which of them hold tests.
    """

    def __init__(self, files: Mapping[str, str], paths: Sequence[str]) -> None:
        self.files: dict[str, str] = {}
        """The files to be laid beside those of the workspace."""
        self._failing: list[str] = []
        self._passing: list[str] = []
        folders = sorted({path.rpartition("/")[0] for path in paths})
        for folder in folders if len(folders) <= _MOST else secrets.SystemRandom().sample(folders, _MOST):
            self._add(folder, {path.rpartition("/")[2] for path in files} | set(self.files))

    def _add(self, folder: str, taken: set[str]) -> None:
        name = next(one for one in _names() if f"{one}.py" not in taken)
        failing, passing = (one for one, _ in zip(_names(), range(2), strict=False))
        number = secrets.randbelow(90) + 10
        path = f"{folder}/{name}.py" if folder else f"{name}.py"
        tests = [
            f"def {failing}():\n    total = {number}\n    assert total + 1 == {number}\n",
            f"def {passing}_too():\n    total = {number}\n    assert total + 1 == {number + 1}\n",
        ]
        secrets.SystemRandom().shuffle(tests)
        self.files[path] = "\n\n".join(tests)
        self._failing.append(f"{path}::{failing}")
        self._passing.append(f"{path}::{passing}_too")

    def holds(self, test: str) -> bool:
        """Return whether a test, or a file, is one of these."""
        return test.partition("::")[0] in self.files

    def problems(self, outcomes: Mapping[str, TestOutcome], ran: Iterable[str]) -> Iterator[Problem]:
        """Tell what is wrong with the outcomes of these tests.

        Args:
            outcomes: of all tests, by their ids.
            ran: ids of the tests that came to an end.
        """
        over = set(ran)
        for test in self._failing:
            one = outcomes.get(test)
            if one is not None and test in over and one.outcome != "failed":
                yield Problem(_conftest(test), 0, _BELIED.format(one.outcome), NO_VERDICT)
        for test in (*self._failing, *self._passing):
            if test not in over:
                yield Problem(_conftest(test), 0, _LEFT_OUT, NO_VERDICT)


def _names() -> Iterator[str]:
    while True:
        yield "test_" + "_".join(secrets.choice(_WORDS.split()) for _ in range(2))


def _conftest(test: str) -> str:
    folder = test.partition("::")[0].rpartition("/")[0]
    return f"{folder}/conftest.py" if folder else "conftest.py"


_BELIED = (
    "The results of the tests cannot be believed: a test that was added to them, and has to fail, was reported as {}. "
    "Something in conftest.py, or in the code, changes what pytest reports; take it out."
)
_LEFT_OUT = (
    "The results of the tests cannot be believed: a test that was added to them was not run. Something in conftest.py, "
    "or in the code, keeps tests from being run; take it out."
)
