"""Run the code of recorded trajectories again, action by action, each trajectory in a session of its own."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from benchmarks.mint_compare import Comparison, compare
from benchmarks.mint_explain import LACKING, REASONS, Case, bound_names
from benchmarks.mint_record import recorded
from llm_strategy.sandbox import CodeError, CodeResult, Limits, Session
from llm_strategy.tools import tool

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from benchmarks.mint_record import Trajectory, Turn
    from llm_strategy.sandbox import Sandbox

__all__ = ["FED", "SAME", "UNEXPLAINED", "Observed", "Replayed", "missing_packages", "replay_all"]

SAME = "reproduced"
FED = "answered from the record: needs the network"
UNEXPLAINED = "unexplained"
TOOL = "wikipedia_search"
LONGEST_ANSWER = 1000
"""The recorder's tool cut its answers to so many characters."""
SECONDS = 30.0
"""What the recorder gave an action."""
HASTY = 8.0
"""What an action gets in a trajectory in which one ran into the recorder's limit: waiting longer would tell nothing."""
REPETITIONS = 4
PRELUDE = "import sys; sys.setrecursionlimit = lambda *args, **kwargs: print('Setting recursion limit is disabled')"
"""What the recorder's later version ran before the first action."""


@dataclass(frozen=True, slots=True)
class Observed:
    """An action that was run again."""

    turn: Turn
    result: CodeResult
    seconds: float
    reason: str
    """`reproduced`, `answered from the record...`, a key of REASONS, or `unexplained`."""
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Replayed:
    """A trajectory that was run again."""

    trajectory: Trajectory
    observed: tuple[Observed, ...]
    """The actions whose observation is in the record."""


def replay_all(
    trajectories: Sequence[Trajectory], sandbox: Sandbox, workers: int, missing: frozenset[str]
) -> Iterator[Replayed]:
    """Run trajectories, several at once; those that differ are repeated, to find what is a matter of chance."""
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(partial(_replayed, sandbox=sandbox, missing=missing), trajectories)


def missing_packages(trajectories: Iterable[Trajectory], sandbox: Sandbox) -> frozenset[str]:
    """Return which of the imported packages, that the record had, the sandbox has not."""
    wanted: set[str] = set()
    for trajectory in trajectories:
        for turn in trajectory.turns:
            named = re.findall(r"^\s*(?:from|import)\s+([A-Za-z]\w*)", turn.code, re.MULTILINE)
            unknown = re.findall(r"No module named '(\w+)'", turn.observation or "")
            wanted |= {*named} - {*unknown}
    code = f"import importlib.util\n[one for one in {sorted(wanted)!r} if importlib.util.find_spec(one) is None]"
    with Session(sandbox) as session:
        found = session.run(code)
    return frozenset(found.value) if found.ok else frozenset(wanted)


def _replayed(trajectory: Trajectory, sandbox: Sandbox, missing: frozenset[str]) -> Replayed:
    runs = [_run(trajectory, sandbox)]
    found = _judged(trajectory, runs, missing)
    if any(one.reason not in {SAME, FED, *LACKING} for one in found):
        runs += [_run(trajectory, sandbox) for _ in range(REPETITIONS)]
        found = _judged(trajectory, runs, missing)
    return Replayed(trajectory, tuple(found))


def _run(trajectory: Trajectory, sandbox: Sandbox) -> list[tuple[CodeResult, float]]:
    """Run the actions of a trajectory, up to the last one whose observation is known."""
    answers: list[str] = []

    @tool
    def wikipedia_search(query: str) -> str:
        """Search an encyclopedia: what the record has is the answer, whatever is asked."""
        del query
        return answers.pop(0) if answers else "The record has no answer."

    limits = Limits(seconds=HASTY if trajectory.timed_out else SECONDS)
    results: list[tuple[CodeResult, float]] = []
    with Session(sandbox, tools=[wikipedia_search], limits=limits) as session:
        if trajectory.first_cell > 1:
            session.run(PRELUDE)
        for turn in _actions(trajectory):
            answers[:] = _answers(turn)
            began = monotonic()
            results.append((session.run(turn.code), monotonic() - began))
    return results


def _actions(trajectory: Trajectory) -> list[Turn]:
    return [turn for turn in trajectory.turns if turn.kind == "code" and turn.observation is not None]


def _answers(turn: Turn) -> list[str]:
    """What the tool had answered, as far as it was printed."""
    text = turn.observation or ""
    starts = [found.start() for found in re.finditer(r"^Page: ", text, re.MULTILINE)]
    answers: list[str] = []
    end = 0
    for start in starts:
        if start >= end:
            answers.append(text[start : start + LONGEST_ANSWER])
            end = start + LONGEST_ANSWER
    return answers


def _judged(
    trajectory: Trajectory, runs: Sequence[Sequence[tuple[CodeResult, float]]], missing: frozenset[str]
) -> list[Observed]:
    lacking: frozenset[str] = frozenset()
    stale: frozenset[str] = frozenset()
    found: list[Observed] = []
    for place, turn in enumerate(_actions(trajectory)):
        before = recorded(turn.observation or "")
        results = [run[place][0] for run in runs]
        comparison = compare(before, results[0])
        case = Case(turn.code, before, results[0], comparison, missing, lacking, stale)
        reason = _reason(case, results, fed=TOOL in turn.code)
        if reason in LACKING:
            lacking |= bound_names(turn.code)
        elif reason not in {SAME, FED}:
            stale |= bound_names(turn.code)
        found.append(Observed(turn, results[0], runs[0][place][1], reason, comparison))
    return found


def _reason(case: Case, results: Sequence[CodeResult], *, fed: bool) -> str:
    if fed and TOOL + "(" in case.code:
        return FED
    if not case.comparison.differs:
        return SAME
    case = replace(
        case,
        again=any(not compare(case.before, one).differs for one in results[1:]),
        varies=any(_told(one) != _told(results[0]) for one in results[1:]),
    )
    return next((name for name, holds in REASONS.items() if holds(case)), UNEXPLAINED)


def _told(result: CodeResult) -> tuple[str, str, str, str]:
    error = result.error or CodeError("", "")
    return result.stdout, result.shown, error.kind, error.message
