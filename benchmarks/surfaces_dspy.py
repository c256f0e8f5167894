"""DSPy on a surface, in its own interpreter: see `surfaces_dspy_worker`."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["dspy_found", "dspy_python", "dspy_version"]


def dspy_python() -> str | None:
    """The interpreter that has DSPy, or None."""
    if "--dspy" in sys.argv:
        return sys.argv[sys.argv.index("--dspy") + 1]
    return os.environ.get("DSPY_PYTHON")


def dspy_version() -> str | None:
    """The version of DSPy in that interpreter, or None."""
    python = dspy_python()
    if python is None:
        return None
    asked = "import importlib.metadata as found; print(found.version('dspy'))"
    return subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True).stdout.strip()


def dspy_found(python: str, job: dict[str, Any]) -> dict[str, Any]:
    """The values that DSPy finds."""
    worker = _worker(python)
    assert worker.stdin
    assert worker.stdout
    worker.stdin.write(json.dumps(job) + "\n")
    worker.stdin.flush()
    told = json.loads(worker.stdout.readline())
    if "error" in told:
        raise RuntimeError(f"DSPy, {job}: {told['error']}")
    return told["values"]


@cache
def _worker(python: str) -> subprocess.Popen[str]:
    command = [str(Path(python).absolute()), "-W", "ignore", "-m", "benchmarks.surfaces_dspy_worker"]
    root = Path(__file__).parent.parent
    worker = subprocess.Popen(
        command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    atexit.register(worker.kill)
    return worker
