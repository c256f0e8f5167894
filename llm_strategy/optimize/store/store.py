"""Where a search is written down, so that one that was broken off goes on without paying for anything twice."""

from __future__ import annotations

import os
from collections import OrderedDict
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import StoredDataError, WorkspaceError
from llm_strategy.files.database import Database
from llm_strategy.files.held import HeldFile
from llm_strategy.optimize.store.encoding import candidate_data, kept, read, rollout_data, rollout_from
from llm_strategy.optimize.store.identity import differences
from llm_strategy.optimize.store.record import OptimizationRecord
from llm_strategy.optimize.store.tables import LAYOUT

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping
    from pathlib import Path

    from llm_strategy.optimize.rollouts.record import TaskRunRecord
    from llm_strategy.optimize.search.candidate import Candidate
    from llm_strategy.optimize.search.orders import Rollout
    from llm_strategy.optimize.store.identity import Identity

__all__ = ["OptimizationStore"]

_DETAILS = 512
_LONGEST_DETAIL = 1_000_000


class OptimizationStore(OptimizationRecord):
    r"""The file of one search. One process has it at a time, and loses it when it dies.

    What was answered is an event; the log of all events is the truth, and rollouts are written down before that, each
    as it ends: one that ended before the process was killed is not carried out again. Nothing that depends on time or
    threads is in the log. Of what went on inside of rollouts, the latest `details` are kept, and those of the seed.

    Covered: a process that is killed at any moment; a loss of power, which may cost the last rollouts, and leaves the
    file whole; several processes; files of other programs. Not covered: somebody who forges what is in the file.

    >>> with OptimizationStore() as store:
    ...     store.add_event("note", {"kind": "front", "data": {}})
    ...     store.log()
    b'{"data":{"data":{},"kind":"front"},"kind":"note","seq":1}\n'

    Args:
        path: the file, made where it is missing; None for one in memory.
        details: of how many rollouts it is kept what went on inside.

    Raises:
        WorkspaceError: the file cannot be written, or another process has it.
        StoredDataError: it is a file of another kind or version.
    """

    def __init__(self, path: Path | None = None, *, details: int = _DETAILS) -> None:
        self._details = details
        self._recent: OrderedDict[str, None] = OrderedDict()
        self._held = None if path is None else _held(path)
        try:
            if path is not None:
                _make(path)
            super().__init__(path, Database(path, LAYOUT))
        except BaseException:
            self._release()
            raise

    def close(self) -> None:
        """Close the file, and let others have it."""
        super().close()
        self._release()

    def begin(self, identity: Identity) -> bool:
        """Begin a run, or go on with it; return whether it was begun before.

        One that came to nothing, as it was set up wrongly, is no reason to keep to what it was.

        Raises:
            StoredDataError: it was begun with something else; the error names what.
        """
        now = read(kept(identity.as_data(), "What a run is"), "What a run is")
        then = self.get("identity")
        found = [] if then is None else differences(then, now)
        if then is None or (found and self.is_empty):
            self.set("identity", now)
            self.ended()
            return False
        if found:
            raise StoredDataError(
                f"The optimization in {self.name} was begun with something else: {'; '.join(found)}. Scores of "
                "then and of now cannot be compared. Run it as it was, or name another file to begin anew."
            )
        return True

    def set(self, name: str, data: Any) -> None:
        """Note something under a name, as JSON data. It is no part of the log."""
        self._database.change("INSERT OR REPLACE INTO run VALUES (?, ?)", name, kept(data, f"The note {name!r}"))

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Let all that is written inside be there as a whole or not at all."""
        with self._database.transaction():
            yield

    def add_event(self, kind: str, data: Mapping[str, Any]) -> None:
        """Write an answer down, behind all that there are."""
        self._database.change("INSERT INTO event (kind, data) VALUES (?, ?)", kind, kept(data, f"The event {kind!r}"))

    def set_event(self, seq: int, data: Mapping[str, Any]) -> None:
        """Write down what an answer would be by now."""
        self._database.change("UPDATE event SET data = ? WHERE seq = ?", kept(data, f"Event {seq}"), seq)

    def cut(self, seq: int) -> None:
        """Forget the event with this number, and all behind it. Rollouts are not forgotten."""
        with self._database.transaction():
            self._database.change("DELETE FROM event WHERE seq >= ?", seq)
            self._database.change("DELETE FROM candidate WHERE event >= ?", seq)

    def add_candidates(self, candidates: Iterable[Candidate]) -> None:
        """Write down candidates that are not there yet, with the event behind all that there are."""
        event = self.length + 1
        for one in candidates:
            data = kept(candidate_data(one), f"Candidate {one.number}")
            self._database.change("INSERT OR IGNORE INTO candidate VALUES (?, ?, ?)", one.number, event, data)

    def begun(self, keys: Iterable[str]) -> None:
        """Write down that rollouts begin."""
        with self._database.transaction():
            for key in keys:
                self._database.change("INSERT OR IGNORE INTO begun VALUES (?)", key)

    def ended(self) -> None:
        """Write down that no rollout is under way."""
        self._database.change("DELETE FROM begun")

    def broken(self) -> list[str]:
        """Return the keys of rollouts that began, and of which nothing is known."""
        query = "SELECT key FROM begun WHERE key NOT IN (SELECT key FROM rollout) ORDER BY key"
        return [key for (key,) in self._database.rows((str,), query)]

    def add_rollout(self, rollout: Rollout, cost: Mapping[str, Any], record: TaskRunRecord | None) -> Rollout:
        """Write down what came of an order, with what it has cost, and what went on inside; return what is there now.

        Raises:
            InputError: its score is no number, or something in it is no JSON data.
        """
        key = rollout.order.key
        what = f"The rollout {key!r}"
        data, detail = kept(rollout_data(rollout), what), None if record is None else kept(record, what)
        with self._database.transaction():
            self._database.change("INSERT INTO rollout VALUES (?, ?, ?)", key, data, kept(cost, what))
            seconds = rollout.usage.seconds + rollout.scoring.seconds
            self._database.change("INSERT OR REPLACE INTO timing VALUES (?, ?)", key, seconds)
            if detail is not None and len(detail) <= _LONGEST_DETAIL:
                self._database.change("INSERT OR REPLACE INTO detail VALUES (?, ?)", key, detail)
        return rollout_from(read(data, what))

    def answered(self, keys: Iterable[str], seed: str) -> None:
        """Forget what went on inside of older rollouts than these, which were just answered.

        Args:
            keys: the rollouts.
            seed: the key of the candidate whose rollouts are never forgotten.
        """
        for key in keys:
            if not key.startswith(f"{seed}/"):
                self._recent[key] = None
        while len(self._recent) > self._details:
            key, _ = self._recent.popitem(last=False)
            self._database.change("DELETE FROM detail WHERE key = ?", key)

    def _release(self) -> None:
        if self._held is not None:
            self._held.release()
            self._held = None


def _make(path: Path) -> None:
    """Make the file for its owner alone: it holds cases, prompts and replies. What SQLite puts beside it follows it."""
    with suppress(OSError):  # SQLite tells what is wrong with the place
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _held(path: Path) -> HeldFile:
    try:
        return HeldFile(path.with_name(f"{path.name}.lock"))
    except BlockingIOError as error:
        raise WorkspaceError(
            f"The optimization in {str(path)!r} is in use by {error.strerror}. Wait for its end, or name another file."
        ) from error
    except FileNotFoundError as error:
        raise WorkspaceError(
            f"The optimization in {str(path)!r} cannot be kept: there is no folder {str(path.parent)!r}. Make it first."
        ) from error
    except OSError as error:
        raise WorkspaceError(
            f"The optimization in {str(path)!r} cannot be locked: {error.strerror}. Allow writing there, and put it "
            "on a local disk."
        ) from error
