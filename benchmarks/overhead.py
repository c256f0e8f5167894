"""What the library itself costs: importing it, and each call over the bare model call.

python -m benchmarks.overhead [--quick]

Absolute times depend on the machine; all goals are differences taken in one run.
"""

import gc
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from benchmarks.loopback import SHARED, loopback_server

HEAVY = ("langchain_core", "langchain_openai", "openai", "wandb", "numpy", "pandas")


def main() -> int:
    quick = "--quick" in sys.argv
    rounds = 300 if quick else 1500
    rows = [*_imports(5 if quick else 15), *_fake_model(rounds), *_loopback(rounds // 3), *_flatness(rounds)]
    table = Table("figure", "measured", "goal", "")
    for name, measured, goal, passed in rows:
        table.add_row(name, measured, goal, "ok" if passed else "short")
    Console().print(table)
    passed = sum(row[3] for row in rows)
    print(f"overhead: {passed} of {len(rows)} goals met (goal all) {'ok' if passed == len(rows) else 'short'}")
    return 0 if passed == len(rows) else 1


def _imports(runs: int):
    package, wall, loaded = _imported("import llm_strategy", runs)
    yield "import llm_strategy", f"{wall:.0f} ms, {package:.0f} ms CPU", "<= 150 ms", wall <= 150
    yield "heavy modules after it", loaded or "none", "none", not loaded
    pydantic, _, _ = _imported("import pydantic; pydantic.create_model('M', x=(int, ...))", runs)
    names, _, loaded = _imported("from llm_strategy import llm_function, llm_strategy", runs)
    over = names - pydantic
    yield (
        "from llm_strategy import llm_function, CPU",
        f"{over:.0f} ms over pydantic's {pydantic:.0f}",
        "<= 150 ms",
        over <= 150,
    )
    yield "heavy modules after it", loaded or "none", "none", not loaded


def _imported(statement: str, runs: int) -> tuple[float, float, str]:
    """Milliseconds of processor and of wall clock for a statement in a fresh interpreter, and what heavy it loads."""
    code = (
        "import sys, time; a, b = time.process_time(), time.perf_counter(); "
        f"{statement}; print(time.process_time() - a, time.perf_counter() - b, *sys.modules)"
    )
    outputs = [_python(code) for _ in range(runs)]
    cpu, wall = (statistics.median(float(output[column]) for output in outputs) * 1000 for column in (0, 1))
    return cpu, wall, ", ".join(name for name in HEAVY if name in outputs[0])


def _python(code: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


def _fake_model(rounds: int):
    from langchain_core.messages import HumanMessage, SystemMessage

    from llm_strategy.testing import ScriptedModel

    model = ScriptedModel(lambda _: '{"name": "Ada", "age": 42}', asked=_Forgetful(), arguments=_Forgetful())
    extract = _extract(model)
    started = time.process_time()
    extract("Ada is 42.")
    first = (time.process_time() - started) * 1000
    messages = [SystemMessage(content="Extract the person."), HumanMessage(content="text: Ada is 42.")]
    bare, ours = _paired(lambda: model.invoke(messages), lambda: extract("Ada is 42."), rounds, time.process_time)
    yield (
        "call over a fake langchain model, CPU",
        f"{ours - bare:.3f} ms over {bare:.3f}",
        "<= 0.3 ms",
        ours - bare <= 0.3,
    )
    yield "first call of a function, CPU", f"{first:.1f} ms", "<= 30 ms", first <= 30


def _loopback(rounds: int):
    with loopback_server() as base:
        bare, ours = paired_with_langchain(base, rounds)
    yield "call over ChatOpenAI.invoke, wall", f"{ours - bare:.3f} ms over {bare:.3f}", "<= 0.3 ms", ours - bare <= 0.3


def paired_with_langchain(base: str, rounds: int) -> tuple[float, float]:
    """Milliseconds of a bare `ChatOpenAI.invoke`, and of a call of a function over the same model."""
    from langchain_core.messages import HumanMessage, SystemMessage
    from langchain_openai import ChatOpenAI

    model = ChatOpenAI(model="gpt-4o", base_url=f"{base}/ok/0/overhead/v1", api_key="x")
    extract = _extract(model)
    messages = [SystemMessage(content="Extract the person."), HumanMessage(content="text: Ada is 42.")]
    return _paired(lambda: model.invoke(messages), lambda: extract("Ada is 42."), rounds, time.perf_counter)


def _flatness(rounds: int):
    from llm_strategy.testing import ScriptedModel

    model = ScriptedModel(lambda _: '{"name": "Ada", "age": 42}', asked=_Forgetful(), arguments=_Forgetful())
    first = _extract(model)
    functions = [_extract(model) for _ in range(500)]
    for function in functions:
        function("x")
    alone, among = _paired(lambda: first("Ada is 42."), lambda: functions[-1]("Ada is 42."), rounds, time.process_time)
    yield "call of the 501st function over the first's", f"x {among / alone:.2f}", "<= x 1.2", among / alone <= 1.2
    early = _median(lambda: first("Ada is 42."), rounds, time.process_time)
    for _ in range(rounds * 5):
        first("Ada is 42.")
    late = _median(lambda: first("Ada is 42."), rounds, time.process_time)
    yield f"call after {rounds * 7} calls over an early one", f"x {late / early:.2f}", "<= x 1.2", late / early <= 1.2


class _Forgetful(list):
    """A log that keeps nothing, so that the model's own log is not what is measured."""

    def append(self, _):
        pass


def _extract(model):
    from pydantic import BaseModel

    from llm_strategy import llm_strategy

    class Person(BaseModel):
        name: str
        age: int

    def extract(text: str) -> Person:
        """Extract the person."""
        raise NotImplementedError

    return llm_strategy(model)(extract)


def _paired(one: Callable, other: Callable, rounds: int, clock: Callable) -> tuple[float, float]:
    """Milliseconds of each (median), taken in turns, so that a slow moment hits both."""
    first, second = [], []
    for call in (one, other):
        for _ in range(20):
            call()
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            first.append(_timed(one, clock))
            second.append(_timed(other, clock))
    finally:
        gc.enable()
    return statistics.median(first), statistics.median(second)


def _median(call: Callable, rounds: int, clock: Callable) -> float:
    return statistics.median(_timed(call, clock) for _ in range(rounds))


def _timed(call: Callable, clock: Callable) -> float:
    start = clock()
    call()
    return (clock() - start) * 1000


if __name__ == "__main__":
    sys.path.insert(0, str((SHARED / "bench").resolve()))
    sys.exit(main())
