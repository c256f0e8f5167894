"""Replies made to stall a reader, to fill the memory, or to smuggle in what is no number.

python -m benchmarks.hostile [--quick]

Each text is the reply of a model to a real LLM function, in a process of its own. It must end in a value or in
a typed error: within 500 ms for each MB (but 250 ms are always allowed), within five times the size of the text in
memory (but 16 MiB are always allowed, and a quarter more than the compiled parser alone needs for it), never with a
RecursionError, never with an infinite number or NaN in the value. Three ways of reading: whole, growing (`.stream`),
item by item.

Covered: the table of the reference, and texts of 10 MB. Not covered: HTTP bodies on their way, see benchmarks.faults.
"""

import argparse
import json
import math
import os
import resource
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import from_json
from rich.console import Console
from rich.table import Table

from llm_strategy import llm_function
from llm_strategy.errors import LLMStrategyError
from llm_strategy.flow import ChatRequest, Profile
from llm_strategy.messages import Chunk, Message, Reply

MS_PER_MB, FREE_MS = 500.0, 250.0
TIMES_TEXT, FREE_BYTES = 5.0, 16 << 20
BIG = 10_000_000


class Person(BaseModel):
    """Somebody."""

    name: str
    age: int
    height: float = 0.0
    tags: list[str] = []


def texts(big: int) -> Iterator[tuple[str, str]]:
    """The table of the reference, then texts of `big` characters."""
    yield "[ x 10k", "[" * 10_000
    yield "[ x 1M", "[" * 1_000_000
    yield "[ x 1M, balanced", "[" * 500_000 + "]" * 500_000
    yield '{"a": x 100k', '{"a":' * 100_000
    yield "1M digits", "1" * 1_000_000
    yield "1M digits as a field", f'{{"name": "Ada", "age": {"1" * 1_000_000}}}'
    yield "1e999999999", "1e999999999"
    yield "1e999999999 as a field", '{"name": "Ada", "age": 3, "height": 1e999999999}'
    yield "NaN as a field", '{"name": "Ada", "age": 3, "height": NaN}'
    yield "-Infinity as a field", "{'name': 'Ada', 'age': 3, 'height': -Infinity}"
    yield "unclosed string", '{"name": "' + "a" * big
    yield "{ and 20k quotes", "{" + '"' * 20_000
    yield "{ and 100k quotes", "{" + '"' * 100_000
    yield "100k escaped quotes", '{"name": "' + '\\"' * 100_000 + '", "age": 3}'
    yield "text { x 100k", "text { " * 100_000
    yield "200k keys, cut off", "{" + ", ".join(f'"key{i}": {i}' for i in range(200_000))
    yield "NUL, surrogate, comma", '{"name": "a\0\ud800", "age": 3,}'
    yield "big: prose", "All work and no play. " * (big // 22)
    yield "big: prose, value last", "All work and no play. " * (big // 22) + '{"name": "Ada", "age": 3}'
    yield "big: value in a fence", '```json\n{"name": "' + "a" * big + '", "age": 3}\n```'
    yield "big: whole value", '{"name": "' + "a" * big + '", "age": 3}'
    yield "big: list of numbers", "[" + "1," * (big // 2) + "1]"
    yield "big: list of objects", "[" + '{"name":"Ada","age":3},' * (big // 23) + '{"name":"Ada","age":3}]'
    yield "big: quotes", '"' * big
    yield "big: backslashes", '{"name": "' + "\\" * big
    yield "big: backticks", "`" * big
    yield "big: braces", "{}" * (big // 2)
    yield "big: fences", "```json\n{\n" * (big // 10)
    yield "big: blanks", " " * big
    yield "big: line breaks", "\n" * big
    yield "big: tags", "<think>" * (big // 7)
    yield "big: commas", "{" + "," * big
    yield "big: colons", '{"a"' + ":" * big
    yield "big: minus signs", "-" * big
    yield "big: digits and dots", "1." * (big // 2)
    yield "big: surrogates", '{"name": "' + "\ud800" * (big // 4)


@llm_function(attempts=1)
def person(model, text: str) -> Person:
    """Extract the person."""
    raise NotImplementedError


@llm_function(attempts=1)
def numbers(model, text: str) -> list[float]:
    """List the numbers."""
    raise NotImplementedError


@llm_function(attempts=1)
def anything(model, text: str) -> dict[str, Any]:
    """Give the data."""
    raise NotImplementedError


@llm_function(attempts=1)
def number(model, text: str) -> float:
    """Give the number."""
    raise NotImplementedError


FUNCTIONS = {"Person": person, "list[float]": numbers, "dict": anything, "float": number}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="texts of 1 MB, and only whole reading of two types")
    quick = parser.parse_args().quick
    table = Table("text", "type", "read", "MB", "ms", "ms a MB", "x memory", "pydantic x", "ended in", "")
    rows = bad = 0
    slowest = largest = 0.0
    for name, text in texts(BIG // 10 if quick else BIG):
        for kind, how in _cases(quick=quick):
            plain = _measured(lambda text=text, kind=kind: _plain(text, kind))
            if how == "growing" and len(text) > 2_000_000:
                continue
            row = _measured(lambda text=text, kind=kind, how=how: _read(text, kind, how))
            size = len(text.encode(errors="surrogatepass"))
            fine, cells, per_mb, times = _judged(row, plain, size)
            rows, bad = rows + 1, bad + (not fine)
            if size >= 1_000_000:
                slowest, largest = max(slowest, per_mb), max(largest, times)
            if not fine or (kind == "Person" and how == "whole"):
                table.add_row(name, kind, how, *cells, "ok" if fine else "short")
    Console().print(table)
    print(f"slowest of 1 MB and more: {slowest:.0f} ms a MB; most memory: {largest:.1f} times the text")
    print(f"hostile: {rows - bad} of {rows} readings within bounds (goal all) {'ok' if not bad else 'short'}")
    return 1 if bad else 0


def _cases(*, quick: bool) -> list[tuple[str, str]]:
    kinds = ["Person", "list[float]"] if quick else list(FUNCTIONS)
    ways: tuple[Literal["whole", "growing"], ...] = ("whole",) if quick else ("whole", "growing")
    return [(kind, way) for kind in kinds for way in ways]


def _judged(row: dict[str, Any], plain: dict[str, Any], size: int) -> tuple[bool, list[str], float, float]:
    megabytes = max(size / 1e6, 1e-6)
    allowed_ms = max(FREE_MS, MS_PER_MB * megabytes)
    allowed_bytes = max(FREE_BYTES, TIMES_TEXT * size, 1.25 * plain["bytes"] + size)
    fine = row["ok"] and row["ms"] <= allowed_ms and row["bytes"] <= allowed_bytes
    per_mb, times = row["ms"] / megabytes, row["bytes"] / max(size, 1)
    shown = ("-", "-") if size < 1_000_000 else (f"{per_mb:.0f}", f"{times:.1f}")
    own = f"{plain['bytes'] / size:.1f}" if plain["end"] == "value" and size >= 1_000_000 else "-"
    return fine, [f"{megabytes:.2f}", f"{row['ms']:.0f}", *shown, own, row["end"]], per_mb, times


class Streaming:
    """A model that says one thing, in pieces of 16 characters, and costs next to nothing itself."""

    name = "hostile"
    profile = Profile(("prompt",))

    def __init__(self, text: str) -> None:
        self.text = text

    def reply(self, _: ChatRequest) -> Reply:
        return Reply(Message.assistant(self.text), "stop")

    async def areply(self, request: ChatRequest) -> Reply:
        return self.reply(request)

    def stream(self, _: ChatRequest) -> Iterator[Chunk]:
        for start in range(0, len(self.text), 16):
            yield Chunk(self.text[start : start + 16])
        yield Chunk(finish_reason="stop")

    async def astream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        for chunk in self.stream(request):
            yield chunk


def _read(text: str, kind: str, how: str) -> tuple[str, bool]:
    model = Streaming(text)
    function = FUNCTIONS[kind]
    try:
        value = function(model, "x") if how == "whole" else deque(function.stream(model, "x"), maxlen=1)[-1]
    except LLMStrategyError as error:
        last = getattr(error, "errors", (error,))[-1]
        return type(last).__name__, len(str(error)) < 20_000
    return "value", _finite(value)


def _plain(text: str, kind: str) -> tuple[str, bool]:
    """What the compiled parser alone needs: for the text, and for the value."""
    with suppress(ValueError, TypeError):
        _ = from_json(text)
    try:
        _ = TypeAdapter(FUNCTIONS[kind].output_type).validate_json(text)
    except (ValidationError, TypeError) as error:
        return type(error).__name__, True
    return "value", True


def _finite(value: Any) -> bool:
    if isinstance(value, BaseModel):
        value = value.model_dump()
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(_finite(one) for one in value.values())
    if isinstance(value, list):
        return all(_finite(one) for one in value[:1000])
    return True


def _measured(work: Callable[[], tuple[str, bool]]) -> dict[str, Any]:
    """Do the work in a process of its own; return how it ended, milliseconds, and bytes above what was there."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(reading)
        os.write(writing, json.dumps(_in_child(work)).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        told = pipe.read()
    os.waitpid(pid, 0)
    return json.loads(told) if told else {"end": "killed", "ok": False, "ms": 0.0, "bytes": 0}


def _in_child(work: Callable[[], tuple[str, bool]]) -> dict[str, Any]:
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
    with open("/proc/self/clear_refs", "w") as peak:  # noqa: PTH123 (the peak of this process starts here)
        peak.write("5")
    before = _peak()
    started = time.process_time()
    try:
        end, ok = work()
    except BaseException as error:
        end, ok = type(error).__name__, False
    return {"end": end, "ok": ok, "ms": (time.process_time() - started) * 1000, "bytes": max(0, _peak() - before)}


def _peak() -> int:
    with open("/proc/self/status") as status:  # noqa: PTH123
        line = next(line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    sys.exit(main())
