"""What is known of a metric before it is used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast, overload

from llm_strategy.errors import ConfigurationError
from llm_strategy.optimize.metric.score import finite

__all__ = ["MetricFacts", "facts_of", "metric"]

F = TypeVar("F", bound=Callable[..., Any])

_ATTRIBUTE = "__llm_strategy_metric__"
_NAMES = ("deterministic", "failure", "low", "perfect")


@dataclass(frozen=True, slots=True)
class MetricFacts:
    """What a metric says of itself.

    >>> MetricFacts(low=-10.0).failing
    -10.0

    Raises:
        ConfigurationError: a number is none, or the bounds are not in order.
    """

    deterministic: bool | None = None
    """Whether the same candidate at the same case always has the same score, the task included; None where repeats
    have to tell."""
    failure: float | None = None
    """The score of a task that failed; None takes `low`, or else 0."""
    low: float | None = None
    """The least score; None where there is none."""
    perfect: float | None = None
    """A score that cannot be beaten; None where there is none."""

    def __post_init__(self) -> None:
        for name in ("failure", "low", "perfect"):
            given: object = getattr(self, name)
            if given is not None and (isinstance(given, bool) or finite(given) is None):
                raise ConfigurationError(f"A metric with {name}={given!r}: a finite number is needed, or None.")
        deterministic: Any = self.deterministic
        if not isinstance(deterministic, bool | None):
            raise ConfigurationError(f"A metric with deterministic={deterministic!r}: True, False or None is needed.")
        if self.low is not None and self.perfect is not None and self.low >= self.perfect:
            raise ConfigurationError(f"A metric with low={self.low!r}, perfect={self.perfect!r}: low is to be lower.")

    @property
    def failing(self) -> float:
        """The score of a task that failed."""
        return float(next((one for one in (self.failure, self.low) if one is not None), 0.0))


@overload
def metric(function: F, /) -> F: ...
@overload
def metric(
    *,
    deterministic: bool | None = None,
    failure: float | None = None,
    low: float | None = None,
    perfect: float | None = None,
) -> Callable[[F], F]: ...
def metric(function: Any = None, /, **facts: Any) -> Any:
    """Say what is known of a metric; a function without this is a metric as well.

    >>> @metric(deterministic=True, perfect=1.0)
    ... def exact(case, value):
    ...     return value == case.expected
    >>> facts_of(exact).perfect
    1.0

    Args:
        function: a function of the case and of what the task has given.
        **facts: see `MetricFacts`.

    Raises:
        ConfigurationError: a fact does not exist, or has an impossible value.
    """
    for name in facts:
        if name not in _NAMES:
            raise ConfigurationError(f"metric({name}=...): there is no such fact. There are {', '.join(_NAMES)}.")
    known = MetricFacts(**facts)

    def tell(function: F) -> F:
        try:
            setattr(function, _ATTRIBUTE, known)
        except AttributeError as error:
            raise ConfigurationError(f"{function!r} cannot be told about: write a function that calls it.") from error
        return function

    return tell if function is None else tell(function)


def facts_of(metric: object) -> MetricFacts:
    """Return what a metric says of itself: by the decorator, or by attributes of an object that can be called.

    >>> class Shortness:
    ...     perfect = 1.0
    ...     def __call__(self, case, value):
    ...         return 1 / (1 + len(value))
    >>> facts_of(Shortness()).perfect
    1.0

    Raises:
        ConfigurationError: an attribute has an impossible value.
    """
    told: object = getattr(metric, _ATTRIBUTE, None)
    if isinstance(told, MetricFacts):
        return told
    own = {name: getattr(metric, name, None) for name in _NAMES}
    return MetricFacts(**cast("dict[str, Any]", own))
