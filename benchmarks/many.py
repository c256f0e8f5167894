"""What a call costs within a map of very many, in time and memory, beside the same calls in a loop.

python -m benchmarks.many [--quick]

The model answers at once, so that what is left is our own: a call in a loop, and what `map` adds to it for threads or
tasks, order and results. Inputs come from a generator. Memory is what the process has grown by at its end; a map that
gives results as they come has to hold none of them.
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from llm_strategy import llm_function
from llm_strategy.flow import ChatRequest, Profile
from llm_strategy.messages import Message, Reply

MICROSECONDS, MEGABYTES = 100, 5


class Instant:
    """A model that answers at once."""

    name = "instant"
    profile = Profile()

    def reply(self, request: ChatRequest) -> Reply:  # noqa: ARG002
        return Reply(Message.assistant("1"))

    async def areply(self, request: ChatRequest) -> Reply:  # noqa: ARG002
        return Reply(Message.assistant("1"))

    def stream(self, request: ChatRequest) -> Any:
        raise NotImplementedError

    astream = stream


@llm_function(attempts=1)
def one(model: Any, number: int) -> int:
    """One."""


def inputs(count: int) -> Iterator[int]:
    yield from range(count)


def loop(count: int) -> None:
    for number in range(count):
        one(MODEL, number)


def mapped(count: int) -> None:
    one.map(MODEL, inputs(count))


def amapped(count: int) -> None:
    asyncio.run(one.amap(MODEL, inputs(count)))


def completed(count: int) -> None:
    for _ in one.map_as_completed(MODEL, inputs(count)):
        pass


def acompleted(count: int) -> None:
    async def read() -> None:
        async for _ in one.amap_as_completed(MODEL, inputs(count)):
            pass

    asyncio.run(read())


MODEL = Instant()
WAYS = (loop, mapped, amapped, completed, acompleted)


def resident() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20


def main() -> int:
    count = 10_000 if "--quick" in sys.argv else 100_000
    for way in WAYS:
        way(500)
    table = Table("way", "calls", "us a call", "us more than in a loop", "MB more at the end")
    seconds: dict[str, float] = {}
    growth: dict[str, float] = {}
    for way in WAYS:
        before, began = resident(), time.process_time()
        way(count)
        seconds[way.__name__], growth[way.__name__] = time.process_time() - began, resident() - before
        each, more = seconds[way.__name__] / count * 1e6, (seconds[way.__name__] - seconds["loop"]) / count * 1e6
        table.add_row(way.__name__, f"{count:,}", f"{each:.0f}", f"{more:.0f}", f"{growth[way.__name__]:.1f}")
    Console().print(table)
    most = max(seconds.values()) / count * 1e6 - seconds["loop"] / count * 1e6
    held = max(growth["completed"], growth["acompleted"])
    ok = most <= MICROSECONDS and held <= MEGABYTES
    print(
        f"many: {most:.0f} us of processor a call more than in a loop, {held:.1f} MB more after {count:,} results "
        f"as they come (goal <= {MICROSECONDS} us, {MEGABYTES} MB) {'ok' if ok else 'short'}"
    )
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
