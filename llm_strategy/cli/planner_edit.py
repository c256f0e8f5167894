"""Editing the program of a run: a copy of it, in the user's editor; only a program that can be read is put in place."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

from llm_strategy.errors import ConfigurationError, ProgramError, WorkspaceError
from llm_strategy.planner.own_folder import own_folder
from llm_strategy.planner.state import RunState
from llm_strategy.planner.state.program_file import PROGRAM, save_program

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["edit_program", "put_program", "text_of_program"]

_EDITED = "program.edited.yaml"
_EDITORS = ("editor", "nano", "vi")


def text_of_program(workspace: Path) -> str:
    """Return the text of the program of a run, whether it can be read as a program or not.

    Raises:
        WorkspaceError: there is no run, or it has no program yet.
    """
    with RunState.reading(workspace) as record:
        path = record.program_path
        versions = record.programs()
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        if versions:
            return versions[-1].text
        raise WorkspaceError(
            f"The run in {str(workspace)!r} has no program yet. Resume it, and it is planned."
        ) from error


def put_program(workspace: Path, file: Path) -> None:
    """Put a file into the place of the program of a run.

    Raises:
        WorkspaceError: there is no run.
        ProgramError: the file cannot be read, or holds no program; nothing was changed.
    """
    with RunState.reading(workspace):
        pass
    try:
        text = file.expanduser().read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ProgramError(f"The program {str(file)!r} cannot be read: {error}.") from error
    try:
        save_program(workspace, text)
    except ProgramError as error:
        raise ProgramError(f"{str(file)!r} was not put into place. {error}") from error


def edit_program(workspace: Path) -> bool:
    """Let the user edit the program of a run, and return whether it is another one now.

    Where the edited text is no program, it stays in a file beside the program, and the next edit begins with it.

    Raises:
        WorkspaceError: there is no run, or its program was changed meanwhile; what was edited is kept.
        ProgramError: the edited text is no program; it is kept, and nothing else was changed.
        ConfigurationError: there is no editor, or it failed.
    """
    before = text_of_program(workspace)
    folder = own_folder(workspace)
    copy = folder.root / _EDITED
    if not folder.holds(_EDITED):
        folder.write(_EDITED, before.encode())
    try:
        _run_editor(copy)
    except ConfigurationError:
        if folder.read(_EDITED) == before.encode():
            folder.delete(_EDITED)
        raise
    try:
        text = folder.read(_EDITED).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ProgramError(f"What was edited, {str(copy)!r}, cannot be read: {error}.") from error
    kept = f"Your text is kept in {str(copy)!r}; edit again to go on with it, or delete it to begin anew."
    if text == before:
        folder.delete(_EDITED)
        return False
    if text_of_program(workspace) != before:
        raise WorkspaceError(f"The program in {str(workspace)!r} was changed while you edited it. {kept}")
    try:
        save_program(workspace, text)
    except ProgramError as error:
        raise ProgramError(f"What you saved was not put into place. {error} {kept}") from error
    folder.delete(_EDITED)
    return True


def _run_editor(path: Path) -> None:
    named = os.environ.get("VISUAL") or os.environ.get("EDITOR") or next(filter(shutil.which, _EDITORS), "")
    if not named:
        raise ConfigurationError(
            f"There is no editor. Name one in EDITOR, or write {PROGRAM} yourself and put it into place with --file."
        )
    try:
        done = subprocess.run([*shlex.split(named), str(path)], check=False)  # noqa: S603 (the user's own editor)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"The editor {named!r} cannot be started: {error}. Name one in EDITOR.") from error
    if done.returncode:
        raise ConfigurationError(
            f"The editor {named!r} ended with {done.returncode}. The program is as it was; what was changed is kept in "
            f"{str(path)!r}."
        )
