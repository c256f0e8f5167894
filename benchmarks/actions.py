"""What an action costs: start, overhead, a call of a tool, a loop, an import; beside plain `exec` and smolagents.

python -m benchmarks.actions [--quick] [--smolagents PYTHON]

Everything is measured in one run, the bodies in turns, because times on a shared machine change by the second. The
overhead of an action is what it takes beyond plain `exec`, and beyond a way through a bare pipe to another process and
back, which is what the machine itself takes at that moment; of four batches of actions, the quietest counts. A loop is
compared by the time that a processor worked on it: by the wall, a machine with more work than processors doubles any
loop that happens to wait. Both are shown, and the load of the machine.

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
SLOW_ROUNDS = (1, 2)
"""Rounds of loops that smolagents takes part in: each costs it seconds."""


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
    _turns(found, 12 if quick else 40, rows, "loop", lambda body: body.run(LOOP))
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
    times: dict[str, list[float]] = {body.name: [] for body in ours}
    for _ in range(rounds):
        for body in random.sample(ours, len(ours)):
            body.fresh()
            times[body.name].append(body.open())
    for name, seconds in times.items():
        rows[name]["start"] = seconds


def _turns(found: list, rounds: int, rows: dict, figure: str, measure: Callable[..., Done]) -> None:
    """Measure every body in turns, in another order each time; the first round is to warm up."""
    times: dict[str, list[Done]] = {body.name: [] for body in found}
    for number in range(rounds + 1):
        for body in random.sample(found, len(found)):
            if figure == "loop" and isinstance(body, Smolagents) and number not in SLOW_ROUNDS:
                continue
            done = measure(body)
            if number:
                times[body.name].append(done)
    for name, done in times.items():
        rows[name][figure] = [one.seconds for one in done]
        rows[name][f"{figure} by processor"] = [one.processor for one in done]


def _goals(rows: dict) -> list[tuple[str, str, str, bool]]:
    goals = []
    for name, limit in STARTS.items():
        if name in rows:
            took = statistics.median(rows[name]["start"]) * 1000
            goals.append((f"start of {name}, median", f"{took:.0f} ms", f"<= {limit} ms", took <= limit))
            over = 1000 * _overhead(rows[name]["action"], rows["bare pipe"]["action"])
            goals.append((f"overhead of an action in {name}, p95", f"{over:.2f} ms", "<= 3 ms", over <= 3))
    if HARDENED in rows:
        ratio, wall = _ratio(rows, HARDENED, "loop by processor"), _ratio(rows, HARDENED, "loop")
        told = f"{ratio:.2f}x ({wall:.2f}x by the wall)"
        goals.append((f"loop in {HARDENED} over plain exec", told, "<= 1.20x", ratio <= 1.2))
    return goals


def _overhead(ours: list[float], pipe: list[float]) -> float:
    """The p95 of actions beyond that of a bare pipe, in the quietest of four batches that were measured together."""
    batch = len(ours) // 4
    starts = range(0, batch * 4, batch)
    return min(_p95(ours[start : start + batch]) - _p95(pipe[start : start + batch]) for start in starts)


def _ratio(rows: dict, name: str, figure: str) -> float:
    """How much longer the best tenth of the loops took than that of plain exec."""
    ours, plain = (sorted(rows[one][figure]) for one in (name, "plain exec"))
    return ours[len(ours) // 10] / plain[len(plain) // 10]


def _show(rows: dict, lacking: dict[str, str], goals: list) -> None:
    console = Console(width=max(Console().width, 116))
    heads = ("start", "action", "20 calls of a tool", "loop")
    table = Table("body", *(f"{head}, ms" for head in heads), "over exec", "by processor", "numpy, ms")
    for name, row in rows.items():
        cells = [_times(row[figure]) if figure in row else "-" for figure in ("start", "action", "call", "loop")]
        table.add_row(name, *cells, *_compared(rows, name))
    console.print(table)
    load = " ".join(f"{one:.1f}" for one in os.getloadavg()) if hasattr(os, "getloadavg") else "not known"
    console.print(f"Median / p95. Load of the machine: {load}, on {os.cpu_count()} processors.", markup=False)
    for name, why in lacking.items():
        console.print(f"{name}: not run. {why}", markup=False)
    summary = Table("goal", "measured", "wanted", "")
    for goal, measured, wanted, passed in goals:
        summary.add_row(goal, measured, wanted, "ok" if passed else "short")
    console.print(summary)


def _compared(rows: dict, name: str) -> tuple[str, str, str]:
    """The loop against plain exec, by the wall and by the processor, and the time to import numpy."""
    row = rows[name]
    if "loop" not in row:
        return "-", "-", "-"
    known = min(row["loop by processor"]) > 0
    processor = f"{_ratio(rows, name, 'loop by processor'):.2f}x" if known else "-"
    numpy = f"{row['numpy'] * 1000:.0f}" if isinstance(row["numpy"], float) else "not there"
    return f"{_ratio(rows, name, 'loop'):.2f}x", processor, numpy


def _times(seconds: list[float]) -> str:
    digits = 0 if statistics.median(seconds) > 0.05 else 2
    return f"{statistics.median(seconds) * 1000:.{digits}f} / {_p95(seconds) * 1000:.{digits}f}"


def _p95(seconds: list[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.95)]


if __name__ == "__main__":
    sys.exit(main())
