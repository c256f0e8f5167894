"""A tiny task: the capital of a country, by an LLM function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from llm_strategy import llm_function
from llm_strategy.optimize.case import Case
from llm_strategy.optimize.data import dataset
from llm_strategy.optimize.rollouts import Rollouts, Runner
from llm_strategy.optimize.search.candidate import Candidate
from llm_strategy.optimize.search.orders import Order
from llm_strategy.optimize.space import search_space
from llm_strategy.testing import ScriptedModel

CAPITALS = {"Italy": "Rome", "France": "Paris", "Spain": "Madrid"}


@llm_function
def capital(model: Any, country: str) -> str:
    """The capital of a country."""


def answer(messages: list[Any]) -> str:
    """Answer rightly where the instruction says so, and else with Rome."""
    asked = str(messages[-1].content)
    right = "Be right." in str(messages[0].content)
    return next(f'"{city if right else "Rome"}"' for country, city in CAPITALS.items() if country in asked)


class Lab:
    """All that a run needs."""

    def __init__(self) -> None:
        self.capital = capital
        self.space = search_space(capital, include=["capital:instruction"])
        self.cases = [Case(country, city, id=country) for country, city in CAPITALS.items()]
        self.data = {"train": dataset(self.cases[:2]), "val": dataset(self.cases)}
        self.model = ScriptedModel(answer)
        self.seed = Candidate(0, self.space.seed)
        (path,) = self.space.seed
        self.better = Candidate(1, {path: "The capital of a country. Be right."}, (0,), "llm")
        self.candidates = [self.seed, self.better]

    def runner(self, task: Any = None, metric: Any = None, **more: Any) -> Runner:
        """Return a runner of the capital's task, or of another one."""
        more.setdefault("task_model", self.model)
        return Runner(task or capital, self.space, self.data, metric or self.exact, **more)

    @staticmethod
    def exact(case: Any, value: Any) -> bool:
        """Whether it is what was expected."""
        return bool(value == case.expected)

    def order(self, case: str = "Italy", candidate: Candidate | None = None, **more: Any) -> Order:
        """Return an order for the seed, or another candidate."""
        return Order((candidate or self.seed).key, more.pop("split", "val"), case, **more)

    def run(self, task: Any = None, metric: Any = None, **more: Any) -> Any:
        """Carry out one run of a task at Italy."""
        return self.runner(task, metric, **more)(self.order(), self.seed.values)

    def all(self, **more: Any) -> list[Order]:
        """Return orders for both candidates at all cases."""
        return [self.order(case, one, **more) for one in self.candidates for case in CAPITALS]

    def rollouts(self, task: Any = None, metric: Any = None, **more: Any) -> Callable[..., Any]:
        """Return what carries out many."""
        options = {name: more.pop(name) for name in ("workers", "executor", "runs") if name in more}
        return Rollouts(self.runner(task, metric, **more), **options)


@pytest.fixture
def lab() -> Lab:
    return Lab()
