"""What is kept of a run, for whoever reads it; nothing is changed, and the run may be under way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

from llm_strategy.errors import StoredDataError, WorkspaceError
from llm_strategy.planner.state.journals import journal_name
from llm_strategy.planner.state.program_file import PROGRAM, ProgramFile
from llm_strategy.planner.state.records import ProgramVersion, Spent, StepRecord
from llm_strategy.planner.state.tables import data_of, kept, text_of
from llm_strategy.schema.json_data import is_object

if TYPE_CHECKING:
    from pathlib import Path

    from llm_strategy.files import Folder
    from llm_strategy.files.database import Database
    from llm_strategy.planner.program import Program

__all__ = ["RunRecord"]

_NUMBER: Final = (int, float)
_STEP: Final = (str, str, int, str, int, int, int, (int, float, type(None)), _NUMBER, _NUMBER, int, int)


class RunRecord:
    """A run as it is written down in its workspace; see `RunState.reading`."""

    def __init__(self, workspace: Path, folder: Folder, database: Database) -> None:
        self.workspace = workspace
        """The folder that the run works in."""
        self._folder, self._database = folder, database
        self._program = ProgramFile(folder, database)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the files."""
        self._database.close()

    @property
    def is_begun(self) -> bool:
        """Whether a run was begun here."""
        return self.number > 0

    @property
    def number(self) -> int:
        """How many runs were begun here: 1, and one more for each task that was added."""
        found: int = self._database.rows((int,), "SELECT count(*) FROM runs")[0][0]
        return found

    @property
    def task(self) -> str:
        """What was asked for last. Raises WorkspaceError: no run was begun here."""
        return self._run()[0]

    @property
    def domain(self) -> str:
        """What kind of thing is made. Raises WorkspaceError: no run was begun here."""
        return self._run()[1]

    @property
    def settings(self) -> dict[str, Any]:
        """How it is made, as JSON. Raises WorkspaceError: no run was begun here."""
        return self._run()[2]

    def _run(self) -> tuple[str, str, dict[str, Any]]:
        rows = self._database.rows(
            (str, str, str), "SELECT task, domain, settings FROM runs ORDER BY number DESC LIMIT 1"
        )
        if not rows:
            raise WorkspaceError(f"No run was begun in {str(self.workspace)!r}. Begin one with a task.")
        task, domain, settings = rows[0]
        found = data_of(settings, self._where("settings"))
        if not is_object(found):
            raise StoredDataError(f"{self._where('settings')}: {type(found).__name__} is stored there, and no object.")
        return text_of(task, self._where("task")), text_of(domain, self._where("domain")), found

    @property
    def program_path(self) -> Path:
        """The file of the program, to be edited at any time; see also `save_program`."""
        return self._folder.root / PROGRAM

    @property
    def program(self) -> Program | None:
        """The program as its file says it now; None where none was made yet. Raises ProgramError."""
        return self._program.read()

    def programs(self) -> list[ProgramVersion]:
        """Return all versions of the program, oldest first."""
        return self._program.versions()

    def last_program(self) -> ProgramVersion | None:
        """Return the newest version of the program alone; None where none was made yet."""
        return self._program.last_version()

    @property
    def outcomes(self) -> dict[str, str]:
        """The outcome of each step that is over, by its path."""
        rows = self._database.rows((str, str), "SELECT path, outcome FROM steps WHERE current ORDER BY id")
        where = self._where("outcomes")
        return {text_of(path, where): text_of(outcome, where) for path, outcome in rows}

    def steps(self, *, every: bool = False) -> list[StepRecord]:
        """Return the steps that are over, in order; with `every` those that were opened again since, too."""
        rows = self._database.rows(
            _STEP,
            "SELECT path, outcome, attempts, note, calls, input_tokens, output_tokens, dollars, seconds, made, epoch, "
            "current FROM steps WHERE current OR ? ORDER BY id",
            every,
        )
        where = self._where("steps")
        return [_step(row, where) for row in rows]

    @property
    def spent(self) -> Spent:
        """What all steps have cost, those that were opened again since included."""
        rows = self._database.rows(
            (int, int, int, int, _NUMBER, _NUMBER),
            "SELECT count(*) - count(dollars), coalesce(sum(calls), 0), coalesce(sum(input_tokens), 0), "
            "coalesce(sum(output_tokens), 0), total(dollars), total(seconds) FROM steps",
        )
        unknown, calls, read, written, dollars, seconds = rows[0]
        return Spent(calls, read, written, None if unknown else dollars, seconds)

    def get(self, key: str) -> Any:
        """Return what was noted under a name; None where nothing was."""
        rows = self._database.rows((str,), "SELECT value FROM notes WHERE key = ?", kept(key, "key"))
        return data_of(rows[0][0], self._where(f"note {key!r}")) if rows else None

    def epoch(self, path: str) -> int:
        """Return how often a step was opened again."""
        rows = self._database.rows((int,), "SELECT epoch FROM epochs WHERE path = ?", kept(path, "path"))
        found: int = rows[0][0] if rows else 0
        return found

    def journal_of(self, path: str) -> Path:
        """Return where the journal of a step is while the step is under way."""
        return self._folder.root / "journal" / journal_name(path, self.epoch(path))

    def _where(self, what: str) -> str:
        return f"{str(self._folder.root / 'run.sqlite')!r}, {what}"


def _step(row: tuple[Any, ...], where: str) -> StepRecord:
    path, outcome, attempts, note, *numbers, made, epoch, current = row
    path, outcome, note = (text_of(cell, where) for cell in (path, outcome, note))
    return StepRecord(path, outcome, attempts, note, Spent(*numbers), made, epoch, bool(current))
