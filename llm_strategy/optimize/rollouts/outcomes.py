"""What came of a run: as the search sees it, and as it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from llm_strategy.optimize.case import Case
from llm_strategy.optimize.rollouts.record import TaskRunRecord, UsageRecord
from llm_strategy.optimize.search.orders import Rollout, Usage
from llm_strategy.schema import is_untrusted

if TYPE_CHECKING:
    from llm_strategy.optimize.metric.score import Score
    from llm_strategy.optimize.metric.scorer import Scored
    from llm_strategy.optimize.rollouts.recorder import Recording
    from llm_strategy.optimize.rollouts.work import Work

__all__ = ["Outcome", "Ran", "expected_of", "record_of", "rollout_of", "scored_record"]

Outcome: TypeAlias = tuple[Rollout, TaskRunRecord]
"""What came of a run, and what is kept of it."""

_LEARNED_FROM = ("train", "synthetic")
"""Splits whose expected results are shown to whoever proposes."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a call of the task."""

    value: Any
    """What it gave."""
    error: Exception | None
    """What it raised instead."""
    usage: Usage
    """What it has cost."""


def expected_of(case: Any) -> Any:
    """Return what the task should give; None where that is not known."""
    return case.expected if isinstance(case, Case) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def record_of(work: Work, ran: Ran, recording: Recording, seed: int) -> TaskRunRecord:
    """Return what is kept of a run, before it is scored."""
    order = work.order
    parameters, whole = recording.data(work.parameters)
    result, complete = recording.data(ran.value)
    expected = expected_of(work.case) if order.split in _LEARNED_FROM else None
    return TaskRunRecord(
        candidate=order.candidate,
        split=order.split,
        case=order.case,
        repeat=order.repeat,
        seed=seed,
        parameters=parameters,
        expected=recording.data(expected)[0],
        result=result,
        shortened=not (whole and complete),
        chats=recording.chats(),
        exception=[] if ran.error is None else recording.errors(ran.error),
        score=0.0,
        objectives={},
        feedback="",
        usage=_plain(ran.usage),
        scoring=_plain(Usage()),
        notes={},
        untrusted=is_untrusted(work.parameters) or is_untrusted(ran.value),
    )


def rollout_of(work: Work, ran: Ran, score: Score, scoring: Usage, recording: Recording) -> Rollout:
    """Return a run as the search sees it."""
    error = "" if ran.error is None else recording.error(ran.error)
    feedback = recording.clean(score.feedback)
    return Rollout(work.order, score.value, dict(score.objectives), feedback, error, ran.usage, scoring)


def scored_record(record: TaskRunRecord, rollout: Rollout, scored: Scored, recording: Recording) -> TaskRunRecord:
    """Return what is kept of a run, with its score."""
    notes: dict[str, Any] = recording.data(dict(scored.notes))[0] if scored.notes else {}
    return {
        **record,
        "score": rollout.score,
        "objectives": dict(rollout.objectives),
        "feedback": rollout.feedback,
        "scoring": _plain(rollout.scoring),
        "notes": notes,
    }


def _plain(usage: Usage) -> UsageRecord:
    return UsageRecord(calls=usage.calls, tokens=usage.tokens, dollars=usage.dollars)
