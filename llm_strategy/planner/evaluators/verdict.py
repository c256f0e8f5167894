"""What all evaluators together say about the files of a workspace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from llm_strategy.planner.evaluators.expected import is_test_file
from llm_strategy.planner.evaluators.findings import NO_VERDICT, Problem, told

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["TestOutcome", "Verdict"]

_LEAST = 200
"""Letters that each failing test is given at least, as long as there is room."""


@dataclass(frozen=True, slots=True)
class TestOutcome:
    """How one test ended."""

    __test__: ClassVar[bool] = False

    id: str
    """As pytest names it: `tests/test_a.py::test_x[1]`."""
    outcome: Literal["passed", "failed", "skipped"]
    """A test that was to be run and was not is `failed`."""
    message: str = ""
    """Of a failed one the place and what was seen there; of a skipped one the reason."""
    seconds: float = 0.0
    """How long it took."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with the files, and how their tests ended.

    >>> verdict = Verdict(tests=(TestOutcome("test_a.py::test_x", "failed", "assert 1 == 2"),), ran_tests=True)
    >>> verdict.ok, verdict.passed, verdict.failed
    (False, 0, 1)
    """

    problems: tuple[Problem, ...] = ()
    """What is wrong, whoever found it; failed tests are not among them."""
    tests: tuple[TestOutcome, ...] = ()
    """All tests, in the order of the files."""
    ran_tests: bool = False
    """Whether tests were run, be there any or not."""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong and no test failed."""
        return not self.problems and not self.failed

    @property
    def unjudged(self) -> tuple[Problem, ...]:
        """What leaves unknown whether the tests pass: all of them could not be run, or none can be believed."""
        return tuple(one for one in self.problems if one.rule == NO_VERDICT)

    @property
    def passed(self) -> int:
        """How many tests passed."""
        return sum(one.outcome == "passed" for one in self.tests)

    @property
    def failed(self) -> int:
        """How many tests failed."""
        return sum(one.outcome == "failed" for one in self.tests)

    def told(self, letters: int = 4000) -> str:
        """Return what has to be mended, for the model that is to do it; '' where nothing has.

        Problems come first and get up to half of the room where tests failed, too; what has no room is counted.

        >>> print(Verdict((Problem("a.py", 1, "invalid syntax", "syntax"),)).told())
        1 problem was found:
        a.py:1: invalid syntax (syntax)
        """
        parts: list[str] = []
        if self.problems:
            parts.append(f"{_counted(len(set(self.problems)), 'problem was', 'problems were')} found:")
            parts.append(told(_products_first(self.problems), letters=letters // 2 if self.failed else letters))
        if self.failed:
            ran = self.passed + self.failed
            parts.append(f"{self.failed} of {_counted(ran, 'test', 'tests')} failed:")
            parts.extend(self._told_tests(letters - sum(len(part) + 1 for part in parts)))
        return "\n".join(parts)

    def _told_tests(self, letters: int) -> Iterator[str]:
        failed = [one for one in self.tests if one.outcome == "failed"]
        for number, one in enumerate(failed):
            left = len(failed) - number
            if letters < _LEAST and number:
                yield f"... and {left} more: {_listed((each.id for each in failed[number:]), max(letters, 80))}"
                return
            text = f"{one.id}: {one.message}" if one.message else one.id
            share = max(_LEAST, letters // left) if left > 1 else max(_LEAST, letters)
            text = text if len(text) <= share else f"{text[: share - 4]} ..."
            letters -= len(text) + 1
            yield text


def _products_first(problems: Iterable[Problem]) -> list[Problem]:
    """Return problems with those of tests behind the others: what is mended first may be what is wrong with them."""
    return sorted(problems, key=lambda one: is_test_file(one.path))


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _listed(names: Iterable[str], letters: int) -> str:
    text = ", ".join(names)
    return text if len(text) <= letters else f"{text[:letters]} ..."
