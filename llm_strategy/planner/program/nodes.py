"""What a program is made of, as frozen values.

A program says what is to be done. How far it has come is told beside it, by the names of its steps: so a program can be
edited while it runs, and what was done stays done.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, TypeAlias

from llm_strategy.errors import ProgramError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["For", "If", "Instruction", "Node", "Program", "Requirement", "While", "parts_of", "walked"]


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that the result has to do, as the task says."""

    id: str
    """A short name: `R1`."""
    text: str
    """What it asks for, in one sentence that a test could check."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One piece of work, small enough for one context."""

    id: str
    """A short name: `1`, `2`, ..."""
    text: str
    """What is to be done."""
    requirements: tuple[str, ...] = ()
    """Ids of the requirements that it serves."""
    needs: tuple[str, ...] = ()
    """Ids of instructions that have to be done before."""
    attempts: int | None = None
    """How often it may be tried; None leaves that to the settings of the run."""
    tokens: int | None = None
    """How many tokens it may cost; None for no limit of its own."""


@dataclass(frozen=True, slots=True)
class If:
    """Work that is done where a condition holds."""

    id: str
    """A short name."""
    condition: str
    """What is looked at when it is reached: `tests pass`, `tests fail`, `file PATH`, or a question in words."""
    then: tuple[Node, ...]
    """What is done where it holds."""
    otherwise: tuple[Node, ...] = ()
    """What is done where it does not."""


@dataclass(frozen=True, slots=True)
class For:
    """Work that is done once for each of several things."""

    id: str
    """A short name."""
    name: str
    """Stands in braces in the texts of the body, for the thing."""
    each: tuple[str, ...]
    """The things."""
    body: tuple[Node, ...]
    """What is done for each of them."""


@dataclass(frozen=True, slots=True)
class While:
    """Work that is repeated as long as a condition holds."""

    id: str
    """A short name."""
    condition: str
    """What is looked at before each round; see `If`."""
    body: tuple[Node, ...]
    """What is done in a round."""
    most: int = 5
    """Rounds at most."""


Node: TypeAlias = "Instruction | If | For | While"


@dataclass(frozen=True, slots=True)
class Program:
    """A task, what it requires, and the instructions that lead there.

    >>> program = Program("Say hello", instructions=(Instruction("1", "Write hello.py"),))
    >>> [node.id for node in program.nodes()]
    ['1']

    Raises:
        ProgramError: two steps have one id, or one needs what is not there, or what needs it itself; a
            requirement that is named is not there; a loop without rounds.
    """

    task: str
    """What was asked for, in the user's words."""
    requirements: tuple[Requirement, ...] = ()
    """What the result has to do."""
    instructions: tuple[Node, ...] = field(default=())
    """What is to be done, in order."""

    def __post_init__(self) -> None:
        _check_names(self)
        _check_needs(self)

    def nodes(self) -> Iterator[Node]:
        """Iterate over all nodes, those inside of others too, in the order of the text."""
        return walked(self.instructions)


def parts_of(node: Node) -> tuple[Node, ...]:
    """Return the nodes inside a node."""
    if isinstance(node, If):
        return (*node.then, *node.otherwise)
    return () if isinstance(node, Instruction) else node.body


def walked(nodes: tuple[Node, ...]) -> Iterator[Node]:
    """Iterate over nodes and those inside of them, in the order of the text."""
    for node in nodes:
        yield node
        yield from walked(parts_of(node))


def _check_names(program: Program) -> None:
    for kind, ids in (
        ("Instruction", [node.id for node in program.nodes()]),
        ("Requirement", [one.id for one in program.requirements]),
    ):
        for name, count in Counter(ids).items():
            if count > 1:
                raise ProgramError(f"{kind} {name!r} is there {count} times. Give each one an id of its own.")
            if not name or not name.replace("_", "").replace("-", "").replace(".", "").isalnum():
                raise ProgramError(f"{kind} id {name!r} is no name. Use letters, digits, '-', '_' and '.'.")
    for node in program.nodes():
        if isinstance(node, While) and node.most < 1:
            raise ProgramError(f"While {node.id!r} has {node.most} rounds at most. Use 1 or more.")


def _check_needs(program: Program) -> None:
    nodes = {node.id: node for node in program.nodes()}
    known = {one.id for one in program.requirements}
    needs: dict[str, set[str]] = {}
    for node in nodes.values():
        if not isinstance(node, Instruction):
            continue
        missing = [name for name in node.needs if name not in nodes]
        if missing:
            raise ProgramError(f"Instruction {node.id!r} needs {missing[0]!r}, which is not there.")
        unknown = [name for name in node.requirements if name not in known]
        if unknown:
            raise ProgramError(f"Instruction {node.id!r} names the requirement {unknown[0]!r}, which is not there.")
        needs[node.id] = {one.id for name in node.needs for one in (nodes[name], *walked(parts_of(nodes[name])))}
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        way = " needs ".join(repr(name) for name in reversed(error.args[1]))
        raise ProgramError(f"Instructions wait for each other: {way}. Take one of these needs out.") from error
