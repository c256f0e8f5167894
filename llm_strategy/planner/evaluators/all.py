"""All evaluators that are asked for, as one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final, Literal

from llm_strategy.errors import ConfigurationError
from llm_strategy.hyperparameters.mistakes import near, shown
from llm_strategy.planner.evaluators.findings import Problem
from llm_strategy.planner.evaluators.links import link_problems
from llm_strategy.planner.evaluators.lint import fatal_problems
from llm_strategy.planner.evaluators.syntax import syntax_problems
from llm_strategy.planner.evaluators.tests import TESTS_LIMITS, Tests
from llm_strategy.planner.evaluators.types import type_problems
from llm_strategy.planner.evaluators.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.sandbox import Limits, Sandbox

__all__ = ["EVALUATORS", "Evaluators"]

Look = Callable[[Mapping[str, str]], Iterable[Problem]]

_LOOKS: Final[dict[str, Look]] = {
    "syntax": syntax_problems,
    "lint": fatal_problems,
    "types": type_problems,
    "links": link_problems,
}
EVALUATORS: Final = (*_LOOKS, "tests")
"""Every name of an evaluator."""


class Evaluators:
    r"""Looks at the files of a workspace with each evaluator, and puts together what they say.

    >>> verdict = Evaluators(["syntax", "lint"])({"a.py": "print(nothing)\n"})
    >>> verdict.ok, [str(one) for one in verdict.problems]
    (False, ['a.py:1: Undefined name `nothing` (F821)'])

    Args:
        names: which: `syntax`; `lint` (ruff's fatal rules); `types` (mypy); `tests` (pytest in a sandbox); `links` (for
            books: links that lead nowhere, pages without a heading, empty files).
        sandbox: where the tests are run: a name, or a sandbox.
        test_limits: what all tests together may use up, and how long they may take.
        seconds_a_test: how long each of them may take.
        types: `mypy`, to look at types as if `types` were among the names.
        extra: more looks of your own.

    Raises:
        ConfigurationError: no evaluator has such a name, or a limit is none.
    """

    def __init__(
        self,
        names: Sequence[str] = ("syntax", "lint", "tests"),
        *,
        sandbox: str | Sandbox = "auto",
        test_limits: Limits = TESTS_LIMITS,
        seconds_a_test: float = 10.0,
        types: Literal["", "mypy"] = "",
        extra: Sequence[Look] = (),
    ) -> None:
        for name in names:
            if name not in EVALUATORS:
                raise ConfigurationError(
                    f"No evaluator is called {shown(name)}. {near(name, EVALUATORS)}There are: "
                    f"{', '.join(map(repr, EVALUATORS))}."
                )
        if types not in {"", "mypy"}:
            raise ConfigurationError(f"Evaluators(types={shown(types)}): types are looked at by 'mypy', or not ('').")
        asked = {*names, "types"} if types else set(names)
        self.names: tuple[str, ...] = tuple(name for name in EVALUATORS if name in asked)
        """Those that look, in their order."""
        self._looks: tuple[Look, ...] = (*(_LOOKS[name] for name in self.names if name in _LOOKS), *extra)
        self._tests = Tests(sandbox, limits=test_limits, seconds=seconds_a_test) if "tests" in asked else None

    def check(self) -> None:
        """See that everything is here that they need, before anything is paid for: each of them is tried.

        Raises:
            SandboxUnavailableError: there is no sandbox here that can run pytest.
            MissingExtraError: a package is missing.
        """
        for look in self._looks[: sum(name in _LOOKS for name in self.names)]:
            tuple(look({"llm_strategy_check.py": "x = 1\n"}))
        if self._tests is not None:
            self._tests.check()

    def __call__(self, files: Mapping[str, str]) -> Verdict:
        """Look at files, given by path, and return the verdict.

        Texts may hold bytes that are no UTF-8, as Python writes them (`surrogateescape`).

        Raises:
            SandboxUnavailableError: the sandbox for the tests does not start any more.
            MissingExtraError: a package is missing.
        """
        problems = _once(dict.fromkeys(problem for look in self._looks for problem in look(files)))
        if self._tests is None:
            return Verdict(problems)
        found, tests = self._tests(files)
        known = {(one.path, one.line) for one in problems}
        new = tuple(one for one in found if not (one.rule == "syntax" and (one.path, one.line) in known))
        return Verdict((*problems, *new), tests, ran_tests=True)


def _once(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Leave out what ruff says of files that cannot be read: the language itself has said it."""
    found = tuple(problems)
    unreadable = {one.path for one in found if one.rule == "syntax"}
    return tuple(one for one in found if one.rule != "invalid-syntax" or one.path not in unreadable)
