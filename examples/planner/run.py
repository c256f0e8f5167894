"""One sentence becomes a codebase, which then has to pass tests that the model has never seen.

python examples/planner/run.py                            # what there is to build
python examples/planner/run.py todo                       # built by the embedded model
python examples/planner/run.py todo --small --tries 3     # three times, with the settings for small models
python examples/planner/run.py paper:url_shortener        # a system-design task of the paper (LLM_STRATEGY_SHARED)

What is made, with its program, history and traces, stays in the workspace; a line of JSON for each try is added to
tries.jsonl beside it.
"""

import argparse
import importlib.util
import json
import os
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from llm_strategy.planner import Codebase, PlannerSettings, generate_book, generate_codebase
from llm_strategy.planner.evaluators import Evaluators
from llm_strategy.planner.evaluators.expected import is_test_file
from llm_strategy.planner.events import Ended, Event, Planned, StepBegan, StepEnded, Turned

HERE = Path(__file__).parent
PAPER = "paper:"
PLACE = "acceptance/test_acceptance.py"
"""Where the acceptance tests are put in the copy that they are run on."""


@dataclass(frozen=True)
class Accepted:
    """What the held-out tests or checks say."""

    passed: int = 0
    failed: tuple[str, ...] = ()
    skipped: int = 0

    @property
    def is_all(self) -> bool:
        return bool(self.passed) and not self.failed

    def __str__(self) -> str:
        told = f"{self.passed} of {self.passed + len(self.failed)}" if self.passed or self.failed else "-"
        return told + (f" ({self.skipped} skipped)" if self.skipped else "")


@dataclass(frozen=True)
class Tried:
    """One try, as figures."""

    name: str
    model: str
    workspace: str
    reason: str
    accepted: Accepted
    own_passed: int
    own_failed: int
    features: float
    errors: int
    lines: int
    calls: int
    tokens: int
    seconds: float


def names() -> list[str]:
    return sorted(path.parent.name for path in HERE.glob("*/task.txt"))


def task_of(name: str) -> str:
    """Return the text of a task."""
    if name.startswith(PAPER):
        return paper_tasks()[name.removeprefix(PAPER)]
    return (HERE / name / "task.txt").read_text("utf-8").strip()


def paper_tasks() -> dict[str, str]:
    """Return the system-design tasks of L2MAC (Holt et al. 2024), where the corpora are."""
    place = Path(os.environ.get("LLM_STRATEGY_SHARED", "../shared")) / "corpora" / "l2mac_tasks.jsonl"
    lines = place.read_text("utf-8").splitlines() if place.exists() else []
    return {row["task"]: row["prompt"] for row in map(json.loads, lines)}


def accept(name: str, files: Mapping[str, str], sandbox: str = "auto") -> Accepted:
    """Judge files by what the model never saw: tests, run in a sandbox on a copy without the model's own; or checks."""
    checks, tests = HERE / name / "checks.py", HERE / name / "test_acceptance.py"
    if checks.exists():
        said = {one.__name__: one(files) for one in _checks(checks)}
        failed = tuple(f"{one}: {text}" for one, text in said.items() if text)
        return Accepted(len(said) - len(failed), failed)
    if not tests.exists():
        return Accepted()
    copy = {path: text for path, text in files.items() if not is_test_file(path) and not path.endswith("conftest.py")}
    verdict = Evaluators(["tests"], sandbox=sandbox)({**copy, PLACE: tests.read_text("utf-8")})
    wrong = [f"{one.id}: {one.message}" for one in verdict.tests if one.outcome == "failed"]
    skipped = sum(one.outcome == "skipped" for one in verdict.tests)
    return Accepted(verdict.passed, (*wrong, *map(str, verdict.problems)), skipped)


def _checks(path: Path):
    spec = importlib.util.spec_from_file_location("checks", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return [one for name, one in vars(module).items() if name.startswith("check_")]


def build(name: str, model: object, workspace: Path, **options: object) -> Tried:
    """Build an example once, and judge it."""
    generate = generate_book if (HERE / name / "checks.py").exists() else generate_codebase
    began = time.perf_counter()
    made: Codebase = generate(task_of(name), model, workspace=workspace, **options)
    report = made.report
    seconds = time.perf_counter() - began
    accepted = accept(name, made, str(options.get("sandbox", "auto")))
    return Tried(
        name=name,
        model=str(getattr(model, "model", model)),
        workspace=workspace.name,
        reason=report.reason,
        accepted=accepted,
        own_passed=report.verdict.passed if report.verdict else 0,
        own_failed=report.verdict.failed if report.verdict else 0,
        features=report.features,
        errors=len(report.verdict.problems) if report.verdict else 0,
        lines=report.lines,
        calls=report.spent.calls if report.spent else 0,
        tokens=report.spent.input_tokens + report.spent.output_tokens if report.spent else 0,
        seconds=round(seconds, 1),
    )


def table_of(tries: list[Tried]) -> Table:
    """Return a table with a column for each try: that fits into a terminal."""
    table = Table("", *(one.workspace for one in tries))
    rows: dict[str, list[str]] = {
        "ended": [one.reason for one in tries],
        "acceptance tests": [str(one.accepted) for one in tries],
        "its own tests": [f"{one.own_passed} of {one.own_passed + one.own_failed}" for one in tries],
        "features tested and met": [f"{one.features:.0%}" for one in tries],
        "errors": [str(one.errors) for one in tries],
        "lines of code": [str(one.lines) for one in tries],
        "calls": [str(one.calls) for one in tries],
        "tokens": [f"{one.tokens:,}" for one in tries],
        "seconds": [f"{one.seconds:.0f}" for one in tries],
    }
    for name, figures in rows.items():
        table.add_row(name, *figures)
    return table


def tell(name: str, event: Event) -> None:
    """Print what happens in a try, a line each."""
    match event:
        case Planned(program, why):
            said = f"{why}: {len(program.requirements)} requirements, {len(program.instructions)} steps"
        case StepBegan(path, text):
            said = f"step {path}: {text}"
        case Turned(path, attempt, turn, created, written, deleted, refused, verdict):
            found = "" if verdict is None else "right" if verdict.ok else verdict.told(200)
            said = f"  {path}, attempt {attempt}, reply {turn}: {[*created, *written, *deleted, *refused]} {found}"
        case StepEnded(path, outcome, note):
            said = f"step {path}: {outcome} {note}"
        case Ended(reason):
            said = f"ended: {reason}"
    print(f"{name}: {said}".replace("\n", " ")[:220], flush=True)


def model_of(name: str, number: int, at_once: int = 1) -> object:
    """Return who answers a try: the embedded model draws its replies in all tries but the first."""
    if name.partition(":")[0] != "local":
        return name
    from llm_strategy.models.local import open_local

    temperature = 0.0 if number == 1 else 0.4
    model = open_local(name.partition(":")[2])
    return model.model_copy(update={"temperature": temperature, "seed": number, "n_parallel": at_once})


def main(arguments: list[str] | None = None) -> int:
    """Build examples as often as is asked for; return 0 where each try passed every acceptance test."""
    given = _order().parse_args(arguments)
    if not given.names:
        print("\n\n".join(f"{name}: {task_of(name)}" for name in names()))
        return 0
    changes = {name: int(value) for name, _, value in (one.partition("=") for one in given.set)}
    options = {
        "settings": PlannerSettings.small(**changes) if given.small else changes or None,
        "budget": given.budget,
        "sandbox": given.sandbox,
    }

    def once(job: tuple[str, int]) -> Tried:
        name, number = job
        place = given.workspace / f"{name.replace(':', '-')}-{number}"
        model = model_of(given.model, number, given.at_once)
        tried = build(name, model, place, watch=partial(tell, place.name), **options)
        with (given.workspace / "tries.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(tried)) + "\n")
        return tried

    jobs = [(name, number) for name in given.names for number in range(given.first, given.first + given.tries)]
    with ThreadPoolExecutor(given.at_once) as pool:
        tries = list(pool.map(once, jobs))
    for one in tries:
        for line in one.accepted.failed:
            print(f"{one.workspace}: not accepted: {line}")
    Console().print(table_of(tries))
    return 0 if all(one.accepted.is_all for one in tries) else 1


def _order() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="From one sentence to a codebase that passes held-out tests.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="an example, or paper:NAME; without one they are told")
    parser.add_argument("--model", default=os.environ.get("LLM_STRATEGY_MODEL", "local"))
    parser.add_argument("--workspace", type=Path, default=Path("workspace"), help="folder for the tries")
    parser.add_argument("--tries", type=int, default=1)
    parser.add_argument("--first", type=int, default=1, help="number of the first try")
    parser.add_argument("--at-once", type=int, default=1, help="how many tries are under way at a time")
    parser.add_argument("--small", action="store_true", help="take the settings for small models")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=NUMBER", help="change a setting")
    parser.add_argument("--budget", help="such as seconds=1800 or tokens=50000, for each try")
    parser.add_argument("--sandbox", default="auto")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
