"""A small task to search on: an instruction of letters, each of which helps some of the cases."""

import hashlib
import random
from dataclasses import dataclass, field

import pytest

from llm_strategy.optimize.search.answering import answered
from llm_strategy.optimize.search.candidate import Proposal
from llm_strategy.optimize.search.orders import Rollout
from llm_strategy.optimize.search.search import SearchSetup, search
from llm_strategy.optimize.search.settings import SearchSettings


def luck(*names):
    return int.from_bytes(hashlib.sha256("|".join(map(str, names)).encode()).digest()[:6], "big") / 2**48


def ids(count):
    return tuple(f"{index:02d}" for index in range(count))


@dataclass
class Task:
    """Scores 1 with a chance that letters raise: letter `k` helps the cases whose number is k modulo 4."""

    noisy: bool = False
    helps: float = 0.6
    seed: int = 0
    asked: list = field(default_factory=list)

    def chance(self, text, case):
        return 0.3 + self.helps * ("abcd"[int(case) % 4] in text)

    def evaluate(self, order, candidate):
        self.asked.append(order.key)
        text = candidate.values["text"]
        drawn = (order.candidate, order.repeat) if self.noisy else ()
        score = float(luck(self.seed, order.split, order.case, *drawn) < self.chance(text, order.case))
        return Rollout(order, score, objectives={"short": -float(len(text))})

    def propose(self, request):
        draws = random.Random(request.stream)
        text = request.parents[0].values["text"]
        if request.proposer == "merge":
            return [Proposal({"text": "".join(sorted(set(text) | set(request.parents[1].values["text"])))})]
        failed = [int(run.order.case) % 4 for run in request.runs if run.score < 1]
        letter = "abcd"[draws.choice(failed)] if failed and draws.random() < 0.7 else draws.choice("wxyz")
        return [Proposal({"text": "".join(sorted({*text, letter}))}, f"add {letter}")]

    def setup(self, *, settings=None, **options):
        cases = {"train": ids(12), "val": ids(12), "test": ids(20), "random_seed": self.seed, "perfect": 1.0}
        return SearchSetup(
            {"text": ""},
            **{**cases, "deterministic": not self.noisy, "settings": settings or SearchSettings(), **options},
        )

    def searched(self, rollouts, *, propose=None, estimate=None, **options):
        setup = self.setup(**{"rollouts": rollouts, **options})
        return answered(
            search(setup),
            evaluate=self.evaluate,
            propose=propose or self.propose,
            estimate=estimate,
            rollouts=rollouts,
        )


@pytest.fixture
def task():
    return Task()


@pytest.fixture
def make_task():
    return Task
