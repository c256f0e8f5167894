"""What came of `small_model`: kept line by line, compared case by case."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.table import Table

from benchmarks.small_model_arms import ARMS, Done
from benchmarks.small_model_tasks import NAMES
from llm_strategy.optimize.streams import stream

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["Results", "table_of"]

_DRAWS = 5_000


class Results:
    """Rows, one for each task, seed and arm."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        there = path is not None and path.exists()
        lines = path.read_text("utf-8").splitlines() if path is not None and there else []
        self.rows: list[dict[str, Any]] = [json.loads(line) for line in lines]

    def has(self, task: str, seed: int, arm: str, rollouts: int, model: str) -> bool:
        """Whether a row is there already."""
        wanted = {"task": task, "seed": seed, "arm": arm, "budget": rollouts, "model": model}
        return any(wanted.items() <= row.items() for row in self.rows)

    def add(self, task: str, seed: int, arm: str, rollouts: int, model: str, done: Done) -> None:
        """Keep a row."""
        row = {"task": task, "seed": seed, "arm": arm, "budget": rollouts, "model": model, **asdict(done)}
        self.rows.append(json.loads(json.dumps(row)))
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")

    def right(self, arm: str, task: str | None = None) -> dict[tuple[str, int, int], bool]:
        """Return what an arm got right, by task, seed and case."""
        return {
            (row["task"], row["seed"], place): bool(right)
            for row in self.rows
            if row["arm"] == arm and task in {None, row["task"]}
            for place, right in enumerate(row["right"])
        }

    def is_whole(self, arm: str) -> bool:
        """Whether an arm was run wherever the seed was."""
        return self.right("seed").keys() == self.right(arm).keys()

    def mean(self, arm: str, task: str | None = None) -> float:
        """Return the share that an arm got right."""
        found = self.right(arm, task)
        return sum(found.values()) / len(found) if found else float("nan")

    def against(self, arm: str, task: str | None = None) -> tuple[float, float]:
        """Return the interval of what ours gains over an arm: 95 %, by a bootstrap over pairs of the same case."""
        ours, theirs = self.right("ours", task), self.right(arm, task)
        return interval([ours[key] - theirs[key] for key in ours if key in theirs])

    @property
    def about(self) -> str:
        """How it was run."""
        seeds = len({row["seed"] for row in self.rows})
        models = sorted({row["model"] for row in self.rows})
        budgets = sorted({str(row["budget"]) for row in self.rows})
        tasks = len({row["task"] for row in self.rows})
        return f"{', '.join(models)}, {tasks} tasks, {seeds} seeds, {', '.join(budgets)} rollouts"


def interval(differences: Sequence[int], share: float = 0.95) -> tuple[float, float]:
    """Return a bootstrap interval of a mean.

    >>> interval([1, 1, 1])
    (1.0, 1.0)
    """
    if not differences:
        return float("nan"), float("nan")
    draws = stream("small_model", len(differences), sum(differences))
    count = len(differences)
    means = sorted(sum(draws.choices(differences, k=count)) / count for _ in range(_DRAWS))
    cut = int((1 - share) / 2 * _DRAWS)
    return means[cut], means[-cut - 1]


def table_of(results: Results) -> Table:
    """Return a table with a row for each task, and one for all of them; arms that were not run whole are left out."""
    arms = [arm for arm in ARMS if results.is_whole(arm)]
    table = Table("task", *arms, *(f"ours - {arm}" for arm in arms if arm not in {"ours", "written"}))
    for task in [*NAMES, None]:
        means = (f"{results.mean(arm, task):.3f}" for arm in arms)
        others = (arm for arm in arms if arm not in {"ours", "written"})
        gains = ("{:+.2f} to {:+.2f}".format(*results.against(arm, task)) for arm in others)
        table.add_row(task or "all", *means, *gains)
    return table
