"""What two versions of a program differ in, instruction by instruction."""

from __future__ import annotations

from difflib import unified_diff
from typing import TYPE_CHECKING

from llm_strategy.planner.program.nodes import Instruction
from llm_strategy.planner.program.yaml_form import written_program

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.planner.program.nodes import Program

__all__ = ["differences", "edited_steps"]


def differences(old: Program, new: Program, *, names: tuple[str, str] = ("before", "after")) -> str:
    """Return a unified diff of two programs as files; '' where they are the same.

    >>> from llm_strategy.planner.program import Instruction, Program
    >>> old, new = (Program("t", instructions=(Instruction("1", text),)) for text in ("Write a.py", "Write b.py"))
    >>> [line for line in differences(old, new).splitlines() if line[0] in "+-"][2:]
    ['-- do: Write a.py', '+- do: Write b.py']
    """
    before, after = (written_program(one).splitlines(keepends=True) for one in (old, new))
    return "".join(unified_diff(before, after, *names))


def edited_steps(old: Program, new: Program, outcomes: Mapping[str, str]) -> list[str]:
    """Return the steps that failed or were skipped, and whose instruction says something else now.

    >>> from llm_strategy.planner.program import Instruction, Program
    >>> old, new = (Program("t", instructions=(Instruction("1", text),)) for text in ("Write a.py", "Write b.py"))
    >>> edited_steps(old, new, {"1": "failed"}), edited_steps(old, new, {"1": "done"})
    (['1'], [])
    """
    before = {node.id: node for node in old.nodes()}
    changed = {node.id for node in new.nodes() if isinstance(node, Instruction) and before.get(node.id) != node}
    over = (path for path, outcome in outcomes.items() if outcome in {"failed", "skipped"})
    return [path for path in over if path.rpartition("/")[2] in changed]
