"""The worlds of the tasks: fresh functions of a family, held against what is recorded. Needs nothing but Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from benchmarks.m3 import dna_sequencer, message_decoder, trade_calculator, travel_itinerary, web_browsing
from benchmarks.m3.tasks import Observation, Record

__all__ = ["functions", "unlike"]


def functions(family: str, record: Record, instruction: str = "") -> dict[str, Callable[..., Any]]:
    """Return the functions of a family, for a task if one is named, by the names that it calls them by.

    Raises:
        LookupError: nobody knows the family.
    """
    match family:
        case "message_decoder":
            found = message_decoder.TOOLS
        case "dna_sequencer":
            found = dna_sequencer.TOOLS
        case "trade_calculator":
            found = trade_calculator.TOOLS
        case "travel_itinerary_planning":
            found = travel_itinerary.tools(record, instruction)
        case "web_browsing":
            found = web_browsing.tools(record.pages)
        case _:
            raise LookupError(f"there are no tools for the family {family!r}")
    renamed = {"maximum": "max", "minimum": "min", "total": "sum"}
    return {renamed.get(one.__name__, one.__name__): one for one in found}


def unlike(record: Record) -> list[tuple[Observation, str]]:
    """Return the recorded observations that our tools do not give, and what they give instead."""
    missed: list[tuple[Observation, str]] = []
    for one in record.observations:
        try:
            found: Any = functions(one.family, record)[one.tool](*one.arguments)
        except Exception as error:
            missed.append((one, f"{type(error).__name__}: {error}"))
            continue
        found = list(cast("tuple[Any, ...]", found)) if isinstance(found, tuple) else found
        if not _alike(found, one.result):
            missed.append((one, repr(found)))
    return missed


def _alike(found: Any, recorded: Any) -> bool:
    """Whether two values are equal, but for the last digits of a number."""
    if isinstance(found, float) and isinstance(recorded, int | float):
        return abs(found - recorded) <= 1e-9 * abs(recorded)
    return type(found) is type(recorded) and found == recorded
