"""Who is asked for the next proposal: those whose proposals were accepted are asked more often."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

__all__ = ["Portfolio"]


class Portfolio:
    """A bandit over proposers: each draw takes the one whose drawn rate of acceptance is the highest.

    >>> import random
    >>> portfolio = Portfolio(("llm", "optuna"), explore=0.0, memory=1.0)
    >>> for _ in range(30):
    ...     portfolio.learn("llm", accepted=True)
    ...     portfolio.learn("optuna", accepted=False)
    >>> portfolio.pick(random.Random(0), ("llm", "optuna"))
    'llm'
    """

    def __init__(self, names: Sequence[str], *, explore: float, memory: float) -> None:
        """Begin.

        Args:
            names: who may be asked.
            explore: share of the draws that ask anybody.
            memory: what is left of the weight of somebody's past with each of their proposals.
        """
        self._accepted = dict.fromkeys(names, 0.0)
        self._refused = dict.fromkeys(names, 0.0)
        self._explore = explore
        self._memory = memory

    def learn(self, name: str, *, accepted: bool) -> None:
        """Take note of what became of a proposal."""
        self._accepted[name] = self._accepted.get(name, 0.0) * self._memory + accepted
        self._refused[name] = self._refused.get(name, 0.0) * self._memory + (not accepted)

    def pick(self, draws: random.Random, names: Sequence[str]) -> str:
        """Return who is asked.

        Args:
            draws: random numbers for this pick alone.
            names: who can be asked now.
        """
        if len(names) == 1:
            return names[0]
        if draws.random() < self._explore:
            return draws.choice(names)
        rates = {name: draws.betavariate(1 + self._accepted[name], 1 + self._refused[name]) for name in names}
        return max(rates, key=rates.__getitem__)
