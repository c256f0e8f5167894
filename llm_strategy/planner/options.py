"""What a call of `generate_codebase` and its like may be given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from llm_strategy.planner.budget import PlannerBudget
    from llm_strategy.planner.hooks import Ask, Confirm, Watch
    from llm_strategy.planner.parts import Parts
    from llm_strategy.planner.program import Program
    from llm_strategy.planner.settings import PlannerSettings
    from llm_strategy.sandbox import Sandbox

__all__ = ["GenerateOptions"]


class GenerateOptions(TypedDict, total=False):
    """Options of a run."""

    workspace: str | Path | None
    """The folder to work in; None makes one in `workspace/`, named after the task."""
    settings: PlannerSettings | Mapping[str, Any] | None
    """How it is planned and carried out; None takes the hyperparameters in force, and on resuming those of the run."""
    budget: PlannerBudget | str | None
    """What may be spent: a `PlannerBudget`, or a text such as `tokens=20000,seconds=600`."""
    run_tests: bool
    """Whether the tests of a codebase are run, in a sandbox, after each change; True if left out."""
    sandbox: str | Sandbox
    """Where they are run: the name of a sandbox, or one; "auto" if left out."""
    types: Literal["", "mypy"]
    """Whether types are checked as well."""
    program: Program | str | Path | None
    """A program to carry out in place of a planned one: a `Program`, or the path of its file."""
    resume: bool
    """Go on with the run that is in the workspace."""
    extend: bool
    """Add the task to what is in the workspace, whoever made it."""
    ask: Ask | None
    """Answers questions before planning; without it, defaults are assumed, and told in the report."""
    confirm: Confirm | None
    """Is asked before a program, a step or edits."""
    watch: Watch | None
    """Is told what happens."""
    parts: Parts | None
    """What does the work, in place of the library's own parts."""
    git: bool
    """Commit each step to a git repository in the workspace."""
    trace: bool
    """Write a trace into the workspace; True if left out."""
