"""Putting a new program into place, so that no kill loses it, and none has it planned twice.

That a program was made is written down together with the end of the step that made it. Its file is written after that,
by whoever comes next where the process was killed in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from llm_strategy.planner.program import read_program, written_program

if TYPE_CHECKING:
    from llm_strategy.planner.program import Program
    from llm_strategy.planner.state import RunState

__all__ = ["Placed", "place", "to_be_placed"]

_KEY: Final = "to place"


@dataclass(frozen=True, slots=True)
class Placed:
    """A program that was put into place."""

    program: Program
    """The program."""
    why: str
    """What made it."""


def to_be_placed(state: RunState, program: Program, why: str) -> None:
    """Write a program down, to be put into place by `place`; meant to be called in a transaction of the state."""
    state.note(_KEY, [written_program(program), why, len(state.programs())])


def place(state: RunState) -> Placed | None:
    """Put the program into place that was written down last; None where that was done before."""
    found = state.get(_KEY)
    if found is None:
        return None
    text, why, before = cast("tuple[str, str, int]", found)
    program = read_program(text)
    if all(version.text != text for version in state.programs()[before:]):
        state.set_program(program, why)
    state.note(_KEY, None)
    return Placed(program, why)
