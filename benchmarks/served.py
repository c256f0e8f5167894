"""The embedded model behind an OpenAI-compatible server: many calls at once, and prompts that begin the same way.

python -m benchmarks.served [--quick]

The server is `llm-strategy models serve` with four slots, in a process of its own; the client is ChatOpenAI.
Throughput: 40 extractions by `.map`, one at a time and four at a time, in turns. Prefix reuse: seconds to the first
piece of a reply, for the first call of a function with a long instruction, and for its second call with another input;
a fresh instruction each round, so that nothing is left over. The profile beneath says what bounds the throughput: the
server's own milliseconds for a token of the prompt, and for a token of the reply with one and with four replies under
way. `--quick` takes the small model and fewer rounds.
"""

import argparse
import os
import random
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
from langchain_openai import ChatOpenAI
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

from llm_strategy import llm_function

NAMES = ["Ada", "Emmy", "Grace", "Sofia", "Rosa", "Lise", "Marie", "Hedy", "Jane", "Dorothy"]
TOWNS = ["Paris", "London", "Berlin", "Madrid", "Rome", "Oslo", "Vienna", "Lisbon", "Prague", "Dublin"]
WORDS = [
    "when",
    "every",
    "answer",
    "names",
    "only",
    "what",
    "the",
    "text",
    "states",
    "and",
    "nothing",
    "that",
    "one",
    "might",
    "guess",
    "from",
    "it",
]
TIMES_FASTER, TIMES_SOONER = 1.5, 3.0


class Person(BaseModel):
    """Somebody."""

    name: str
    age: int
    town: str


@llm_function(max_tokens=60, method="json_schema")
def extract(model, text: str) -> Person:
    """Extract the person."""
    raise NotImplementedError


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    with served("smollm2-135m" if quick else "qwen2.5-coder-1.5b") as model:
        extract(model, "Warm up: Al, 9, of Bonn.")
        alone, together, right = _throughput(model, 12 if quick else 40, 1 if quick else 2)
        first, second = _prefixes(model, 3 if quick else 5)
        profile = _profile(model)
    faster, sooner = alone / together, first / second
    table = Table("figure", "measured", "goal", "")
    for name, measured, goal, passed in (
        ("extractions, one at a time", f"{alone:.1f} s", "-", True),
        (
            "extractions, four at a time",
            f"{together:.1f} s, {faster:.2f} x the throughput",
            f">= {TIMES_FASTER} x",
            faster >= TIMES_FASTER,
        ),
        ("extractions that came out right", right, "-", True),
        ("first piece, first call", f"{first * 1000:.0f} ms", "-", True),
        (
            "first piece, second call",
            f"{second * 1000:.0f} ms, {sooner:.1f} x sooner",
            f">= {TIMES_SOONER} x",
            sooner >= TIMES_SOONER,
        ),
    ):
        table.add_row(name, measured, goal, "ok" if passed else "short")
    Console().print(table)
    print(profile)
    good = faster >= TIMES_FASTER and sooner >= TIMES_SOONER
    print(
        f"served: {faster:.2f} x throughput, {sooner:.1f} x sooner (goal {TIMES_FASTER} x, {TIMES_SOONER} x)"
        f" {'ok' if good else 'short'}"
    )
    return 0 if good else 1


@contextmanager
def served(name: str, *, parallel: int = 4, ctx: int = 2048) -> Iterator[ChatOpenAI]:
    """Start the server with so many slots, each for so many tokens; give a client."""
    command = [
        sys.executable,
        "-m",
        "llm_strategy.cli.main",
        "models",
        "serve",
        name,
        "--parallel",
        str(parallel),
        "--ctx",
        str(ctx),
        "--port",
        "0",
    ]
    environment = {**os.environ, "COLUMNS": "400", "PYTHONUNBUFFERED": "1"}
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert server.stdout is not None
    try:
        line = next(line for line in server.stdout if "ChatOpenAI(" in line)
        options = dict(re.findall(r'(\w+)="([^"]*)"', line))
        yield ChatOpenAI(temperature=0, **options)
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()


def _texts(count: int, seed: int) -> list[tuple[str, Person]]:
    draw = random.Random(seed)
    people = [Person(name=draw.choice(NAMES), age=draw.randint(18, 90), town=draw.choice(TOWNS)) for _ in range(count)]
    return [
        (f"Letter {n}. {one.name} is {one.age} years old and lives in {one.town}.", one) for n, one in enumerate(people)
    ]


def _throughput(model: ChatOpenAI, count: int, rounds: int) -> tuple[float, float, str]:
    """Seconds one at a time and four at a time (median of rounds in turns), and how many were right."""
    times: dict[int, list[float]] = {1: [], 4: []}
    right = asked = 0
    for number in range(rounds):
        for limit in (1, 4) if number % 2 == 0 else (4, 1):
            texts = _texts(count, seed=number)
            started = time.perf_counter()
            results = extract.map(model, [text for text, _ in texts], limit=limit)
            times[limit].append(time.perf_counter() - started)
            right += sum(result.value == person for result, (_, person) in zip(results, texts, strict=True))
            asked += count
    return statistics.median(times[1]), statistics.median(times[4]), f"{right} of {asked}"


def _prefixes(model: ChatOpenAI, rounds: int) -> tuple[float, float]:
    """Seconds to the first piece of the reply: first and second call of a function, median of rounds."""
    first, second = [], []
    for number in range(rounds):
        draw = random.Random(number)
        long = " ".join(draw.choice(WORDS) for _ in range(350))
        function = extract.using(instruction=f"Rules {number}: {long}. Extract the person.")
        texts = _texts(2, seed=100 + number)
        for times, (text, _) in zip((first, second), texts, strict=True):
            times.append(_first_piece(function, model, text))
    return statistics.median(first), statistics.median(second)


def _first_piece(function, model: ChatOpenAI, text: str) -> float:
    started = time.perf_counter()
    pieces = function.stream(model, text)
    next(pieces)
    seconds = time.perf_counter() - started
    for _ in pieces:
        pass  # to its end: a slot that is let go early would be measured with the next call
    return seconds


def _profile(model: ChatOpenAI) -> str:
    """Where the time goes, by the server's own clock."""
    key = model.openai_api_key.get_secret_value()
    head = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=f"{model.openai_api_base}/", headers=head, timeout=300) as client:

        def timings(number: int) -> dict[str, float]:
            text = f"{number} green bottles. Count from {number} upwards in words, with commas, without an end."
            body = {"model": model.model_name, "messages": [{"role": "user", "content": text}], "max_tokens": 64}
            return client.post("chat/completions", json={**body, "temperature": 0}).json()["timings"]

        one = timings(101)
        with ThreadPoolExecutor(4) as pool:
            four = list(pool.map(timings, range(200, 204)))
    prompt, alone = one["prompt_per_token_ms"], one["predicted_per_token_ms"]
    step = statistics.median(each["predicted_per_token_ms"] for each in four)
    return (
        f"profile: a token of a prompt {prompt:.1f} ms; of a reply {alone:.1f} ms alone, {step / 4:.1f} ms beside "
        f"three others (a step of four {step:.1f} ms): decoding gains {alone / (step / 4):.2f} x, "
        f"reading prompts nothing; {alone / prompt:.2f} x is the most this processor could gain (computing only)"
    )


if __name__ == "__main__":
    sys.exit(main())
