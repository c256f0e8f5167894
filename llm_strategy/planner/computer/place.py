"""Where a program stands, as a writer is told: the instruction, what is around it, what it serves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llm_strategy.planner.program import Instruction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.planner.program import Position, Program

__all__ = ["Place", "place_of"]

_LONGEST = 160
_AHEAD = 2000
"""Instructions that are looked at, at most, to tell what comes later: more have no room anyway."""


@dataclass(frozen=True, slots=True)
class Place:
    """An instruction that is to be carried out, in its surroundings."""

    path: str
    """Path of the step."""
    epoch: int
    """How often the step was begun anew by hand."""
    instruction: Instruction
    """What is to be done."""
    position: str
    """Where in the program it stands, in words."""
    requirements: tuple[str, ...]
    """The requirements that it serves, each with its id."""
    ahead: tuple[str, ...] = ()
    """The instructions to come."""


def place_of(program: Program, position: Position, outcomes: Mapping[str, str], epoch: int = 0) -> Place:
    """Return the place of a step.

    Args:
        program: the program as it is now.
        position: the step.
        outcomes: of the steps that are over.
        epoch: how often the step was begun anew.

    >>> from llm_strategy.planner.program import Instruction, Position, Program, Requirement
    >>> one, two = Instruction("1", "Write a.py.", ("R1",)), Instruction("2", "Write b.py.")
    >>> place = place_of(Program("t", (Requirement("R1", "It works."),), (one, two)), Position("1", one), {})
    >>> place.position, place.requirements, place.ahead
    ('Step 1 of 2.', ('R1: It works.',), ('2: Write b.py.',))
    """
    texts = {one.id: one.text for one in program.requirements}
    instructions = [node for node in program.nodes() if isinstance(node, Instruction)]
    ids = [one.id for one in instructions]
    number = ids.index(position.instruction.id) if position.instruction.id in ids else 0
    path = "" if position.path == position.instruction.id else f" ({position.path})"
    told = [f"Step {number + 1} of {len(ids)}{path}."]
    if number:
        told.append(f"The step before: {_short(instructions[number - 1].text)}")
    ahead = [f"{one.id}: {_short(one.text)}" for one in instructions[number + 1 : _AHEAD] if one.id not in outcomes]
    return Place(
        position.path,
        epoch,
        position.instruction,
        " ".join(told),
        tuple(f"{name}: {texts[name]}" for name in position.instruction.requirements if name in texts),
        tuple(ahead),
    )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."
