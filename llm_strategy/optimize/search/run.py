"""What a search knows while it runs."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from llm_strategy.optimize.search.candidate import Candidate
from llm_strategy.optimize.search.cases import in_order, set_aside
from llm_strategy.optimize.search.improvement import Improvement
from llm_strategy.optimize.search.lineage import Lineage
from llm_strategy.optimize.search.noise import Noise
from llm_strategy.optimize.search.portfolio import Portfolio
from llm_strategy.optimize.search.record import Record
from llm_strategy.optimize.search.spending import Spending
from llm_strategy.optimize.search.standing import estimate
from llm_strategy.optimize.streams import stream, stream_seed

if TYPE_CHECKING:
    import random

    from llm_strategy.optimize.search.orders import Rollout
    from llm_strategy.optimize.search.record import Shown
    from llm_strategy.optimize.search.requests import Scored
    from llm_strategy.optimize.search.setup import SearchSetup

__all__ = ["Run"]


class Run:
    """The state of a search: a function of its setup and of the answers it got."""

    def __init__(self, setup: SearchSetup) -> None:
        self.setup = setup
        self.settings = setup.settings
        self.noisy = setup.deterministic is False
        self.pooled = setup.surrogate is not None and setup.settings.pooled and "response" in setup.proposers
        """Whether candidates are judged by all rollouts together."""
        self.exposed: set[Shown] = set()
        """Cases that a proposer has seen."""
        self.estimates: list[float] = []
        """What candidates are thought to score, by number; where they are judged by all rollouts together."""
        self.spending = Spending(setup.rollouts, setup.settings.reserve)
        self.noise = Noise(setup.noise)
        self.lineage = Lineage(setup.settings.trust)
        self.portfolio = Portfolio(
            [name for name in setup.proposers if name != "restart"],
            explore=setup.settings.explore,
            memory=setup.settings.memory,
        )
        self.improvement = Improvement(setup.settings.estimates)
        ordered = in_order(setup.val, "val", setup.groups, self.draws("val"))
        aside = set_aside(ordered, setup.settings.set_aside) if setup.settings.guard and not setup.test else 0
        self.judged: tuple[str, ...] = ordered[:aside]
        """Validation cases that only the end may look at: they show the gain where there are no test cases."""
        self.val: tuple[str, ...] = ordered[aside:]
        """Validation cases to choose by; the first `active` of them are in use."""
        self.active = self._first()
        self.learnt: list[Shown] = [("train", case) for case in setup.train]
        """Cases to learn from; those that a model makes up come later."""
        self.step = 0
        self.stalled = 0
        self.idle = 0
        """How many steps in a row made no candidate and no rollout."""
        self.dry = 0
        """How often in a row those who read runs, as a model does, proposed nothing at all."""
        self.silent: set[str] = set()
        """Proposers that the budget does not allow to ask any more."""
        self.records: list[Record] = []
        self.by_key: dict[str, Record] = {}
        self.spreads: dict[int, float] = {}
        """The variance of scores, by how many rollouts it was made of; the last one only."""
        self._scored: list[Scored] = []
        self.add(Candidate(0, setup.seed_values)).fate = "seed"

    def _first(self) -> int:
        """Return how many validation cases are in use at first: a share of them, less where the budget is small."""
        settings = self.settings
        share = math.ceil(len(self.val) * settings.first_val)
        if self.setup.rollouts is None:
            return share
        return min(share, max(settings.least_val, math.ceil(self.setup.rollouts * settings.look)), len(self.val))

    def draws(self, *names: object) -> random.Random:
        """Return random numbers for one purpose."""
        return stream(self.setup.random_seed, *names)

    def named(self, *names: object) -> int:
        """Return a seed for one purpose."""
        return stream_seed(self.setup.random_seed, *names)

    @property
    def seed(self) -> Record:
        """What it began with."""
        return self.records[0]

    @property
    def pool(self) -> list[Record]:
        """What was accepted; the seed first."""
        return [record for record in self.records if record.pool]

    def add(self, candidate: Candidate, expected: float = 0.0) -> Record:
        """Take a candidate in that was not there before, of which somebody expects a mean."""
        record = Record(candidate, self.step)
        record.expected = expected
        self.records.append(record)
        self.lineage.add(record)
        self.by_key[candidate.key] = record
        self._scored.append(record.scored(record.expected))
        self.estimates.append(expected)
        return record

    def learn(self, rollout: Rollout) -> Record:
        """Take a rollout in."""
        record = self.by_key[rollout.order.candidate]
        repeated = record.repeats(rollout.order.split, rollout.order.case) > 0
        squares = record.add(rollout)
        self.lineage.changed(record)
        if self.pooled and rollout.order.split == "train" and ("train", rollout.order.case) not in self.exposed:
            record.fair[f"train/{rollout.order.case}"] = rollout.score
        if repeated:
            self.noise.add(squares)
        return record

    def tell(self, record: Record) -> None:
        """Bring what proposers are told of a candidate up to date."""
        self._scored[record.number] = record.scored(estimate(self, record), cases=self.pooled)

    def pool_together(self) -> None:
        """Judge all candidates by all rollouts together, and tell proposers of it."""
        if self.setup.surrogate is not None and self.pooled:
            for record in self.records:
                known = self._scored[record.number]
                if (record.count, len(record.cells["val"]) + len(record.fair)) != (known.count, len(known.cases)):
                    self._scored[record.number] = record.scored(record.mean, cases=True)
            self.estimates = list(self.setup.surrogate.expected(self.told))
            self._scored = [replace(one, mean=mean) for one, mean in zip(self._scored, self.estimates, strict=True)]

    @property
    def told(self) -> tuple[Scored, ...]:
        """What proposers are told of all candidates."""
        return tuple(self._scored)

    @property
    def told_pool(self) -> tuple[Scored, ...]:
        """What proposers are told of those that were accepted."""
        return tuple(self._scored[record.number] for record in self.pool)

    @property
    def stuck(self) -> bool:
        """Whether nothing was accepted for some time."""
        return self.stalled >= self.settings.grow_after

    @property
    def askable(self) -> bool:
        """Whether any proposer is left that the budget allows to ask."""
        return any(name not in self.silent for name in self.setup.proposers if name != "restart")

    def is_solved(self, record: Record) -> bool:
        """Whether a candidate is perfect at all validation cases."""
        perfect = self.setup.perfect
        scores = record.scores("val", self.val)
        return perfect is not None and len(scores) == len(self.val) and all(score >= perfect for score in scores)

    def is_open(self, record: Record) -> bool:
        """Whether there is more to be known of a candidate, where all are judged by all rollouts together."""
        return self.pooled and (self.noisy or len(record.cells["val"]) < len(self.val))

    def judging(self) -> int:
        """Return how many rollouts are needed to judge a winner against the seed."""
        return 2 * len(self.setup.test or self.judged)

    def needed(self) -> int:
        """Return how many rollouts are kept for the end: for scoring leaders again, and for judging the winner."""
        leaders = min(self.settings.leaders, len(self.pool))
        if leaders < 2:
            return self.judging()
        if self.noisy:
            return self.judging() + self.repeating()
        return self.judging() + min(leaders * (len(self.val) - self.active), self.repeating())

    def repeating(self) -> int:
        """Return how many rollouts are kept for scoring leaders again at the end."""
        total = self.spending.total
        share = self.settings.rescored
        return round(share * total) if math.isfinite(total) else self.settings.leaders * self.active
