"""From the options of `generate` to what is to be done: with the config files and the environment taken into it."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from llm_strategy.errors import ConfigurationError, WorkspaceError
from llm_strategy.planner.budget import PlannerBudget
from llm_strategy.planner.config import PlannerConfig, limits_of, read_config
from llm_strategy.planner.workspace import check_task, default_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["EMBEDDED", "Order", "order_of"]

EMBEDDED: Final = "local"
"""Who answers where nobody is named: the embedded model."""

_KEPT: Final = ("model", "budget", "config", "sandbox", "confirm")
"""Options of a run that one which goes on with it needs as well; its settings are kept in the workspace."""
_SWITCHES: Final = ("run_tests", "git")


@dataclass(frozen=True, slots=True)
class Order:
    """What a command asks for."""

    task: str
    """What is to be built; '' where a run is resumed."""
    workspace: Path
    """Where."""
    config: PlannerConfig
    """How."""
    again: str
    """The command that goes on with it."""
    assuming: str = ""
    """Why defaults are assumed, and nothing is asked, where that was not said."""
    domain: str = ""
    """What kind of thing it is; '' for that of the run, or a codebase."""
    program: Path | None = None
    """The program to carry out in place of a planned one."""
    resume: bool = False
    """Whether a run goes on."""
    extend: bool = False
    """Whether the task is added to what is in the workspace."""
    asking: bool = True
    """Whether questions are asked at the terminal."""
    quiet: bool = False
    """Whether nothing is shown of it but how it ended."""


def order_of(options: Mapping[str, Any]) -> Order:
    """Return what the options of a command ask for, by their names.

    Raises:
        InputError: the task is empty.
        ConfigurationError: an option, a config file or a variable is wrong; something is to be asked at a terminal, and
            there is none.
        WorkspaceError: it is not said which run is to go on.
    """
    task, resume, yes = options["task"], options["resume"], options["yes"]
    if not resume:
        check_task(task)
    setup = _setup(options)
    at_terminal = sys.stdin.isatty()
    if setup.confirm != "none" and not at_terminal:
        raise ConfigurationError(
            f"confirm={setup.confirm!r} (from {setup.origins['confirm']}) asks at the terminal, and standard input is "
            "none. Use --confirm none, or --yes."
        )
    workspace = _workspace(options)
    return Order(
        task=task,
        workspace=workspace,
        config=setup,
        again=shlex.join(["llm-strategy", "generate", "--resume", "--workspace", str(workspace), *_words(options)]),
        assuming="" if yes or at_terminal else "Standard input is no terminal, so nothing is asked:",
        domain=options["domain"],
        program=options["program"],
        resume=resume,
        extend=options["extend"],
        asking=at_terminal and not yes,
        quiet=options["quiet"],
    )


def _setup(options: Mapping[str, Any]) -> PlannerConfig:
    confirm = options["confirm"] and options["confirm"].value
    if options["yes"] and confirm not in {None, "none"}:
        raise ConfigurationError("--yes asks nothing, and --confirm asks: choose one.")
    given = {name: options[name] for name in ("model", "small", "run_tests", "sandbox", "git")}
    given |= {"planner.steps": options["steps"], "confirm": "none" if options["yes"] else confirm}
    budget = PlannerBudget.read(options["budget"] or "")
    return read_config(given | limits_of(budget), file=options["config"], resuming=options["resume"])


def _workspace(options: Mapping[str, Any]) -> Path:
    """Return the folder to work in; a run that goes on may be in the working directory."""
    named: Path | None = options["workspace"]
    if named is not None:
        return named.expanduser()
    if options["resume"] and (Path() / ".llm-strategy" / "run.sqlite").is_file():
        return Path()
    if options["resume"] or options["extend"]:
        word = "--resume" if options["resume"] else "--continue"
        raise WorkspaceError(f"{word} works on a folder that is there: name it with --workspace DIR.")
    return default_workspace(options["task"])


def _words(options: Mapping[str, Any]) -> Iterator[str]:
    """Yield the options that a command needs to go on with the run of this one."""
    for name in _KEPT:
        if options[name] is not None:
            yield from (f"--{name}", str(getattr(options[name], "value", options[name])))
    for name in _SWITCHES:
        if options[name] is not None:
            yield f"--{'' if options[name] else 'no-'}{name.replace('_', '-')}"
    yield from (f"--{name}" for name in ("yes", "quiet") if options[name])
