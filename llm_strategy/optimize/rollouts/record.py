"""Records: what is kept of one run of the task, as JSON data."""

from __future__ import annotations

from typing import Any, TypedDict

__all__ = ["ChatRecord", "TaskRunRecord", "TurnRecord", "UsageRecord"]


class TurnRecord(TypedDict):
    """One turn of a conversation."""

    role: str
    """`system`, `user`, `assistant` or `tool`."""
    content: str
    """The text of the turn, and its calls of tools as `name(arguments)`."""


class ChatRecord(TypedDict):
    """One conversation with a model."""

    function: str
    """The LLM function that held it: `module.qualname`; '' where there is none."""
    turns: list[TurnRecord]
    """What was said, in order; what several conversations begin with stands in each."""
    failed: bool
    """Whether it ended without a reply."""


class UsageRecord(TypedDict):
    """What calls have cost. Their time is in no record, which is the same on any machine."""

    calls: int
    """Requests to models."""
    tokens: int
    """Tokens of prompts and replies."""
    dollars: float | None
    """US dollars; None where the price of a model is not known."""


class TaskRunRecord(TypedDict):
    """One run of the task, without secrets. A typed `TaskRun` is made from it."""

    candidate: str
    """The key of the candidate."""
    split: str
    """Where the case belongs."""
    case: str
    """The id of the case."""
    repeat: int
    """Counts runs of the same candidate at the same case."""
    seed: int
    """What the run was told to draw from, see `current_rollout`."""
    parameters: Any
    """What the task was called with."""
    expected: Any
    """What it should have given; None where that is not known."""
    result: Any
    """What it gave; None where it failed, or where the result has no JSON form, which `shortened` says."""
    shortened: bool
    """Whether parameters or result are here only in part: they have no JSON form, or are very long."""
    chats: list[ChatRecord]
    """All conversations of the run, in order; empty where content is not recorded."""
    exception: list[str]
    """What the task raised, as `Type: message`, and what that came from; empty where it gave a value."""
    score: float
    """How good it was."""
    objectives: dict[str, float]
    """Further scores."""
    feedback: str
    """What the metric says of it."""
    usage: UsageRecord
    """What the task has cost."""
    scoring: UsageRecord
    """What the metric has cost."""
    notes: dict[str, Any]
    """What the metric keeps besides, as JSON data: verdicts of a judge, a reflection."""
    untrusted: bool
    """Whether the parameters or the result came from somebody who is not trusted."""
