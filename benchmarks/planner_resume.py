"""A run of the planner under `kill -9`: nothing is asked twice, and no file is lost or half-written.

python -m benchmarks.planner_resume [--quick] [--workers N]

A run of 20 steps, and four requests of planning before them, in a process of its own against a server in another one,
which counts requests. It is killed at calls of what writes anything down, and then resumed until it is done: at each of
them where that is the boundary of a step, a file, a transaction, or the place between a reply and the journal, and at
some of the others. And it is killed at random moments, again and again, until it is done. The child is forked: to start
Python takes longer than the run.
Files lie in memory where the system has a folder for that: what is killed is a process, not the machine.

Peers: mini-swe-agent 2.4.6 and langgraph 1.2.22 are not run; L2MAC 0.0.3 cannot resume (what it saves lacks what its
loading reads).
"""

import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.planner_resume_child import STAGES, STEPS, Killer, carry_out, rules
from benchmarks.resume import forked
from benchmarks.scripted import Script, scripted_server
from benchmarks.self_repair import files_in
from llm_strategy.planner.file_store import FileStore

MEMORY = "/dev/shm"  # noqa: S108 (a folder of our own is made in it)
EVERY = (
    "between reply and journal",
    "edits written down, no file",
    "file half-written",
    "files there, not said so",
    "between two steps",
)
"""Stages at each of whose calls the run is killed; at the others, at SOME."""
SOME, RANDOM = 5, 16
AT_RANDOM = "at random"


@dataclass
class Outcome:
    """What was seen at the points of one stage."""

    runs: int = 0
    kills: int = 0
    answered: int = 0
    """Replies that were in the journal when the process was killed."""
    repeated: int = 0
    """Those of them that were asked again."""
    in_flight: int = 0
    """Requests that were asked again, since they were sent, and not in the journal, when the process was killed."""
    half: int = 0
    """Files that had none of their texts when the process was killed."""
    wrong: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return bool(self.runs) and not (self.repeated or self.half or self.wrong) and self.in_flight <= self.kills


def main() -> int:
    quick, started = "--quick" in sys.argv, time.perf_counter()
    memory = MEMORY if os.path.isdir(MEMORY) else None  # noqa: PTH112 (before any path)
    with tempfile.TemporaryDirectory(dir=memory) as folder, scripted_server() as server:
        bench = Bench(Path(folder), server)
        stages = (*STAGES, AT_RANDOM)
        with ProcessPoolExecutor(workers(), get_context("fork")) as pool:
            outcomes = dict(zip(stages, pool.map(partial(bench.stage, quick=quick), stages), strict=True))
    Console().print(table(outcomes))
    replies = bench.unbroken["state"]["spent"][0]
    print(f"{STEPS} steps, {replies} replies in an unbroken run; {time.perf_counter() - started:.0f} s")
    return verdict(list(outcomes.values()))


def workers() -> int:
    """How many runs are under way at once."""
    return int(sys.argv[sys.argv.index("--workers") + 1]) if "--workers" in sys.argv else os.cpu_count() or 1


def table(outcomes: dict[str, Outcome]) -> Table:
    names = ("runs", "kills", "answered", "asked again", "in flight again", "half-written", "other ends")
    made = Table("killed", *names, "")
    for column in made.columns[1:8]:
        column.justify = "right"
    for stage, one in outcomes.items():
        numbers = (one.runs, one.kills, one.answered, one.repeated, one.in_flight, one.half, len(one.wrong))
        made.add_row(stage, *(f"{number:,}" for number in numbers), "ok" if one.passed else "short")
    return made


def verdict(outcomes: list[Outcome]) -> int:
    for line in [line for one in outcomes for line in one.wrong][:10]:
        print(line)
    answered, wrong = sum(one.answered for one in outcomes), sum(len(one.wrong) for one in outcomes)
    kills, repeated = sum(one.kills for one in outcomes), sum(one.repeated for one in outcomes)
    in_flight, half = sum(one.in_flight for one in outcomes), sum(one.half for one in outcomes)
    passed = all(one.passed for one in outcomes)
    runs = sum(one.runs for one in outcomes)
    print(
        f"planner_resume: {kills} kills in {runs} runs, {repeated} of {answered:,} answered "
        f"requests asked again, {in_flight} in flight asked again, {half} files half-written, {wrong} other ends (goal "
        f"0, at most one a kill, 0, 0) {'ok' if passed else 'short'}"
    )
    return 0 if passed else 1


class Bench:
    """Runs the job, kills it, and looks at what is there."""

    def __init__(self, folder: Path, server: str) -> None:
        self.folder, self.server, self.rules = folder, server, rules()
        started = time.perf_counter()
        _, self.unbroken = Run(self, "unbroken").process(Killer())
        self.seconds = time.perf_counter() - started
        if self.unbroken is None or self.unbroken["state"]["reason"] != "done":
            raise SystemExit(f"The unbroken run did not end well: {self.unbroken}")
        workspace = folder / "unbroken" / "workspace"
        self.files = files_in(workspace)
        with FileStore(workspace) as store:
            paths = {path for change in store.changes() for path in store.paths_of(change.step)}
            self.texts = {
                path: {text.decode() for one in store.versions(path) if (text := store.text_of(one)) is not None}
                for path in paths
            }

    def stage(self, stage: str, *, quick: bool) -> Outcome:
        """Kill runs at a stage."""
        outcome = Outcome()
        if stage == AT_RANDOM:
            for seed in range(2 if quick else RANDOM):
                Run(self, f"random-{seed}").killed_at_random(seed, outcome)
            return outcome
        last = self.unbroken["stages"][stage]
        points = list(range(1, last + 1))
        if quick:
            points = [last // 2 + 1]
        elif stage not in EVERY and last > SOME:
            points = sorted({1 + round(one * (last - 1) / (SOME - 1)) for one in range(SOME)})
        for number in points:
            Run(self, f"{list(STAGES).index(stage)}-{number}").killed_at(stage, number, outcome)
        return outcome


class Run:
    """One run, of as many processes as it takes."""

    def __init__(self, bench: Bench, name: str) -> None:
        self.bench, self.name = bench, name
        self.workspace = bench.folder / name / "workspace"
        self.workspace.parent.mkdir()
        self.script = Script(bench.server, name, {"rules": bench.rules})
        self.acknowledged: set[str] = set()
        self.sent: Counter[str] = Counter()

    def process(self, killer: Killer) -> tuple[int, dict | None]:
        """Begin the run, or go on with it, in a process of its own; return how that ended, and what it says."""
        status, said = forked(lambda: json.dumps(carry_out(self.workspace, self.script.base, killer)))
        return self.ended(status, said)

    def ended(self, status: int, said: str) -> tuple[int, dict | None]:
        if status in {0, -signal.SIGKILL}:
            return status, json.loads(said) if status == 0 else None
        raise RuntimeError(f"it ended with {status}: {' '.join(said.split())[:500]}")

    def killed_at(self, stage: str, number: int, outcome: Outcome) -> None:
        """Kill the run once, at the so-manieth call of a stage, and resume it."""
        try:
            status, _ = self.process(Killer(stage, number))
            if status == 0:
                outcome.wrong.append(f"{self.name}: it was not killed at {stage!r}")
            self.look(outcome, killed=True)
            _, end = self.process(Killer())
            self.over(end, outcome)
        except Exception as error:
            outcome.wrong.append(f"{self.name} ({stage} {number}): {type(error).__name__}: {error}")

    def killed_at_random(self, seed: int, outcome: Outcome) -> None:
        """Kill the run after random times until it is done."""
        drawn = random.Random(seed)
        try:
            end = None
            while end is None:
                _, end = self.process_for(drawn.uniform(0.02, 0.5) * self.bench.seconds)
                if end is None:
                    self.look(outcome, killed=True)
            self.over(end, outcome)
        except Exception as error:
            outcome.wrong.append(f"{self.name}: {type(error).__name__}: {error}")

    def process_for(self, seconds: float) -> tuple[int, dict | None]:
        """Go on with the run in a process of its own, which is killed after a time."""
        said = self.workspace.with_suffix(".said")
        child = os.fork()
        if not child:
            try:
                said.write_text(json.dumps(carry_out(self.workspace, self.script.base, Killer())))
                os._exit(0)
            except BaseException as error:
                said.write_text(f"{type(error).__name__}: {error}")
                os._exit(1)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return self.ended(os.waitstatus_to_exitcode(status), said.read_text())
            time.sleep(0.002)
        os.kill(child, signal.SIGKILL)
        return self.ended(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said.read_text() if said.exists() else "")

    def look(self, outcome: Outcome, *, killed: bool) -> None:
        """Count what the last process has asked, and see what it has left."""
        now = Counter(name for name, _ in self.script.asked(settled=True))
        asked = now - self.sent
        outcome.kills += killed
        outcome.repeated += sum(asked[name] for name in self.acknowledged)
        outcome.in_flight += sum((self.sent & asked).values()) - sum(asked[name] for name in self.acknowledged)
        outcome.wrong += [f"{self.name}: {name} was asked {count} times" for name, count in asked.items() if count > 1]
        self.sent = now
        acks = self.workspace.with_suffix(".acks")
        before, self.acknowledged = self.acknowledged, set(acks.read_text().split()) if acks.exists() else set()
        if not killed:
            return
        outcome.answered += len(self.acknowledged - before)
        if self.workspace.exists():
            there = {path: text for path, text in files_in(self.workspace).items() if ".llm-strategy-" not in path}
            outcome.half += sum(text not in self.bench.texts.get(path, ()) for path, text in there.items())

    def over(self, end: dict, outcome: Outcome) -> None:
        """Compare the end of the run with that of the unbroken one."""
        outcome.runs += 1
        self.look(outcome, killed=False)
        if files_in(self.workspace) != self.bench.files:
            outcome.wrong.append(f"{self.name}: other files")
        outcome.wrong += [
            f"{self.name}: {key} is {end['state'][key]!r}, and not {value!r}"
            for key, value in self.bench.unbroken["state"].items()
            if end["state"][key] != value
        ]
        if left := sorted(path.name for path in (self.workspace / ".llm-strategy" / "journal").glob("*")):
            outcome.wrong.append(f"{self.name}: journals are left: {left}")


if __name__ == "__main__":
    sys.exit(main())
