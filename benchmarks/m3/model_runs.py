"""The embedded model at the simplest tasks, in three forms of actions and by smolagents: one server, one run."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Self

from langchain_openai import ChatOpenAI

from benchmarks.m3.answers import right
from benchmarks.m3.comparison import PEER, shown
from benchmarks.m3.recording import Results, read, write
from benchmarks.m3.runs import Outcome, ran
from benchmarks.m3.solving import tried
from benchmarks.m3.tasks import Record, Task
from benchmarks.served import served

__all__ = ["compared", "simplest"]

MODEL = "qwen2.5-coder-1.5b"
COUNT = 20
TURNS, TOKENS, TIMEOUT = 6, 400, 600
PARALLEL, CONTEXT = 4, 6144
FORMS = ("code", "json", "text")

Asked = Callable[[Task], Outcome]


def simplest(tasks: list[Task], record: Record) -> list[tuple[Task, int]]:
    """Return the tasks whose plans need the fewest calls of tools, with their number; then fewest tools, then by name.

    Tasks that no plan can read are left out.
    """
    needed: list[tuple[int, int, str, Task]] = []
    for task in tasks:
        try:
            calls = tried(task, record).calls
        except Exception as error:
            print(f"left out: {task.name}: {error}")
            continue
        needed.append((len(calls), len({call.tool for call in calls}), task.name, task))
    return [(task, count) for count, _, _, task in sorted(needed)[:COUNT]]


def compared(tasks: list[Task], record: Record, python: Path | None, raw: Path | None) -> str:
    """Run all arms, each task in all of them before the next; print the tables, and return the figure.

    What the file has of an earlier run under the same conditions, that was broken off, is not run again.
    """
    chosen = simplest(tasks, record)
    with ExitStack() as stack:
        model = stack.enter_context(served(MODEL, parallel=PARALLEL, ctx=CONTEXT))
        arms: dict[str, Asked] = {form: partial(_ours, record, model, form) for form in FORMS}
        about = f"{MODEL}, temperature 0, {TURNS} turns of {TOKENS} tokens at most"
        if python is not None:
            peer = stack.enter_context(_Peer(python, model))
            arms[PEER], about = peer.asked, f"{about}, {PEER} {peer.version}"
        results = _begun(tasks, raw, about)
        pool = stack.enter_context(ThreadPoolExecutor(len(arms)))
        for number, (task, calls) in enumerate(chosen, 1):
            if any(task == known for known, _ in results.get(next(iter(arms)), ())):
                continue
            started = {name: pool.submit(ask, task) for name, ask in arms.items()}
            ended = {name: one.result() for name, one in started.items()}
            for name, outcome in ended.items():
                results.setdefault(name, []).append((task, outcome))
            told = ", ".join(f"{name} {'right' if one.right else 'wrong'}" for name, one in ended.items())
            print(f"{number}. {task.name} ({calls} calls): {told}", flush=True)
            write(results, about, raw)
    return shown(results, about)


def _begun(tasks: list[Task], raw: Path | None, about: str) -> Results:
    if raw is None or not raw.exists():
        return {}
    results, told = read(tasks, raw)
    if told != about:
        raise SystemExit(f"{raw} was written under other conditions: {told}; now {about}. Name another file.")
    return results


def _ours(record: Record, model: ChatOpenAI, form: str, task: Task) -> Outcome:
    return ran(task, record, model, max_tokens=TOKENS, action_format=form, turns=TURNS, sandbox="auto")


class _Peer:
    """smolagents in an interpreter of its own, asked one task at a time."""

    def __init__(self, python: Path, model: ChatOpenAI) -> None:
        self.command = [str(python), "-m", "benchmarks.m3.smolagents_worker"]
        key: Any = model.openai_api_key
        self.settings = {
            "model": model.model_name,
            "base_url": model.openai_api_base,
            "api_key": key.get_secret_value(),
            "max_tokens": TOKENS,
            "max_turns": TURNS,
            "timeout": TIMEOUT,
        }

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._tell(self.settings)
        self.version: str = self._told()["version"]
        return self

    def asked(self, task: Task) -> Outcome:
        self._tell({"task": task.name})
        told = self._told()
        return Outcome(
            told["value"],
            told["error"],
            told["seconds"],
            told["turns"],
            told["input_tokens"],
            told["output_tokens"],
            told["messages"],
            right(told["value"], task.expected),
        )

    def _tell(self, data: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(data) + "\n")
        self.process.stdin.flush()

    def _told(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def __exit__(self, *error: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=60)
