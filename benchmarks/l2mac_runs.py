"""Recorded runs of L2MAC (real GPT-4 replies), and of the methods beside it, through our file store and evaluators.

python -m benchmarks.l2mac_runs [--quick] [--sandbox NAME] [--python PATH] [--show N]

Each call that wrote files goes through our reader and store, in order, in a folder of its own; the files at the end are
compared with the recorded ones byte by byte, and each difference needs a reason that can be seen. Each version of each
file is looked at by the evaluators (syntax, and the fatal rules of ruff), and the tests of the last one run in the
sandbox. Beside that stands what the recording says. --python names an interpreter that has the packages that the
programs import (flask, requests, ...), for without them most of their tests cannot run: those are told, not counted.

Covered: that what models wrote is read and stored as it is, what our evaluators find that the recording does not tell,
and whether tests end as they did there. Not covered: what of a task was done, which no record tells; how the runs would
have gone on, had the model been told what we find. The record has the tests' ends of each run's last step only, under
Python 3.9, and of the other methods (CodeT, Reflexion, SelfRefine, ZeroShot) neither files nor tests.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from time import monotonic

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.corpora import corpus
from benchmarks.l2mac_runs_record import read_run
from benchmarks.l2mac_runs_replay import REASONS, SAME, UNEXPLAINED, Replayed, compared, replay
from benchmarks.l2mac_runs_tests import AGREES, DIFFERS, OFFLINE, Tested, sandbox_for, test_all

CORPUS = "l2mac_runs.jsonl"
QUICK_SECONDS = 25.0
LEAST_SECONDS = 8.0

L2MAC = "L2MAC"

console = Console(width=180)


def main() -> int:
    options = _options()
    began = monotonic()
    done = replay(map(read_run, corpus(CORPUS)))
    reasons = sum((compared(one) for one in done), Counter[str]())
    sandbox = sandbox_for(options.sandbox, options.python)
    until = max(began + QUICK_SECONDS, monotonic() + LEAST_SECONDS) if options.quick else float("inf")
    tested = test_all(sorted(done, key=lambda one: one.run.heard is None), sandbox, until)
    _print_runs(done, tested)
    _print_reasons(reasons)
    _print_problems(done, options.show)
    _print_told(done, tested)
    good = not reasons[UNEXPLAINED] and not any(one.lost or one.refused for one in done) and bool(done)
    print(f"{_figure(done, tested, reasons)}; {_tests(done, tested, sandbox.name)} {'ok' if good else 'short'}")
    return 0 if good else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.l2mac_runs")
    parser.add_argument("--quick", action="store_true", help="tests only of as many runs as there is time for")
    parser.add_argument("--sandbox", default="auto", help="default: the strongest that holds on this machine")
    parser.add_argument("--python", default="", help="the interpreter of the sandbox")
    parser.add_argument("--show", type=int, default=3, help="how many problems of each rule are shown")
    return parser.parse_args()


def _print_runs(done: Sequence[Replayed], tested: dict[int, Tested]) -> None:
    table = Table(title=f"{len(done)} recorded runs, here and in the recording (rec.)")
    for name in ("run", "writes (cut)", "files", "as rec.", "left errors", "errors", "tests"):
        table.add_column(name)
    for name in ("tests in rec.", "step in rec.", "tests compared"):
        table.add_column(name)
    for one in sorted(done, key=lambda one: (one.run.method != L2MAC, one.run.method)):
        run, found = one.run, tested.get(id(one))
        same, all_ = compared(one)[SAME], sum(compared(one).values())
        table.add_row(
            f"{run.method} {run.name}",
            f"{len(run.writes)} ({one.cut})" if one.cut else str(len(run.writes)),
            str(len(one.files)),
            f"{same} of {all_}" if run.files is not None else "no rec.",
            f"{sum(map(bool, one.after))} of {len(one.after)}",
            str(len(one.problems)),
            found.told if found else "no time",
            str(run.heard or "nothing"),
            run.steps or "-",
            found.compared if found else "-",
        )
    console.print(table)


def _print_reasons(reasons: Counter[str]) -> None:
    table = Table("file at the end of a run", "how many", title="Our files beside the recorded ones")
    for name in (SAME, *REASONS, UNEXPLAINED):
        table.add_row(name, f"{reasons[name]:,}")
    console.print(table)


def _print_problems(done: Sequence[Replayed], show: int) -> None:
    table = Table("rule", "in files at the end", "runs", "for instance", title="Errors that our evaluators find")
    rules = Counter(problem.rule for one in done for problem in one.problems)
    for rule, number in rules.most_common():
        found = [(one, problem) for one in done for problem in one.problems if problem.rule == rule]
        examples = "\n".join(escape(f"{one.run.name}: {problem}")[:110] for one, problem in found[:show])
        table.add_row(rule, str(number), str(len({id(one) for one, _ in found})), examples)
    console.print(table)


def _print_told(done: Sequence[Replayed], tested: dict[int, Tested]) -> None:
    """Print what could not be read, what the store refused, and tests that ended in another way."""
    for one in done:
        why = tested[id(one)].why if id(one) in tested else ""
        for told in (*one.told, *one.refused, *([why] if why else [])):
            console.print(f"[bold]{one.run.method} {one.run.name}[/]: {escape(told)}", highlight=False)


def _figure(done: Sequence[Replayed], tested: dict[int, Tested], reasons: Counter[str]) -> str:
    ours = [one for one in done if one.run.method == L2MAC]
    others = [one for one in done if one.run.method != L2MAC]
    there = sum(one.run.heard is not None and one.run.heard.failed != 0 for one in ours)
    writes, cut, damaged, kept = (
        sum(column) for column in zip(*((len(o.run.writes), o.cut, o.damaged, o.kept) for o in done), strict=True)
    )
    after = [number for one in done for number in one.after]
    lost = sum(one.lost for one in done)
    return (
        f"l2mac_runs: {reasons[SAME]:,} of {sum(reasons.values()):,} recorded files to the byte, "
        f"{reasons[UNEXPLAINED]} unexplained (goal 0); {writes:,} writes: {writes - cut - damaged:,} read whole, "
        f"{cut:,} told as cut off, {damaged} as damaged ({kept} whole files kept of these), {lost} lost (goal 0); "
        f"errors or failing tests in "
        f"{_wrong(ours, tested)} of {len(ours)} runs of L2MAC (the recording tells of {there}), in "
        f"{_wrong(others, tested)} of {len(others)} of the other methods (it tells of none); "
        f"{sum(map(bool, after)):,} of {len(after):,} writes left errors"
    )


def _wrong(runs: Iterable[Replayed], tested: dict[int, Tested]) -> int:
    """How many of the runs have errors, or tests that fail for another reason than that the network is off."""
    return sum(bool(one.problems) or (id(one) in tested and tested[id(one)].wrong) for one in runs)


def _tests(done: Sequence[Replayed], tested: dict[int, Tested], sandbox: str) -> str:
    ends = Counter(one.compared for one in tested.values())
    ran = sum(one.ran for one in tested.values())
    known = ends[AGREES] + ends[DIFFERS] + ends[OFFLINE]
    notes = [f"{ends[OFFLINE]} of the others need the network"] if ends[OFFLINE] else []
    notes += ["those of others did not, for want of packages or time: see --python"] if ran < len(done) else []
    told = f"tests of {ran} of {len(done)} runs ran in {sandbox}, {ends[AGREES]} of {known} end as recorded"
    return told + (f" ({', '.join(notes)})" if notes else "")


if __name__ == "__main__":
    sys.exit(main())
