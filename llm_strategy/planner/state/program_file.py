"""The program of a run as a file that people edit while it runs, and all its versions.

The file is what counts. A version is written down before its file is put into place, and marked when it is there: where
the process is killed in between, the next one finishes that, unless somebody has edited the file meanwhile.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from llm_strategy.errors import InputError, ProgramError, WorkspaceError
from llm_strategy.planner.own_folder import own_folder
from llm_strategy.planner.program import read_program, written_program
from llm_strategy.planner.state.records import ProgramVersion
from llm_strategy.planner.state.tables import kept, text_of

if TYPE_CHECKING:
    from pathlib import Path

    from llm_strategy.files import Folder
    from llm_strategy.files.database import Database
    from llm_strategy.planner.program import Program

__all__ = ["PROGRAM", "ProgramFile", "save_program"]

PROGRAM: Final = "program.yaml"
_BY_HAND = "edited by hand"
_MOST_BYTES = 4_000_000
_VERSION: Final = (int, str, (int, float), str)


def save_program(workspace: Path, text: str) -> Program:
    """Put a program into the place of that of a run, and return it; the run may be under way, and goes on with it.

    Raises:
        ProgramError: the text is none; nothing was changed.
        WorkspaceError: it cannot be written.
    """
    program = read_program(text)
    _put(own_folder(workspace), text)
    return program


class ProgramFile:
    """The program of a run, its file and its versions.

    Args:
        folder: where the file is.
        database: where the versions are.
    """

    def __init__(self, folder: Folder, database: Database) -> None:
        self._folder, self._database = folder, database
        self._last: tuple[str, Program] | None = None

    def versions(self) -> list[ProgramVersion]:
        """Return all versions, oldest first. Raises StoredDataError."""
        return self._versions("ORDER BY number")

    def last_version(self) -> ProgramVersion | None:
        """Return the newest version; None where there is none. Raises StoredDataError."""
        found = self._versions("ORDER BY number DESC LIMIT 1")
        return found[0] if found else None

    def _versions(self, which: str) -> list[ProgramVersion]:
        rows = self._database.rows(_VERSION, f"SELECT number, why, made, text FROM programs {which}")  # noqa: S608 (only texts above)
        return [ProgramVersion(number, text_of(why, "why"), made, text) for number, why, made, text in rows]

    def read(self) -> Program | None:
        """Return the program as its file says it now; None where there was never one.

        Raises:
            ProgramError: the file holds none; it says which file, and where in it.
        """
        newest, text = self._newest(), self._text()
        if newest is not None and (text is None or self._is_overtaken(text, newest)):
            text = newest[1]
        return None if text is None else self._read(text)

    def followed(self) -> Program | None:
        """Return the program, and keep what somebody has made of the file as a version. Raises as `read`."""
        newest, text = self._newest(), self._text()
        if newest is not None and (text is None or self._is_overtaken(text, newest)):
            self._place(*newest[:2])
            return self._read(newest[1])
        if text is None:
            return None
        program = self._read(text)
        if newest is None or newest[1] != text:
            self._add(text, _BY_HAND, placed=True)
        elif not newest[2]:
            self._mark(newest[0])
        return program

    def write(self, program: Program, why: str) -> int:
        """Put a program into place, keep it as a version, and return its number; the file before it is kept, too."""
        text = self._text()
        newest = self._newest()
        if text is not None and not (newest is not None and (newest[1] == text or self._is_overtaken(text, newest))):
            self._add(text, _BY_HAND, placed=True)  # whatever it holds: it is about to be overwritten
        written = written_program(program)
        number = self._add(written, why, placed=False)
        self._place(number, written)
        return number

    def _newest(self) -> tuple[int, str, bool] | None:
        rows = self._database.rows(
            (int, str, int), "SELECT number, text, placed FROM programs ORDER BY number DESC LIMIT 1"
        )
        return None if not rows else (rows[0][0], rows[0][1], bool(rows[0][2]))

    def _is_overtaken(self, text: str, newest: tuple[int, str, bool]) -> bool:
        """Whether the file is still the version before the newest one, which was never put into place."""
        if newest[2] or text == newest[1]:
            return False
        rows = self._database.rows(
            (str,), "SELECT text FROM programs WHERE number < ? ORDER BY number DESC LIMIT 1", newest[0]
        )
        return bool(rows) and rows[0][0] == text

    def _add(self, text: str, why: str, *, placed: bool) -> int:
        return self._database.change(
            "INSERT INTO programs (why, made, text, placed) VALUES (?, ?, ?, ?)",
            kept(why, "why"),
            time.time(),
            text,
            int(placed),
        )

    def _place(self, number: int, text: str) -> None:
        _put(self._folder, text)
        self._mark(number)

    def _mark(self, number: int) -> None:
        self._database.change("UPDATE programs SET placed = 1 WHERE number = ?", number)

    def _text(self) -> str | None:
        try:
            return self._folder.read(PROGRAM, _MOST_BYTES).decode("utf-8-sig")
        except FileNotFoundError:
            return None
        except (UnicodeDecodeError, InputError, OSError) as error:
            raise ProgramError(f"The program {str(self._folder.root / PROGRAM)!r} cannot be read: {error}.") from error

    def _read(self, text: str) -> Program:
        if self._last is None or self._last[0] != text:
            try:
                self._last = (text, read_program(text))
            except ProgramError as error:
                raise ProgramError(f"{str(self._folder.root / PROGRAM)!r}: {error}") from error
        return self._last[1]


def _put(folder: Folder, text: str) -> None:
    try:
        folder.write(PROGRAM, text.encode())
    except OSError as error:
        raise WorkspaceError(
            f"The program {str(folder.root / PROGRAM)!r} cannot be written: {error.strerror}. Allow writing there."
        ) from error
