"""What the runs of a model are compared by: success, turns, tokens and time, with the differences task by task."""

from __future__ import annotations

import statistics
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from benchmarks.m3.runs import Outcome
from benchmarks.m3.tasks import Task

__all__ = ["PEER", "shown"]

PEER = "smolagents"

Ended = list[tuple[Task, Outcome]]
FIGURES: dict[str, Callable[[Outcome], float]] = {
    "success": lambda one: float(one.right),
    "turns": lambda one: one.turns,
    "tokens in": lambda one: one.input_tokens,
    "tokens out": lambda one: one.output_tokens,
    "seconds": lambda one: one.seconds,
}


def shown(results: dict[str, Ended], limits: str) -> str:
    """Print the tables; return the figure, for which there is no goal but that it is published."""
    table = Table("actions", "right", *[f"{name} a task" for name in list(FIGURES)[1:]], title=f"means; {limits}")
    for arm, ended in results.items():
        means = [_mean(ended, figure) for figure in list(FIGURES.values())[1:]]
        right = sum(outcome.right for _, outcome in ended)
        table.add_row(arm, f"{right} of {len(ended)}", *[f"{mean:.1f}" for mean in means])
    console = Console()
    console.print(table)
    if PEER in results:
        console.print(_differences(results))
    else:
        print(f"{PEER}: not run; --smolagents /path/to/python names an interpreter that has it")
    counts = ", ".join(f"{arm} {sum(one.right for _, one in ended)}" for arm, ended in results.items())
    return f"the model: of {len(next(iter(results.values())))} tasks {counts} right (no goal)"


def _differences(results: dict[str, Ended]) -> Table:
    """Ours less the peer's, task by task: the mean with its 95 % interval (normal), and who alone was right."""
    table = Table("actions", *FIGURES, "only ours right", "only theirs", title=f"difference to {PEER}, paired by task")
    theirs = [outcome for _, outcome in results[PEER]]
    for arm, ended in results.items():
        if arm == PEER:
            continue
        pairs = list(zip([outcome for _, outcome in ended], theirs, strict=True))
        cells = [_interval([figure(one) - figure(other) for one, other in pairs]) for figure in FIGURES.values()]
        alone = [
            sum(one.right > other.right for one, other in pairs),
            sum(one.right < other.right for one, other in pairs),
        ]
        table.add_row(arm, *cells, *map(str, alone))
    return table


def _interval(differences: list[float]) -> str:
    mean = statistics.fmean(differences)
    spread = 1.96 * statistics.stdev(differences) / len(differences) ** 0.5 if len(differences) > 1 else 0.0
    return f"{mean:+.2f} ± {spread:.2f}" if abs(mean) < 10 else f"{mean:+.0f} ± {spread:.0f}"


def _mean(ended: Ended, figure: Callable[[Outcome], float]) -> float:
    return statistics.fmean(figure(outcome) for _, outcome in ended)
