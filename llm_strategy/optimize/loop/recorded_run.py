"""A typed run out of what a store has kept of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError

from llm_strategy.optimize.loop.chat_chains import shortened
from llm_strategy.optimize.loop.task_run import TaskRun
from llm_strategy.optimize.search.orders import Usage
from llm_strategy.schema import distrust

if TYPE_CHECKING:
    from llm_strategy.optimize.rollouts.record import ChatRecord, TaskRunRecord
    from llm_strategy.optimize.search.orders import Rollout

__all__ = ["recorded_run", "unrecorded_run"]

_LONGEST = 6_000
"""Characters of all conversations of a run that a model is shown."""


def recorded_run(record: TaskRunRecord, point: Any, types: tuple[Any, Any]) -> TaskRun[Any, Any, Any]:
    """Return what was kept of a run as a typed run.

    Args:
        record: what was kept.
        point: the hyperparameters that were in force.
        types: those of parameters and results; what does not fit them is taken as the data that it is.
    """
    made: Any = TaskRun[types[0], types[1], type(point)]  # type: ignore[misc,valid-type]  # known when it runs
    shown = {
        "task_parameters": _typed(record["parameters"], types[0]),
        "all_chat_chains": _chains(record["chats"]),
        "return_value": _typed(record["result"], types[1]),
        "exception": record["exception"] or None,
        "expected": record["expected"],
        "feedback": record["feedback"],
    }
    if record["untrusted"]:
        shown = {name: distrust(value) for name, value in shown.items()}
    spent = record["usage"]
    run: TaskRun[Any, Any, Any] = made.model_construct(
        hyperparameters=point,
        score=record["score"],
        usage=Usage(spent["calls"], spent["tokens"], spent["dollars"]),
        seed=record["seed"],
        split=record["split"],
        candidate=record["candidate"],
        untrusted=record["untrusted"],
        **shown,
    )
    return run


def unrecorded_run(rollout: Rollout, point: Any) -> TaskRun[Any, Any, Any]:
    """Return a run of which only the score is known any more."""
    made: Any = TaskRun[Any, Any, type(point)]  # type: ignore[misc]  # known when it runs
    run: TaskRun[Any, Any, Any] = made.model_construct(
        task_parameters=f"case {rollout.order.case}",
        hyperparameters=point,
        all_chat_chains={},
        return_value=None,
        exception=[rollout.error] if rollout.error else None,
        expected=None,
        score=rollout.score,
        feedback=rollout.feedback,
        usage=rollout.usage,
        seed=None,
        split=rollout.order.split,
        candidate=rollout.order.candidate,
        untrusted=False,
    )
    return run


def _typed(value: Any, kind: Any) -> Any:
    if value is None or kind is Any:
        return value
    try:
        return TypeAdapter(kind).validate_python(value)
    except (ValidationError, PydanticUserError):
        return value


def _chains(chats: list[ChatRecord]) -> dict[str, Any]:
    count = sum(len(chat["turns"]) for chat in chats)
    limit = max(200, _LONGEST // max(1, count))
    return (
        {
            "chats": [
                {
                    "messages": [
                        {"role": one["role"], "content": shortened(one["content"], limit)} for one in chat["turns"]
                    ]
                }
                for chat in chats
            ]
        }
        if chats
        else {}
    )
