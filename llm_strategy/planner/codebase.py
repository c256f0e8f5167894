"""What a run gives back: the files, and a report on how they came about."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llm_strategy.planner.metrics import features

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from llm_strategy.planner.evaluators import Verdict
    from llm_strategy.planner.metrics import RequirementTrace
    from llm_strategy.planner.state import Spent, StepRecord

__all__ = ["Codebase", "PlannerReport"]

_CONDITIONS = frozenset({"yes", "no"})


@dataclass(frozen=True, slots=True)
class PlannerReport:
    """How a run ended, and what it made."""

    task: str
    """What was asked for."""
    workspace: Path
    """Where the files are."""
    reason: str
    """Why it ended: `done`, or what stood in its way."""
    steps: tuple[StepRecord, ...] = ()
    """The steps that are over, in their order; those of planning have paths that begin with a colon."""
    requirements: tuple[RequirementTrace, ...] = ()
    """What was required, and the instructions, files and tests that belong to each of it."""
    decisions: Mapping[str, str] = field(default_factory=dict[str, str])
    """Questions that the task left open, with the answers that were given or assumed."""
    verdict: Verdict | None = None
    """What the evaluators say of the files; None where they were not asked."""
    lines: int = 0
    """Lines of code: those that hold more than blanks and comments."""
    spent: Spent | None = None
    """What it has cost, over all times that it was resumed."""

    @property
    def is_done(self) -> bool:
        """Whether the whole program was carried out."""
        return self.reason == "done"

    @property
    def features(self) -> float:
        """Share of the requirements that have tests, all of which pass: from 0 to 1. No model is asked for it."""
        return features(self.requirements)

    def __str__(self) -> str:
        """Return it in a few lines."""
        verdict = self.verdict
        lines = [f"{self.reason}: {self.workspace}"]
        lines.append(self._steps())
        if self.requirements:
            tested = sum(one.state != "untested" for one in self.requirements)
            lines.append(f"features: {self.features:.0%} of {len(self.requirements)} ({tested} have tests)")
        if verdict is not None:
            lines.append(f"problems: {len(verdict.problems)}, tests: {verdict.passed} passed, {verdict.failed} failed")
        if self.spent is not None:
            money = "" if self.spent.dollars is None else f", {self.spent.dollars:.4f} dollars"
            tokens = self.spent.input_tokens + self.spent.output_tokens
            lines.append(f"cost: {self.spent.calls} calls, {tokens:,} tokens{money}, {self.spent.seconds:.0f} s")
        return "\n".join(lines)

    def _steps(self) -> str:
        """Count the instructions: conditions that were looked at, and planning, are none of them."""
        over = [one.outcome for one in self.steps if not one.path.startswith(":") and one.outcome not in _CONDITIONS]
        replaced = over.count("replaced")
        aside = f", {replaced} replaced by another plan" if replaced else ""
        return f"steps: {over.count('done')} of {len(over) - replaced} done{aside}"


class Codebase(dict[str, str]):
    """The texts of all files by path, with a report.

    Args:
        files: the texts by path.
        report: how they came about.
    """

    def __init__(self, files: Mapping[str, str], report: PlannerReport) -> None:
        super().__init__(files)
        self.report = report
        """How they came about."""

    @property
    def workspace(self) -> Path:
        """Where the files are."""
        return self.report.workspace
