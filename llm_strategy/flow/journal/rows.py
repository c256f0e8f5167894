"""What is asked of the tables of a journal. All values are parameters, all answers are checked."""

from __future__ import annotations

import time
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from llm_strategy.errors import BudgetExceededError, StoredDataError
from llm_strategy.flow.codec import data_from, json_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from llm_strategy.flow.journal.store import Asked, ErrorData

__all__ = ["FlowRow", "Rows", "StepRow", "every_step", "number_of_runs"]

_STEP = "SELECT id, flow, place, kind, fingerprint, about, run, began, ended, partial, answer, digest FROM steps"
_STEPS_WITHIN = f"""
WITH RECURSIVE within (id) AS (
    SELECT s.id FROM steps s JOIN flows f ON s.flow = f.id WHERE f.inside = ?
    UNION SELECT s.id FROM steps s JOIN flows f ON s.flow = f.id JOIN within w ON f.inside = w.id
) {_STEP} WHERE id IN (SELECT id FROM within) AND answer IS NOT NULL ORDER BY id
"""  # noqa: S608 (of constants only)


@dataclass(frozen=True, slots=True)
class FlowRow:
    """A flow that a journal knows."""

    id: int
    ordinal: int
    alone: bool
    """Whether no other flow was under way with it, so that its place in the program is certain."""
    run: int


@dataclass(frozen=True, slots=True)
class StepRow:
    """A request that a journal knows. What is stored in it is only read when it is asked for."""

    id: int
    flow: int
    place: str
    kind: str
    fingerprint: str
    about_text: Any
    run: int
    began: float
    ended: float | None
    partial: Any
    answer_text: Any
    digest: Any

    @property
    def where(self) -> str:
        """How errors name it."""
        return f"request {self.id} (flow {self.flow}, step {self.place})"

    @property
    def is_answered(self) -> bool:
        """Whether its answer is there."""
        return self.answer_text is not None

    @property
    def has_failed(self) -> bool:
        """Whether it ended without an answer."""
        return self.answer_text is None and self.ended is not None

    @property
    def is_partial(self) -> bool:
        """Whether its answer is a stream that was closed before its end."""
        return bool(self.partial == 1)

    def about(self) -> dict[str, Any]:
        """Return the request for people. Raises StoredDataError."""
        data = data_from(self.about_text, self.where)
        if not isinstance(data, dict):
            raise StoredDataError(f"{self.where}: {data!r} is stored as the request, and no object.")
        return cast("dict[str, Any]", data)

    def answer(self) -> Any:
        """Return the answer as data. Raises StoredDataError."""
        if not isinstance(self.answer_text, str) or _digest(self.answer_text) != self.digest:
            raise StoredDataError(f"{self.where}: the answer that is stored there is not the one that was written.")
        return data_from(self.answer_text, self.where)


class Rows:
    """The tables of one journal, for one run."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute
        self.replies = self.count("SELECT count(*) FROM steps WHERE answer IS NOT NULL")
        """How many answers were there when the run began."""
        self.flows = self.count("SELECT count(*) FROM flows")
        """How many flows were there when the run began."""
        self.nested = self.count("SELECT count(*) FROM flows WHERE inside <> 0") > 0
        """Whether some flows were run by requests of others."""
        self.run = int(self._execute("INSERT INTO runs (began) VALUES (?)", (time.time(),)).lastrowid or 0)
        """Number of this run."""

    def count(self, statement: str, *values: Any) -> int:
        """Return the number that a statement gives."""
        return int(self._execute(statement, values).fetchone()[0])

    def step(self, flow: int, place: str) -> StepRow | None:
        """Return the request at a place."""
        return _step_of(self._execute(f"{_STEP} WHERE flow = ? AND place = ?", (flow, place)).fetchone())

    def step_of(self, ticket: int) -> StepRow | None:
        """Return the request of a ticket."""
        return _step_of(self._execute(f"{_STEP} WHERE id = ?", (ticket,)).fetchone())

    def unanswered(self) -> list[StepRow]:
        """Return the requests of earlier runs that were under way at their end."""
        found = self._execute(f"{_STEP} WHERE answer IS NULL AND ended IS NULL AND run < ? ORDER BY id", (self.run,))
        return [step for row in found if (step := _step_of(row)) is not None]

    def unused(self, claimed: frozenset[int]) -> StepRow | None:
        """Return the first answer of a flow that was not claimed."""
        for row in self._execute(f"{_STEP} WHERE answer IS NOT NULL AND run < ? ORDER BY id", (self.run,)):
            step = _step_of(row)
            if step is not None and step.flow not in claimed:
                return step
        return None

    def first(self, flow: int) -> StepRow | None:
        """Return what a flow asked first."""
        return _step_of(self._execute(f"{_STEP} WHERE flow = ? ORDER BY id LIMIT 1", (flow,)).fetchone())

    def inside(self, ticket: int) -> list[StepRow]:
        """Return what was answered while a request was carried out, at whatever depth."""
        found = self._execute(_STEPS_WITHIN, (ticket,))
        return [step for row in found if (step := _step_of(row)) is not None]

    def at_ordinal(self, inside: int, ordinal: int) -> Iterator[FlowRow]:
        """Yield the flows of earlier runs that were the so-manieth."""
        for row in self._execute(
            "SELECT id, ordinal, alone, run FROM flows WHERE inside = ? AND ordinal = ? AND run < ? ORDER BY id",
            (inside, ordinal, self.run),
        ).fetchall():
            yield FlowRow(row[0], row[1], row[2] == 1, row[3])

    def asking(self, inside: int, fingerprint: str, place: str, after: int) -> Iterator[int]:
        """Yield the flows of earlier runs that asked this at this place, oldest first."""
        for row in self._execute(
            "SELECT s.flow FROM steps s JOIN flows f ON s.flow = f.id WHERE s.fingerprint = ? AND s.place = ? "
            "AND s.flow > ? AND f.inside = ? AND f.run < ? ORDER BY s.flow",
            (fingerprint, place, after, inside, self.run),
        ):
            yield int(row[0])

    def clash(self, one: int, other: int) -> bool:
        """Whether two flows have asked at the same place."""
        both = "SELECT count(*) FROM steps a JOIN steps b ON a.place = b.place WHERE a.flow = ? AND b.flow = ?"
        return self.count(both, one, other) > 0

    def new_flow(self, inside: int, ordinal: int) -> int:
        """Write a flow down and return its number."""
        added = self._execute(
            "INSERT INTO flows (inside, ordinal, alone, run) VALUES (?, ?, 0, ?)", (inside, ordinal, self.run)
        )
        return int(added.lastrowid or 0)

    def merge(self, flow: int, into: int) -> None:
        """Move what a flow has asked into another one that it turned out to be."""
        self._execute("UPDATE steps SET flow = ? WHERE flow = ?", (into, flow))
        self._execute("DELETE FROM failures WHERE flow = ?", (flow,))
        self._execute("DELETE FROM flows WHERE id = ?", (flow,))

    def set_alone(self, flow: int, *, alone: bool) -> None:
        """Note whether other flows were under way with a flow."""
        self._execute("UPDATE flows SET alone = ? WHERE id = ? AND alone <> ?", (alone, flow, alone))

    def begin(self, flow: int, place: str, asked: Asked) -> int:
        """Write down that a request is under way, in place of what was at its place, and return its ticket."""
        self._execute(
            "INSERT INTO steps (flow, place, kind, fingerprint, about, run, began) VALUES (?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (flow, place) DO UPDATE SET kind = excluded.kind, fingerprint = excluded.fingerprint, "
            "about = excluded.about, run = excluded.run, began = excluded.began, ended = NULL, partial = 0, "
            "answer = NULL, digest = NULL",
            (flow, place, asked["kind"], asked["fingerprint"], json_of(asked["about"]), self.run, time.time()),
        )
        return self.count("SELECT id FROM steps WHERE flow = ? AND place = ?", flow, place)

    def answer(self, ticket: int, answer: Any, *, partial: bool) -> bool:
        """Write an answer down; say whether there was a request that it belongs to."""
        text = json_of(answer)
        changed = self._execute(
            "UPDATE steps SET answer = ?, digest = ?, partial = ?, ended = ? WHERE id = ?",
            (text, _digest(text), partial, time.time(), ticket),
        )
        return changed.rowcount > 0

    def forget_answer(self, ticket: int) -> None:
        """Let a request be one that is under way again."""
        self._execute(
            "UPDATE steps SET answer = NULL, digest = NULL, partial = 0, ended = NULL WHERE id = ?", (ticket,)
        )

    def failure(self, flow: int, place: str, number: int) -> tuple[str, int, ErrorData] | None:
        """Return how the so-manieth request at a place failed: its hash, the run, and the error."""
        row = self._execute(
            "SELECT fingerprint, run, error FROM failures WHERE flow = ? AND place = ? AND number = ?",
            (flow, place, number),
        ).fetchone()
        return None if row is None else (row[0], row[1], _error(row[2], f"failure at step {place} of flow {flow}"))

    def fail(self, step: StepRow, number: int, error: ErrorData, declined: str | None) -> None:
        """Write down how a request failed, which is no longer under way."""
        self._execute(
            "INSERT OR REPLACE INTO failures (flow, place, number, fingerprint, run, declined, error) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (step.flow, step.place, number, step.fingerprint, self.run, declined, json_of(error)),
        )
        self._execute("UPDATE steps SET ended = ? WHERE id = ?", (time.time(), step.id))

    def go_on(self, flow: int) -> None:
        """Write down that the program went on after a flow had failed in this run.

        A budget that is used up is left out: it is a rule of the program, and may be another one the next time.
        """
        for place, number, text in self._execute(
            "SELECT place, number, error FROM failures WHERE flow = ? AND run = ?", (flow, self.run)
        ).fetchall():
            error = _error(text, f"failure at step {place} of flow {flow}")
            if error["type"] != BudgetExceededError.__name__:
                self._execute(
                    "UPDATE failures SET error = ? WHERE flow = ? AND place = ? AND number = ?",
                    (json_of({**error, "went_on": True}), flow, place, number),
                )

    def clear_failures(self, flow: int, place: str, since: int) -> None:
        """Forget the failures at a place from one on: the request was answered after all."""
        self._execute("DELETE FROM failures WHERE flow = ? AND place = ? AND number >= ?", (flow, place, since))

    def declining(self, declined: str) -> ErrorData | None:
        """Return the error of a request whose form a model has turned down."""
        row = self._execute("SELECT error FROM failures WHERE declined = ? LIMIT 1", (declined,)).fetchone()
        return None if row is None else _error(row[0], "failure of a request")

    def finish(self) -> None:
        """Write down that this run came to its end."""
        self._execute("UPDATE runs SET ended = ? WHERE id = ?", (time.time(), self.run))


def every_step(connection: sqlite3.Connection) -> Iterator[StepRow]:
    """Yield the requests of a journal, in the order in which they were first sent."""
    for row in connection.execute(f"{_STEP} ORDER BY id"):
        step = _step_of(row)
        if step is not None:
            yield step


def number_of_runs(connection: sqlite3.Connection) -> int:
    """Return how often the program was started."""
    return int(connection.execute("SELECT count(*) FROM runs").fetchone()[0])


def _step_of(row: tuple[Any, ...] | None) -> StepRow | None:
    if row is None:
        return None
    fields: Any = row
    return StepRow(*fields)


def _error(text: Any, where: str) -> ErrorData:
    data = data_from(text, where)
    known: dict[str, Any] = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
    status = known.get("status")
    if not (isinstance(known.get("type"), str) and isinstance(known.get("message"), str)) or not (
        status is None or isinstance(status, int)
    ):
        raise StoredDataError(f"{where}: what is stored there is no error.")
    return cast("ErrorData", known)


def _digest(text: str) -> int:
    return zlib.crc32(text.encode())
