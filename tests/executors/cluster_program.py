"""A program that works on a cluster of two nodes; the tests start it, and read what it prints."""
# ruff: noqa: T201

import json
import os
import signal
import sys
import threading
import time
import urllib.request
from contextlib import closing
from pathlib import Path

from langchain_openai import ChatOpenAI
from pydantic import BaseModel

from llm_strategy import (
    Hyperparameters,
    RayExecutor,
    ThreadExecutor,
    budget,
    caching,
    durable,
    llm_function,
    trace,
    use_model,
)
from llm_strategy.errors import BudgetExceededError


class Sum(BaseModel):
    value: int


@llm_function(attempts=1, method="prompt")
def echo(model, how: str, number: int) -> int:
    """The number."""


def rollout(number):
    """What a user writes: it calls LLM functions, one after the other."""
    import ray

    first = echo(None, "plain", number)
    return Sum(value=first + echo(None, "plain", 10_000 + number)), ray.get_runtime_context().get_node_id()


def rolled_out(number):
    first = echo(None, "plain", number)
    return first + echo(None, "plain", 10_000 + number)


def dying(number):
    """Kills its process after its first call, the first time."""
    first = echo(None, "plain", number)
    mark = Path(MARKS) / str(number)
    if number % 4 == 0 and not mark.exists():
        mark.touch()
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGKILL)
    return first + echo(None, "plain", 10_000 + number)


def failing(number):
    if number == 1:
        raise BudgetExceededError("mine", limit="calls", results=[1])
    if number == 2:
        return threading.Lock()
    if number == 3:
        return Hyperparameters.__name__, echo.settings.attempts, echo._operative.settings.instruction
    return number


def slow(number):
    return echo(None, "drip", number)


MARKS = os.environ.get("MARKS", "")


def stats(base):
    with urllib.request.urlopen(f"{base}/stats") as reply:
        return json.load(reply)


def many(base, executor, seen):
    with trace("t") as recorded:
        results = list(executor.map(rollout, range(100), limit=16))
    seen["nodes"] = len({result.unwrap()[1] for result in results})
    seen["right"] = sorted(result.unwrap()[0].value for result in results) == [10_000 + 2 * n for n in range(100)]
    seen["of our class"] = all(isinstance(result.unwrap()[0], Sum) for result in results)
    seen["calls in the trace"] = recorded.totals.calls
    seen["tokens in the trace"] = recorded.totals.tokens
    ids = {span.span for span in recorded.spans}
    seen["one tree"] = sum(span.parent not in ids for span in recorded.spans) == 1
    seen["asked"] = sorted(stats(base)["numbers"])


def limited(base, executor, seen):
    before, told = stats(base)["asked"], []
    with budget(calls=30) as spent:
        results = echo.map(None, [("plain", n) for n in range(60)], executor=executor, progress=told.append)
    seen["sent within the budget"] = stats(base)["asked"] - before
    seen["spent"] = spent.calls
    seen["values within the budget"] = sum(result.ok for result in results)
    seen["kinds of errors"] = sorted({type(result.error).__name__ for result in results if result.error})
    seen["results"] = len(results)
    seen["tokens told"] = told[-1].tokens


def errors(executor, seen):
    scope = Hyperparameters({echo: {"instruction": "Say the number."}})
    with scope:
        one = {result.index: result for result in executor.map(failing, range(4))}
    seen["error"] = [type(one[1].error).__name__, str(one[1].error), one[1].error.limit, list(one[1].error.results)]
    seen["noted"] = "failing" in one[1].error.__notes__[0]
    seen["unsendable"] = type(one[2].error).__name__
    seen["scope"] = one[3].value[2]


def cached(base, executor, seen):
    with caching(Path(MARKS) / "cache.db"):
        before = stats(base)["asked"]
        for _ in range(2):
            echo.map(None, [("plain", 77) for _ in range(20)], executor=executor)
        seen["asked with a cache"] = stats(base)["asked"] - before


def death(base, executor, seen, first, count, limit):
    with durable(Path(MARKS) / f"{first}.db") as run, budget(calls=100) as spent:
        results = sorted(executor.map(dying, range(first, first + count), limit=limit), key=lambda result: result.index)
    mine = {*range(first, first + count), *range(10_000 + first, 10_000 + first + count)}
    asked = [number for number in stats(base)["numbers"] if number in mine]
    seen["deaths"].append(
        {
            "right": [result.value for result in results] == [10_000 + 2 * (first + n) for n in range(count)],
            "lost": [str(result.error) for result in results if result.error],
            "replies in the journal": run.totals.calls,
            "paid twice": len(asked) - len(set(asked)),
            "counted": spent.calls - len(asked),
        }
    )


def left(base, executor, seen):
    with closing(executor.map(slow, range(900, 950), limit=12)) as results:
        next(results)
        began = time.monotonic()
    seen["closed within"] = time.monotonic() - began
    while stats(base)["busy"] and time.monotonic() - began < 20:
        time.sleep(0.02)
    seen["gone within"] = time.monotonic() - began
    seen["still works"] = [result.unwrap() for result in executor.map(failing, [5])] == [5]


def journal(executor, path):
    with durable(path) as run:
        results = echo.map(None, [("plain", n) for n in range(60)], executor=executor, limit=8)
        rolled = sorted(executor.map(rolled_out, range(100, 110)), key=lambda result: result.index)
        return {
            "values": [result.value for result in results],
            "rolled": [result.unwrap() for result in rolled],
            "replayed": run.replayed,
            "in flight": len(run.in_flight),
            "calls": run.totals.calls,
        }


def main():
    what, base = sys.argv[1:3]
    model = ChatOpenAI(model="m", base_url=f"{base}/v1", api_key="sk-planted-secret", max_retries=0)
    if what == "threads":
        with use_model(model):
            print(json.dumps(journal(ThreadExecutor(), sys.argv[3])))
        return
    node = {"num_cpus": 1, "object_store_memory": 80_000_000, "include_dashboard": False}
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args=node)
    cluster.add_node(num_cpus=1, object_store_memory=80_000_000)
    cluster.wait_for_nodes()
    seen = {}
    with use_model(model), RayExecutor(cluster.address) as executor:
        if what == "journal":
            seen = journal(executor, sys.argv[3])
        else:
            many(base, executor, seen)
            limited(base, executor, seen)
            errors(executor, seen)
            cached(base, executor, seen)
            left(base, executor, seen)
            seen["deaths"] = []
            death(base, executor, seen, 500, 5, 1)
            death(base, executor, seen, 600, 20, 8)
    cluster.shutdown()
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
