"""A program as people read it: one row for each step, with what became of it, loops and conditions unfolded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llm_strategy.planner.program.nodes import For, If, Instruction, While
from llm_strategy.planner.program.position import filled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llm_strategy.planner.program.nodes import Node, Program

__all__ = ["OutlineRow", "outline"]

_SHOWN = 8


@dataclass(frozen=True, slots=True)
class OutlineRow:
    """A row of an outline."""

    path: str
    """Path of the step; '' where the row is only a heading."""
    depth: int
    """How many loops and conditions it stands in."""
    text: str
    """What is to be done, or looked at, with the things of the loops around it filled in."""
    outcome: str = ""
    """`done`, `failed` or `skipped`; of conditions `yes` or `no`; '' where it is open."""
    requirements: tuple[str, ...] = ()
    """Ids of what it serves."""
    is_instruction: bool = False
    """Whether something is carried out there."""


def outline(program: Program, outcomes: Mapping[str, str]) -> tuple[OutlineRow, ...]:
    r"""Return the rows of a program. Of a condition that is decided, only what follows is unfolded.

    >>> from llm_strategy.planner.program.yaml_form import read_program
    >>> program = read_program("task: t\ninstructions:\n- if: file a.py\n  then: [Mend a.py]\n  else: [Write a.py]")
    >>> [(row.path, row.text, row.outcome) for row in outline(program, {"1": "no"})]
    [('1', 'if file a.py', 'no'), ('', 'else', ''), ('1/1.e1', 'Write a.py', '')]
    """
    return tuple(_rows(program.instructions, "", 0, {}, outcomes))


def _rows(
    nodes: tuple[Node, ...], above: str, depth: int, things: Mapping[str, str], outcomes: Mapping[str, str]
) -> Iterator[OutlineRow]:
    for node in nodes:
        path = f"{above}{node.id}"
        if isinstance(node, Instruction):
            text, outcome = filled(node.text, things), outcomes.get(path, "")
            yield OutlineRow(path, depth, text, outcome, node.requirements, is_instruction=True)
        elif isinstance(node, For):
            shown = ", ".join(node.each[:_SHOWN]) + (", ..." if len(node.each) > _SHOWN else "")
            yield OutlineRow("", depth, f"for each {node.name} of {shown}")
            for thing in node.each:
                inside = {**things, node.name: thing}
                yield from _rows(node.body, f"{path}[{thing}]/", depth + 1, inside, outcomes)
        elif isinstance(node, If):
            yield from _branches(node, path, depth, things, outcomes)
        else:
            yield from _rounds(node, path, depth, things, outcomes)


def _branches(
    node: If, path: str, depth: int, things: Mapping[str, str], outcomes: Mapping[str, str]
) -> Iterator[OutlineRow]:
    decided = outcomes.get(path, "")
    yield OutlineRow(path, depth, f"if {filled(node.condition, things)}", decided)
    if decided != "no":
        yield from _rows(node.then, f"{path}/", depth + 1, things, outcomes)
    if decided != "yes" and node.otherwise:
        yield OutlineRow("", depth, "else")
        yield from _rows(node.otherwise, f"{path}/", depth + 1, things, outcomes)


def _rounds(
    node: While, path: str, depth: int, things: Mapping[str, str], outcomes: Mapping[str, str]
) -> Iterator[OutlineRow]:
    condition = filled(node.condition, things)
    for number in range(1, node.most + 1):
        way = f"{path}[{number}]"
        decided = outcomes.get(way, "")
        yield OutlineRow(way, depth, f"while {condition} (round {number} of {node.most} at most)", decided)
        if decided != "no":
            yield from _rows(node.body, f"{way}/", depth + 1, things, outcomes)
        if decided != "yes":
            return
