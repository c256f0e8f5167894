"""Putting together what several runs of pytest say: what ended one of them has failed, and is left out of the next."""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from llm_strategy.planner.evaluators.expected import expected_tests
from llm_strategy.planner.evaluators.findings import NO_VERDICT, Problem
from llm_strategy.planner.evaluators.hints import hinted
from llm_strategy.planner.evaluators.unrun import unrun_problems
from llm_strategy.planner.evaluators.verdict import TestOutcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from llm_strategy.planner.evaluators.one_run import Event, Run
    from llm_strategy.planner.evaluators.sentinels import Sentinels

__all__ = ["AllRuns"]

WHOLE: Final = "(tests)"
"""Stands in place of a path where a problem is that of all tests."""
_PLACE: Final = re.compile(r"^(?:/workspace/)?(?P<path>[^\s:/][^\s:]*\.py):(?P<line>\d+): ", re.MULTILINE)
_FILE: Final = re.compile(r'File "(?P<path>[^"]+\.py)", line (?P<line>\d+)')
_SAID: Final = re.compile(r"^E\s{1,3}(?P<said>\S.*)$", re.MULTILINE)
_ERROR: Final = re.compile(r"[\w.]*(?:Error|Exception|Exit|Interrupt|Warning|Failed)\b")
_MOST_TOLD: Final = 100
"""Failed tests whose messages are kept whole."""
_SHORT: Final = 100
"""Letters that are kept of those of others, and of what was printed."""


@dataclass(frozen=True, slots=True)
class _Stage:
    """What was under way when a run ended."""

    running: str = ""
    """The test."""
    ended: str = ""
    """The test that ended last."""
    loading: str = ""
    """The file, or the package, that was being loaded."""
    module: str = ""
    """The file that was loaded last, for whomever."""


class AllRuns:
    """What is known of the tests so far.

    Args:
        files: the workspace.
        paths: which of them hold tests.
        sentinels: the tests of ours among them.
        seconds: how long a test may take.
    """

    def __init__(self, files: Mapping[str, str], paths: Sequence[str], sentinels: Sentinels, seconds: float) -> None:
        self.is_over = False
        """Whether there is nothing left to run."""
        self._files, self._sentinels, self._seconds = files, sentinels, seconds
        self._own_paths = tuple(paths)
        self._paths = sorted([*paths, *sentinels.files])
        self._found: dict[str, None] = {}
        self._ended: dict[str, TestOutcome] = {}
        self._ran: set[str] = set()
        self._broken: dict[str, Problem] = {}
        self._skipped: dict[str, str] = {}
        self._problems: list[Problem] = []
        self._loaded: set[str] = set()

    @property
    def paths(self) -> list[str]:
        """The files that the next run is to load."""
        waiting = {test.partition("::")[0] for test in self._found if test not in self._ended}
        return [
            path for path in self._paths if path not in self._broken and (path in waiting or path not in self._loaded)
        ]

    @property
    def done(self) -> frozenset[str]:
        """The tests that the next run is to leave out."""
        return frozenset(self._ended)

    def fail(self, message: str) -> None:
        """Take down that no test can be run any more."""
        self._problems.append(Problem(WHOLE, 0, message, NO_VERDICT))
        self.is_over = True

    def take(self, run: Run) -> None:
        """Take down what came out of a run."""
        last = self._taken(run.events)
        if any(event.kind == "tests" for event in run.events) or run.over:
            self._loaded |= set(self._paths)
        if run.strange:
            self.fail(_STRANGE)  # what else it says is worth nothing
        elif run.over and not last.running:
            self.is_over = True
        elif not self.is_over:
            self._blame(run, last)

    def _taken(self, events: Iterable[Event]) -> _Stage:
        """Take down events, and return what was under way at the last one."""
        stage = _Stage()
        for event in events:
            if event.kind == "begin":
                stage = _Stage(running=event.id, ended=stage.ended)
            elif event.kind == "end":
                self._end(event, began=stage.running == event.id)
                stage = _Stage(ended=event.id)
            elif event.kind == "file":
                stage = _Stage(loading=event.id, module=event.id)
            elif event.kind == "load":
                stage = replace(stage, module=event.id)
            elif event.kind == "tests":
                self._found |= dict.fromkeys(event.ids)
                stage = _Stage()
            else:
                self._file(event)
        return stage

    def _end(self, event: Event, *, began: bool) -> None:
        if not began or event.id not in self._found or event.id in self._ended:
            self.fail(_STRANGE)
            return
        outcome, message = event.outcome, hinted(event.message)
        self._ran.add(event.id)
        if event.forged:
            outcome, message = "failed", _FORGED
        match outcome:
            case "passed" | "failed" | "skipped":
                self._ended[event.id] = TestOutcome(event.id, outcome, message, event.seconds)
            case _:
                self._ended[event.id] = TestOutcome(event.id, "failed", "pytest gave no result of it.", event.seconds)

    def _file(self, event: Event) -> None:
        if event.kind == "broken":
            path = event.id.partition("::")[0]
            self._broken.setdefault(path, self._problem_of(path, event.message))
        elif event.kind == "skipped":
            self._skipped.setdefault(event.id.partition("::")[0], event.message)

    def _problem_of(self, path: str, text: str) -> Problem:
        """Return the problem behind a file that could not be loaded: the innermost place in the workspace."""
        places = [*_PLACE.finditer(text), *_FILE.finditer(text)]
        known = [(self._known(one["path"]), int(one["line"])) for one in places]
        where, line = next((one for one in reversed(known) if one[0]), (path, 0))
        said = [one["said"].strip() for one in _SAID.finditer(text)] or text.strip().splitlines() or [""]
        message = next(filter(_ERROR.match, said), "") or " ".join(said)
        rule = "syntax" if message.startswith(("SyntaxError", "IndentationError", "TabError")) else "tests"
        message = (
            hinted(message[:500]) if path in {where, WHOLE} else f"{hinted(message[:500])} (when {path} is loaded)"
        )
        return Problem(where, line, f"The tests cannot be loaded: {message}", rule)

    def _known(self, path: str) -> str:
        """Return which file of the workspace is meant by a path as a traceback has it; '' where it is none."""
        parts = path.split("/")
        ways = ("/".join(parts[at:]) for at in range(len(parts)))
        return next((way for way in ways if way in self._files), "")

    def _blame(self, run: Run, stage: _Stage) -> None:
        cause = self._cause(run, stage)
        if self._sentinels.holds(stage.running or stage.loading or stage.ended):
            self._blame_last(run, stage.ended, cause)
        elif stage.running:
            self._ended[stage.running] = TestOutcome(stage.running, "failed", f"It {cause}")
            self._found.setdefault(stage.running)
        elif stage.loading and self._file_of(stage.loading) not in self._broken:
            path = self._file_of(stage.loading)
            known = stage.module in {"", path, stage.loading} or bool(run.where)
            inside = "" if known else f" It was loading {stage.module} then."
            self._broken[path] = Problem(path, 0, f"Loading it {cause}{inside}", "tests")
        else:
            self._give_up(run, stage.module, cause)
        self.is_over = self.is_over or not self.paths

    def _blame_last(self, run: Run, last: str, cause: str) -> None:
        """Take it that the test before one of ours has left behind what ended the run."""
        if last in self._ended and not self._sentinels.holds(last):
            self._ended[last] = TestOutcome(last, "failed", f"What it has left behind {cause}")
        else:
            self._give_up(run, "", cause)

    def _give_up(self, run: Run, module: str, cause: str) -> None:
        """Take down what ended pytest outside of any test."""
        self.is_over = True
        if self._ended:
            self.fail(f"The tests did not come to their end. After the last one, something {cause}")
        elif _ERROR.search(run.output):
            self._problems.append(replace(self._problem_of(WHOLE, run.output), rule=NO_VERDICT))
        else:
            path = module if module in self._files else WHOLE
            what = "pytest" if path == WHOLE else "loading it"
            printed = run.output.strip().rpartition("\n")[2][:_SHORT]
            said = f" The last that it printed: {printed}" if printed else ""
            self._problems.append(Problem(path, 0, f"The tests could not be run: {what} {cause}{said}", NO_VERDICT))

    def _file_of(self, node: str) -> str:
        """Return the file of a module, or of a package."""
        path = node.partition("::")[0]
        return path if path.endswith(".py") else f"{path}/__init__.py"

    def _cause(self, run: Run, stage: _Stage) -> str:
        """Say why a run ended early."""
        places = [(self._known(one["path"]), one["line"]) for one in _FILE.finditer(run.where)]
        inside = next((f" It was at {path}:{line} then." for path, line in places if path), "")
        if run.hung:
            return f"did not end within {self._seconds:g} s.{inside}"
        if run.lost:
            return f"has ended the sandbox: {run.lost}"
        if run.status is not None and run.status < 0:
            return f"has ended the process: {_signal(-run.status)}.{inside}"
        if run.events and run.events[-1].kind == "over":
            return f"{_EXIT}{_GUARD if stage.loading else ''}"
        if run.status is None:
            return "has closed the files that pytest reports by."
        return f"has ended the process, with exit code {run.status}."

    def outcomes(self) -> tuple[TestOutcome, ...]:
        """Return how each test ended; one that has not is failed."""
        missing, skipped = self._not_found(), self._skipped_whole()
        tests = [test for test in (*self._found, *missing, *skipped) if not self._sentinels.holds(test)]
        order = {path: number for number, path in enumerate(self._own_paths)}
        tests.sort(key=lambda test: order.get(test.partition("::")[0], len(order)))
        not_run = _NOT_RUN if self.is_over else f"{_NOT_RUN} {_TOO_LONG}."
        found = (
            self._ended.get(test)
            or skipped.get(test)
            or TestOutcome(test, "failed", _NOT_FOUND if test in missing else not_run)
            for test in tests
        )
        return tuple(_kept(found))

    def _not_found(self) -> dict[str, None]:
        """Return tests that are in a file which was loaded, and that pytest has not found."""
        found = {re.sub(r"\[.*", "", test, flags=re.DOTALL) for test in self._found}
        loaded = [
            path
            for path in self._own_paths
            if path in self._loaded and path not in self._broken and path not in self._skipped
        ]
        return {test: None for test in expected_tests(self._files, loaded) if test not in found}

    def _skipped_whole(self) -> dict[str, TestOutcome]:
        """Return the tests of files that want to be skipped as a whole, with the reasons."""
        paths = [path for path in self._own_paths if path in self._skipped]
        return {
            test: TestOutcome(test, "skipped", self._skipped[path])
            for path in paths
            for test in expected_tests(self._files, [path])
            if test not in self._found
        }

    def problems(self) -> tuple[Problem, ...]:
        """Return what keeps tests from being run, and what makes their results doubtful."""
        found = [*self._broken.values(), *self._problems]
        if not self._problems:
            found += self._sentinels.problems(self._ended, self._ran)
        loaded = [path for path in self._own_paths if path in self._loaded and path not in self._broken]
        found += unrun_problems(self._files, loaded, self.outcomes(), self._skipped)
        if not self.is_over:
            found.append(Problem(WHOLE, 0, f"{_TOO_LONG}: some were not run.", NO_VERDICT))
        return tuple(dict.fromkeys(found))


def _kept(outcomes: Iterable[TestOutcome]) -> Iterator[TestOutcome]:
    """Shorten what is said of tests behind the first ones: thousands may fail, and all of it is kept for ever."""
    count = 0
    for one in outcomes:
        count += one.outcome == "failed"
        yield one if count <= _MOST_TOLD else replace(one, message=one.message[:_SHORT])


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


_STRANGE = (
    "The results of the tests cannot be believed: something else than pytest has written reports. Take out what "
    "changes pytest, or writes to files that it has not opened."
)
_FORGED = (
    "It was reported as passed, though its function raised an error or was not called: a hook of conftest.py changes "
    "what pytest reports, or which function it calls. Take that hook out. (An async test can be a method of "
    "unittest.IsolatedAsyncioTestCase, of no other TestCase.)"
)
_EXIT = "has ended the run of all tests, by an exit or an interrupt."
_GUARD = " What a program does when it is started belongs below `if __name__ == '__main__':`."
_NOT_RUN = "It was not run."
_NOT_FOUND = (
    "It is in the file, and pytest has not found it. A class of tests must have no __init__, and nothing may take "
    "tests out of what pytest collects. If it is no test, rename it."
)
_TOO_LONG = "The time for all tests was over, or too many had ended their process or hung"
