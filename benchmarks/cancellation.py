"""Work that is ended at a random moment: how long until nothing of it is left, at the server and here.

python -m benchmarks.cancellation [--quick]

Each point ends work at a seeded random moment: Ctrl-C in a map, a map that is left, a call that fails beside others, a
task that is cancelled, a stream that is closed. Then it is measured how long it takes until the server sees nobody who
waits for a reply, and here neither a task nor a thread is left that works for it. What the replies of the calls that
had ended cost is not paid again: the same calls are made once more, with a cache, and counted at the server.

Not counted: idle connections that the client keeps open for the next request, idle threads, which end by themselves
after half a second, and the one thread that renews the leases of a cache, which ends a few seconds after the last call.
"""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import aclosing, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langchain_openai import ChatOpenAI
from rich.console import Console
from rich.table import Table

from llm_strategy import caching, llm_function
from llm_strategy.errors import LLMStrategyError
from llm_strategy.flow import Flow, Parallel, Result, run
from llm_strategy.flow.waiting import Sleep
from llm_strategy.function.questions import Call

GOAL = 1.0


@llm_function(attempts=1, method="prompt")
def echo(model: Any, how: str, number: int) -> int:
    """The number."""


@llm_function(attempts=1, method="prompt")
def items(model: Any, how: str, number: int) -> Iterator[int]:
    """The number, often."""


@llm_function(attempts=1, method="prompt")
async def aitems(model: Any, how: str, number: int) -> list[int]:
    """The number, often."""


@dataclass
class Point:
    """One moment at which work is ended."""

    model: ChatOpenAI
    first: int
    seconds: float
    random: random.Random
    inputs: list[tuple[str, int]] = field(default_factory=list)
    finished: list[int] = field(default_factory=list)
    ended: float = 0.0

    def __post_init__(self) -> None:
        self.inputs = [("drip" if self.random.random() < 0.3 else "plain", self.first + n) for n in range(40)]

    def end(self) -> None:
        self.ended = time.perf_counter()

    def keep(self, results: list[Result[int]]) -> None:
        self.finished = [result.value for result in results if result.ok]


def interrupted_map(point: Point) -> None:
    def interrupt() -> None:
        point.end()
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(point.seconds, interrupt)
    timer.start()
    try:
        echo.map(point.model, point.inputs, limit=12)
        time.sleep(30)
    except KeyboardInterrupt as error:
        point.keep(error.results if hasattr(error, "results") else [])


def left_map(point: Point) -> None:
    wanted = point.random.randrange(1, 12)
    with closing(echo.map_as_completed(point.model, point.inputs, limit=12)) as results:
        point.keep([next(results) for _ in range(wanted)])
        point.end()


def failing_beside(point: Point) -> None:
    def fail() -> Flow[None]:
        yield Sleep(point.seconds)
        point.end()
        raise ValueError("one fails")

    implementation = echo._operative  # noqa: SLF001 (there is no public way to the flow of a call)
    calls = [implementation.answer(point.model, Call(given, {})) for given in point.inputs[:11]]

    def flow() -> Flow[Any]:
        return (yield Parallel((fail(), *calls)))

    with suppress(ValueError):
        run(flow())


async def acancelled_map(point: Point) -> None:
    task = asyncio.ensure_future(echo.amap(point.model, point.inputs, limit=12))
    await asyncio.sleep(point.seconds)
    point.end()
    task.cancel()
    try:
        await task
    except asyncio.CancelledError as error:
        point.keep(error.results if hasattr(error, "results") else [])


async def acancelled_gather(point: Point) -> None:
    calls = (aitems(point.model, how, number) for how, number in point.inputs[:12])
    together = asyncio.gather(*calls, return_exceptions=True)
    await asyncio.sleep(point.seconds)
    point.end()
    together.cancel()
    with suppress(asyncio.CancelledError):
        await together


async def aleft_map(point: Point) -> None:
    wanted = point.random.randrange(1, 12)
    async with aclosing(echo.amap_as_completed(point.model, point.inputs, limit=12)) as results:
        point.keep([await anext(results) for _ in range(wanted)])
        point.end()


def closed_stream(point: Point) -> None:
    values = items(point.model, "plain", point.first)
    for _ in range(point.random.randrange(1, 20)):
        next(values)
    point.end()
    values.close()


def interrupted_stream(point: Point) -> None:
    def interrupt() -> None:
        point.end()
        os.kill(os.getpid(), signal.SIGINT)

    threading.Timer(point.seconds, interrupt).start()
    with suppress(KeyboardInterrupt):
        for _ in items(point.model, "plain", point.first):
            pass


async def acancelled_stream(point: Point) -> None:
    async def read() -> None:
        async with aclosing(items.astream(point.model, "plain", point.first)) as values:
            async for _ in values:
                pass

    task = asyncio.ensure_future(read())
    await asyncio.sleep(point.seconds)
    point.end()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


WAYS: tuple[tuple[str, Callable[[Point], Any]], ...] = (
    ("Ctrl-C in a map", interrupted_map),
    ("map left early", left_map),
    ("one of Parallel fails", failing_beside),
    ("amap cancelled", acancelled_map),
    ("gather cancelled", acancelled_gather),
    ("amap left early", aleft_map),
    ("stream closed", closed_stream),
    ("Ctrl-C in a stream", interrupted_stream),
    ("astream cancelled", acancelled_stream),
)


@contextmanager
def provider() -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.cancellation_server"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()


def stats(base: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{base}/stats") as reply:
        return json.load(reply)


def working_threads() -> int:
    """Threads that carry out a call: those of the library that wait for the next one are idle."""
    frames = sys._current_frames()  # noqa: SLF001 (documented, for debuggers)
    count = 0
    for thread in threading.enumerate():
        if (
            thread in {threading.current_thread(), threading.main_thread()}
            or thread.name == "llm-strategy-cache-leases"
        ):
            continue
        frame, idle = frames.get(thread.ident or 0), True
        while frame is not None:
            idle = idle and frame.f_code.co_name in {"_work", "run", "_bootstrap", "_bootstrap_inner", "_worker"}
            frame = frame.f_back
        count += not idle
    return count


def gone(base: str, point: Point) -> tuple[float, int]:
    """Wait until nothing is left; return for how long it was there, and how many idle connections there are."""
    while True:
        seen = stats(base)
        threads = working_threads()
        after = time.perf_counter() - point.ended
        if (seen["busy"] == 0 and threads == 0) or after > 10:
            return after, seen["open"] - 1  # but for our own question


async def in_loop(base: str, way: Callable[[Point], Any], point: Point) -> tuple[float, int]:
    await way(point)
    left = len(asyncio.all_tasks()) - 1
    after, idle = await asyncio.to_thread(gone, base, point)
    return (after if not left else 99.0), idle


def paid_again(base: str, point: Point) -> int:
    """Ask once more for what was finished; return how many of these questions reach the server."""
    wanted = set(point.finished)
    before = stats(base)["asked"]
    inputs = [given for given in point.inputs if given[1] in wanted]
    echo.map(point.model, inputs, limit=12)
    return stats(base)["asked"] - before


def main() -> int:
    points = 27 if "--quick" in sys.argv else 100
    table = Table("way", "points", "median s", "longest s", "finished", "paid again", "idle connections")
    times: dict[str, list[float]] = {name: [] for name, _ in WAYS}
    kept, again, idle_after = dict.fromkeys(times, 0), dict.fromkeys(times, 0), dict.fromkeys(times, 0)
    with (
        provider() as base,
        tempfile.TemporaryDirectory() as folder,
        caching(Path(folder) / "cache.db"),
        asyncio.Runner() as loop,
    ):
        model = ChatOpenAI(model="m", base_url=f"{base}/v1", api_key="none", max_retries=0)
        for number in range(points):
            name, way = WAYS[number % len(WAYS)]
            draw = random.Random(number)
            point = Point(model, number * 1000, draw.uniform(0.02, 1.0), random.Random(number))
            if asyncio.iscoroutinefunction(way):
                after, idle = loop.run(in_loop(base, way, point))
            else:
                way(point)
                after, idle = gone(base, point)
            times[name].append(after)
            kept[name] += len(point.finished)
            idle_after[name] = max(idle_after[name], idle)
            with suppress(LLMStrategyError):
                again[name] += paid_again(base, point)
    for name, seconds in times.items():
        middle, longest = sorted(seconds)[len(seconds) // 2], max(seconds)
        table.add_row(
            name,
            str(len(seconds)),
            f"{middle:.3f}",
            f"{longest:.3f}",
            str(kept[name]),
            str(again[name]),
            str(idle_after[name]),
        )
    Console().print(table)
    longest = max(max(seconds) for seconds in times.values())
    ok = longest <= GOAL and not any(again.values())
    print(
        f"cancellation: all gone {longest:.2f} s after the end, at worst of {points} points, {sum(again.values())} of "
        f"{sum(kept.values())} finished replies paid again (goal <= {GOAL:.0f} s, 0) {'ok' if ok else 'short'}"
    )
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
