"""Recorded multi-turn trajectories of real models (MINT): read, run again, and compared with what was observed then.

python -m benchmarks.mint [--quick] [--sandbox NAME] [--python PATH] [--workers N] [--show N]

Read: every turn of every model goes through the reader of code actions. Run again: the code of each trajectory in one
session, and each observation is compared with the recorded one: output, value, error, message and line. The record was
made in IPython under Python 3.8; what the two may differ in is a list of rules (benchmarks/mint_compare.py), and each
observation that is another one needs a reason that a rule can see (benchmarks/mint_explain.py), or is printed whole.
`reproducible` are all but those that need a package that is missing here, or the network; --python names an interpreter
that has the packages. The sandbox is that of "auto", the strongest that holds here, and is named in the figure.

Covered: that replies are read as they were, and that code in sessions gives what it gave. Not covered: that a model
does better by it, for no model is asked; observations that the record cut off, behind the cut.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import sha256
from time import monotonic

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.corpora import corpus
from benchmarks.mint_compare import RULES
from benchmarks.mint_explain import LACKING, REASONS
from benchmarks.mint_record import Trajectory, read_trajectory
from benchmarks.mint_replay import FED, SAME, UNEXPLAINED, Observed, Replayed, missing_packages, replay_all
from benchmarks.mint_replies import UNREAD, read_turns
from llm_strategy.sandbox import Sandbox, Session
from llm_strategy.sandbox.bubblewrap.body import Bubblewrap
from llm_strategy.sandbox.choosing import sandbox_named
from llm_strategy.sandbox.landlock.body import Landlock
from llm_strategy.sandbox.unsafe_process import UnsafeProcess

CORPUS = "codeact_mint_trajectories.jsonl.gz"
GOAL = 0.95
QUICK_SECONDS = 22.0

console = Console()


def main() -> int:
    options = _options()
    trajectories = [read_trajectory(row) for row in corpus(CORPUS)]
    turns, odd = read_turns(trajectories)
    _print_turns(turns, len(trajectories))
    for name, turn in odd:
        console.print(f"unread: {name}: {escape(turn.reply)}")
    acting = [one for one in trajectories if any(turn.kind == "code" and turn.observation for turn in one.turns)]
    sample = _sample(acting) if options.quick else acting
    sandbox = _sandbox(options.sandbox, options.python)
    began = monotonic()
    until = began + QUICK_SECONDS if options.quick else float("inf")
    replayed = _replayed(sample, sandbox, options.workers, until)
    seconds = monotonic() - began
    figure, good = _print_replayed(replayed, sandbox, seconds, options.show)
    _print_monty(replayed, options.workers, quick=options.quick)
    read = sum(number for (_, way), number in turns.items() if way != UNREAD)
    good = good and not odd
    told = f"mint: {read:,} of {sum(turns.values()):,} turns read or refused for a reason; {figure}"
    print(f"{told} {'ok' if good else 'short'}")
    return 0 if good else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mint")
    parser.add_argument("--quick", action="store_true", help="a sample, in less than 50 s")
    parser.add_argument("--sandbox", default="auto", help="default: the strongest that holds on this machine")
    parser.add_argument("--python", default="", help="the interpreter of the sandbox")
    parser.add_argument("--workers", type=int, default=2, help="trajectories at once")
    parser.add_argument("--show", type=int, default=0, help="how many of each explained difference are shown")
    return parser.parse_args()


def _sandbox(name: str, python: str) -> Sandbox:
    """Return the body that is taken, not only what chooses one: its name stands in the figure."""
    with Session(sandbox_named(name)) as session:
        body = session.open().sandbox
    if not python:
        return body
    makes = {"bubblewrap": Bubblewrap, "landlock": Landlock}
    return makes[body.name](python=python) if body.name in makes else UnsafeProcess(python)


def _sample(trajectories: Sequence[Trajectory]) -> list[Trajectory]:
    """Return trajectories in an order in which each beginning has all models and data sets in it, none that waited."""
    groups: dict[tuple[str, str], list[Trajectory]] = {}
    for one in sorted(trajectories, key=lambda one: sha256(one.name.encode()).hexdigest()):
        if not one.timed_out:
            groups.setdefault((one.model, one.dataset), []).append(one)
    rounds = max(map(len, groups.values()), default=0)
    return [group[place] for place in range(rounds) for group in groups.values() if place < len(group)]


def _replayed(sample: Sequence[Trajectory], sandbox: Sandbox, workers: int, until: float) -> list[Replayed]:
    """Run again what there is time for."""
    missing = missing_packages(sample, sandbox)
    done: list[Replayed] = []
    batch = max(workers * 10, 1)
    for start in range(0, len(sample), batch):
        if monotonic() > until:
            break
        done += replay_all(sample[start : start + batch], sandbox, workers, missing)
    return done


def _print_turns(turns: Counter[tuple[str, str]], trajectories: int) -> None:
    title = f"{sum(turns.values()):,} turns of {trajectories:,} trajectories, as the reader takes them"
    table = Table("what the turn holds", "what became of it", "turns", title=title)
    for (kind, way), number in sorted(turns.items()):
        table.add_row(escape(kind), way, f"{number:,}")
    console.print(table)


def _print_replayed(replayed: Sequence[Replayed], sandbox: Sandbox, seconds: float, show: int) -> tuple[str, bool]:
    found = [one for trajectory in replayed for one in trajectory.observed]
    reasons = Counter(one.reason for one in found)
    title = f"{len(found):,} observations of {len(replayed):,} trajectories in {sandbox.name}, {seconds:.0f} s"
    table = Table("observation", "how many", title=title)
    for name in (SAME, FED, *REASONS, UNEXPLAINED):
        if reasons[name] or name in {SAME, UNEXPLAINED}:
            table.add_row(name, f"{reasons[name]:,}")
    console.print(table)
    _print_rules(found)
    for name in (*REASONS, UNEXPLAINED):
        _print_some(replayed, name, None if name == UNEXPLAINED else show)
    there = len(found) - reasons[FED] - sum(reasons[name] for name in LACKING)
    share = reasons[SAME] / there if there else 0.0
    figure = (
        f"{reasons[SAME]:,} of {there:,} reproducible observations (of {len(found):,}) reproduced in {sandbox.name}, "
        f"{share:.1%} (goal {GOAL:.0%}), {reasons[UNEXPLAINED]} unexplained (goal 0)"
    )
    return figure, share >= GOAL and not reasons[UNEXPLAINED]


def _print_rules(found: Iterable[Observed]) -> None:
    rules = Counter(rule for one in found if one.reason == SAME for rule in one.comparison.rules)
    table = Table("rule that made two observations comparable", "observations that took it")
    for name in RULES:
        table.add_row(name, f"{rules[name]:,}")
    console.print(table)


def _print_some(replayed: Sequence[Replayed], reason: str, most: int | None) -> None:
    alike = [(one.trajectory, two) for one in replayed for two in one.observed if two.reason == reason]
    for trajectory, one in alike[:most]:
        error = one.result.error
        console.rule(escape(f"{reason}: {trajectory.name}, {', '.join(one.comparison.differs)}"))
        for title, text in (
            ("code", one.turn.code),
            ("record", one.turn.observation or ""),
            ("here", f"{one.result.stdout}{one.result.shown}{error.traceback or error.kind if error else ''}"),
        ):
            console.print(f"[bold]{title}[/]\n{escape(text[-3000:])}", highlight=False)


def _print_monty(replayed: Sequence[Replayed], workers: int, *, quick: bool) -> None:
    """Run the trajectories in monty as well: how many observations are the recorded ones, and what was refused."""
    sandbox = sandbox_named("monty")
    lacking = [one.name for one in sandbox.findings() if not one.ok]
    if lacking:
        console.print(f"monty: not run, {', '.join(lacking)} is missing")
        return
    chosen = [one.trajectory for one in replayed]
    began = monotonic()
    found = _replayed(chosen, sandbox, workers, began + 10 if quick else float("inf"))
    seen = [one for trajectory in found for one in trajectory.observed]
    counts = Counter(_in_monty(one) for one in seen)
    table = Table("in monty", "how many", title=f"{len(seen):,} of the same observations, {monotonic() - began:.0f} s")
    for name, number in counts.most_common():
        table.add_row(name, f"{number:,}")
    console.print(table)


def _in_monty(one: Observed) -> str:
    error = one.result.error
    if one.reason in {SAME, FED}:
        return "as recorded"
    if error is not None and error.kind in {"Unsupported", "ModuleNotFoundError", "ImportError"}:
        return "refused: a part of Python, or a package, that monty has not"
    return "another, after something refused" if one.reason in LACKING or "used later" in one.reason else "another"


if __name__ == "__main__":
    sys.exit(main())
