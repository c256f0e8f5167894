"""What happens in a run of the planner, in words. What models wrote is shown as text, and steers no terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.planner.events import Ended, Planned, StepBegan, StepEnded, Turned
from llm_strategy.tracing.exporters.figures import count_text, seconds_text
from llm_strategy.tracing.printable import printable_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.planner.evaluators import Verdict
    from llm_strategy.planner.events import Event
    from llm_strategy.planner.program.outline import OutlineRow
    from llm_strategy.planner.state import Spent

__all__ = ["event_lines", "names_text", "row_text", "spent_text", "turn_text", "verdict_text"]

_NAMES = 4


def names_text(names: Sequence[str], most: int = _NAMES) -> str:
    """Return some of many names.

    >>> names_text(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    shown = ", ".join(printable_line(name, 80) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"


def verdict_text(verdict: Verdict) -> str:
    """Return what the evaluators say, in a few words.

    >>> from llm_strategy.planner.evaluators import Verdict
    >>> verdict_text(Verdict()), verdict_text(Verdict(ran_tests=True))
    ('no problems', 'no problems, no tests')
    """
    parts = [count_text(len(verdict.problems), "problem") if verdict.problems else "no problems"]
    if verdict.passed or verdict.failed:
        parts.append(f"{verdict.passed:,} of {count_text(verdict.passed + verdict.failed, 'test')} passed")
    elif verdict.ran_tests:
        parts.append("no tests")
    return ", ".join(parts)


def turn_text(event: Turned) -> str:
    """Return what came of a reply.

    >>> turn_text(Turned("1", 1, 2, created=("a.py",)))
    'made a.py'
    """
    parts = [
        f"{word} {names_text(names)}"
        for word, names in (("made", event.created), ("changed", event.written), ("removed", event.deleted))
        if names
    ]
    if event.refused:
        parts.append("edits refused")
    if event.verdict is not None:
        parts.append(verdict_text(event.verdict))
    return "; ".join(parts) or "no edits"


def spent_text(spent: Spent) -> str:
    """Return what was spent; what is not known is a question mark.

    >>> from llm_strategy.planner.state import Spent
    >>> spent_text(Spent(3, 1000, 200, 0.02, 65))
    '3 calls, 1,200 tokens, $0.0200, 1 min 05 s'
    """
    from llm_strategy.tracing.exporters.figures import cost_text

    tokens = spent.input_tokens + spent.output_tokens
    told = f"{tokens:,} tokens" if tokens or not spent.calls else "? tokens"
    money = "$?" if spent.dollars is None else cost_text(spent.dollars)
    return f"{count_text(spent.calls, 'call')}, {told}, {money}, {seconds_text(spent.seconds)}"


def row_text(row: OutlineRow, longest: int = 200) -> str:
    """Return a row of a program without its outcome."""
    return f"{'  ' * row.depth}{printable_line(row.text, longest)}"


def event_lines(event: Event, rows: Sequence[OutlineRow]) -> list[str]:
    """Return the lines that tell of an event, where nothing is drawn.

    Args:
        event: what has happened.
        rows: the program as it is then.
    """
    match event:
        case Planned():
            count = sum(row.is_instruction for row in rows)
            head = f"{printable_line(event.why)} ({count_text(count, 'step')})"
            return [head, *(f"  {row.path:<6} {row_text(row)}" for row in rows)]
        case StepBegan():
            return [f"[{printable_line(event.path)}] {printable_line(event.text)}"]
        case Turned():
            return [f"    attempt {event.attempt}, reply {event.turn}: {turn_text(event)}"]
        case StepEnded() if event.path.startswith(":"):
            return [f"{'planning anew' if event.path != ':plan' else 'planning'}: {spent_text(event.spent)}"]
        case StepEnded():
            note = f": {printable_line(event.note)}" if event.note and event.outcome == "failed" else ""
            return [f"    {event.outcome}{note} ({spent_text(event.spent)})"]
        case Ended():
            return []
