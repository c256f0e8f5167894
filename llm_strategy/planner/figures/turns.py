"""The turns of a planner's run, read from spans.

A run that was killed and resumed leaves several traces, and the later one repeats the turns that the journal knew. So a
turn is known by its step, epoch, attempt and number, not by its span; the last span that tells a figure counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from llm_strategy.planner.figures.reading import accesses_of
from llm_strategy.tracing import semconv

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from llm_strategy.planner.figures.reading import Reading
    from llm_strategy.tracing.records import SpanRecord

__all__ = ["Turn", "TurnKey", "count_of", "key_of", "turns_of"]

_Found = TypeVar("_Found")
_MOST = 10**15
"""What a damaged file says beyond it is drawn as this."""


class TurnKey(NamedTuple):
    """What tells a turn from the others of a run, whichever trace it is in."""

    step: str
    """Path of the step in the program."""
    epoch: int
    """How often the step was begun anew by hand."""
    attempt: int
    """Number of the attempt, from 1."""
    turn: int
    """Number of the turn in the attempt, from 1."""

    @property
    def title(self) -> str:
        """How a figure names the turn.

        >>> TurnKey("4[users]/5", 1, 2, 3).title
        'step 4[users]/5, begun anew (1), attempt 2, turn 3'
        """
        anew = f", begun anew ({self.epoch})" if self.epoch else ""
        return f"step {self.step}{anew}, attempt {self.attempt}, turn {self.turn}"


@dataclass(frozen=True, slots=True)
class Turn:
    """One request to the writer, and what the workspace was like after its reply."""

    key: TurnKey
    """Which one it is."""
    began: int
    """When it was begun for the first time, in nanoseconds since 1970."""
    errors: int | None
    """Problems that the evaluators found then; None where they did not look."""
    passed: int | None
    """Tests that passed then; None where none were run."""
    failed: int | None
    """Tests that failed then; None where none were run."""
    letters: int | None
    """Letters of the request."""
    tokens: int | None
    """Tokens of the longest request of the turn, as the model's server told; None where it did not."""
    accesses: tuple[tuple[str, str], ...]
    """Files that were touched, each with what was done, in order of time."""


def turns_of(reading: Reading) -> tuple[Turn, ...]:
    """Return the turns in the order in which they were first begun."""
    found: dict[TurnKey, list[SpanRecord]] = {}
    for span in reading.spans:
        key = key_of(span)
        if key is not None:
            found.setdefault(key, []).append(span)
    return tuple(_turn(key, spans, reading) for key, spans in found.items())


def key_of(span: SpanRecord) -> TurnKey | None:
    """Return which turn a span is; None where it is none."""
    turn = count_of(span, semconv.PLANNER_TURN)
    if turn is None:
        return None
    epoch, attempt = (count_of(span, name) for name in (semconv.PLANNER_EPOCH, semconv.PLANNER_ATTEMPT))
    return TurnKey(span.text(semconv.PLANNER_STEP), epoch or 0, 1 if attempt is None else attempt, turn)


def count_of(span: SpanRecord, name: str) -> int | None:
    """Return an attribute that counts something; None where it is absent or no count."""
    number = span.number(name)
    return None if number is None or number < 0 else int(min(number, _MOST))


def _turn(key: TurnKey, spans: Sequence[SpanRecord], reading: Reading) -> Turn:
    # A span that was cut off tells less than one that has ended, even where it is the later one.
    best = sorted(spans, key=lambda span: (span.end is not None, span.start), reverse=True)
    inside = [reading.inside(span) for span in best]
    tests = _first(map(_tests, inside))
    return Turn(
        key=key,
        began=spans[0].start,
        errors=_first(_first(count_of(one, semconv.PLANNER_ERRORS) for one in reversed(found)) for found in inside),
        passed=tests[0] if tests else None,
        failed=tests[1] if tests else None,
        letters=_first(count_of(span, semconv.PLANNER_CONTEXT) for span in best),
        tokens=_first(_tokens(found) for found in inside),
        accesses=next(filter(None, (tuple(accesses_of(found)) for found in inside)), ()),
    )


def _first(found: Iterable[_Found | None]) -> _Found | None:
    return next((one for one in found if one is not None), None)


def _tests(inside: Sequence[SpanRecord]) -> tuple[int, int] | None:
    """Return how many tests passed and failed when the workspace was looked at last; None where none were run."""
    last = next((span for span in reversed(inside) if semconv.PLANNER_ERRORS in span.attributes), None)
    if last is None or last.attributes.get(semconv.PLANNER_TESTS_RAN) is False:
        return None
    passed, failed = (count_of(last, name) for name in (semconv.PLANNER_TESTS_PASSED, semconv.PLANNER_TESTS_FAILED))
    return None if passed is None and failed is None else (passed or 0, failed or 0)


def _tokens(inside: Sequence[SpanRecord]) -> int | None:
    told = (count_of(span, semconv.INPUT_TOKENS) for span in inside if span.kind == "chat")
    return max((number for number in told if number is not None), default=None)
