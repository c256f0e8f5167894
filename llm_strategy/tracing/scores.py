"""Noting how good an outcome was."""

from __future__ import annotations

import math
import reprlib
from typing import TYPE_CHECKING, cast

from llm_strategy.errors import InputError
from llm_strategy.tracing import semconv
from llm_strategy.tracing.recording import current_span

if TYPE_CHECKING:
    from llm_strategy.tracing.open_span import OpenSpan

__all__ = ["checked_score", "record_score", "score_event"]


def record_score(value: float, name: str = "score") -> None:
    """Note a score on the span that is open here; where nothing is traced, do nothing.

    Raises:
        InputError: the score is no finite number.
    """
    span = current_span()
    if span is not None:
        score_event(span, value, name)


def score_event(span: OpenSpan, value: float, name: str) -> None:
    """Note a score on a span. Raises InputError."""
    number = checked_score(value, name)
    span.event(semconv.EVALUATION, {semconv.EVALUATION_NAME: name, semconv.EVALUATION_SCORE: number})


def checked_score(value: float, name: str) -> float:
    """Return a score as a float. Raises InputError."""
    given = cast("object", value)
    number = _number(given)
    if number is None:
        raise InputError(f"The score {name!r} is {_shown(given)}. Give a finite number.")
    return number


def _number(given: object) -> float | None:
    if not isinstance(given, int | float):
        return None
    try:
        number = float(given)
    except OverflowError:  # a whole number that is larger than any of these
        return None
    return number if math.isfinite(number) else None


def _shown(given: object) -> str:
    try:
        return reprlib.repr(given)
    except ValueError:  # Python does not write out whole numbers of very many digits
        return "a number of too many digits"
