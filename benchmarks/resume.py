"""Durable runs under `kill -9`: nothing that was finished is lost, nothing that was paid for is paid for again.

python -m benchmarks.resume [--quick]

A job of 60 calls with 8 workers, over HTTP to a server in a process of its own, is killed at points chosen by step
number, and run again to its end. What is asked is counted at the server. Most children are forked from this process,
since starting Python takes longer than the job; some are whole new processes with langchain's `ChatOpenAI`.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.resume_child import CALLS, STAGES, WORKERS, Killer, program
from llm_strategy.errors import ProgramChangedError

SAME = ("values", "calls", "tokens", "cost", "traced")


@dataclass
class Outcome:
    """What was seen at the points of one stage."""

    points: int = 0
    killed: int = 0
    finished: int = 0
    lost: int = 0
    repeated: list[int] = field(default_factory=list)
    unreported: int = 0
    different: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return (
            self.killed == self.points
            and not (self.lost or self.unreported or self.different or self.errors)
            and max(self.repeated, default=0) <= WORKERS
        )


def main() -> int:
    quick = "--quick" in sys.argv
    steps = [1, 20, 40, 60] if quick else [step for step in range(1, CALLS + 1) if step % 3]
    started, outcomes, table = time.perf_counter(), [], table_of_stages()
    with tempfile.TemporaryDirectory() as folder, provider() as base:
        bench = Bench(Path(folder), base)
        for client, stages, points in (
            ("light", STAGES, steps),
            ("ChatOpenAI", STAGES[3:] if quick else (STAGES[0], *STAGES[2:]), [30] if quick else [3, 17, 41]),
        ):
            unbroken = bench.finish(client, f"{client}-unbroken")
            for stage in stages:
                outcome = Outcome()
                for step in points:
                    bench.point(client, stage, step, unbroken, outcome)
                outcomes.append(outcome)
                add(table, client, stage, outcome)
        named = bench.changed_program()
    Console().print(table)
    print(f"A changed program: {named or 'not named'}; {time.perf_counter() - started:.0f} s")
    return verdict(outcomes, named)


def verdict(outcomes: list[Outcome], named: str) -> int:
    for problem in [line for one in outcomes for line in (*one.different, *one.errors)][:10]:
        print(problem)
    points = sum(one.points for one in outcomes)
    finished, lost = sum(one.finished for one in outcomes), sum(one.lost for one in outcomes)
    passed = all(one.passed for one in outcomes) and bool(named)
    most = max(count for one in outcomes for count in one.repeated)
    print(
        f"resume: {points} kill points, {lost} of {finished:,} finished replies lost, at most {most} calls repeated "
        f"(goal 0 lost, none repeated but the up to {WORKERS} in flight, same result and totals) "
        f"{'ok' if passed else 'short'}"
    )
    return 0 if passed else 1


class Bench:
    """Runs the job, breaks it off, and looks at what the server was asked."""

    def __init__(self, folder: Path, base: str) -> None:
        self.folder, self.base = folder, base

    def point(self, client: str, stage: str, step: int, unbroken: dict, outcome: Outcome) -> None:
        """Kill the job at a point, run it again, and compare."""
        name = f"{client}-{STAGES.index(stage)}-{step}"
        outcome.points += 1
        try:
            status, _ = self.run(client, name, Killer(stage, step))
            first = self.counts(name)
            outcome.killed += status == -signal.SIGKILL
            acknowledged = set(Path(self.folder, f"{name}.db.acks").read_text().split())
            ended = self.finish(client, name)
        except Exception as error:
            outcome.errors.append(f"{name}: {type(error).__name__}: {error}")
            return
        second = self.counts(name) - first
        repeated = set(first) & set(second)
        outcome.finished += len(acknowledged)
        outcome.lost += len(acknowledged & set(second))
        outcome.repeated.append(len(repeated))
        outcome.unreported += max(0, len(repeated) - ended["in flight"])
        outcome.different += [
            f"{name}: {key} {ended[key]} is not {unbroken[key]}" for key in SAME if ended[key] != unbroken[key]
        ]
        twice = [number for number in (first + second) if (first + second)[number] > 2 or second[number] > 1]
        outcome.errors += [f"{name}: input {number} asked too often" for number in twice]

    def finish(self, client: str, name: str) -> dict:
        """Run the job to its end; return what it says."""
        status, said = self.run(client, name, Killer())
        if status:
            raise RuntimeError(f"it ended with {status}: {said[-2000:]}")
        return json.loads(said.splitlines()[-1])

    def run(self, client: str, name: str, killer: Killer) -> tuple[int, str]:
        """Run the job in a process of its own; return how it ended, and what it said."""
        path, base = str(self.folder / f"{name}.db"), f"{self.base}/{name}/v1"
        if client == "light":
            return forked(lambda: json.dumps(program(path, base, client, killer)))
        command = [sys.executable, "-m", "benchmarks.resume_child", path, base, client]
        command += [killer.stage, str(killer.step)] if killer.step else []
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout or done.stderr

    def changed_program(self) -> str:
        """Run another program on the journal of the job; return what its error says of it."""
        self.finish("light", "changed")
        path, base = str(self.folder / "changed.db"), f"{self.base}/changed-then/v1"
        try:
            program(path, base, "light", Killer(), changed=True)
        except ProgramChangedError as error:
            told = " ".join(str(error).split())
            named = "-[system] The square" in told and "+[system] The cube" in told and "step 0." in told
            silent = not self.counts("changed-then")
            return "named, with step and difference, before anything was sent" if named and silent else ""
        return ""

    def counts(self, session: str) -> Counter:
        """Return how often the server was asked for each input."""
        with urllib.request.urlopen(f"{self.base}/{session}") as reply:
            return Counter(json.load(reply))


def forked(call) -> tuple[int, str]:
    """Call a function in a fork of this process, which has no threads."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            os.close(reading)
            os.write(writing, call().encode())
            code = 0
        except BaseException as error:
            os.write(writing, f"{type(error).__name__}: {error}".encode())
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said


@contextmanager
def provider() -> Iterator[str]:
    """Start the server; give its base address."""
    command = [sys.executable, "-m", "benchmarks.resume_server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.kill()


def table_of_stages() -> Table:
    table = Table("client", "killed", "points", "finished", "lost", "repeated", "same end", "")
    for column in table.columns[2:6]:
        column.justify = "right"
    return table


def add(table: Table, client: str, stage: str, outcome: Outcome) -> None:
    same = outcome.points - len({line.split(":")[0] for line in (*outcome.errors, *outcome.different)})
    table.add_row(
        client,
        stage,
        str(outcome.points),
        f"{outcome.finished:,}",
        str(outcome.lost),
        f"<= {max(outcome.repeated, default=0)}",
        f"{same} of {outcome.points}",
        "ok" if outcome.passed else "short",
    )


if __name__ == "__main__":
    sys.exit(main())
