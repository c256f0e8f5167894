"""What a search begins with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llm_strategy.errors import ConfigurationError
from llm_strategy.optimize.search.settings import SearchSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.optimize.search.candidate import Values
    from llm_strategy.optimize.search.surrogate import Surrogate

__all__ = ["SearchSetup"]


@dataclass(frozen=True, slots=True)
class SearchSetup:
    """What a search begins with. All of it is plain, but for the surrogate: searches with equal setups ask the same.

    Raises:
        ConfigurationError: there is no case to choose by, a case is named twice, or a number is out of its range.
    """

    seed_values: Values
    """Where it begins."""
    train: tuple[str, ...]
    """Ids of the cases to learn from."""
    val: tuple[str, ...]
    """Ids of the cases to choose by."""
    test: tuple[str, ...] = ()
    """Ids of the cases to judge by; touched once, at the end."""
    groups: Mapping[str, str] = field(default_factory=dict[str, str])
    """Groups of cases by `split/id`, where they have any."""
    proposers: tuple[str, ...] = ("llm",)
    """Names of the proposers that may be asked."""
    random_seed: int = 0
    """Seeds everything that is drawn."""
    settings: SearchSettings = field(default_factory=SearchSettings)
    """How the search goes about it."""
    deterministic: bool | None = True
    """Whether the same order would give the same score again; None measures it by repeating a few of the seed's."""
    noise: float | None = None
    """Standard deviation of the scores of one candidate at one case, where it is known; measured where it is not."""
    perfect: float | None = None
    """A score that cannot be beaten, where there is one."""
    rollouts: int | None = None
    """How many rollouts the budget allows, where that is known: the end can be planned then."""
    surrogate: Surrogate | None = None
    """Says how good candidates are out of all rollouts together, where their values are mostly numbers and choices.

    Then no candidate has to get past gates: the proposer `response` is asked, and each candidate is tried at a few
    validation cases. None for a search that compares candidates by their own scores.
    """

    def __post_init__(self) -> None:
        for split, cases in (("train", self.train), ("val", self.val), ("test", self.test)):
            if len(set(cases)) < len(cases):
                raise ConfigurationError(f"search: a case of {split} is named twice, give each an id of its own")
        if not self.val:
            raise ConfigurationError("search: there are no validation cases, give some to choose by")
        if len(set(self.proposers)) < len(self.proposers):
            raise ConfigurationError(f"search: proposers {self.proposers!r} name one twice, name each once")
        if self.rollouts is not None and self.rollouts < 0:
            raise ConfigurationError(f"search: rollouts is {self.rollouts}, give a number from 0 up or None")
        if self.noise is not None and self.noise < 0:
            raise ConfigurationError(f"search: noise is {self.noise}, give a standard deviation from 0 up or None")
