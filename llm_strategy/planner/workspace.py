"""Opening a workspace for a run: what is in the way is found before anything is paid for."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from llm_strategy.errors import InputError, StoredDataError, WorkspaceError
from llm_strategy.files import Folder
from llm_strategy.planner.own_folder import OWN_FOLDER
from llm_strategy.planner.state import RunState

__all__ = ["check_planned", "check_same", "check_task", "default_workspace", "open_to"]

_LONGEST_TASK = 200_000
_SHOWN = 5


def check_task(task: str) -> str:
    """Return the task without blanks around it.

    Raises:
        InputError: it is empty, or too long.
    """
    found = task.strip()
    if not found:
        raise InputError("The task is empty. Say in a sentence what is to be built.")
    if len(found) > _LONGEST_TASK:
        raise InputError(
            f"The task has {len(found):,} letters; {_LONGEST_TASK:,} is the most. Put the rest into files."
        )
    return found


def default_workspace(task: str, around: Path = Path("workspace")) -> Path:
    """Return a folder for a task that is not there yet, named after its first words.

    >>> default_workspace("A to-do list: for the terminal!", Path("nowhere")).as_posix()
    'nowhere/a-to-do-list-for-the-terminal'
    """
    plain = unicodedata.normalize("NFKD", task).encode("ascii", "ignore").decode().lower()
    name = "-".join(re.findall(r"[a-z0-9]+", plain)[:8])[:60].strip("-") or "task"
    found, number = around / name, 2
    while found.exists():
        found, number = around / f"{name}-{number}", number + 1
    return found


def open_to(workspace: Path, *, resume: bool, extend: bool) -> None:
    """Look whether a folder can be the workspace of a run.

    Args:
        workspace: the folder, which need not be there.
        resume: whether an earlier run is to go on.
        extend: whether what is there is to be added to.

    Raises:
        WorkspaceError: it holds files, or a run, and it was not said what to do with them; or there is none to resume.
    """
    if workspace.exists() and not workspace.is_dir():
        raise WorkspaceError(f"The workspace {str(workspace)!r} is a file. Name a folder.")
    begun = _is_begun(workspace, unknown=resume)
    if resume and not begun:
        raise WorkspaceError(f"There is no run in {str(workspace)!r} to resume. Begin one there without `resume`.")
    if begun and not (resume or extend):
        raise WorkspaceError(
            f"The workspace {str(workspace)!r} holds a run already. `resume` (--resume) goes on with it, `extend` "
            "(--continue) adds a task to what it made; or name another folder."
        )
    if not begun and not extend and workspace.is_dir():
        there = [path for path in Folder(workspace).paths(hidden=True) if not path.startswith(f"{OWN_FOLDER}/")]
        if there:
            shown = ", ".join(there[:_SHOWN]) + (f" and {len(there) - _SHOWN} more" if len(there) > _SHOWN else "")
            raise WorkspaceError(
                f"The workspace {str(workspace)!r} holds files already: {shown}. `extend` (--continue) adds to them; "
                "or name an empty folder."
            )


def _is_begun(workspace: Path, *, unknown: bool) -> bool:
    """Whether there is a run. A process that was killed early has left a state without one, or one half-made."""
    try:
        with RunState.reading(workspace) as record:
            return record.is_begun
    except WorkspaceError:
        return False
    except StoredDataError:
        return unknown  # whoever opens it is told what it is, or makes it whole


def check_planned(state: RunState) -> None:
    """See that a task can be added to a run: one that waits for its plan would be forgotten.

    Raises:
        WorkspaceError: an earlier task was not planned yet.
    """
    if state.get("to plan") is not None:
        raise WorkspaceError(
            f"The run in {str(state.workspace)!r} has no plan yet for {state.task[:200]!r}. Resume it first "
            "(--resume), then add to it."
        )


def check_same(state: RunState, task: str, domain: str) -> None:
    """See that a run that is resumed has the domain, and the task that is given, where one is given.

    Raises:
        WorkspaceError: it has another one.
    """
    if domain != state.domain:
        raise WorkspaceError(
            f"The run in {str(state.workspace)!r} is of the domain {state.domain!r}, and not {domain!r}. Resume it as "
            "what it is."
        )
    if task and task != state.task:
        raise WorkspaceError(
            f"The run in {str(state.workspace)!r} has another task: {state.task[:200]!r}. Resume it without a task, or "
            "add this one to it with `extend` (--continue)."
        )
