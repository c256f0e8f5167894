"""A task whose quality is a sum over its values, answered in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from llm_strategy.optimize.search.answering import answered
from llm_strategy.optimize.search.candidate import Proposal
from llm_strategy.optimize.search.orders import Order, Rollout
from llm_strategy.optimize.search.outcome import SearchOutcome
from llm_strategy.optimize.search.requests import Evaluate, Propose, Search
from llm_strategy.optimize.search.setup import SearchSetup
from llm_strategy.optimize.streams import stream

RULES = ("zero", "one", "two", "three")


class Lab:
    """Case n is solved by rule n mod 4, or by a number above n; rules are lines of an instruction."""

    def __init__(self) -> None:
        self.orders: list[str] = []
        self.purposes: list[str] = []
        self.asked: list[Propose] = []

    def setup(self, **changed: Any) -> SearchSetup:
        known: dict[str, Any] = {
            "seed_values": {"f:instruction": "", "f:number": 0, "f:strict": False},
            "train": tuple(f"t{number}" for number in range(12)),
            "val": tuple(f"v{number}" for number in range(12)),
            "perfect": 1.0,
            "rollouts": 200,
        }
        return SearchSetup(**(known | changed))

    def score(self, order: Order, values: Any) -> float:
        number = int(order.case[1:])
        if not self.noisy:
            return float(RULES[number % 4] in values["f:instruction"].split("\n"))
        return float(stream(order.key).random() < 0.3 + 0.1 * (values["f:instruction"] != ""))

    noisy = False

    def evaluate(self, order: Order, candidate: Any) -> Rollout:
        self.orders.append(order.key)
        return Rollout(order, self.score(order, candidate.values))

    def propose(self, request: Propose) -> Sequence[Proposal]:
        self.asked.append(request)
        draws = stream(request.stream)
        failed = [int(run.order.case[1:]) % 4 for run in request.runs if run.score < 1] or [0]
        rule = RULES[draws.choice(failed)]
        values = request.parents[0].values
        rules = {*values["f:instruction"].split("\n"), rule} - {""}
        new = {**values, "f:instruction": "\n".join(sorted(rules)), "f:number": draws.randrange(9)}
        return [Proposal(new, f"add {rule}")]

    def run(self, search: Search, rollouts: int = 200, propose: Callable[..., Any] | None = None) -> SearchOutcome:
        return answered(
            self._watched(search), evaluate=self.evaluate, propose=propose or self.propose, rollouts=rollouts
        )

    def _watched(self, search: Search) -> Search:
        reply = None
        while True:
            try:
                request = search.send(reply)
            except StopIteration as end:
                return end.value
            if isinstance(request, Evaluate):
                self.purposes.append(request.purpose)
            reply = yield request


@pytest.fixture
def lab() -> Lab:
    return Lab()
