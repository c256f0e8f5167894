"""How far a run has come, put together from what happens: what any view of it shows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from llm_strategy.planner.events import Ended, Planned, StepBegan, StepEnded, Turned
from llm_strategy.planner.program.outline import outline
from llm_strategy.planner.state import Spent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from llm_strategy.planner.evaluators import Verdict
    from llm_strategy.planner.events import Event
    from llm_strategy.planner.program import Program
    from llm_strategy.planner.program.outline import OutlineRow

__all__ = ["Progress"]


class Progress:
    """How far a run has come.

    >>> from llm_strategy.planner.program import Instruction, Program
    >>> progress = Progress()
    >>> progress.take(Planned(Program("t", instructions=(Instruction("1", "Write a.py"),)), "planned"))
    >>> progress.take(StepBegan("1", "Write a.py"))
    >>> progress.take(Turned("1", 1, 1, created=("a.py",)))
    >>> progress.take(StepEnded("1", "done", "", Spent(calls=1)))
    >>> progress.done, progress.rows[0].outcome, sorted(progress.made), progress.spent.calls
    (1, 'done', ['a.py'], 1)

    Args:
        program: what is carried out, where there is a program already.
        outcomes: of the steps that are over.
        spent: what they have cost.
        clock: tells seconds.
    """

    def __init__(
        self,
        program: Program | None = None,
        outcomes: Mapping[str, str] | None = None,
        spent: Spent | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.program = program
        """What is carried out; None as long as it is planned."""
        self.outcomes = dict(outcomes or {})
        """Of the steps that are over."""
        self.spent = spent or Spent()
        """What these have cost, with all earlier runs in the workspace."""
        self.current = ""
        """Path of the step that is under way; '' between steps."""
        self.turn: Turned | None = None
        """The last reply of the step that is under way."""
        self.verdict: Verdict | None = None
        """What the evaluators said last."""
        self.made: set[str] = set()
        """Files that were made."""
        self.changed: set[str] = set()
        """Files that were there, and have another text now."""
        self.reason = ""
        """Why the run ended; '' as long as it has not."""
        self.rows: tuple[OutlineRow, ...] = ()
        """The program as people read it."""
        self._before: tuple[set[str], set[str]] = (set(), set())
        self._clock = clock
        self._began = clock()
        self._unfold()

    @property
    def seconds(self) -> float:
        """How long it takes so far, this time."""
        return self._clock() - self._began

    @property
    def instructions(self) -> list[OutlineRow]:
        """The rows at which something is carried out."""
        return [row for row in self.rows if row.is_instruction]

    @property
    def done(self) -> int:
        """How many of them are done."""
        return sum(row.outcome == "done" for row in self.instructions)

    def take(self, event: Event) -> None:
        """Take up what has happened."""
        match event:
            case Planned():
                self.program = event.program
                self._unfold()
            case StepBegan():
                self.current, self.turn = event.path, None
                self._before = {*self.made}, {*self.changed}
            case Turned():
                self._take_turn(event)
            case StepEnded():
                self.spent += event.spent
                self.current, self.turn = "", None
                self.outcomes[event.path] = event.outcome
                if event.outcome == "failed":  # its files were put back
                    self.made, self.changed = self._before
                self._unfold()
            case Ended():
                self.spent, self.reason, self.current = event.spent, event.reason, ""

    def _take_turn(self, event: Turned) -> None:
        self.turn = event
        self.verdict = event.verdict or self.verdict
        self.made |= {*event.created}
        self.changed |= {*event.written} - self.made
        self.made -= {*event.deleted}
        self.changed -= {*event.deleted}

    def _unfold(self) -> None:
        if self.program is not None:
            self.rows = outline(self.program, self.outcomes)
