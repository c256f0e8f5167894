"""Searches on surfaces whose true quality is known: python -m benchmarks.surfaces [--quick] [--seeds N] [--fresh].

    --quick        two seeds, and no more than 300 rollouts
    --seeds N      runs of each method on each surface: 30, and 200 on S3, unless told otherwise
    --fresh        draw the constants of each surface anew for each seed: nobody has tuned anything for these
    --small        30 cases of each split, as in the tables of the reference, in place of 50, 50 and 100
    --dspy PYTHON  an interpreter that has DSPy; DSPY_PYTHON does as well
    --only WORD,.. surfaces and methods to run, by parts of their names
    --raw FILE     write the quality of every single run as a JSON line; what is there already is not run again
    --again WORD   run it again all the same, if WORD is a part of the method's name

Every method has the same rollouts, and the same simulated reflector where it asks a model for new values: the score of
the seed and every gate are counted, and one rollout more than the budget ends a method there. A figure is the mean of
the true quality of what a method returns (and its standard error); no method ever sees a true quality. Optuna and
random search cannot write: on S1 and S4 they are given all rules and distractors as switches, on S3 twelve proposals
that are made at the start. A trap that is no hyperparameter they cannot find, so they are not run there.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path
from statistics import fmean, stdev
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from benchmarks.surfaces_dspy import dspy_python, dspy_version
from benchmarks.surfaces_methods import DSPY, METHODS, OURS, SAMPLERS, Job, Result, done
from benchmarks.surfaces_surface import SHIPPED, SMALL

BUDGETS = (150, 300) if "--quick" in sys.argv else (150, 300, 600)
TOLD = {
    "S1": "rules for kinds of cases, and distractors",
    "S2": "a style in words, two numbers, a choice and a length",
    "S3": "noise, and proposals that learn the training cases by heart",
    "S4": "S1 behind a trap that has to be named",
    "S4 exposed": "the same, the trap being a hyperparameter",
}
DSPY_RUNS = 5


class Cell(NamedTuple):
    """The mean quality of a method on a surface with a budget."""

    mean: float
    error: float
    runs: int

    def __str__(self) -> str:
        return f"{self.mean:.3f} ({self.error:.3f})"


class Goal(NamedTuple):
    """Something to show, and whether it was."""

    text: str
    met: bool


Cells = Mapping[tuple[str, str, int], Cell]


def main() -> int:
    results = run(list(planned()), Path(_option("--raw", os.devnull)))
    cells = cells_of(results)
    for name in TOLD:
        if any(surface == name for surface, _, _ in cells):
            Console().print(_table(name, cells, [result for job, result in results if job.surface == name]))
    print(f"peers: {_peers()}")
    return told(goals_of(cells, {name: _seed(name, results) for name in TOLD}))


def _peers() -> str:
    found = {name: version(name) for name in ("gepa", "optuna")}
    return ", ".join(f"{name} {one}" for name, one in {**found, "dspy": dspy_version() or "not run"}.items())


def planned() -> Iterable[Job]:
    """What is to be run."""
    quick = "--quick" in sys.argv
    seeds = _option("--seeds", "2" if quick else "30")
    wanted = [word for word in _option("--only", "").split(",") if word]
    sizes = SMALL if "--small" in sys.argv else SHIPPED
    for name in _chosen(TOLD, wanted):
        count = int(seeds) if name != "S3" or quick or "--seeds" in sys.argv else 200
        for method in _chosen(METHODS, wanted):
            if name == "S4" and method in SAMPLERS:
                continue
            runs = min(count, DSPY_RUNS) if method in DSPY else count
            for budget in BUDGETS:
                for seed in range(runs):
                    draw = 1000 + seed if "--fresh" in sys.argv else None
                    yield Job(name, seed, sizes, draw, method, budget, dspy_python())


def _chosen(names: Iterable[str], wanted: Sequence[str]) -> list[str]:
    """The names that are wanted; all of them where no word is about any of them."""
    known = list(names)
    return [name for name in known if any(word in name for word in wanted)] or known


def run(jobs: Sequence[Job], raw: Path) -> list[tuple[Job, Result]]:
    """What came of the jobs that could be run; each is written down as soon as it is known."""
    known = read(raw)
    again = _option("--again", "\n")
    wanted = [job for job in jobs if again in job.method or named(job) not in known]
    with ProcessPoolExecutor(max_workers=2) as pool, raw.open("a", encoding="utf-8") as file:
        for job, result in zip(wanted, pool.map(done, wanted, chunksize=4), strict=True):
            if result is not None:
                known[named(job)] = result
                file.write(json.dumps([named(job), result]) + "\n")
                file.flush()
    return [(job, known[named(job)]) for job in jobs if named(job) in known]


def read(raw: Path) -> dict[str, Result]:
    """What is known of runs by their names; the latest of each."""
    if not raw.is_file():
        return {}
    lines = [json.loads(line) for line in raw.read_text(encoding="utf-8").splitlines()]
    return {name: Result(*result) for name, result in lines}


def named(job: Job) -> str:
    """A job in words.

    >>> named(Job("S1", 3, SHIPPED, None, "ours", 150))
    'S1, seed 3, 50/50/100, ours, 150 rollouts'
    """
    drawn = "" if job.draw is None else f", draw {job.draw}"
    return (
        f"{job.surface}, seed {job.seed}, {'/'.join(map(str, job.sizes))}{drawn}, {job.method}, {job.budget} rollouts"
    )


def cells_of(results: Sequence[tuple[Job, Result]]) -> Cells:
    """The means of the runs."""
    found: dict[tuple[str, str, int], list[float]] = {}
    for job, result in results:
        found.setdefault((job.surface, job.method, job.budget), []).append(result.found)
    return {key: cell(values) for key, values in found.items()}


def cell(values: Sequence[float]) -> Cell:
    """The mean of values, with its standard error.

    >>> str(cell([0.25, 0.75]))
    '0.500 (0.250)'
    """
    error = stdev(values) / len(values) ** 0.5 if len(values) > 1 else 0.0
    return Cell(fmean(values), error, len(values))


def _seed(name: str, results: Sequence[tuple[Job, Result]]) -> float:
    qualities = [result.seed for job, result in results if job.surface == name]
    return fmean(qualities) if qualities else 0.0


def _table(name: str, cells: Cells, results: Sequence[Result]) -> Table:
    fresh = ", constants drawn afresh" if "--fresh" in sys.argv else ""
    seed, best = fmean(one.seed for one in results), fmean(one.best for one in results)
    table = Table(title=f"{name}: {TOLD[name]}{fresh} (seed {seed:.3f}, best {best:.3f})", title_justify="left")
    table.add_column("method")
    for budget in BUDGETS:
        table.add_column(f"{budget} rollouts", justify="right")
    table.add_column("runs", justify="right")
    for method in METHODS:
        row = [cells.get((name, method, budget)) for budget in BUDGETS]
        runs = next((str(one.runs) for one in row if one), "not run")
        table.add_row(method, *(str(one) if one else "-" for one in row), runs)
    return table


def goals_of(cells: Cells, seeds: Mapping[str, float]) -> list[Goal]:
    """What is to be shown: at least as good as gepa on S1, ahead of every peer elsewhere, and more.

    >>> cells = {("S1", "ours", 150): Cell(0.5, 0.0, 1), ("S1", "gepa", 150): Cell(0.6, 0.0, 1)}
    >>> goals_of(cells, {})
    [Goal(text='S1 at 150: ours 0.500, gepa 0.600', met=False)]
    """
    goals: list[Goal] = []
    few = "--quick" in sys.argv  # two seeds tell nothing of small differences: gepa is what is compared then
    for name, method, budget in cells:
        if method != OURS:
            continue
        mine = cells[name, OURS, budget].mean
        peers = {peer: one.mean for (surface, peer, at), one in cells.items() if (surface, at) == (name, budget)}
        alone = few or name == "S1"
        peers = {peer: mean for peer, mean in peers.items() if peer != OURS and (peer.startswith("gepa") or not alone)}
        if peers:
            rival = max(peers, key=lambda peer: peers[peer])
            goals.append(Goal(f"{name} at {budget}: ours {mine:.3f}, {rival} {peers[rival]:.3f}", mine >= peers[rival]))
        if name == "S3" and "gepa" in peers and not few:
            gain, other = mine - seeds[name], peers["gepa"] - seeds[name]
            goals.append(Goal(f"S3 at {budget}: ours gains {gain:+.3f}, gepa {other:+.3f}; twice", gain >= 2 * other))
        if name == "S2" and budget == 300 and not few and "--fresh" not in sys.argv:  # other constants, another best
            goals.append(Goal(f"S2 at 300: ours {mine:.3f}, at least 0.70", mine >= 0.70))
    return goals


def told(goals: Sequence[Goal]) -> int:
    """Say which goals were met; 1 where one was missed."""
    for goal in goals:
        print(f"  {'met   ' if goal.met else 'missed'} {goal.text}")
    met = sum(goal.met for goal in goals)
    name = "surfaces_fresh" if "--fresh" in sys.argv else "surfaces"
    print(f"{name}: {met} of {len(goals)} goals met (goal all) {'ok' if met == len(goals) else 'short'}")
    return int(met < len(goals))


def _option(name: str, default: str) -> str:
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else default


if __name__ == "__main__":
    sys.exit(main())
