"""The trajectories of MINT as values: which turns ran code, and what was observed.

The recorder's rules, as its program has them: a reply with `<solution>` proposes an answer and runs nothing; else what
stands in all `<execute>...</execute>` is one cell of an IPython shell (30 seconds, stdout only, cut at 2,000
characters); a reply with neither is answered by a hint. The observation of the last turn was never written down.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Recorded", "Trajectory", "Turn", "read_trajectory", "recorded"]

EXECUTE = re.compile(r"<execute>(.*?)</execute>", re.DOTALL)
TAIL = re.compile(
    r"\nYou have -?\d+ steps left and -?\d+ chances to propose solution left\.\n"
    r"(?:You should take the last step to propose a solution\.\n)?\s*(?:Expert feedback:\n.*)?\Z",
    re.DOTALL,
)
NO_OUTPUT = "[Executed Successfully with No Output]"
CUT = "...\n[Output Truncated]"
RAISED = re.compile(r"^-{75}\n(?=\w+ +Traceback)", re.MULTILINE)
HEADER = re.compile(r"^(\w+) +Traceback \(most recent call last\)$", re.MULTILINE)
SYNTAX = re.compile(r"(?:^|(?<=\n))[ \t]*(?:Cell In\[\d+\], line \d+|File <\w+>:\d+|File <string>:\d+)\n")
SYNTAX_END = re.compile(r"^((?:Syntax|Indentation|Tab)Error)(?:: (.*))?\Z", re.MULTILINE)
OWN = re.compile(r"Cell In\[\d+\], line (\d+)")
VALUE = re.compile(r"Out\[(\d+)\]: ?\n?")


@dataclass(frozen=True, slots=True)
class Turn:
    """A reply of the model, and what it was answered."""

    reply: str
    kind: Literal["code", "answer", "neither"]
    code: str
    """What was run; '' where nothing was."""
    observation: str | None
    """What was observed; None where it was not written down."""


@dataclass(frozen=True, slots=True)
class Trajectory:
    """A recorded dialogue."""

    name: str
    model: str
    dataset: str
    turns: tuple[Turn, ...]
    first_cell: int
    """The number that the shell gave to the first cell; 0 where no observation tells it."""

    @property
    def timed_out(self) -> bool:
        """Whether a cell was stopped after 30 seconds."""
        return any("Timed out after" in (turn.observation or "") for turn in self.turns)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An observation in its parts."""

    printed: str
    value: str
    """The value of the last line as the shell showed it."""
    kind: str
    """Name of the exception; '' where there was none."""
    message: str | None
    """What it said; None where the record was cut before that."""
    line: int
    """The last line of the cell's own in the traceback; 0 where the record does not tell."""
    cut: bool
    """Whether it is only the first 2,000 characters."""


def read_trajectory(row: dict[str, Any]) -> Trajectory:
    """Read a row of the corpus."""
    messages = row["messages"]
    turns: list[Turn] = []
    for place, message in enumerate(messages):
        if message["role"] == "assistant":
            answer = messages[place + 1]["content"] if place + 1 < len(messages) else None
            turns.append(_turn(message["content"], answer))
    return Trajectory(row["id"], row["model"], row["dataset"], tuple(turns), _first_cell(turns))


def _turn(reply: str, answer: str | None) -> Turn:
    code = "\n".join(block.strip() for block in EXECUTE.findall(reply))
    observation = None if answer is None else TAIL.sub("", answer.removeprefix("Observation:\n"))
    if "<solution>" in reply:
        return Turn(reply, "answer", "", observation)
    return Turn(reply, "code" if code else "neither", code, observation)


def _first_cell(turns: list[Turn]) -> int:
    cells = [turn for turn in turns if turn.code]
    for place, turn in enumerate(cells):
        found = re.findall(r"(?:Cell In|Out)\[(\d+)\]", turn.observation or "")
        if found:
            return int(found[-1]) - place
    return 0


def recorded(observation: str) -> Recorded:
    """Take an observation apart."""
    cut = observation.endswith(CUT)
    text = observation.removesuffix(CUT)
    if text == NO_OUTPUT:
        return Recorded("", "", "", "", 0, cut=False)
    if (raised := RAISED.search(text)) is not None:
        return _raised(text, raised.start(), cut=cut)
    if (end := SYNTAX_END.search(text)) is not None and (start := SYNTAX.search(text)) is not None:
        line = OWN.search(text)
        return Recorded(text[: start.start()], "", end[1], end[2] or "", int(line[1]) if line else 0, cut=cut)
    values = [*VALUE.finditer(text)]
    if values:
        shown = values[-1]  # code may print such a text as well
        return Recorded(text[: shown.start()], text[shown.end() :], "", "", 0, cut=cut)
    return Recorded(text, "", "", "", 0, cut=cut)


def _raised(text: str, start: int, *, cut: bool) -> Recorded:
    """What an observation with a traceback tells; of chained exceptions, the last one counts."""
    last = [*HEADER.finditer(text, start)][-1]
    ends = [*re.finditer(rf"^{re.escape(last[1])}(?:: |:?$)", text[last.end() :], re.MULTILINE)]
    message = text[last.end() + ends[-1].end() :] if ends else None if cut else ""
    lines = OWN.findall(text[last.end() :])
    return Recorded(text[:start], "", last[1], message, int(lines[-1]) if lines else 0, cut=cut)
