"""A report in the words and figures that every view of it shares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from llm_strategy.tracing.exporters.figures import cost_text, count_text, seconds_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llm_strategy.optimize.report.parts import MemberRecord
    from llm_strategy.optimize.report.report import OptimizationReport

__all__ = ["Fate", "StatRow", "budget_rows", "fate_of", "stat_rows", "thinly_scored", "when_known"]

Fate: TypeAlias = Literal["seed", "pool", "dominated", "rejected", "invalid", "duplicate", "undecided"]
"""What became of a candidate, in a word."""

_FATES: Final[dict[str, Fate]] = {
    "seed": "seed",
    "pool": "pool",
    "dominated": "dominated",
    "invalid": "invalid",
    "duplicate": "duplicate",
    "": "undecided",
}
StatRow: TypeAlias = tuple[str, str, str, str]
"""Name, value, note and mood of a figure."""


def fate_of(member: MemberRecord) -> Fate:
    """Return what became of a candidate, in a word.

    >>> from llm_strategy.optimize.report.parts import MemberRecord
    >>> fate_of(MemberRecord(number=3, fate="rejected: minibatch"))
    'rejected'
    """
    word = member.fate.partition(":")[0].strip()
    return _FATES.get(word, "rejected")


def thinly_scored(members: Sequence[MemberRecord]) -> frozenset[int]:
    """Return the candidates that a gate turned away after few cases: their means are of no use beside others.

    >>> from llm_strategy.optimize.report.parts import MemberRecord
    >>> seed = MemberRecord(number=0, fate="seed", scores={"a": 0.5, "b": 1.0, "c": 0.5})
    >>> thinly_scored([seed, MemberRecord(number=1, fate="rejected: gate", scores={"a": 0.0})])
    frozenset({1})
    """
    least = min((len(one.scores) for one in members if one.is_kept and one.scores), default=0)
    return frozenset(one.number for one in members if not one.is_kept and 2 * len(one.scores) < least)


def when_known(members: Sequence[MemberRecord]) -> dict[int, int]:
    """Return how many rollouts had been carried out when each candidate's fate was known, or it was made at least.

    >>> from llm_strategy.optimize.report.parts import MemberRecord
    >>> when_known([MemberRecord(number=0, fate="pool", spent=9), MemberRecord(number=1)])
    {0: 9, 1: 9}
    """
    found: dict[int, int] = {}
    latest = 0
    for member in members:
        found[member.number] = member.spent or (0 if member.number == 0 else latest)
        latest = max(latest, member.spent)
    return found


def stat_rows(report: OptimizationReport) -> Iterator[StatRow]:
    """Yield the figures that stand above all others."""
    gain = report.gain
    if gain is not None:
        note = f"{gain.low:+.3f} to {gain.high:+.3f} on {gain.split}"
        yield "Gain", f"{gain.mean:+.3f}", note, "good" if gain.is_real else "warn"
    seed, winner = report.test_scores.get("seed"), report.test_scores.get("winner")
    if seed is not None and winner is not None:
        yield "Test score", f"{winner:.3f}", f"seed {seed:.3f}", ""
    kept = sum(member.is_kept for member in report.members)
    yield "Candidates", f"{len(report.members):,}", f"{kept:,} past gates", ""
    yield "Rollouts", f"{report.rollouts:,}", count_text(report.steps, "step"), ""
    for name, spent in (("Task model", report.task_spent), ("Optimizer model", report.optimizer_spent)):
        money = "$?" if spent.dollars is None else cost_text(spent.dollars)
        yield name, money, f"{count_text(spent.calls, 'call')}, {spent.tokens:,} tokens", ""
    if report.calibration.brier is not None:
        yield "Brier score", f"{report.calibration.brier:.3f}", "of told probabilities", ""
    if report.judge_noise is not None:
        yield "Judge's noise", f"{report.judge_noise:.3f}", "standard deviation", ""


def budget_rows(report: OptimizationReport) -> list[list[str | float | None]]:
    """Return what was spent of each thing: its name, by the task, by the optimizer, the limit, and all of it in words.

    Limits are those of both together, but for those of one line of the books, which have rows of their own.
    """
    task, optimizer = report.task_spent, report.optimizer_spent
    found: list[list[str | float | None]] = []
    if report.rollouts or "rollouts" in report.budget:
        found.append(_row("rollouts", report.rollouts, 0, report))
    measures = ("calls", "tokens", "dollars")
    found += [_row(name, getattr(task, name), getattr(optimizer, name), report) for name in measures]
    if report.seconds or "seconds" in report.budget:
        found.append(_row("seconds", report.seconds, 0, report))
    for line, spent in (("task", task), ("optimizer", optimizer)):
        for name in ("calls", "tokens", "dollars"):
            limit = _limit(report, f"{line}_{name}")
            if limit is not None:
                amount = getattr(spent, name)
                parts = (amount, 0) if line == "task" else (0, amount)
                words = f"{_amount(name, amount)} of {_amount(name, limit)}"
                found.append([f"{name} of the {line}", *parts, limit, words])
    return found


def _row(
    name: str, task: float | None, optimizer: float | None, report: OptimizationReport
) -> list[str | float | None]:
    limit = _limit(report, name)
    whole = None if task is None or optimizer is None else task + optimizer
    of = "" if limit is None else f" of {_amount(name, limit)}"
    return [name, task, optimizer, limit, f"{_amount(name, whole)}{of}"]


def _limit(report: OptimizationReport, name: str) -> float | None:
    return report.budget.get(name, report.budget.get(name.replace("dollars", "usd")))


def _amount(name: str, amount: float | None) -> str:
    if amount is None:
        return "unknown"
    if name == "dollars":
        return cost_text(amount)
    return seconds_text(amount) if name == "seconds" else f"{amount:,.0f}"
