"""The world of a task: fresh functions of its family, and the same as tools, told in the words of the original."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.m3 import dna_sequencer, message_decoder, trade_calculator, travel_itinerary, web_browsing
from benchmarks.m3.tasks import Observation, Record, Task
from llm_strategy.tools import Tool, tool

__all__ = ["as_tools", "functions", "unlike"]


def functions(family: str, record: Record) -> dict[str, Callable[..., Any]]:
    """Return the functions of a family by the names that tasks call them by. Raises LookupError."""
    match family:
        case "message_decoder":
            found = message_decoder.TOOLS
        case "dna_sequencer":
            found = dna_sequencer.TOOLS
        case "trade_calculator":
            found = trade_calculator.TOOLS
        case "travel_itinerary_planning":
            found = travel_itinerary.tools(record)
        case "web_browsing":
            found = web_browsing.tools(record.pages)
        case _:
            raise LookupError(f"there are no tools for the family {family!r}")
    renamed = {"maximum": "max", "minimum": "min", "total": "sum"}
    return {renamed.get(one.__name__, one.__name__): one for one in found}


def as_tools(task: Task, record: Record) -> list[Tool[..., Any]]:
    """Return the tools of a task, in a fresh world."""
    known = functions(task.family, record)
    return [tool(name=one["name"], description=one["description"].strip())(known[one["name"]]) for one in task.tools]


def unlike(record: Record) -> list[tuple[Observation, str]]:
    """Return the recorded observations that our tools do not give, and what they give instead."""
    missed: list[tuple[Observation, str]] = []
    for one in record.observations:
        try:
            found: Any = functions(one.family, record)[one.tool](*one.arguments)
        except Exception as error:
            missed.append((one, f"{type(error).__name__}: {error}"))
            continue
        found = list(found) if isinstance(found, tuple) else found
        if not _alike(found, one.result):
            missed.append((one, repr(found)))
    return missed


def _alike(found: Any, recorded: Any) -> bool:
    """Whether two values are equal, but for the last digits of a number."""
    if isinstance(found, float) and isinstance(recorded, int | float):
        return abs(found - recorded) <= 1e-9 * abs(recorded)
    return type(found) is type(recorded) and found == recorded
