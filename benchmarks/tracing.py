"""What tracing costs, beside the same calls untraced, and what it keeps in memory.

python -m benchmarks.tracing [--quick]

One call is an LLM function that asks a scripted model once: five spans, of which the session's is shared by all calls.
The calls are taken in turns, so that a slow moment of the machine hits all of them.
"""

import contextvars
import gc
import itertools
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from llm_strategy import llm_function
from llm_strategy.testing import ScriptedModel
from llm_strategy.tracing import span, trace
from llm_strategy.tracing.records import read_spans


def main() -> int:
    quick = "--quick" in sys.argv
    with tempfile.TemporaryDirectory() as folder:
        rows = [
            *_calls(Path(folder), 300 if quick else 1500),
            *_writing(Path(folder)),
            *_memory(Path(folder), 30_000 if quick else 110_000),
        ]
    table = Table("figure", "measured", "goal", "")
    for name, measured, goal, passed in rows:
        table.add_row(name, measured, goal, {True: "ok", False: "short", None: ""}[passed])
    Console().print(table)
    judged = [row[3] for row in rows if row[3] is not None]
    met = sum(judged)
    print(f"tracing: {met} of {len(judged)} goals met (goal all) {'ok' if met == len(judged) else 'short'}")
    return 0 if met == len(judged) else 1


def _calls(folder: Path, rounds: int):
    call = _call()
    with _traced(call) as memory, _traced(call, directory=folder / "calls") as file:
        bare, held, written = _in_turns([call, memory, file], rounds)
    yield "untraced call", f"{bare:.0f} us", "", None
    yield "over it: traced in memory", f"{held - bare:.0f} us", "<= 150 us", held - bare <= 150
    yield "over it: traced to a file", f"{written - bare:.0f} us", "<= 300 us", written - bare <= 300


def _writing(folder: Path):
    started = time.perf_counter()
    with trace("spans", directory=folder) as t:
        for number in range(10_000):
            with span("step", {"number": number, "text": "a text of some length, as spans carry it"}):
                pass
    seconds = time.perf_counter() - started
    assert t.path is not None
    found = len(read_spans(t.path))
    yield "10,000 spans to a file", f"{seconds:.2f} s, {found:,} read back", "<= 3 s", seconds <= 3 and found == 10_001


def _memory(folder: Path, spans: int):
    for name, directory in (("a file", folder), ("memory, spilled", None)):
        with trace("many", directory=directory):
            early, late = _growth(spans)
        bounded = late - early <= 2_000_000
        yield (
            f"held after {spans - 10_000:,} spans to {name}, over that after 10,000",
            f"{(late - early) / 1e6:+.2f} MB",
            "<= 2 MB",
            bounded,
        )


def _growth(spans: int) -> tuple[int, int]:
    """Bytes that are in use early, and at the end."""
    tracemalloc.start()
    measured = []
    for number in range(spans):
        if number in {10_000, spans - 10_000}:  # where the spans of a session in memory have just been moved to a file
            gc.collect()
            measured.append(tracemalloc.get_traced_memory()[0])
        with span("step", {"number": number}):
            pass
    tracemalloc.stop()
    return measured[0], measured[1]


def _call() -> Callable[[], object]:
    model = ScriptedModel(lambda _: '{"name": "Ada", "age": 42}', asked=_Forgetful(), arguments=_Forgetful())

    @llm_function
    def extract(model, text: str) -> dict[str, str | int]:
        """Extract the person."""
        raise NotImplementedError

    return lambda: extract(model, "Ada is 42.")


@contextmanager
def _traced(call: Callable[[], object], **options: Path) -> Iterator[Callable[[], object]]:
    """The same call inside a trace, which is open all the time and in force for this call only."""
    context = contextvars.copy_context()
    recorded = trace("calls", **options)
    context.run(recorded.__enter__)
    try:
        yield lambda: context.run(call)
    finally:
        context.run(recorded.__exit__, None, None, None)


def _in_turns(calls: list[Callable[[], object]], rounds: int) -> list[float]:
    """Microseconds of each call (median), of the processor time of all threads."""
    taken: list[list[float]] = [[] for _ in calls]
    for call, _ in itertools.product(calls, range(20)):
        call()
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for call, times in zip(calls, taken, strict=True):
                start = time.process_time()
                call()
                times.append((time.process_time() - start) * 1e6)
    finally:
        gc.enable()
    return [statistics.median(times) for times in taken]


class _Forgetful(list):
    """A log that keeps nothing, so that the model's own log is not what is measured."""

    def append(self, _):
        pass


if __name__ == "__main__":
    sys.exit(main())
