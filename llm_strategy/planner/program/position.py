"""Where a program stands: the next thing to do, found from what was done.

A step is known by its path: the id of its instruction, with the rounds of the loops around it, as in `4[users]/5`.
Nothing else is kept of a run's position, so a program that was edited meanwhile, or a run that was killed, goes on from
there.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from llm_strategy.planner.program.nodes import For, If, Instruction, While, walked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llm_strategy.planner.program.nodes import Node, Program

__all__ = ["Decision", "Done", "Position", "filled", "next_of"]


@dataclass(frozen=True, slots=True)
class Position:
    """An instruction that is to be carried out now."""

    path: str
    """Name of the step."""
    instruction: Instruction
    """The instruction, with the things of the loops around it filled in."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A condition that is to be looked at now."""

    path: str
    """Name of the step; its outcome is `yes` or `no`."""
    condition: str
    """The condition, with the things of the loops around it filled in."""


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing is left that can be done."""

    waiting: tuple[str, ...] = field(default=())
    """Steps that cannot be begun, because something that they need has failed."""


Next: TypeAlias = Position | Decision | Done


def next_of(program: Program, outcomes: Mapping[str, str]) -> Next:
    """Return what is to be done next.

    Instructions go in the order of the program. One that needs another which is not done yet waits, and those behind it
    go first.

    Args:
        program: the program as it is now.
        outcomes: of the steps that are over: `done`, `failed` or `skipped`; of conditions `yes` or `no`.

    >>> from llm_strategy.planner.program import Instruction, Program
    >>> program = Program("t", instructions=(Instruction("1", "first"), Instruction("2", "second", needs=("1",))))
    >>> next_of(program, {}).path, next_of(program, {"1": "done"}).path, next_of(program, {"1": "failed"})
    ('1', '2', Done(waiting=('2',)))
    """
    found = list(_walked(program.instructions, "", {}, outcomes))
    waiting: list[str] = []
    for one in found:
        if isinstance(one.open, Decision):
            return one.open
        if one.open is not None:
            needs = one.open.instruction.needs
            if all(step.is_over for step in found if not step.ids.isdisjoint(needs)):
                return one.open
            waiting.append(one.open.path)
    return Done(tuple(waiting))


@dataclass(frozen=True, slots=True)
class _Step:
    """A step that the program comes to, as far as it is known now."""

    ids: frozenset[str]
    """The nodes that it is a part of; of a condition that was not looked at yet also those behind it."""
    open: Position | Decision | None
    """What is to be done, where it is not over."""
    is_over: bool
    """Whether others that need it may begin."""


def _walked(
    nodes: tuple[Node, ...], above: str, things: Mapping[str, str], outcomes: Mapping[str, str]
) -> Iterator[_Step]:
    for node in nodes:
        path = f"{above}{node.id}"
        if isinstance(node, Instruction):
            yield _step(node, path, things, outcomes.get(path))
            continue
        for step in _inside(node, path, things, outcomes):
            yield replace(step, ids=step.ids | {node.id})


def _step(node: Instruction, path: str, things: Mapping[str, str], outcome: str | None) -> _Step:
    position = Position(path, replace(node, text=filled(node.text, things))) if outcome is None else None
    return _Step(frozenset({node.id}), position, outcome in {"done", "skipped"})


def _inside(
    node: If | For | While, path: str, things: Mapping[str, str], outcomes: Mapping[str, str]
) -> Iterator[_Step]:
    if isinstance(node, For):
        for thing in node.each:
            yield from _walked(node.body, f"{path}[{thing}]/", {**things, node.name: thing}, outcomes)
        return
    if isinstance(node, If):
        decided = outcomes.get(path)
        if decided is None:
            yield _undecided(node, path, things)
        else:
            yield from _walked(node.then if decided == "yes" else node.otherwise, f"{path}/", things, outcomes)
        return
    for number in range(1, node.most + 1):
        way = f"{path}[{number}]"
        decided = outcomes.get(way)
        if decided is None:
            yield _undecided(node, way, things)
        if decided != "yes":
            return
        steps = list(_walked(node.body, f"{way}/", things, outcomes))
        yield from steps
        if any(step.open is not None for step in steps):
            return  # the next round is looked at when this one is over


def _undecided(node: If | While, path: str, things: Mapping[str, str]) -> _Step:
    return _Step(
        frozenset(one.id for one in walked((node,))), Decision(path, filled(node.condition, things)), is_over=False
    )


def filled(text: str, things: Mapping[str, str]) -> str:
    """Return a text with the things of loops in place of their names in braces; other braces stay as they are.

    >>> filled("Test {page} with {}", {"page": "login"})
    'Test login with {}'
    """
    for name, thing in things.items():
        text = text.replace(f"{{{name}}}", thing)
    return text
