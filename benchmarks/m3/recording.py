"""The runs of a model as a file: written task by task, and read again by who wants the tables without the runs."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.m3.runs import NOTHING, Outcome
from benchmarks.m3.tasks import Task

__all__ = ["Results", "read", "write"]

Results = dict[str, list[tuple[Task, Outcome]]]


def write(results: Results, about: str, path: Path | None) -> None:
    """Write all that was said, and what came of it, where there is a path."""
    if path is None:
        return
    rows = [
        {"arm": arm, "task": task.name, "expected": task.expected, **_written(outcome)}
        for arm, ended in results.items()
        for task, outcome in ended
    ]
    path.write_text(json.dumps({"about": about, "rows": rows}, indent=1, default=repr), encoding="utf-8")


def _written(outcome: Outcome) -> dict[str, Any]:
    return asdict(outcome) | {"value": None if outcome.value is NOTHING else outcome.value}


def read(tasks: list[Task], path: Path) -> tuple[Results, str]:
    """Return what was written, and under which limits. Raises OSError, ValueError, LookupError."""
    known = {task.name: task for task in tasks}
    told = json.loads(path.read_text(encoding="utf-8"))
    results: Results = {}
    for row in told["rows"]:
        arm, task, _ = row.pop("arm"), known[row.pop("task")], row.pop("expected")
        results.setdefault(arm, []).append((task, Outcome(**row)))
    return results, told["about"]
