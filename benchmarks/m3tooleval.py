"""Tasks that are solved by composing tools (M3ToolEval): oracle solutions in every form of actions, and a small model.

python -m benchmarks.m3tooleval [--quick] [--model [--smolagents PYTHON] [--raw FILE]]

The tools are rebuilt from name, description, signature and recorded observations; first every observation is held
against them. The solutions are written by programs that read the instruction (`benchmarks/m3/plans`), none by hand for
one task; a scripted model replies them, and everything else is the real thing: an LLM function with CodeAct, code in
bubblewrap and in monty, and the same solutions as JSON and as lines of text. An answer is judged as
`benchmarks/m3/answers.py` says. `--quick` takes every third task. `--model` asks the embedded model
instead, behind `llm-strategy models serve`: the 20 tasks whose solutions need the fewest calls, in code, JSON and text
actions and, where --smolagents names an interpreter that has it, by smolagents' CodeAgent. It takes long; --raw writes
all of it down, and without --model shows what was written once more, behind the oracles.
"""

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.m3.comparison import shown
from benchmarks.m3.oracles import ARMS, Arm, solved
from benchmarks.m3.recording import read
from benchmarks.m3.runs import Outcome
from benchmarks.m3.tasks import Record, Task, load
from benchmarks.m3.worlds import unlike

Outcomes = dict[Arm, list[tuple[Task, Outcome]]]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--model", action="store_true", help="ask the embedded model, instead of the scripted one")
    parser.add_argument("--smolagents", type=Path, help="a Python interpreter that has smolagents and openai")
    parser.add_argument("--raw", type=Path, help="what the model did, as JSON: written by --model, else read")
    options = parser.parse_args()
    tasks, record = load()
    if options.model:
        from benchmarks.m3.model_runs import compared

        print(f"m3tooleval: {compared(tasks, record, options.smolagents, options.raw)} ok")
        return 0
    figure, good = _oracles(tasks, record, quick=options.quick)
    if options.raw is not None:
        results, about = read(tasks, options.raw)
        figure += f"; {shown(results, about)}"
    print(f"m3tooleval: {figure} {'ok' if good else 'short'}")
    return 0 if good else 1


def _oracles(tasks: list[Task], record: Record, *, quick: bool) -> tuple[str, bool]:
    missed = unlike(record)
    for one, found in missed:
        print(f"not as recorded: {one}; ours: {found}")
    outcomes: Outcomes = {
        arm: [(task, solved(task, record, arm)) for task in (tasks[::3] if quick else tasks)] for arm in ARMS
    }
    _print(outcomes, len(record.observations) - len(missed), len(record.observations))
    first = outcomes[ARMS[0]]
    solved_first = sum(outcome.right for _, outcome in first)
    good = not missed and all(outcome.right for ended in outcomes.values() for _, outcome in ended)
    return f"{solved_first} of {len(first)} tasks solved in {ARMS[0]} (goal all, in every form)", good


def _print(outcomes: Outcomes, alike: int, observations: int) -> None:
    table = Table("what", "right", "of", "actions", "median", "goal", "")
    table.add_row("recorded observations", str(alike), str(observations), "-", "-", "all", _word(alike == observations))
    for arm, ended in outcomes.items():
        times = sorted(outcome.seconds for _, outcome in ended)
        right = sum(outcome.right for _, outcome in ended)
        turns = sum(outcome.turns for _, outcome in ended)
        median = f"{times[len(times) // 2] * 1000:.0f} ms"
        table.add_row(str(arm), str(right), str(len(ended)), str(turns), median, "all", _word(right == len(ended)))
    Console().print(table)
    for arm, ended in outcomes.items():
        for task, outcome in ended:
            if not outcome.right:
                told = outcome.error or f"{outcome.value!r} instead of {task.expected!r}"
                print(f"  {arm}: {task.name}: {told[:400]}")


def _word(good: bool) -> str:
    return "ok" if good else "short"


if __name__ == "__main__":
    sys.exit(main())
