"""Which plan solves a task, and a quick trial of it: the actions run by `exec`, with our own functions."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks.m3.plans import dna_sequencer, message_decoder, trade_calculator, travel_itinerary, web_browsing
from benchmarks.m3.plans.reading import UnreadError
from benchmarks.m3.tasks import Record, Task
from benchmarks.m3.worlds import functions

__all__ = ["Call", "Trial", "actions", "tried"]

NOTHING = object()


@dataclass(frozen=True)
class Call:
    """A call of a tool."""

    tool: str
    arguments: tuple[Any, ...]


@dataclass
class Trial:
    """What came of the actions."""

    value: Any = NOTHING
    calls: list[Call] = field(default_factory=list[Call])


def actions(task: Task, record: Record) -> list[str]:
    """Return the actions in code that solve a task. Raises UnreadError."""
    match task.family:
        case "message_decoder":
            return message_decoder.plan(task)
        case "dna_sequencer":
            return dna_sequencer.plan(task)
        case "trade_calculator":
            return trade_calculator.plan(task, record)
        case "travel_itinerary_planning":
            return travel_itinerary.plan(task)
        case "web_browsing":
            return web_browsing.plan(task)
        case _:
            raise UnreadError(f"no plan for the family {task.family!r}")


def tried(task: Task, record: Record) -> Trial:
    """Return the value and the calls of a plan that we wrote ourselves, without any sandbox.

    Raises:
        UnreadError: there is no plan.
        Exception: what the actions or the tools raise.
    """
    trial = Trial()

    def finish(value: Any) -> None:
        trial.value = value

    def kept(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any) -> Any:
            trial.calls.append(Call(name, arguments))
            return function(*arguments)

        return called

    world = functions(task.family, record, task.instruction)
    names: dict[str, Any] = {name: kept(name, function) for name, function in world.items()} | {"finish": finish}
    with contextlib.redirect_stdout(io.StringIO()):
        for code in actions(task, record):
            exec(code, names)  # noqa: S102 (our own plan, not a model's)
    return trial
