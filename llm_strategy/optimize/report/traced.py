"""What a search has found, on its span in a trace: an event for each candidate, and how it ended as attributes.

Rollouts are spans of their own under it, each with the key of its candidate, its hyperparameters and its score.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from llm_strategy.tracing import semconv

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.optimize.report.report import OptimizationReport
    from llm_strategy.tracing.open_span import OpenSpan

__all__ = ["CANDIDATE", "OPTIMIZATION", "note_report"]

OPTIMIZATION: Final = "llm_strategy.optimization."
"""What the names of the attributes begin with."""
CANDIDATE: Final = "llm_strategy.candidate"
"""The name of the events."""
_MOST: Final = 1000


def note_report(span: OpenSpan | None, report: OptimizationReport, keys: Mapping[int, str]) -> None:
    """Note on a span what was found.

    Args:
        span: the span of the search; None where nobody traces it.
        report: what was found.
        keys: the keys of candidates, by which their rollouts are known in the trace, by their numbers.
    """
    if span is None:
        return
    gain = report.gain
    found = {
        "task": report.task,
        "engine": report.engine,
        "reason": report.reason,
        "candidates": len(report.members),
        "rollouts": report.rollouts,
        "steps": report.steps,
        "best": report.best_number,
        "winner": report.winner_number,
        "front": report.front,
        "cautions": report.cautions if span.session.capture.content else None,
    }
    if gain is not None:
        found |= {"gain": gain.mean, "gain.low": gain.low, "gain.high": gain.high, "gain.split": gain.split}
    for name, value in found.items():
        span.set(f"{OPTIMIZATION}{name}", value)
    span.hyperparameters(f"{OPTIMIZATION}hyperparameters", report.best)
    for member in report.members[:_MOST]:
        told = {
            "number": member.number,
            "parents": member.parents or None,
            "proposer": member.proposer,
            "hypothesis": member.hypothesis if span.session.capture.content else None,
            "fate": member.fate,
            "score": member.mean,
            "cases": len(member.scores),
            "step": member.step,
            "spent": member.spent,
        }
        attributes = {f"{CANDIDATE}.{name}": value for name, value in told.items()}
        span.event(CANDIDATE, {semconv.ROLLOUT_CANDIDATE: keys.get(member.number), **attributes})
