"""Scores: how good one run of the task was."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from llm_strategy.errors import ConfigurationError
from llm_strategy.hyperparameters.mistakes import shown
from llm_strategy.schema.json_data import is_object
from llm_strategy.schema.untrusted_text import plain_text

__all__ = ["Metric", "Score", "finite", "score_of"]

_LARGEST: Final = 1e100
"""Squares of scores are added up."""


@dataclass(frozen=True, slots=True)
class Score:
    """A score with what there is to say about it.

    >>> Score(0.5, "The year is missing.").value
    0.5
    """

    value: float
    """How good it is; more is better."""
    feedback: str = ""
    """What is wrong with it, for whoever proposes what to try next."""
    objectives: Mapping[str, float] = field(default_factory=dict[str, float])
    """Further scores by name, such as the shortness of an answer; more is better."""


Metric: TypeAlias = Callable[[Any, Any], float | bool | int | Score]
"""Scores a result: it is called with the case and with what the task has given."""


def score_of(given: object, where: str) -> Score:
    """Return what a metric gave as a score; `where` says which metric, and at which case.

    >>> score_of(True, "the metric").value
    1.0

    Raises:
        ConfigurationError: it is no number, or not a finite one.
    """
    if not isinstance(given, Score):
        return Score(_number(given, where, "a score"))
    objectives: object = given.objectives
    if not is_object(objectives) or not all(isinstance(name, str) for name in list[Any](objectives)):
        raise ConfigurationError(f"{where} gave the objectives {shown(objectives)}. Give numbers by name.")
    feedback: Any = given.feedback
    if not isinstance(feedback, str):
        raise ConfigurationError(f"{where} gave the feedback {shown(feedback)}. Give a text.")
    numbers = {name: _number(objectives[name], where, f"a score for {name!r}") for name in sorted(objectives)}
    # The feedback is written down, and text that is read again has no mark: a run that goes on is to see the same.
    return Score(_number(given.value, where, "a score"), plain_text(feedback), numbers)


def _number(given: object, where: str, what: str) -> float:
    number = finite(given)
    if number is None:
        hint = " A text besides the number is given with Score(0.5, 'feedback')." if _is_pair(given) else ""
        raise ConfigurationError(
            f"{where} gave {shown(given)} as {what}. Give a finite number, True or False, or a Score.{hint}"
        )
    if abs(number) > _LARGEST:
        raise ConfigurationError(f"{where} gave {shown(given)} as {what}. Scale it: scores are at most {_LARGEST:g}.")
    return number


def finite(given: Any) -> float | None:
    """Return a number of any kind as a float; None for what is no number, or not finite.

    >>> from decimal import Decimal
    >>> finite(Decimal("0.5")), finite("0.5"), finite(float("nan"))
    (0.5, None, None)
    """
    if isinstance(given, str | bytes | bytearray) or not hasattr(given, "__float__"):
        return None
    try:
        number = float(given)
    except Exception:  # noqa: BLE001 (arrays and tensors of several numbers, whole numbers of many digits)
        return None
    return number if math.isfinite(number) else None


def _is_pair(given: object) -> bool:
    return isinstance(given, tuple | list | dict)
