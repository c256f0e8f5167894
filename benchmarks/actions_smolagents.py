"""smolagents' interpreter, asked line by line: run by its own Python, knows nothing of this project.

Each line in is {"code": ..., "fresh": bool}; each line out {"seconds": ..., "value": ..., "error": ...}. The time is
that of the executor alone, without this pipe. `tool(n)` is a tool that gives n + 1.
"""

import json
import sys
import time
from importlib.util import find_spec

_MODULES = ("numpy", "json", "asyncio", "contextlib", "dataclasses", "enum", "typing", "functools")
"""What it may import besides what it allows by itself, where it is there."""


def main() -> None:
    started = time.perf_counter()
    from smolagents import __version__
    from smolagents.local_python_executor import LocalPythonExecutor

    modules = [name for name in _MODULES if find_spec(name)]

    def executor():
        made = LocalPythonExecutor(modules)
        made.send_tools({"tool": lambda n: n + 1})
        return made

    current = executor()
    told = {"version": __version__, "seconds": time.perf_counter() - started}
    print(json.dumps(told), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["fresh"]:
            current = executor()
        print(json.dumps(_run(current, asked["code"])), flush=True)


def _run(executor, code: str) -> dict:
    started = time.perf_counter()
    try:
        value, error = executor(code).output, ""
    except Exception as problem:
        value, error = None, f"{type(problem).__name__}: {problem}"
    seconds = time.perf_counter() - started
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        value = repr(value)
    return {"seconds": seconds, "value": value, "error": error}


if __name__ == "__main__":
    main()
