"""Planning the rest anew: an operation of its own, whose result is a new version of the program with its reason."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from llm_strategy.planner.computer.planning import steps_as_instructions
from llm_strategy.planner.program import Instruction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.flow import Flow
    from llm_strategy.planner.computer.job import Job
    from llm_strategy.planner.parts import PlannedStep
    from llm_strategy.planner.program import Node, Program

__all__ = ["replanning"]

_MOST = 40
_LONGEST = 300


def replanning(job: Job, program: Program, outcomes: Mapping[str, str], problem: str) -> Flow[Program]:
    """Return a program whose open part is planned anew. What was begun stays, and what failed stays as failed.

    Args:
        job: the run.
        program: the program as it is.
        outcomes: of the steps that are over.
        problem: what went wrong, or what is to change.
    """
    begun, rest = _split(program, outcomes)
    texts = {one.id: one.text for one in program.requirements}
    done = [_told(node, outcomes) for node in begun if outcomes.get(node.id) not in {"failed", "skipped"}]
    still = [_told(node, outcomes) for node in begun if outcomes.get(node.id) == "failed"]
    still += [_told(node, outcomes) for node in rest]
    steps: list[PlannedStep] = yield from job.ask("architect", "replan")(
        program.task, texts, _few(done), _few(still), problem, job.settings.steps
    )
    served = {
        name
        for node in begun
        if isinstance(node, Instruction) and outcomes.get(node.id) == "done"
        for name in node.requirements
    }
    told = {name: text for name, text in texts.items() if name not in served}
    numbers = [int(node.id) for node in program.nodes() if node.id.isdecimal()]
    new = steps_as_instructions(
        [replace(one, requirements=[name for name in one.requirements if name in texts]) for one in steps],
        told,
        job.settings.steps,
        max(numbers, default=0) + 1,
    )
    return replace(program, instructions=(*begun, *new))


def _few(lines: list[str]) -> list[str]:
    """Return the last lines, each cut to a length: however long a program is, it is told in the same room."""
    cut = [line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..." for line in lines[-_MOST:]]
    return [f"({len(lines) - _MOST} before these)", *cut] if len(lines) > _MOST else cut


def _split(program: Program, outcomes: Mapping[str, str]) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
    """Return the nodes that were begun, and those that were not."""
    paths = [path.split("/")[0].split("[")[0] for path in outcomes]
    begun = tuple(node for node in program.instructions if node.id in paths)
    needed = {name for node in begun if isinstance(node, Instruction) for name in node.needs}
    kept = tuple(node for node in program.instructions if node.id in paths or node.id in needed)
    return kept, tuple(node for node in program.instructions if node not in kept)


def _told(node: Node, outcomes: Mapping[str, str]) -> str:
    text = node.text if isinstance(node, Instruction) else f"(a part with {len(getattr(node, 'body', ()))} steps)"
    return f"{text} (this failed)" if outcomes.get(node.id) == "failed" else text
