"""The state of a run: what was asked for, the program, what was done; a run that was killed goes on from there."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import WorkspaceError
from llm_strategy.files import Folder, HeldFile
from llm_strategy.files.database import Database
from llm_strategy.planner.own_folder import OWN_FOLDER, own_folder
from llm_strategy.planner.state.journals import journal_name, remove_journal
from llm_strategy.planner.state.record import RunRecord
from llm_strategy.planner.state.records import Spent
from llm_strategy.planner.state.tables import LAYOUT, kept, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from llm_strategy.planner.program import Program

__all__ = ["RunState"]

_LAST_JOURNAL = "journal to be removed"


class RunState(RunRecord):
    """The state of a run in a workspace; one process has it at a time, and loses it when it dies.

    Each change is on the disk when its method returns. A process that is killed leaves the state as it was before or
    after a change, never between.

    >>> from tempfile import TemporaryDirectory
    >>> from pathlib import Path
    >>> from llm_strategy.planner.program import Instruction, Program
    >>> place = TemporaryDirectory()
    >>> with RunState(Path(place.name)) as state:
    ...     state.begin("Say hello", "codebase", {"attempts": 2})
    ...     _ = state.set_program(Program("Say hello", instructions=(Instruction("1", "Write hello.py"),)), "planned")
    ...     state.close_step("1", "done", spent=Spent(calls=3))
    >>> with RunState.reading(Path(place.name)) as record:
    ...     record.task, record.outcomes, record.spent.calls
    ('Say hello', {'1': 'done'}, 3)
    >>> place.cleanup()

    Args:
        workspace: the folder that the run works in, made where it is missing.

    Raises:
        WorkspaceError: nothing can be written there, or another run is under way.
        StoredDataError: what is stored there is of another program or version.
    """

    def __init__(self, workspace: Path) -> None:
        folder = own_folder(workspace)
        self._held = _held(workspace, folder)
        self._outcomes: dict[str, str] | None = None  # nobody else changes them while the workspace is held
        try:
            super().__init__(workspace, folder, Database(folder.root / "run.sqlite", LAYOUT))
        except BaseException:
            self._held.release()
            raise
        try:
            self._remove_journals_of_closed_steps()
        except BaseException:
            self.close()
            raise

    @staticmethod
    def reading(workspace: Path) -> RunRecord:
        """Return what is kept of a run, which may be under way: nothing is locked or changed.

        Raises:
            WorkspaceError: there is no run, or it cannot be read.
            StoredDataError: what is stored there is of another program or version.
        """
        place = workspace.absolute() / OWN_FOLDER
        if not (place / "run.sqlite").is_file():
            raise WorkspaceError(f"There is no run in {str(workspace)!r}. Name the workspace of one.")
        return RunRecord(workspace, Folder(place), Database(place / "run.sqlite", LAYOUT, reading=True))

    def close(self) -> None:
        """Close the files, and let others have the workspace."""
        super().close()
        self._held.release()

    def begin(self, task: str, domain: str, settings: Mapping[str, Any], *, again: bool = False) -> None:
        """Write down what is asked for.

        Args:
            task: in the user's words.
            domain: what kind of thing is made.
            settings: how, as JSON.
            again: a run was begun here before, and this task is added to what it made.

        Raises:
            WorkspaceError: a run was begun here before, and the task is not said to be another one.
            InputError: the settings are no JSON.
        """
        with self._database.transaction():
            if self.is_begun and not again:
                raise WorkspaceError(
                    f"A run was begun in {str(self.workspace)!r} before. Resume it, add the task to it, or name "
                    "another folder."
                )
            self._database.change(
                "INSERT INTO runs (task, domain, settings, made) VALUES (?, ?, ?, ?)",
                kept(task, "task"),
                kept(domain, "domain"),
                kept(dict(settings), "settings"),
                time.time(),
            )

    @property
    def program(self) -> Program | None:
        """The program as its file says it now, which is kept as a version where somebody has edited it.

        Raises:
            ProgramError: the file holds none; it says which file, and where in it.
        """
        return self._program.followed()

    def set_program(self, program: Program, why: str) -> int:
        """Put a program into place, keep it as a version, and return its number."""
        return self._program.write(program, why)

    @property
    def outcomes(self) -> dict[str, str]:
        """The outcome of each step that is over, by its path."""
        if self._outcomes is None:
            self._outcomes = super().outcomes
        return dict(self._outcomes)

    def close_step(
        self, path: str, outcome: str, *, attempts: int = 1, note: str = "", spent: Spent | None = None
    ) -> None:
        """Write down how a step ended; where it had ended before, this counts, and its cost comes on top."""
        cost = Spent() if spent is None else spent
        key = kept(path, "path")
        with self._database.transaction():
            self._database.change("UPDATE steps SET current = 0 WHERE path = ? AND current", key)
            self._database.change(
                "INSERT INTO steps (path, outcome, attempts, note, calls, input_tokens, output_tokens, dollars, "
                "seconds, made, epoch, current) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
                key,
                kept(outcome, "outcome"),
                attempts,
                kept(note, "note"),
                *(cost.calls, cost.input_tokens, cost.output_tokens, cost.dollars, cost.seconds),
                time.time(),
                self.epoch(path),
            )
        if self._outcomes is not None:
            self._outcomes.pop(path, None)
            self._outcomes[path] = outcome

    def change_outcome(self, path: str, outcome: str) -> None:
        """Say that the outcome of a step that is over means something else by now."""
        self._database.change(
            "UPDATE steps SET outcome = ? WHERE path = ? AND current", kept(outcome, "outcome"), kept(path, "path")
        )
        self._outcomes = None

    def transaction(self) -> AbstractContextManager[None]:
        """Let all that is written down inside be there as a whole or not at all, whenever the process is killed."""
        return self._database.transaction()

    def reopen(self, *paths: str) -> None:
        """Forget the outcomes of steps, so that they are done again, with new journals; `steps` can tell them still."""
        with self._database.transaction():
            for key in (kept(path, "path") for path in paths):
                self._database.change("UPDATE steps SET current = 0 WHERE path = ? AND current", key)
                self._database.change(
                    "INSERT INTO epochs VALUES (?, 1) ON CONFLICT (path) DO UPDATE SET epoch = epoch + 1", key
                )
        self._outcomes = None

    def note(self, key: str, value: Any) -> None:
        """Note something that a resumed run has to know, as JSON. Raises InputError: it is none."""
        self._database.change(
            "INSERT OR REPLACE INTO notes VALUES (?, ?)", kept(key, "key"), kept(value, f"note {key!r}")
        )

    def journal_of(self, path: str) -> Path:
        """Return where the journal of a step is while the step is under way; its folder is there."""
        journal = super().journal_of(path)
        journal.parent.mkdir(exist_ok=True)
        return journal

    def let_journal_go(self, path: str) -> None:
        """Write down that a journal is to be removed: whoever opens the workspace next does it, if nobody has.

        The name must not be used again for what is not over yet.
        """
        self.note(_LAST_JOURNAL, path)

    def drop_journal(self, path: str) -> None:
        """Remove the journal of a step that is over."""
        remove_journal(super().journal_of(path))

    def _remove_journals_of_closed_steps(self) -> None:
        """Do what a process that was killed between `close_step` and `drop_journal` has left."""
        journals = self._folder.root / "journal"
        if not journals.is_dir() or not any(journals.iterdir()):
            return
        for path, epoch in self._database.rows((str, int), "SELECT path, epoch FROM steps"):
            remove_journal(journals / journal_name(text_of(path, self._where("path")), epoch))
        last = self.get(_LAST_JOURNAL)
        if isinstance(last, str):
            remove_journal(super().journal_of(last))


def _held(workspace: Path, folder: Folder) -> HeldFile:
    try:
        return HeldFile(folder.root / "run.lock")
    except BlockingIOError as error:
        raise WorkspaceError(
            f"The workspace {str(workspace)!r} is in use by {error.strerror}. Wait for the end of that run, or name "
            "another folder."
        ) from error
    except OSError as error:
        raise WorkspaceError(
            f"The workspace {str(workspace)!r} cannot be locked: {error.strerror}. Allow writing there, and put it on "
            "a local disk."
        ) from error
