"""Runs that the optimizer asks for, on workers: what goes there, and what comes back."""

import pytest

from llm_strategy import RayExecutor, budget, llm_function, trace
from llm_strategy.optimize.case import Case
from llm_strategy.optimize.data import dataset
from llm_strategy.optimize.rollouts import Rollouts, Runner, current_rollout
from llm_strategy.optimize.search.candidate import Candidate
from llm_strategy.optimize.search.orders import Order
from llm_strategy.optimize.space import search_space
from llm_strategy.testing import ScriptedModel
from llm_strategy.tracing import semconv


def answer(messages):
    return '"right"' if "Be right." in str(messages[0].content) else '"wrong"'


@llm_function
def solve(model, question: str) -> str:
    """Answer the question."""


def task(parameters):
    if parameters == "bad":
        raise ValueError("no")
    return f"{solve(ScriptedModel(answer), parameters)} {current_rollout().order.key}"


def exact(case, value):
    return value.startswith(case.expected)


@pytest.fixture
def rollouts():
    space = search_space(solve, include=["solve:instruction"])
    (path,) = space.seed
    candidates = [Candidate(0, space.seed), Candidate(1, {path: "Answer the question. Be right."})]
    data = dataset([Case(one, "right", id=one) for one in ("one", "two", "bad")])
    orders = [Order(one.key, "val", case) for one in candidates for case in data.ids]

    def carried_out(executor=None):
        return list(
            Rollouts(Runner(task, space, {"val": data}, exact), workers=2, executor=executor)(orders, candidates)
        )

    return carried_out


def test_runs_on_workers_are_what_they_are_here(cluster, rollouts):
    def kept(outcomes):
        return [(one.order, one.score, one.error, one.usage.calls, record) for one, record in outcomes]

    with RayExecutor() as executor, trace("optimization") as t, budget(calls=20) as spent:
        there = kept(rollouts(executor))
    assert there == kept(rollouts())
    assert [row[1] for row in there] == [0.0, 0.0, 0.0, 1.0, 1.0, 0.0]
    assert spent.calls == t.totals.chats == 4
    runs = [span for span in t.spans if span.name == "rollout"]
    assert {span.parent for span in runs} == {t.spans[0].span}
    assert sorted(span.text(semconv.ROLLOUT_CASE) for span in runs) == ["bad", "bad", "one", "one", "two", "two"]
    assert sum(span.failed for span in runs) == 2
    assert {span.parent for span in t.spans if span.kind == "function"} <= {span.span for span in runs}
