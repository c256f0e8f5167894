"""One attempt at an instruction: replies of the writer, each carried out and judged, until the work is right."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from llm_strategy.errors import AttemptsExhaustedError, EditsRefusedError, InputError, ReplyError
from llm_strategy.planner.computer.feedback import Feedback
from llm_strategy.planner.computer.files import texts_of
from llm_strategy.planner.computer.hidden_tests import RanTests, note_ran, ran_before
from llm_strategy.planner.computer.lost_code import lost_code
from llm_strategy.planner.computer.missing_imports import missing_imports
from llm_strategy.planner.computer.named_files import named_files
from llm_strategy.planner.computer.remembered import Remembered
from llm_strategy.planner.computer.shortening import shortened
from llm_strategy.planner.computer.stalling import Circles
from llm_strategy.planner.computer.told_edits import told_edits
from llm_strategy.planner.computer.view import View, view_of
from llm_strategy.planner.computer.writing import Asking, written
from llm_strategy.planner.evaluators import Evaluate
from llm_strategy.planner.events import Turned
from llm_strategy.planner.file_store import Applied
from llm_strategy.planner.hooks import Proposal
from llm_strategy.tracing import semconv
from llm_strategy.tracing.recording import opened

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from llm_strategy.flow import Flow
    from llm_strategy.planner.computer.job import Job
    from llm_strategy.planner.computer.place import Place
    from llm_strategy.planner.evaluators import Verdict
    from llm_strategy.planner.replies import Work
    from llm_strategy.tracing.open_span import OpenSpan

__all__ = ["Attempt", "Attempted"]


_SHOWN = 8
"""Files that are named where many were changed; the rest is counted."""
_LONGEST_PATH = 80
_NOW_SHOWN = "The files that you asked for are shown now."
_SURE = (
    "No file was changed for this instruction. If it is carried out already, say so by DONE once more. Otherwise write "
    "its files."
)


@dataclass(frozen=True, slots=True)
class Attempted:
    """What came of an attempt."""

    is_done: bool
    """Whether the instruction is carried out, and nothing is wrong."""
    note: str
    """Why not, for the next attempt and the report."""


@dataclass(frozen=True, slots=True)
class _Changes:
    """What became of the edits of a reply."""

    applied: Applied
    problems: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


class Attempt:
    """An attempt at the instruction of a place.

    Args:
        job: the run.
        place: where the program stands.
        number: number of the attempt, from 1.
        note: what earlier attempts came to.
    """

    def __init__(self, job: Job, place: Place, number: int, note: str) -> None:
        self.job = job
        self.place = place
        self.number = number
        self._feedback = Feedback(job.settings.feedback_tokens, note)
        self._circles = Circles(job.settings.patience)
        self._tests = RanTests({})
        self._wanted: list[str] = []
        self._left = ""
        self._reminded = False
        self._asked_for_lost_code = False
        self._wrote = False
        self._asked_whether_sure = False

    def run(self) -> Flow[Attempted]:
        """Let the writer work until nothing is wrong, it stalls, or its replies are used up."""
        state, step = self.job.state, f"{self.place.path}/{self.place.epoch}"
        before = partial(ran_before, state, step)
        self._tests.seen = yield Remembered(f"tests before {self.number}", before, dict[str, str])
        tried: Attempted = yield from self._turns()
        after = partial(note_ran, state, step, self._tests.seen, is_done=tried.is_done)
        yield Remembered(f"tests after {self.number}", after, int)
        return tried

    def _turns(self) -> Flow[Attempted]:
        for turn in range(1, self.job.settings.turns + 1):
            about = {
                semconv.PLANNER_STEP: self.place.path,
                semconv.PLANNER_EPOCH: self.place.epoch,
                semconv.PLANNER_ATTEMPT: self.number,
                semconv.PLANNER_TURN: turn,
            }
            with opened("step", "turn", about) as span:
                result = yield from self._turn(turn, span)
            if result is not None:
                return result
        return Attempted(is_done=False, note=self._why(f"{self.job.settings.turns} replies were not enough"))

    def _turn(self, turn: int, span: OpenSpan | None) -> Flow[Attempted | None]:
        view: View = yield Remembered(f"look {turn}", self._look, View)
        _note_files(span, "read", view.shown)
        work, said = yield from self._work(view, span)
        changes = yield from self._changed(turn, work, span)
        verdict: Verdict | None = None
        if work.done or (work.edits and not changes.problems):
            found: Verdict = yield Evaluate(self.job.evaluators, self.job.store)
            verdict = self._tests.judged(found, self.job.new_findings(found))
        self._tell(turn, changes, verdict)
        findings = yield from self._findings(work, changes, verdict)
        self._wrote = self._wrote or bool(work.edits and not changes.problems)
        if verdict is not None and verdict.ok and not findings and not work.more:
            if self._wrote or self._asked_whether_sure:
                return Attempted(is_done=True, note=work.note)
            self._asked_whether_sure = True
            findings = [_SURE]
        self._feedback.add(_did(changes.applied), findings or ["Nothing is wrong so far. Go on."])
        stalled = self._circles.again("reply", said) or self._circles.again(
            "findings", "\n".join(one for one in findings if one != _NOW_SHOWN)
        )
        if stalled:
            return Attempted(is_done=False, note=self._why(stalled))
        yield from self._compact()
        return None

    def _look(self) -> View:
        files = texts_of(self.job.store)
        return view_of(files, self._wanted, self.place.instruction.text, self.place.ahead, self.job.settings)

    def _work(self, view: View, span: OpenSpan | None) -> Flow[tuple[Work, str]]:
        """Ask the writer; return its work, and its reply as text. A reply that is no use is work with problems."""
        asking = Asking(self.job, self.place, view, self._feedback.told(), self._temperature())
        if span is not None:
            span.mark(semconv.PLANNER_CONTEXT, asking.letters())
        try:
            return (yield from asking.work())
        except AttemptsExhaustedError as error:
            last = error.errors[-1]
            return written(last.reply, view, self.job, self.place, str(last)), last.reply
        except ReplyError as error:
            return written(error.reply, view, self.job, self.place, str(error)), error.reply

    def _temperature(self) -> float | None:
        return None if self.number == 1 else min(1.0, round(self.job.settings.warmth * (self.number - 1), 3)) or None

    def _changed(self, turn: int, work: Work, span: OpenSpan | None) -> Flow[_Changes]:
        if not work.edits:
            return _Changes(Applied(0))
        if self.job.hooks.confirm is not None:
            proposal = Proposal("edits", self.place.path, told_edits(work.edits))
            allowed: bool = yield Remembered(f"confirm {turn}", partial(self.job.hooks.confirm, proposal), bool)
            if not allowed:
                return _Changes(Applied(0), ("The user did not allow these edits. Do it another way.",))
        changes: _Changes = yield Remembered(f"edit {turn}", partial(self._applied, turn, work), _Changes)
        _note_files(span, "create", changes.applied.created)
        _note_files(span, "write", changes.applied.written)
        _note_files(span, "delete", changes.applied.deleted)
        return changes

    def _applied(self, turn: int, work: Work) -> _Changes:
        key = f"{self.place.path}/{self.place.epoch}/{self.number}/{turn}"
        before = texts_of(self.job.store) if self.job.settings.lost_code else {}
        try:
            applied = self.job.store.apply(work.edits, step=self.place.path, key=key)
        except EditsRefusedError as error:
            return _Changes(Applied(0), (str(error), f"Your edits were:\n{told_edits(work.edits)}"))
        lost = lost_code(before, texts_of(self.job.store), applied.written) if before else []
        return _Changes(applied, lost=tuple(lost))

    def _tell(self, turn: int, changes: _Changes, verdict: Verdict | None) -> None:
        applied = changes.applied
        self._wanted = [*dict.fromkeys([*applied.created, *applied.written, *self._wanted])]
        self.job.hooks.told(
            Turned(
                self.place.path,
                self.number,
                turn,
                applied.created,
                applied.written,
                applied.deleted,
                changes.problems[:1],
                verdict,
            )
        )

    def _findings(self, work: Work, changes: _Changes, verdict: Verdict | None) -> Flow[list[str]]:
        """Return what the writer is to be told, and remember what it wants to see."""
        findings = [*work.problems, *changes.problems]
        if verdict is not None and not verdict.ok:
            findings.append(verdict.told(self.job.settings.feedback_tokens * 2))
            hints: list[str] = yield Remembered("hints", partial(self._hints, verdict), list[str])
            findings += hints
        for words in work.search:
            hits: str = yield Remembered(f"find {words}", partial(self._found, words), str)
            findings.append(hits)
        if work.read:
            self._wanted = [*dict.fromkeys([*work.read, *self._wanted])]
            missing: list[str] = yield Remembered(f"missing {work.read}", partial(self._absent, work.read), list[str])
            findings.append(_not_there(missing) if missing else _NOW_SHOWN)
        if verdict is not None and not findings and not work.more:
            findings += yield from self._unwritten()
        findings += self._lost(changes)
        self._left = findings[-1] if findings else ""
        return findings

    def _unwritten(self) -> Flow[list[str]]:
        """Remind the writer, once, of files that its instruction names and that are not there."""
        if not self.job.settings.named_files or self._reminded:
            return []
        self._reminded = True
        names = named_files(self.place.instruction.text)
        missing: list[str] = yield Remembered("unwritten", partial(self._absent, names), list[str])
        if not missing:
            return []
        return [f"The instruction names {', '.join(missing)}, which is not there. Write it."]

    def _lost(self, changes: _Changes) -> list[str]:
        """Ask, once, about code that files have lost while they were written anew."""
        if not changes.lost or self._asked_for_lost_code:
            return []
        self._asked_for_lost_code = True
        return [f"{' '.join(changes.lost)} Write it again, whole; or say DONE where nobody needs that any more."]

    def _hints(self, verdict: Verdict) -> list[str]:
        return missing_imports(verdict.problems, texts_of(self.job.store))

    def _absent(self, paths: Iterable[str]) -> list[str]:
        there = texts_of(self.job.store)
        return [path for path in paths if path not in there]

    def _found(self, words: str) -> str:
        try:
            hits = self.job.store.search(words)
        except InputError as error:
            return str(error)
        lines = [f"{hit.path}:{hit.line}: {hit.text}" for hit in hits]
        return f"{words!r} stands in:\n" + "\n".join(lines) if lines else f"{words!r} stands nowhere."

    def _compact(self) -> Flow[None]:
        """Sum up what has no room."""
        if not self._feedback.outgrown:
            return
        try:
            note: str = yield from self.job.ask("writer", "note")(
                instruction=self.place.instruction.text, happened=self._feedback.history()
            )
        except (AttemptsExhaustedError, ReplyError):
            note = self._feedback.history()  # its beginning and its end have to do
        self._feedback.sum_up(note)

    def _why(self, reason: str) -> str:
        return shortened(f"{reason}. {self._left}".strip(), max(1, self.job.settings.feedback_tokens // 4))


def _did(applied: Applied) -> str:
    parts = [
        f"{word} {_listed(paths)}"
        for word, paths in (("made", applied.created), ("changed", applied.written), ("removed", applied.deleted))
        if paths
    ]
    return "; ".join(parts) or "no file was changed"


def _listed(paths: Sequence[str]) -> str:
    told = ", ".join(path if len(path) <= _LONGEST_PATH else f"...{path[-_LONGEST_PATH:]}" for path in paths[:_SHOWN])
    return f"{told} and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else told


def _not_there(paths: list[str]) -> str:
    return f"There is no text file {_listed(paths)}. The overview lists what there is."


def _note_files(span: OpenSpan | None, operation: str, paths: tuple[str, ...]) -> None:
    if span is not None:
        for path in paths:
            span.event(semconv.FILE, {semconv.FILE_PATH: path, semconv.FILE_OPERATION: operation})
