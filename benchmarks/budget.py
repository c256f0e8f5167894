"""The budget of an optimization, and how it goes on after `kill -9`.

python -m benchmarks.budget [--quick] [--workers N]

1,000 optimizations with budgets of all kinds (rollouts, calls, tokens, money, seconds; for the task, the optimizer, and
both), with 1 to 8 workers, and models whose replies are of very different lengths, some of which fail. Half of the
searches look at what is left; the others ask until they are refused. The models keep a till of their own: no limit may
be exceeded by what is in there. Half of the runs are the others once more, with another number of workers: without a
limit of seconds, their logs have to be the same, byte by byte.

Then two optimizations are killed, at random moments and at calls of what writes anything down, and begun again until
they are done: one compares candidates, the other judges all of them by a response surface. No rollout that was written
down may be carried out again, which the task itself notes in a file, and the log and what was found have to be those of
the run that nobody has killed.
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
from dataclasses import dataclass, field, replace
from functools import wraps
from multiprocessing import get_context
from pathlib import Path
from unittest.mock import patch

from rich.console import Console
from rich.table import Table

from benchmarks.budget_world import Budget, World
from llm_strategy.errors import ConfigurationError
from llm_strategy.optimize.store import OptimizationStore
from llm_strategy.optimize.store.record import OptimizationRecord

MEMORY = "/dev/shm"  # noqa: S108 (a folder of our own is made in it)
LATE = 0.25
"""Seconds behind the limit at which a request may still begin: on a busy machine a thread may have to wait as long."""
VICTIM = World(7, Budget(rollouts=170), 4, 16, 0.5, 0.05, 0.1, None, 0.002)
VICTIMS = {"gates": VICTIM, "response surface": replace(VICTIM, tuned=True)}
STAGES = (
    ("rollout not written yet", "add_rollout", "before"),
    ("rollout written", "add_rollout", "after"),
    ("answer not written yet", "add_event", "before"),
    ("answer half-written", "add_event", "after"),
    ("rollouts begin", "begun", "after"),
)


def main() -> int:
    quick = "--quick" in sys.argv
    pairs, kills = (40, 6) if quick else (500, 50)
    workers = int(sys.argv[sys.argv.index("--workers") + 1]) if "--workers" in sys.argv else os.cpu_count() or 1
    with ProcessPoolExecutor(workers, get_context("fork")) as pool:
        tried = list(pool.map(pair, range(pairs), chunksize=2))
        deaths = list(pool.map(killed, *zip(*((name, one) for one in range(kills) for name in VICTIMS), strict=True)))
    Console().print(table_of_limits(tried))
    Console().print(table_of_kills(deaths))
    return verdict(tried, deaths)


@dataclass
class Pair:
    """One optimization, twice, with other numbers of workers."""

    limits: tuple[str, ...]
    workers: tuple[int, int]
    runs: int = 0
    rollouts: int = 0
    calls: int = 0
    refused: bool = False
    late: float = 0.0
    compared: bool = False
    exceeded: list[str] = field(default_factory=list)
    different: list[str] = field(default_factory=list)
    miscounted: list[str] = field(default_factory=list)


def pair(number: int) -> Pair:
    world = World.drawn(number)
    other = 1 if world.workers > 1 else 8
    made = Pair(tuple(world.budget.limited), (world.workers, other))
    logs, found = [], []
    for workers in made.workers:
        made.runs += 1
        try:
            end = world.carried_out(workers=workers)
        except ConfigurationError:  # the budget is too small for the seed: nothing was begun
            made.refused = True
            continue
        made.exceeded += [f"{number} ({workers} workers): {one}" for one in end.exceeded]
        made.miscounted += [f"{number} ({workers} workers): {one}" for one in end.miscounted]
        made.late = max(made.late, end.late)
        made.rollouts += end.till.rollouts
        made.calls += end.till.spent["total", "calls"]
        logs.append(end.log)
        found.append(repr(end.outcome))
    if world.budget.seconds is None and len(logs) == 2:
        made.compared = True
        made.different += [f"{number}: {what}" for what, two in (("log", logs), ("outcome", found)) if two[0] != two[1]]
    return made


@dataclass
class Death:
    """One run that was killed, and begun again."""

    search: str
    stage: str
    kills: int = 0
    written: int = 0
    """Rollouts that were written down when it was killed."""
    repeated: int = 0
    """Those of them that the task has begun again."""
    again: int = 0
    """Rollouts that were under way, and begun again."""
    wrong: list[str] = field(default_factory=list)


def killed(search: str, number: int) -> Death:
    """Kill a run once, or several times, and compare its end with that of one that nobody has killed."""
    drawn = random.Random(number)
    with tempfile.TemporaryDirectory(dir=MEMORY if Path(MEMORY).is_dir() else None) as folder:
        unbroken = Run(Path(folder) / "unbroken", search)
        seconds = unbroken.process("", 0, None)
        broken = Run(Path(folder) / "broken", search)
        stage, method, when = drawn.choice(STAGES) if number % 2 else ("at a random moment", "", "")
        death = Death(search, stage)
        for _ in range(drawn.choice((1, 1, 3))):
            at = (f"{when} {method}", drawn.randint(1, 90 if method == "add_rollout" else 25))
            broken.process(*(at if method else ("", 0)), None if method else drawn.random() * seconds * 0.8)
            if broken.end is not None:
                break
            death.kills += 1
            broken.look()
        broken.process("", 0, None)
        known = broken.known
        death.written, death.repeated, death.again = len(known), broken.repeated(), broken.again()
        for what in ("log", "outcome", "rollouts"):
            if broken.end is None or broken.end[what] != unbroken.end[what]:
                death.wrong.append(f"{search} {number}, {stage}: another {what}")
        return death


class Run:
    """A victim, in a process of its own, begun as often as it takes."""

    def __init__(self, folder: Path, search: str) -> None:
        folder.mkdir()
        self.folder = folder
        self._victim = VICTIMS[search]
        self.known: set[str] = set()
        self._looks: list[tuple[set[str], int]] = []

    @property
    def end(self):
        path = self.folder / "end.json"
        return json.loads(path.read_text("utf-8")) if path.exists() else None

    def diary(self) -> list[str]:
        path = self.folder / "diary"
        return path.read_text("utf-8").split() if path.exists() else []

    def look(self) -> None:
        """See what is written down, now that it was killed."""
        path = self.folder / "run.sqlite"
        rows = set()
        if path.exists():
            with OptimizationStore(path) as store:
                rows = {key for (key,) in store._database.rows((str,), "SELECT key FROM rollout")}  # noqa: SLF001
        self.known |= rows
        self._looks.append((rows, len(self.diary())))

    def repeated(self) -> int:
        """How many rollouts were begun behind a kill that were written down before it."""
        diary = self.diary()
        return sum(len(rows & set(diary[length:])) for rows, length in self._looks)

    def again(self) -> int:
        return sum(count - 1 for count in Counter(self.diary()).values())

    def process(self, stage: str, number: int, seconds: float | None) -> float:
        began = time.perf_counter()
        child = os.fork()
        if not child:
            try:
                self._child(stage, number)
            finally:
                os._exit(1)
        if seconds is not None:
            time.sleep(seconds)
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return time.perf_counter() - began

    def _child(self, stage: str, number: int) -> None:
        when, _, method = stage.partition(" ")
        with deadly(when, method, number):
            diary = os.open(self.folder / "diary", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            end = self._victim.carried_out(path=self.folder / "run.sqlite", diary=diary)
        told = {"log": end.log.decode(), "outcome": repr(end.outcome), "rollouts": end.ledger.view().rollouts}
        part = self.folder / "end.part"
        part.write_text(json.dumps(told), "utf-8")
        part.rename(self.folder / "end.json")
        os._exit(0)


def deadly(when: str, method: str, number: int):
    """Kill this process when a method is called for the so-manieth time."""
    owner = OptimizationStore if method else OptimizationRecord
    called, seen = getattr(owner, method or "get"), Counter()

    @wraps(called)
    def wrapped(*args, **kwargs):
        seen[method] += 1
        if method and when == "before" and seen[method] == number:
            os.kill(os.getpid(), signal.SIGKILL)
        value = called(*args, **kwargs)
        if method and when == "after" and seen[method] == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return value

    return patch.object(owner, method or "get", wrapped)


def table_of_limits(tried: list[Pair]) -> Table:
    names = ("runs", "rollouts", "requests", "refused at once", "exceeded", "compared", "other logs")
    made = Table("limits of", *names)
    for column in made.columns[1:]:
        column.justify = "right"
    for kind in sorted({name for one in tried for name in one.limits}):
        some = [one for one in tried if kind in one.limits]
        made.add_row(kind, *(f"{number:,}" for number in numbers(some)))
    made.add_section()
    made.add_row("all", *(f"{number:,}" for number in numbers(tried)))
    return made


def numbers(some: list[Pair]) -> list[int]:
    return [
        sum(one.runs for one in some),
        sum(one.rollouts for one in some),
        sum(one.calls for one in some),
        sum(one.refused for one in some),
        sum(len(one.exceeded) for one in some),
        sum(one.compared for one in some),
        sum(bool(one.different) for one in some),
    ]


def table_of_kills(deaths: list[Death]) -> Table:
    made = Table(
        "search", "killed", "runs", "kills", "rollouts written", "carried out again", "under way again", "other ends"
    )
    for column in made.columns[2:]:
        column.justify = "right"
    for search, stage in sorted({(one.search, one.stage) for one in deaths}):
        some = [one for one in deaths if (one.search, one.stage) == (search, stage)]
        counts = (
            len(some),
            *(sum(getattr(one, name) for one in some) for name in ("kills", "written", "repeated", "again")),
        )
        made.add_row(search, stage, *(f"{number:,}" for number in counts), str(sum(bool(one.wrong) for one in some)))
    return made


def verdict(tried: list[Pair], deaths: list[Death]) -> int:
    bad = [line for one in tried for line in (*one.exceeded, *one.different, *one.miscounted)]
    for line in [*bad, *(line for one in deaths for line in one.wrong)][:20]:
        print(line)
    late = max(one.late for one in tried)
    runs, exceeded = sum(one.runs for one in tried), sum(len(one.exceeded) for one in tried)
    different = sum(bool(one.different) for one in tried)
    kills, written = sum(one.kills for one in deaths), sum(one.written for one in deaths)
    repeated, wrong = sum(one.repeated for one in deaths), sum(bool(one.wrong) for one in deaths)
    again = sum(one.again for one in deaths)
    print(f"The latest request began {late * 1000:.0f} ms behind a limit of seconds (at most {LATE * 1000:.0f} ms).")
    passed = (
        not (bad or repeated or wrong)
        and late <= LATE
        and again <= kills * VICTIM.workers
        and kills >= len(deaths) // 2
    )
    print(
        f"budget: {exceeded} limits exceeded in {runs:,} runs, {different} logs differ between numbers of workers; "
        f"{kills} kills, {repeated} of {written:,} rollouts carried out again, {wrong} other ends (goal 0, 0, 0, 0) "
        f"{'ok' if passed else 'short'}"
    )
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
