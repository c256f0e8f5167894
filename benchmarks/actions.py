"""What an action costs: start, overhead, a call of a tool, a loop, an import; beside plain `exec` and smolagents.

python -m benchmarks.actions [--quick] [--smolagents PYTHON]

Everything is measured in one run, the bodies in turns, because times on a shared machine change by the second. What
decides is the time by the wall. A loop is measured in pairs, in the sandbox and by plain `exec` one behind the other,
in changing order, and the median of the ratios of the pairs counts; the overhead of an action is what it takes beyond
plain `exec` in the same turn, and 95 of 100 have to stay below the goal. Beside it stands the time of processors, which
tells how much of a miss is the sandbox, and how much a machine with more work than processors: it decides nothing. (Of
a start, only that of this process and of those that it waits for itself is known.) A bare pipe to another process and
back shows what the machine takes for that at the same time, and the load is printed.

The interpreter of smolagents is taken from the option, from SMOLAGENTS_PYTHON, or from where `make bench-peers` has put
it. The answers of the bodies to 25 pieces of code are compared in `benchmarks.semantics`, which runs behind this.
"""

import os
import random
import statistics
import sys
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from benchmarks import semantics
from benchmarks.actions_bodies import Done, Ours, Pipe, Smolagents, bodies
from benchmarks.actions_options import smolagents_python

STARTS = {"bubblewrap": 350, "monty": 100}
"""Milliseconds that a start may take."""
HARDENED = "bubblewrap"
TRIVIAL = "x = 1"
CALLS = 20
CALL = f"for n in range({CALLS}):\n    tool(n)"
LOOP = """
total, table, words = 0, {}, []
for n in range(20_000):
    total += n * n % 7
    key = f"{n % 100:03d}"
    table[key] = table.get(key, 0) + total
    words.append(key.upper())
    if len(words) > 50:
        words = sorted(set(words))[:10]
total
"""
SLOW_ROUNDS = 2
"""Pairs of loops that smolagents takes part in: each costs it seconds."""


def main() -> int:
    quick = "--quick" in sys.argv
    found, lacking = bodies(smolagents_python())
    rows = {body.name: {} for body in found}
    _starts([body for body in found if isinstance(body, Ours)], 6 if quick else 25, rows)
    pipe = Pipe()
    rows[pipe.name] = {}
    _turns([*found, pipe], 160 if quick else 800, rows, "action", lambda body: body.run(TRIVIAL))
    pipe.close()
    _turns(found, 10 if quick else 50, rows, "call", lambda body: body.run(CALL))
    _pairs(found, 15 if quick else 40, rows)
    for body in found:
        done = body.run("import numpy")
        rows[body.name]["numpy"] = done.kind or done.seconds
        body.close()
    goals = _goals(rows)
    _show(rows, lacking, goals)
    met = sum(passed for *_, passed in goals)
    answers = semantics.main()
    passed = met == len(goals) and not answers
    print(f"actions: {met} of {len(goals)} goals met (goal all, and all answers) {'ok' if passed else 'short'}")
    return 0 if passed else 1


def _starts(ours: list[Ours], rounds: int, rows: dict) -> None:
    """Start each in turns; the time of processors has the end in it, for only then the system tells it."""
    times: dict[str, list[tuple[float, float]]] = {body.name: [] for body in ours}
    for _ in range(rounds):
        for body in random.sample(ours, len(ours)):
            body.fresh()
            before = sum(os.times()[:4])
            seconds = body.open()
            body.close()
            times[body.name].append((seconds, sum(os.times()[:4]) - before))
    for body in ours:
        body.fresh()
        body.open()
        rows[body.name]["start"] = [seconds for seconds, _ in times[body.name]]
        rows[body.name]["start by processor"] = [processor for _, processor in times[body.name]]


def _turns(found: list, rounds: int, rows: dict, figure: str, measure: Callable[..., Done]) -> None:
    """Measure every body in turns, in another order each time; the first round is to warm up."""
    times: dict[str, list[Done]] = {body.name: [] for body in found}
    for number in range(rounds + 1):
        for body in random.sample(found, len(found)):
            done = measure(body)
            if number:
                times[body.name].append(done)
    for name, done in times.items():
        _keep(rows[name], figure, done)


def _pairs(found: list, rounds: int, rows: dict) -> None:
    """Measure the loop of every body beside that of plain exec; the first pair is to warm up."""
    plain, *others = found
    every: list[Done] = []
    for body in others:
        pairs = []
        for number in range((SLOW_ROUNDS if isinstance(body, Smolagents) else rounds) + 1):
            first, second = (plain, body) if number % 2 else (body, plain)
            done = {first: first.run(LOOP), second: second.run(LOOP)}
            pairs.append((done[body], done[plain]))
        pairs = pairs[1:]
        _keep(rows[body.name], "loop", [one for one, _ in pairs])
        _keep(rows[body.name], "beside", [one for _, one in pairs])
        every += [one for _, one in pairs]
    _keep(rows[plain.name], "loop", every)
    _keep(rows[plain.name], "beside", every)


def _keep(row: dict, figure: str, done: list[Done]) -> None:
    row[figure] = [one.seconds for one in done]
    row[f"{figure} by processor"] = [one.processor for one in done]


def _goals(rows: dict) -> list[tuple[str, str, str, str, bool]]:
    """What was to be reached: its name, the figure by the wall, that by the processor, the goal, whether it was."""
    goals = []
    for name, limit in STARTS.items():
        if name not in rows:
            continue
        row = rows[name]
        took, worked = (1000 * statistics.median(row[one]) for one in ("start", "start by processor"))
        goals.append(
            (f"start of {name}, median", f"{took:.0f} ms", f"{worked:.0f} ms in part", f"<= {limit} ms", took <= limit)
        )
        over = 1000 * _p95(
            [ours - plain for ours, plain in zip(row["action"], rows["plain exec"]["action"], strict=True)]
        )
        worked = 1000 * _p95(row["action by processor"])
        told = f"{worked:.2f} ms inside" if worked else "not known"
        goals.append((f"overhead of an action in {name}, p95", f"{over:.2f} ms", told, "<= 3 ms", over <= 3))
    if HARDENED in rows:
        wall, processor = _ratio(rows[HARDENED]), _ratio(rows[HARDENED], " by processor")
        name = f"loop in {HARDENED} over plain exec, median of pairs"
        goals.append((name, f"{wall:.2f}x", f"{processor:.2f}x", "<= 1.20x", wall <= 1.2))
    return goals


def _ratio(row: dict, by: str = "") -> float:
    """How much longer the loop took than that of plain exec beside it: the median of the ratios of the pairs."""
    return statistics.median(ours / plain for ours, plain in zip(row[f"loop{by}"], row[f"beside{by}"], strict=True))


def _show(rows: dict, lacking: dict[str, str], goals: list) -> None:
    console = Console(width=max(Console().width, 116))
    heads = ("start", "action", "20 calls of a tool", "loop")
    table = Table("body", *(f"{head}, ms" for head in heads), "over exec", "by processor", "numpy, ms")
    for name, row in rows.items():
        cells = [_times(row[figure]) if figure in row else "-" for figure in ("start", "action", "call", "loop")]
        table.add_row(name, *cells, *_compared(row))
    console.print(table)
    load = " ".join(f"{one:.1f}" for one in os.getloadavg()) if hasattr(os, "getloadavg") else "not known"
    console.print(f"Median / p95. Load of the machine: {load}, on {os.cpu_count()} processors.", markup=False)
    for name, why in lacking.items():
        console.print(f"{name}: not run. {why}", markup=False)
    summary = Table("goal", "by the wall", "by processors", "wanted of the wall", "")
    for *told, passed in goals:
        summary.add_row(*told, "ok" if passed else "short")
    console.print(summary)


def _compared(row: dict) -> tuple[str, str, str]:
    """The loop against plain exec, by the wall and by the processor, and the time to import numpy."""
    if "loop" not in row:
        return "-", "-", "-"
    known = min(row["loop by processor"]) > 0
    processor = f"{_ratio(row, ' by processor'):.2f}x" if known else "-"
    numpy = f"{row['numpy'] * 1000:.0f}" if isinstance(row["numpy"], float) else "not there"
    return f"{_ratio(row):.2f}x", processor, numpy


def _times(seconds: list[float]) -> str:
    digits = 0 if statistics.median(seconds) > 0.05 else 2
    return f"{statistics.median(seconds) * 1000:.{digits}f} / {_p95(seconds) * 1000:.{digits}f}"


def _p95(seconds: list[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.95)]


if __name__ == "__main__":
    sys.exit(main())
