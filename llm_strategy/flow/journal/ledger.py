"""The journal of a durable run: what is asked goes through here, in SQLite before it reaches the program."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import JournalError
from llm_strategy.flow.exclusive import Exclusive
from llm_strategy.flow.journal.binding import Binding
from llm_strategy.flow.journal.database import open_journal, settle, told_by_path
from llm_strategy.flow.journal.difference import changed, one_line
from llm_strategy.flow.journal.held import Held
from llm_strategy.flow.journal.in_flight import InFlight
from llm_strategy.flow.journal.rows import Rows
from llm_strategy.flow.journal.told import form_of, told
from llm_strategy.flow.journal.totals import Sums, spent_of
from llm_strategy.flow.journal.under_way import FlowsUnderWay, Ticket

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path
    from typing import TypeVar

    from llm_strategy.flow.journal.flow_state import FlowState
    from llm_strategy.flow.journal.rows import StepRow
    from llm_strategy.flow.journal.store import Asked, ErrorData, FlowData, Inside, Told
    from llm_strategy.flow.journal.totals import RunTotals

    T = TypeVar("T")

__all__ = ["Ledger"]


class Ledger:
    """A `JournalStore` in a file, for one process at a time; its calls are made one at a time.

    Raises:
        JournalError: the file cannot be used, and why.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        """The file."""
        self._held = Held(path)
        try:
            self._connection = open_journal(path)
            with told_by_path(path):
                self._rows = Rows(self._connection)
                self.in_flight = tuple(map(InFlight.of, self._rows.unanswered()))
                """What was asked in earlier runs and never answered: it may have been paid for."""
        except BaseException:
            self._held.release()
            raise
        self._binding = Binding(self._rows)
        self._flows = FlowsUnderWay()
        self._tickets: dict[int, Ticket] = {}
        self._partial: set[int] = set()
        self._sums = Sums()
        self._used = 0
        self._has_diverged = False
        self.changed = ""
        """What was found first to have changed in the program."""
        self._process = os.getpid()
        self._exclusive = Exclusive()
        self._is_open = True

    @property
    def is_open(self) -> bool:
        """Whether it can be written to in this process."""
        return self._is_open and os.getpid() == self._process

    @property
    def totals(self) -> RunTotals:
        """What the run has cost so far."""
        return self._exclusive.run(self._sums.totals)

    def ask(self, flow: FlowData, path: Sequence[int], asked: Asked) -> Told:
        """Return what is known of a request; where it is to be asked, note that it is under way."""
        return self._done(lambda: self._ask(flow, tuple(path), asked))

    def answered(self, ticket: int, answer: Any, *, partial: bool = False) -> None:
        """Write an answer down; it is with the system when this returns, and survives the end of the process."""
        if partial:  # the garbage collector may be who closes a stream: see `Exclusive`
            self._exclusive.soon(lambda: self._closed(ticket, answer))
        else:
            self._done(lambda: self._answered(ticket, answer, partial=False))

    def failed(self, ticket: int, error: ErrorData | None) -> None:
        """Note that a request failed; None where it was abandoned, or failed in another way than requests do."""
        if error is None:
            self._exclusive.soon(lambda: self._tickets.pop(ticket, None))
        else:
            self._done(lambda: self._failed(ticket, error))

    def forget(self, ticket: int) -> None:
        """Let an answer be none, so that it is asked for anew in the next run."""
        self._done(lambda: self._rows.forget_answer(ticket))

    def ended(self, flow: str, *, failed: bool = False) -> None:
        """Note that the flow of this key is over, and whether it ended in an error."""
        self._exclusive.soon(lambda: self._flows.end(flow, failed=failed))

    def close(self, *, finished: bool) -> str | None:
        """Let go of the file; return what of it a finished run has not asked for, if there is anything."""
        return self._exclusive.run(lambda: self._close(finished=finished))

    def _done(self, call: Callable[[], T]) -> T:
        if os.getpid() != self._process:
            raise JournalError(
                f"Journal {str(self.path)!r} belongs to process {self._process}, and process {os.getpid()} was forked "
                "from it. Open a journal of its own in each process, or use threads, tasks or a RayExecutor."
            )
        return self._exclusive.run(lambda: self._checked(call))

    def _checked(self, call: Callable[[], T]) -> T:
        if not self._is_open:
            raise JournalError(
                f"Journal {str(self.path)!r} is closed: the `with durable(...)` has ended, and what began in it goes "
                "on. Read iterators to their end, and wait for tasks and threads, inside of it."
            )
        with told_by_path(self.path):
            return call()

    @contextmanager
    def _writing(self) -> Generator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def _ask(self, given: FlowData, path: tuple[int, ...], asked: Asked) -> Told:
        self._partial.clear()  # the program went on: what it closed it has done with
        with self._writing():
            flow, others = self._flows.of(given)
            for other in others:
                self._rows.set_alone(other.id, alone=False)
            failed = self._flows.failed_before(flow)
            if failed is not None:
                self._rows.go_on(failed.id)
            place, again = flow.take(path)
            conflict = self._binding.bind(flow, place, asked["fingerprint"])
            known = self._known(flow, place, asked, conflict)
            if known is not None:
                self._kept(flow, path, place, again, known)
                return known
            ticket = self._rows.begin(flow.id, place, asked)
        self._tickets[ticket] = Ticket(flow, path, again, place, asked)
        return told("ask", ticket)

    def _known(self, flow: FlowState, place: str, asked: Asked, conflict: StepRow | None) -> Told | None:
        """Return what an earlier run knows of a request; None where it is to be asked."""
        if conflict is None and not flow.is_earlier:
            return None
        step = conflict or self._rows.step(flow.id, place)
        failure = self._failure(step.flow if step else flow.id, place, flow.failures(place), asked)
        if failure is not None:
            return failure
        if step is None:
            return None
        if step.fingerprint == asked["fingerprint"] and step.kind == asked["kind"]:
            return self._replayed(step) if step.is_answered else None
        if step.has_failed:
            return None
        return self._otherwise(flow, step, asked, conflict)

    def _otherwise(self, flow: FlowState, step: StepRow, asked: Asked, conflict: StepRow | None) -> Told | None:
        """Say what becomes of a request in whose place another one stands."""
        declined = self._rows.declining(form_of(asked))
        if declined is not None:
            if conflict is not None:
                self._binding.claim(flow, conflict)
            return {**told("failure", 0), "error": declined}
        if flow.has_diverged or self._has_diverged:
            if conflict is not None:
                self._binding.renew(flow)
            return None
        where = f"step {step.place} of flow {step.flow} in journal {str(self.path)!r}"
        then = (step.kind, step.about())
        message = changed(where, then, (asked["kind"], asked["about"]))
        self.changed = self.changed or message
        return {**told("changed", 0), "message": message}

    def _failure(self, flow: int, place: str, number: int, asked: Asked) -> Told | None:
        """Return how a request failed, if the program went on after that: then it must go on the same way."""
        found = self._rows.failure(flow, place, number)
        if found is None or found[0] != asked["fingerprint"] or found[1] == self._rows.run:
            return None
        step = self._rows.step(flow, place)
        went_on = (
            found[2].get("went_on", False)
            or (step is not None and not step.has_failed)
            or self._rows.failure(flow, place, number + 1) is not None
        )
        return {**told("failure", 0), "error": found[2]} if went_on else None

    def _replayed(self, step: StepRow) -> Told:
        answer, inside = step.answer(), self._inside(step)
        self._used += 1 + len(inside)
        for kind, about, one, where in (
            (step.kind, step.about(), answer, step.where),
            *((part["kind"], part["about"], part["answer"], part["where"]) for part in inside),
        ):
            self._count(kind, about, one, where, replayed=True)
        return {
            **told("answer", step.id),
            "answer": answer,
            "partial": step.is_partial,
            "where": f"Journal {str(self.path)!r}, {step.where}",
            "inside": inside,
        }

    def _inside(self, step: StepRow) -> list[Inside]:
        return (
            [
                {"kind": one.kind, "about": one.about(), "answer": one.answer(), "where": one.where}
                for one in self._rows.inside(step.id)
            ]
            if self._rows.nested
            else []
        )

    def _kept(self, flow: FlowState, path: tuple[int, ...], place: str, again: int, known: Told) -> None:
        if known["told"] == "failure":
            flow.give_back(path, again, place)
        else:
            flow.keep(path)

    def _answered(self, ticket: int, answer: Any, *, partial: bool) -> None:
        known = self._tickets.pop(ticket, None)
        if known is None:
            return
        flow = known.flow
        with self._writing():
            self._rows.answer(ticket, answer, partial=partial)
            if flow.alone and not flow.marked:
                self._rows.set_alone(flow.id, alone=True)
                flow.marked = True
            place, number = known.place, flow.failures(known.place)
            earlier = self._rows.failure(flow.id, place, number)
            if earlier is not None and earlier[0] == known.asked["fingerprint"]:
                self._rows.clear_failures(flow.id, place, number)
                flow.has_diverged = self._has_diverged = True
        flow.keep(known.path)
        if partial:
            self._partial.add(ticket)
        self._count(known.asked["kind"], known.asked["about"], answer, f"request {ticket}", replayed=False)

    def _closed(self, ticket: int, answer: Any) -> None:
        with suppress(Exception):  # it stays under way then, and is asked for again
            if self.is_open:
                self._answered(ticket, answer, partial=True)

    def _failed(self, ticket: int, error: ErrorData) -> None:
        known = self._tickets.pop(ticket, None)
        step = None if known is None else self._rows.step_of(ticket)
        if known is None or step is None:
            return
        number = known.flow.failures(step.place)
        declined = form_of(known.asked) if error["type"] == "UnsupportedError" else None
        with self._writing():
            self._rows.fail(step, number, error, declined)
        known.flow.give_back(known.path, known.again, step.place)

    def _count(self, kind: str, about: dict[str, Any], answer: Any, where: str, *, replayed: bool) -> None:
        spent = spent_of(kind, about, answer, where)
        if spent is not None:
            self._sums.add(spent, replayed=replayed)

    def _close(self, *, finished: bool) -> str | None:
        self._is_open = False
        try:
            with told_by_path(self.path):
                if not finished:
                    for ticket in self._partial:
                        self._rows.forget_answer(ticket)
                    return None
                self._rows.finish()
                left = self._rows.replies - self._used
                return self._left(left) if left > 0 and not self._has_diverged else None
        finally:
            settle(self._connection)
            self._connection.close()
            self._held.release()

    def _left(self, count: int) -> str:
        step = self._rows.unused(self._binding.claimed)
        first = "" if step is None else f" One of them: {one_line(step.kind, step.about())!r}."
        return (
            f"Journal {str(self.path)!r} holds {count:,} {'reply' if count == 1 else 'replies'} that this run did not "
            "ask for: the program has changed since they were paid for, or went another way when a request that had "
            f"failed was tried again.{first} Delete the file to begin anew."
        )
