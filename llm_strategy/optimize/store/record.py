"""What was written down of a search, for whoever reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from llm_strategy.files.database import Database
from llm_strategy.optimize.store.encoding import candidate_from, kept, read, rollout_data, rollout_from
from llm_strategy.optimize.store.tables import LAYOUT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import Self

    from llm_strategy.optimize.rollouts.record import TaskRunRecord
    from llm_strategy.optimize.search.candidate import Candidate
    from llm_strategy.optimize.search.orders import Rollout

__all__ = ["OptimizationRecord"]

_AT_ONCE = 500
"""How many rollouts are read with one statement."""


class OptimizationRecord:
    """What is in the file of a search, which may be under way: nothing is locked or changed.

    Args:
        path: the file.
        database: the same, opened; None opens it for reading.

    Raises:
        WorkspaceError: there is no such file, or it cannot be read.
        StoredDataError: it is a file of another kind or version.
    """

    def __init__(self, path: Path | None, database: Database | None = None) -> None:
        self.path = path
        """The file; None for one in memory."""
        self._database = Database(path, LAYOUT, reading=True) if database is None else database

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def get(self, name: str) -> Any:
        """Return what is noted under a name, as JSON data; None where nothing is."""
        rows = self._database.rows((str,), "SELECT data FROM run WHERE name = ?", name)
        return read(rows[0][0], self.name) if rows else None

    @property
    def length(self) -> int:
        """How many events there are."""
        ((last,),) = self._database.rows((int,), "SELECT coalesce(max(seq), 0) FROM event")
        return cast("int", last)

    def event(self, seq: int) -> tuple[str, dict[str, Any]] | None:
        """Return kind and data of the event with this number, from 1; None behind the last one."""
        rows = self._database.rows((str, str), "SELECT kind, data FROM event WHERE seq = ?", seq)
        return (rows[0][0], read(rows[0][1], self.name)) if rows else None

    def events(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give kind and data of all events, in order."""
        seq = 1
        while (event := self.event(seq)) is not None:
            yield event
            seq += 1

    def candidates(self) -> Iterator[Candidate]:
        """Give all candidates of which anything was wanted, in the order in which they were made."""
        for number, data in self._database.rows((int, str), "SELECT number, data FROM candidate ORDER BY number"):
            yield candidate_from(number, read(data, self.name))

    def known(self, keys: Sequence[str]) -> dict[str, tuple[Rollout, dict[str, Any]]]:
        """Return those of these rollouts that are there, with what they have cost."""
        found: dict[str, tuple[Rollout, dict[str, Any]]] = {}
        for begin in range(0, len(keys), _AT_ONCE):
            some = keys[begin : begin + _AT_ONCE]
            query = f"SELECT key, data, cost FROM rollout WHERE key IN ({', '.join('?' * len(some))})"  # noqa: S608
            for key, data, cost in self._database.rows((str, str, str), query, *some):
                found[key] = rollout_from(read(data, self.name)), read(cost, self.name)
        return found

    def loose(self) -> dict[str, dict[str, Any]]:
        """Return what those rollouts have cost that are in no event: they had ended when a run was broken off."""
        answered = {key for _, data in self.events() for key in data.get("keys", ())}
        rows = self._database.rows((str, str), "SELECT key, cost FROM rollout ORDER BY key")
        return {key: read(cost, self.name) for key, cost in rows if key not in answered}

    @property
    def count(self) -> int:
        """How many rollouts there are."""
        ((count,),) = self._database.rows((int,), "SELECT count(*) FROM rollout")
        return cast("int", count)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was done yet: no rollout has ended, and nothing was answered."""
        return not self.length and not self.count

    def rollouts(self) -> Iterator[Rollout]:
        """Give all rollouts that were answered, in the order in which they were wanted."""
        for kind, data in self.events():
            if kind == "evaluate":
                known = self.known(data["keys"])
                yield from (known[key][0] for key in data["keys"])

    def seconds(self, key: str) -> float:
        """Return the time that a rollout took."""
        rows = self._database.rows((float,), "SELECT seconds FROM timing WHERE key = ?", key)
        return cast("float", rows[0][0]) if rows else 0.0

    def run(self, order_key: str) -> TaskRunRecord | None:
        """Return what went on inside of a rollout; None where that is not kept."""
        rows = self._database.rows((str,), "SELECT data FROM detail WHERE key = ?", order_key)
        return cast("TaskRunRecord", read(rows[0][0], self.name)) if rows else None

    def log(self) -> bytes:
        """Return all that was answered, as lines of JSON: the same bytes for the same search, on any machine."""
        return "".join(self._lines()).encode()

    def _lines(self) -> Iterator[str]:
        for seq, (kind, data) in enumerate(self.events(), 1):
            yield kept({"seq": seq, "kind": kind, "data": data}, "An event") + "\n"
            known = self.known(data["keys"]) if kind == "evaluate" else {}
            for key in data.get("keys", ()):
                yield kept({"rollout": rollout_data(known[key][0])}, "A rollout") + "\n"

    @property
    def name(self) -> str:
        """What it is called in errors."""
        return "memory" if self.path is None else repr(str(self.path))
