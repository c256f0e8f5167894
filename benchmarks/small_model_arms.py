"""The arms of `small_model`: who chooses the instruction."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llm_strategy import caching
from llm_strategy.optimize import LLMProposerSettings, OptimizationReport, optimize, search_space
from llm_strategy.optimize.metric import metric
from llm_strategy.optimize.streams import stream
from llm_strategy.testing.scripted import ScriptedModel

if TYPE_CHECKING:
    from benchmarks.small_model_tasks import Task
    from llm_strategy.optimize import Case, Dataset

__all__ = ["ARMS", "Done", "carried_out"]

ARMS = ("seed", "random", "gepa", "ours", "written")
_WORKERS = 2
_CACHE = Path("small_model_cache.sqlite")


@dataclass(frozen=True, slots=True)
class Done:
    """What came of an arm."""

    instruction: str
    """What it gave back."""
    right: tuple[bool, ...]
    """Case by case of the test."""
    rollouts: int
    """How many it took to find it."""


@metric(deterministic=True, perfect=1.0)
def exact(case: Case[Any, str], value: str) -> bool:
    """Compare with what is expected."""
    return value == case.expected


def carried_out(arm: str, task: Task, seed: int, rollouts: int, model: str) -> Done:
    """Search by one arm, and judge what it gives back."""
    asked: Any = _stand_in() if model == "stand-in" else _opened(model)
    with caching(_CACHE) if model != "stand-in" else caching():
        instruction, spent = _found(arm, task, seed, rollouts, asked)
        return Done(instruction, _judged(task, instruction, asked), spent)


def _found(arm: str, task: Task, seed: int, rollouts: int, model: Any) -> tuple[str, int]:
    """Return the instruction that an arm chooses, and the rollouts that it took."""
    space = search_space(task.function, include=["*:instruction"])
    (path,) = space.seed
    if arm == "seed":
        return str(space.seed[path]), 0
    if arm == "random":
        return _at_random(task, seed, rollouts, model)
    written = arm == "written"
    report: OptimizationReport = optimize(
        task.function,
        task.train,
        task.val,
        metric=exact,
        space=space,
        budget=rollouts,
        seed=seed,
        workers=_WORKERS,
        model=model,
        task_model=model,
        engine="gepa" if arm == "gepa" else "llm-strategy",
        settings={"guard": False},
        **(
            {"proposing": LLMProposerSettings(mode="plain")}
            if written
            else {"pool": [{path: one} for one in task.pool]}
        ),
    )
    return str(report.values(report.winner_number)[path]), report.rollouts


def _at_random(task: Task, seed: int, rollouts: int, model: Any) -> tuple[str, int]:
    """Try instructions in random order, the seed first, at all validation cases, as far as the rollouts go."""
    order = list(task.pool)
    stream(seed, "random", task.name).shuffle(order)
    space = search_space(task.function, include=["*:instruction"])
    best, spent = ("", -1), 0
    for instruction in [str(space.seed[next(iter(space.seed))]), *order]:
        if spent + len(task.val) > rollouts:
            break
        spent += len(task.val)
        score = sum(_answers(task, instruction, task.val, model))
        best = max(best, (instruction, score), key=lambda one: one[1])
    return best[0], spent


def _judged(task: Task, instruction: str, model: Any) -> tuple[bool, ...]:
    return _answers(task, instruction, task.test, model)


def _answers(task: Task, instruction: str, data: Dataset, model: Any) -> tuple[bool, ...]:
    asked = task.function.using(instruction=instruction)
    cases = [data.case(one) for one in data]
    given = (case.parameters for case in cases)
    inputs = [one if len(one) > 1 else next(iter(one.values())) for one in given]  # the only argument stands by itself
    found = asked.map(model, inputs, limit=_WORKERS)
    return tuple(one.error is None and one.value == case.expected for case, one in zip(cases, found, strict=True))


@cache
def _opened(name: str) -> Any:
    from llm_strategy.models.local import open_local

    scheme, _, rest = name.partition(":")
    return open_local(rest).model_copy(update={"n_parallel": _WORKERS}) if scheme == "local" else name


def _stand_in() -> ScriptedModel:
    """A model that answers by the first of the values that fit, and better the longer its instruction is."""

    def answer(messages: list[Any]) -> str:
        text = str(messages[0].content)
        if "Write a better instruction" in text:
            return "Look closely, think of every part of the question, and give the answer that is right."
        hard = sum(map(ord, str(messages[-1].content))) % 200
        good = len(text) > hard + 150
        for values in (("True", "False"), ("yes", "no"), ("A", "B")):
            if f'"{values[0]}"' in text:
                return f'"{values[not good]}"'
        return '"A"'

    return ScriptedModel(answer)
