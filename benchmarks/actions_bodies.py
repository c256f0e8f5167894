"""What actions are measured in: our sandboxes, plain `exec` in a fresh interpreter, and smolagents' interpreter."""

import ast
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from llm_strategy.errors import LLMStrategyError
from llm_strategy.sandbox import Limits, Session
from llm_strategy.sandbox.choosing import SANDBOX_NAMES
from llm_strategy.tools import tool as as_tool

OURS = tuple(name for name in SANDBOX_NAMES if name != "auto")
LIMITS = Limits(seconds=20, memory_mib=1024, tool_calls=10_000)


class Done(NamedTuple):
    """How a piece of code ended; `processor` is the time that it had a processor, where that is known."""

    seconds: float
    value: Any = None
    kind: str = ""
    told: str = ""
    processor: float = 0.0


@as_tool
def tool(n: int) -> int:
    """Add one."""
    return n + 1


class Ours:
    """A sandbox of ours, in a session."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._session = Session(name, tools=[tool], limits=LIMITS)

    def open(self) -> float:
        """Start it; seconds."""
        started = time.perf_counter()
        self._session.open()
        return time.perf_counter() - started

    def run(self, code: str) -> Done:
        """Run an action."""
        started = time.perf_counter()
        result = self._session.run(code)
        seconds = time.perf_counter() - started
        error = result.error
        kind, told = (error.kind, error.message) if error else ("", "")
        return Done(seconds, result.value, kind, told, result.usage.cpu_seconds)

    def fresh(self) -> None:
        """Begin with nothing."""
        self.close()
        self._session = Session(self.name, tools=[tool], limits=LIMITS)

    def close(self) -> None:
        """End it."""
        self._session.close()


class Plain:
    """CPython's own `exec` in this process: no walls, no process, no names of ours."""

    name = "plain exec"

    def __init__(self) -> None:
        self.fresh()

    def run(self, code: str) -> Done:
        """Run code, and evaluate its last line where that is an expression."""
        value, kind, told = None, "", ""
        processor, started = time.process_time(), time.perf_counter()
        try:
            tree = ast.parse(code)
            last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, "<action>", "exec"), self._names)  # noqa: S102 (this is what is measured)
            if isinstance(last, ast.Expr):
                value = eval(compile(ast.Expression(last.value), "<action>", "eval"), self._names)  # noqa: S307
        except Exception as problem:
            kind, told = type(problem).__name__, f"{problem}"
        return Done(time.perf_counter() - started, value, kind, told, time.process_time() - processor)

    def fresh(self) -> None:
        """Begin with nothing."""
        self._names = {"__name__": "__main__", "tool": lambda n: n + 1}

    def close(self) -> None:
        """Nothing is left."""


class Pipe:
    """A process that sends back what it gets: what this machine takes, at this moment, for a way there and back."""

    name = "bare pipe"

    def __init__(self) -> None:
        echo = "import os\nwhile data := os.read(0, 4096):\n    os.write(1, data)"
        command = [sys.executable, "-I", "-S", "-c", echo]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self.run("")

    def run(self, _code: str) -> Done:
        """Send a line, and wait for it."""
        started = time.perf_counter()
        self._process.stdin.write(b"x" * 100)
        self._process.stdout.read(4096)
        return Done(time.perf_counter() - started)

    def close(self) -> None:
        """End it."""
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(timeout=20)


class Smolagents:
    """smolagents' interpreter, in an interpreter of its own; its times are taken there."""

    name = "smolagents"

    def __init__(self, python: str) -> None:
        script = Path(__file__).parent / "actions_smolagents.py"
        self._process = subprocess.Popen(
            [python, "-I", str(script)],  # isolated: files beside the script are no modules for it
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        begun = json.loads(self._process.stdout.readline())
        self.version, self.seconds = begun["version"], begun["seconds"]
        self._fresh = False

    def run(self, code: str) -> Done:
        """Run an action."""
        print(json.dumps({"code": code, "fresh": self._fresh}), file=self._process.stdin, flush=True)
        self._fresh = False
        done = json.loads(self._process.stdout.readline())
        kind = done["error"].split(":")[0]
        return Done(done["seconds"], done["value"], kind, done["error"])

    def fresh(self) -> None:
        """Begin with nothing."""
        self._fresh = True

    def close(self) -> None:
        """End it."""
        self._process.stdin.close()
        self._process.wait(timeout=20)


def bodies(python: str | None) -> tuple[list, dict[str, str]]:
    """All that can be measured here, and why the others cannot."""
    found: list = [Plain()]
    lacking = {}
    for name in OURS:
        body = Ours(name)
        try:
            body.open()
        except LLMStrategyError as error:
            lacking[name] = f"{error}".splitlines()[0]
            continue
        found.append(body)
    if python and Path(python).exists():
        found.append(Smolagents(python))
    else:
        lacking["smolagents"] = "give its interpreter: --smolagents PYTHON, or SMOLAGENTS_PYTHON"
    return found, lacking
