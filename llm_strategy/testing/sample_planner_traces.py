"""Traces of planner runs made up for tests of what draws them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from llm_strategy.tracing import semconv
from llm_strategy.tracing.recorded import RecordedTrace
from llm_strategy.tracing.records import EventRecord, SpanRecord

if TYPE_CHECKING:
    from llm_strategy.tracing.records import Kind

__all__ = ["sample_planner_trace"]

_BEGAN = 1_790_000_000_000_000_000
_SECOND = 1_000_000_000


def sample_planner_trace(
    steps: int = 5, *, files: int = 8, text: str = "a shop for bicycles", trace: int = 1
) -> RecordedTrace:
    """Return a trace of a planner's run of `steps` steps, with turns, evaluations, chats and file accesses.

    Every second step makes a fault first, which its second turn mends; every seventh one needs a second attempt, and
    every eleventh one fails. Of ten requirements the program forgets one. All ids and times are the same in each run.

    Args:
        steps: how many instructions are carried out.
        files: how many files the workspace has at the end.
        text: stands in the task, the instructions, the requirements and the names of files: markup, say, for tests of
            what escapes it.
        trace: number of the trace; spans of another one have other ids.

    >>> [span.name for span in sample_planner_trace(1).spans]
    ['generate', 'plan', 'step 1', 'turn', 'chat gpt-4o-mini', 'evaluate']
    """
    return RecordedTrace.of(_Maker(files, text, trace).made(steps))


class _Maker:
    def __init__(self, files: int, text: str, trace: int) -> None:
        self._files = files
        self._text = text
        self._trace = trace
        self._spans: list[SpanRecord] = []
        self._written: list[str] = []
        self._now = _BEGAN
        self._count = 0

    def made(self, steps: int) -> list[SpanRecord]:
        session, began = self._id(), self._now
        requirements = {f"R{number}": f"{self._text}: feature {number}" for number in range(1, steps + 2)}
        kept = [name for number, name in enumerate(requirements, 1) if number % 10]
        serves = [kept[number : number + 1] for number in range(steps - 1)] + [kept[max(steps - 1, 0) :]]
        self._plan(session, requirements, serves)
        for number in range(1, steps + 1):
            self._step(session, number, steps, serves[number - 1])
        self._add(session, None, "generate", began, {}, kind="session")
        return self._spans

    def _plan(self, session: str, requirements: dict[str, str], serves: list[list[str]]) -> None:
        instructions = [
            {"do": self._instruction(number), "id": str(number), "for": names} for number, names in enumerate(serves, 1)
        ]
        program = {"task": f"Make {self._text}.", "requirements": requirements, "instructions": instructions}
        told = {
            semconv.PLANNER_REQUIREMENTS: json.dumps(requirements),
            semconv.PLANNER_PROGRAM: json.dumps(program),  # JSON is YAML
        }
        span, began = self._id(), self._tick()
        self._add(span, session, "plan", began, told)

    def _instruction(self, number: int) -> str:
        return f"Write part {number} of {self._text}, with its tests."

    def _step(self, session: str, number: int, steps: int, serves: list[str]) -> None:
        span, began, path = self._id(), self._tick(), str(number)
        attempts = 2 if number % 7 == 0 or number % 11 == 0 else 1
        for attempt in range(1, attempts + 1):
            turns = 2 if number % 2 == 0 or attempt < attempts else 1
            for turn in range(1, turns + 1):
                faulty = attempt < attempts or turn < turns or number % 11 == 0
                self._turn(span, (path, attempt, turn), share=number / steps, faulty=faulty)
        told = {
            semconv.PLANNER_STEP: path,
            semconv.PLANNER_INSTRUCTION: self._instruction(number),
            semconv.PLANNER_REQUIREMENTS: json.dumps(serves),
            semconv.PLANNER_OUTCOME: "failed" if number % 11 == 0 else "done",
        }
        self._add(span, session, f"step {path}", began, told)

    def _turn(self, step: str, key: tuple[str, int, int], *, share: float, faulty: bool) -> None:
        path, attempt, turn = key
        span, began = self._id(), self._tick()
        letters = 4000 + 310 * (int(path) % 7) + 900 * (turn - 1)
        self._chat(span, letters // 4)
        events = self._touch(int(path), turn, share)
        self._evaluate(span, int(path), turn, faulty=faulty)
        told = {
            semconv.PLANNER_STEP: path,
            semconv.PLANNER_EPOCH: 0,
            semconv.PLANNER_ATTEMPT: attempt,
            semconv.PLANNER_TURN: turn,
            semconv.PLANNER_CONTEXT: letters,
        }
        self._add(span, step, "turn", began, told, events)

    def _touch(self, number: int, turn: int, share: float) -> tuple[EventRecord, ...]:
        """Read two files, and write, make or delete one."""
        due = max(1, round(self._files * share))
        touched = [
            ("read", self._written[(number * step + turn) % len(self._written)]) for step in (3, 5) if self._written
        ]
        while len(self._written) < due:
            place = len(self._written)
            self._written.append(f"src/part_{place % 3}/{self._text.split()[-1]}_{place}.py")
            touched.append(("create", self._written[-1]))
        touched.append(("delete" if number % 13 == 0 else "write", self._written[(number * 7 + turn) % due]))
        return tuple(
            EventRecord(
                semconv.FILE,
                self._tick(),
                {semconv.FILE_PATH: path, semconv.FILE_OPERATION: operation, semconv.FILE_SIZE: 100 * number},
            )
            for operation, path in dict.fromkeys(touched)
        )

    def _evaluate(self, turn: str, number: int, at: int, *, faulty: bool) -> None:
        ran = not (faulty and at == 1)
        failed = number % 3 if faulty else 0
        told = {
            semconv.PLANNER_ERRORS: 1 + number % 4 - (0 if at == 1 else 1) if faulty else 0,
            semconv.PLANNER_TESTS_RAN: ran,
            **(
                {semconv.PLANNER_TESTS_PASSED: 2 * number - failed, semconv.PLANNER_TESTS_FAILED: failed} if ran else {}
            ),
        }
        span, began = self._id(), self._tick()
        self._add(span, turn, "evaluate", began, told)

    def _chat(self, turn: str, tokens: int) -> None:
        span, began = self._id(), self._tick()
        self._now += 3 * _SECOND
        told = {
            semconv.OPERATION: "chat",
            semconv.REQUEST_MODEL: "gpt-4o-mini",
            semconv.INPUT_TOKENS: tokens,
            semconv.OUTPUT_TOKENS: tokens // 3,
        }
        self._add(span, turn, "chat gpt-4o-mini", began, told, kind="chat")

    def _add(  # noqa: PLR0913, PLR0917 (one argument for each part of a span)
        self,
        span: str,
        parent: str | None,
        name: str,
        start: int,
        attributes: dict[str, Any],
        events: tuple[EventRecord, ...] = (),
        kind: Kind = "step",
    ) -> None:
        told = {semconv.KIND: kind, **attributes}
        trace = f"{self._trace:032x}"
        self._spans.append(SpanRecord(trace, span, parent, name, kind, start, self._tick(), "ok", "", told, events))

    def _id(self) -> str:
        self._count += 1
        return f"{self._trace:08x}{self._count:08x}"

    def _tick(self) -> int:
        self._now += _SECOND // 1000
        return self._now
