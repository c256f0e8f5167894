"""Running the tests of a workspace: pytest in a sandbox, with results that are put together outside of it.

A sandbox of its own is started for each evaluation. A program of ours starts pytest there as a child process; a plugin
that was loaded before any code of the workspace reports each step over a pipe, and the host takes down what it says. A
test that hangs, or ends the process, has failed; the tests behind it are run in a new sandbox. Settings of the
workspace for pytest (`pytest.ini`, `pyproject.toml`) are not read; modules are found at its root and in its `src/`.

Covered: exit codes, texts and files that look like reports; the end of the process or of pytest, in a test or when a
file is loaded; hooks that turn failures into passes (the function of a test is watched apart from what pytest reports),
put another function in place of a test's, or leave tests out; tests that are in a file and were not found; files all of
whose tests are skipped; what makes all tests pass (see `Sentinels`); memory, processes and disk (see `Limits`).

Not covered: code that looks for our plugin in its own process and has it report what
it wants, that puts another function in place of a test's while it is collected or says that it is wrapped around it, or
that reads the memory of the process which started it: what a test says is believed as far as the code beside it can be.
A test that closes `sys.stdout` makes those behind it fail. Whether a test tests anything (`assert True`) is not judged.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from llm_strategy.errors import (
    ConfigurationError,
    InputError,
    MissingExtraError,
    SandboxLostError,
    SandboxUnavailableError,
)
from llm_strategy.planner.evaluators.all_runs import AllRuns
from llm_strategy.planner.evaluators.expected import is_test_file, unnamed_problems
from llm_strategy.planner.evaluators.one_run import run_pytest
from llm_strategy.planner.evaluators.sentinels import Sentinels
from llm_strategy.sandbox.choosing import sandbox_named
from llm_strategy.sandbox.limits import Limits
from llm_strategy.sandbox.strongest import Strongest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from llm_strategy.planner.evaluators.findings import Problem
    from llm_strategy.planner.evaluators.verdict import TestOutcome
    from llm_strategy.sandbox.protocol import Sandbox

__all__ = ["TESTS_LIMITS", "Tests"]

TESTS_LIMITS: Final = Limits(seconds=120, memory_mib=1024, processes=64, disk_mib=128, files=8192)
"""What the tests of a workspace may use up, where nothing else is said."""
_MOST_RUNS: Final = 20
_LEFT_OUT: Final = frozenset({"node_modules", "venv", "__pycache__"})
"""Folders that are not laid into the sandbox: what is installed is large, and not for it."""
_INTERPRETED: Final = "monty"
_ADVICE: Final = (
    "Tests need a sandbox that runs CPython with pytest. On Linux: install bubblewrap (Debian: apt-get install "
    "bubblewrap) and pip install 'llm-strategy[sandbox,planner]'. Or leave the tests out: --no-run-tests."
)


class Tests:
    """Runs the tests among files.

    Args:
        sandbox: where: a name, or a sandbox.
        limits: what all tests together may use up.
        seconds: how long each of them may take.
        clock: tells the seconds.

    Raises:
        ConfigurationError: no sandbox has this name, or the seconds are no time.
    """

    __test__ = False

    def __init__(
        self,
        sandbox: str | Sandbox = "auto",
        *,
        limits: Limits = TESTS_LIMITS,
        seconds: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not 0 < seconds <= 86_400:
            raise ConfigurationError(f"A test may take {seconds!r} s: use a number above 0, up to 86,400.")
        self._sandbox = _able(sandbox_named(sandbox))
        self._limits, self._seconds, self._clock = limits, seconds, clock

    def check(self) -> None:
        """Run one test, to see that it can be done here.

        Raises:
            SandboxUnavailableError: there is no sandbox that can run pytest.
            MissingExtraError: there is one, and pytest is not installed.
        """
        problems, outcomes = self({"test_check.py": "def test_that_tests_run():\n    pass\n"})
        if problems or [one.outcome for one in outcomes] != ["passed"]:
            said = "; ".join([*(one.message for one in problems), *(one.message for one in outcomes)])
            raise SandboxUnavailableError(f"The sandbox {self._sandbox.name!r} does not run pytest: {said}\n{_ADVICE}")

    def __call__(self, files: Mapping[str, str]) -> tuple[tuple[Problem, ...], tuple[TestOutcome, ...]]:
        """Return what keeps tests from being run, and how they ended.

        Raises:
            SandboxUnavailableError: there is no sandbox that can run pytest.
            MissingExtraError: there is one, and pytest is not installed.
            Cancelled: the work around is to end.
        """
        if self._sandbox.name == _INTERPRETED:
            raise SandboxUnavailableError(f"The sandbox {_INTERPRETED!r} cannot run pytest. {_ADVICE}")
        unusable = tuple(unnamed_problems(files))
        files = {path: text for path, text in files.items() if not _LEFT_OUT.intersection(path.split("/")[:-1])}
        paths = sorted(set(filter(is_test_file, files)) - {one.path for one in unusable})
        if not paths:
            return unusable, ()
        sentinels = Sentinels(files, paths)
        record = AllRuns(files, paths, sentinels, self._seconds)
        until = self._clock() + self._limits.seconds
        for _ in range(_MOST_RUNS):
            left = until - self._clock()
            if record.is_over or left <= 0 or not self._run({**files, **sentinels.files}, record, left):
                break
        return (*unusable, *record.problems()), record.outcomes()

    def _run(self, files: Mapping[str, str], record: AllRuns, left: float) -> bool:
        limits = replace(self._limits, seconds=left)
        try:
            run = run_pytest(
                self._sandbox, files, record.paths, done=record.done, limits=limits, seconds=min(self._seconds, left)
            )
        except SandboxUnavailableError as error:
            raise SandboxUnavailableError(f"{error}\n{_ADVICE}") from error
        except (InputError, SandboxLostError) as error:
            record.fail(f"The tests could not be run: {error}")
            return False
        if run.events and run.events[0].kind == "missing":
            raise MissingExtraError("planner", "Running tests with pytest")
        record.take(run)
        return True


def _able(sandbox: Sandbox) -> Sandbox:
    """Return a sandbox without those among it that run no CPython."""
    if isinstance(sandbox, Strongest):
        return replace(sandbox, bodies=tuple(body for body in sandbox.bodies if body.name != _INTERPRETED))
    return sandbox
