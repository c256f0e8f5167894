"""Scorers: what scores a run, be it a function, a judge, or a reflection."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from llm_strategy.errors import ConfigurationError
from llm_strategy.function.callables import LLMFunction
from llm_strategy.hyperparameters.mistakes import shown
from llm_strategy.optimize.metric.facts import MetricFacts, facts_of
from llm_strategy.optimize.metric.score import Score, score_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.hyperparameters import Hyperparameters
    from llm_strategy.optimize.metric.score import Metric
    from llm_strategy.optimize.rollouts.record import TaskRunRecord

__all__ = ["FunctionScorer", "Reference", "Scored", "Scorer", "Subject", "scorer_of"]

_NEARLY = 1e-9
"""Sums of floats come out a little above or below what they should be."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What the seed gave at the same case."""

    result: Any
    """Its result as JSON data."""
    failed: bool = False
    """Whether the task failed."""
    itself: bool = False
    """Whether the run that is scored is this very one."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A run that gave a value, and is to be scored."""

    case: Any
    """The item of the data."""
    parameters: Any
    """What the task was called with."""
    value: Any
    """What it gave."""
    where: str = "a case"
    """The case, for errors."""
    expected: Any = None
    """What it should have given, where that is known."""
    record: TaskRunRecord | None = None
    """What is known of the run, as JSON data."""
    reference: Reference | None = None
    """What the seed gave at this case; None where nobody asked for it."""
    task: str = ""
    """What the task says that it does."""
    scope: Hyperparameters | None = None
    """The values of the candidate."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A score, and what is kept besides."""

    score: Score
    """The score."""
    notes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """JSON data for the record of the run."""


@runtime_checkable
class Scorer(Protocol):
    """Scores runs. Safe to use from any thread."""

    @property
    def facts(self) -> MetricFacts:
        """What is known of it before it is used."""
        ...

    @property
    def needs_reference(self) -> bool:
        """Whether it compares with what the seed gave at the same case."""
        ...

    @property
    def self_evaluated(self) -> bool:
        """Whether its scores are the optimizer's own opinion, and no measurement: a report has to say so."""
        ...

    def score_run(self, subject: Subject) -> Scored:
        """Score a run. What it raises ends the optimization."""
        ...


class FunctionScorer:
    """Scores runs by a function of the user's.

    >>> FunctionScorer(lambda case, value: value == "Rome").score_run(Subject("Italy", "Italy", "Rome")).score.value
    1.0

    Raises:
        ConfigurationError: it cannot be called with a case and a value, or is async.
    """

    needs_reference = False
    self_evaluated = False

    def __init__(self, metric: Metric) -> None:
        _check(metric)
        self.metric = metric
        """What scores."""
        self.facts = facts_of(metric)
        """What is known of it."""
        self.name = _name(metric)
        """What it is called in errors."""

    def score_run(self, subject: Subject) -> Scored:
        """Call the function. Raises ConfigurationError, and what the function raises."""
        return Scored(self._checked(score_of(self.metric(subject.case, subject.value), self._at(subject)), subject))

    def _at(self, subject: Subject) -> str:
        return f"The metric {self.name!r}, at {subject.where},"

    def _checked(self, score: Score, subject: Subject) -> Score:
        facts = self.facts
        if facts.low is not None and score.value < facts.low - _NEARLY:
            raise ConfigurationError(f"{self._at(subject)} gave {score.value!r}, and says that low={facts.low!r}.")
        if facts.perfect is not None and score.value > facts.perfect + _NEARLY:
            raise ConfigurationError(
                f"{self._at(subject)} gave {score.value!r}, and says that perfect={facts.perfect!r} cannot be beaten."
            )
        if facts.failure is facts.low is None and score.value < facts.failing:
            raise ConfigurationError(
                f"{self._at(subject)} gave {score.value!r}, which is less than the {facts.failing} of a task that "
                "fails. Say what a failure is worth: @metric(failure=...)."
            )
        return score


def scorer_of(metric: Metric | Scorer) -> Scorer:
    """Return what scores runs by a metric. Raises ConfigurationError."""
    return metric if isinstance(metric, Scorer) else FunctionScorer(metric)


def _check(metric: object) -> None:
    name = _name(metric)
    if not callable(metric):
        raise ConfigurationError(f"The metric is {shown(metric)}. Give a function of the case and of the result.")
    if isinstance(metric, LLMFunction):
        raise ConfigurationError(f"The metric {name!r} needs a model: give `{name}.bind(model)`.")
    if inspect.iscoroutinefunction(metric) or inspect.iscoroutinefunction(getattr(metric, "__call__", None)):  # noqa: B004
        raise ConfigurationError(f"The metric {name!r} is async. Give a function that returns its score at once.")
    try:
        signature = inspect.signature(metric)
    except (TypeError, ValueError):  # of some functions written in C nobody knows it
        return
    try:
        signature.bind(None, None)
    except TypeError as error:
        raise ConfigurationError(
            f"The metric {name}{signature} is called with two arguments, the case and the result: {error}."
        ) from None
    if signature.return_annotation in _NO_SCORES:
        raise ConfigurationError(
            f"The metric {name!r} returns {inspect.formatannotation(signature.return_annotation)}. It has to return a "
            "number, True or False, or a Score."
        )


_NO_SCORES: tuple[Any, ...] = (str, "str", None, "None", bytes, dict, "dict", list, "list", tuple, "tuple")


def _name(metric: object) -> str:
    named: Any = getattr(metric, "__qualname__", None) or type(metric).__qualname__
    return str(named)
