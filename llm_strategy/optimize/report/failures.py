"""How many rollouts failed, and by what: bad scores of a task that could not even run say nothing of candidates."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llm_strategy.optimize.search.orders import Rollout

__all__ = ["Failures"]

_LONGEST = 300
_MOST = 1_000
"""How many different errors are counted."""


class Failures:
    """Counts rollouts that ended in an error.

    >>> from llm_strategy.optimize.search.orders import Order, Rollout
    >>> failures = Failures()
    >>> for error in ("ValueError: no", "", "ValueError: no", "KeyError: 1"):
    ...     failures.take(Rollout(Order("c", "val", "a"), 0.0, error=error))
    >>> failures.count, failures.example, failures.alike
    (3, 'ValueError: no', 2)
    """

    def __init__(self) -> None:
        self.count = 0
        """How many failed."""
        self._errors: Counter[str] = Counter()

    def take(self, rollout: Rollout) -> None:
        """Count a rollout."""
        if not rollout.error:
            return
        self.count += 1
        error = rollout.error[:_LONGEST]
        if error in self._errors or len(self._errors) < _MOST:
            self._errors[error] += 1

    @property
    def example(self) -> str:
        """The commonest error; '' where there is none."""
        return self._errors.most_common(1)[0][0] if self._errors else ""

    @property
    def alike(self) -> int:
        """How many failed by the commonest error."""
        return self._errors[self.example] if self._errors else 0
