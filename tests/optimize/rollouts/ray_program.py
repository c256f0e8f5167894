"""Runs of a task on a cluster of Ray; the test starts it, and reads what it prints."""
# ruff: noqa: T201

import json
from typing import Any

from llm_strategy import RayExecutor, budget, llm_function, trace
from llm_strategy.errors import UnknownModelError
from llm_strategy.optimize.case import Case
from llm_strategy.optimize.data import dataset
from llm_strategy.optimize.rollouts import Rollouts, Runner, current_rollout
from llm_strategy.optimize.search.candidate import Candidate
from llm_strategy.optimize.search.orders import Order
from llm_strategy.optimize.space import search_space
from llm_strategy.testing import ScriptedModel


def answer(messages: list[Any]) -> str:
    return '"right"' if "Be right." in str(messages[0].content) else '"wrong"'


@llm_function
def solve(model: Any, question: str) -> str:
    """Answer the question."""


def model() -> ScriptedModel:
    return ScriptedModel(answer)


def task(parameters: str) -> str:
    if parameters == "wrong":
        raise ValueError("no")
    return f"{solve(model(), parameters)} {current_rollout().order.key}"


async def unreachable(parameters: str) -> str:
    return solve("nosuch", parameters)


def exact(case: Case, value: str) -> bool:
    return value.startswith(case.expected)


def told_of_no_model(runner: Runner, orders: list[Order], seed: Candidate, executor: RayExecutor) -> str:
    try:
        list(Rollouts(runner, workers=3, executor=executor)(orders, [seed]))
    except UnknownModelError as error:
        return str(error)
    return ""


def main() -> None:
    space = search_space(solve, include=["solve:instruction"])
    (path,) = space.seed
    seed, better = Candidate(0, space.seed), Candidate(1, {path: "Answer the question. Be right."})
    questions = ["one", "two", "wrong"]
    data = dataset([Case(one, "right", id=one) for one in questions])
    runner = Runner(task, space, {"val": data}, exact)
    orders = [Order(one.key, "val", case) for one in (seed, better) for case in questions]
    with RayExecutor(workers=2) as executor, trace("optimization") as t, budget(calls=100) as spent:
        rollouts = Rollouts(runner, workers=3, executor=executor)
        outcomes = list(rollouts(orders, [seed, better]))
        none = Runner(unreachable, space, {"val": data}, exact)
        told = told_of_no_model(none, orders[:1], seed, executor)
    print(
        json.dumps(
            {
                "orders": [one.order == order for (one, _), order in zip(outcomes, orders, strict=True)],
                "scores": [one.score for one, _ in outcomes],
                "errors": [one.error[:15] for one, _ in outcomes],
                "calls": [one.usage.calls for one, _ in outcomes],
                "chats": [len(record["chats"]) for _, record in outcomes],
                "spent": spent.calls,
                "told": told[:56],
                "spans": sum(span.name == "rollout" for span in t.spans),
                "inside": sum(span.kind == "chat" for span in t.spans),
            }
        )
    )


if __name__ == "__main__":
    main()
