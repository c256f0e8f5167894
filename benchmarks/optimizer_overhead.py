"""What an optimization costs besides its rollouts.

python -m benchmarks.optimizer_overhead [--quick]

A task that does nothing, a proposer that draws a number: what is left is the search, the books, the store (one SQLite
file), and carrying rollouts out. CPU time is told, of this process: other work on the machine does not count. gepa runs
its own loop on the same kind of task in the same command, with its state written to a folder, and without.

The search goes on to 10,000 rollouts (--quick: 2,000). Its memory is looked at after a tenth of them and at the end, in
a process of its own.
"""

import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console
from rich.table import Table

from llm_strategy.hyperparameters import track_hyperparameters
from llm_strategy.optimize.budget import Budget, OptimizationLedger
from llm_strategy.optimize.data import dataset
from llm_strategy.optimize.driving import drive
from llm_strategy.optimize.events import Done
from llm_strategy.optimize.rollouts import Books, Rollouts, Runner
from llm_strategy.optimize.search.candidate import Proposal
from llm_strategy.optimize.search.orders import Rollout, Usage
from llm_strategy.optimize.search.search import SearchSetup, search
from llm_strategy.optimize.search.settings import SearchSettings
from llm_strategy.optimize.space import search_space
from llm_strategy.optimize.store import Identity, OptimizationStore
from llm_strategy.optimize.streams import stream

A_ROLLOUT, A_STEP, GROWTH = 1.0, 20.0, 32.0
CASES = 50
LONG = "Answer the question in a few words, and say nothing else. " * 12


@track_hyperparameters
def answer(case, _level: float = 0.2, _instruction: str = LONG):
    return stream("luck", case, round(_level, 1)).random() < _level


SPACE = search_space(answer, bounds={"*:level": (0.0, 1.0)})
LEVEL = next(leaf.path for leaf in SPACE.leaves if leaf.path.endswith("level"))
DATA = {split: dataset([f"{split} {one}" for one in range(CASES)]) for split in ("train", "val")}


class Drawing:
    """Moves the level a little, up or down."""

    name = "llm"

    def propose(self, request):
        drawn = stream(request.stream, "level")
        values = request.parents[0].values
        return [
            Proposal({**values, LEVEL: min(0.6, max(0.0, values[LEVEL] + drawn.gauss(0.0, 0.03)))}, "a little more")
        ]


class Nothing:
    """Rollouts that nobody carries out: what is left is the search, the books and the store."""

    def as_completed(self, orders, candidates):
        levels = {one.key: one.values[LEVEL] for one in candidates}
        for order in orders:
            score = float(
                stream("luck", order.case, round(levels[order.candidate], 1)).random() < levels[order.candidate]
            )
            yield (
                Rollout(order, score, feedback="wrong" if not score else "", usage=Usage(1, 40, 0.0)),
                {"case": order.case},
            )


@dataclass
class Measured:
    """What one optimization took."""

    name: str
    rollouts: int
    steps: int
    cpu: float
    memory: list
    size: int = 0

    @property
    def a_rollout(self):
        return 1000 * self.cpu / self.rollouts

    @property
    def a_step(self):
        return 1000 * self.cpu / max(1, self.steps)


def main() -> int:
    if "--one" in sys.argv:
        print(json.dumps(vars(one(sys.argv[-2], int(sys.argv[-1])))))
        return 0
    most = 2_000 if "--quick" in sys.argv else 10_000
    found = {name: apart(name, most) for name in OURS}
    peers = {name: apart(name, most) for name in PEERS} if find_spec("gepa") else {}
    Console().print(table_of({**found, **peers}))
    if peers:
        print(f"gepa {version('gepa')}, its cache off, as it is by default; a step of its is a proposal.")
    else:
        print("gepa: not run, it is not installed")
    whole = found["all of it"]
    grown = max(one.memory[-1] - one.memory[0] for one in found.values())
    passed = whole.a_rollout <= A_ROLLOUT and found["all but rollouts"].a_step <= A_STEP and grown <= GROWTH
    print(
        f"optimizer_overhead: {whole.a_rollout:.2f} ms a rollout, {found['all but rollouts'].a_step:.1f} ms a step, "
        f"{grown:.0f} MB more memory at {most:,} rollouts than at {most // 10:,} (goal at most {A_ROLLOUT:g}, "
        f"{A_STEP:g}, {GROWTH:g}) {'ok' if passed else 'short'}"
    )
    return 0 if passed else 1


def table_of(found):
    made = Table("", "rollouts", "steps", "ms a rollout", "ms a step", "MB at a tenth", "MB at the end", "file, MB")
    for column in made.columns[1:]:
        column.justify = "right"
    for name, one in found.items():
        made.add_row(
            name,
            f"{one.rollouts:,}",
            f"{one.steps:,}",
            f"{one.a_rollout:.3f}",
            f"{one.a_step:.2f}",
            f"{one.memory[0]:.1f}",
            f"{one.memory[-1]:.1f}",
            f"{one.size / 1e6:.1f}" if one.size else "",
        )
    return made


def apart(name, most):
    """Measure in a process of its own: its memory is nobody else's."""
    command = [sys.executable, "-m", "benchmarks.optimizer_overhead", "--one", name, str(most)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def one(name, most):
    return OURS[name](name, most) if name in OURS else PEERS[name](name, most)


def memory():
    """Megabytes that this process has in use."""
    pages = Path("/proc/self/statm")
    if pages.exists():
        return int(pages.read_text("utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def ours(name, most, *, rolls="real", file=True):
    ledger, seen = OptimizationLedger(Budget(rollouts=most)), []
    count = 0

    def watch(event):
        nonlocal count
        if isinstance(event, Done):
            count += 1
            if count == most // 10:
                seen.append(memory())

    runner = Runner(answer, SPACE, DATA, lambda _, value: value, books=Books((ledger.task,), (ledger.metric,)))
    rollouts = Rollouts(runner) if rolls == "real" else Nothing()
    settings = SearchSettings(patience=10**6, restart_after=10**6)
    setup = SearchSetup(SPACE.seed, DATA["train"].ids, DATA["val"].ids, rollouts=most, settings=settings)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.sqlite" if file else None
        with OptimizationStore(path) as store:
            store.begin(Identity({"most": most}))
            began = time.process_time()
            outcome = drive(search(setup), store, rollouts, {"llm": Drawing()}, ledger, watch=watch)
            cpu = time.process_time() - began
            seen.append(memory())
        size = 0 if path is None else path.stat().st_size
    return Measured(name, ledger.view().rollouts, outcome.steps, cpu, seen, size)


def gepas(name, most, *, file):
    adapter = Adapter(most)
    optimize = import_module("gepa.api").optimize
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(None):
        began = time.process_time()
        optimize(
            {"level": "0.2", "instruction": LONG},
            list(DATA["train"].ids),
            list(DATA["val"].ids),
            adapter,
            custom_candidate_proposer=adapter.propose,
            max_metric_calls=most,
            logger=adapter,
            seed=0,
            track_best_outputs=False,
            run_dir=folder if file else None,
        )
        cpu = time.process_time() - began
        adapter.seen.append(memory())
    return Measured(name, adapter.count, adapter.steps, cpu, adapter.seen)


class Adapter:
    """The same task, as gepa is told of it."""

    propose_new_texts = None

    def __init__(self, most):
        self.count, self.steps, self.most, self.seen = 0, 0, most, []
        self.made = import_module("gepa.core.adapter").EvaluationBatch

    def evaluate(self, batch, candidate, capture_traces=False):
        level = float(candidate["level"])
        scores = []
        for case in batch:
            self.count += 1
            if self.count == self.most // 10:
                self.seen.append(memory())
            scores.append(float(stream("luck", case, round(level, 1)).random() < level))
        traces = [{"case": case, "score": score} for case, score in zip(batch, scores, strict=True)]
        return self.made(outputs=[None] * len(batch), scores=scores, trajectories=traces if capture_traces else None)

    def make_reflective_dataset(self, candidate, eval_batch, components_to_update):  # noqa: ARG002
        return {name: list(eval_batch.trajectories) for name in components_to_update}

    def propose(self, candidate, reflective_dataset, components_to_update):  # noqa: ARG002
        self.steps += 1
        level = float(candidate["level"]) + stream("gepa", self.steps).gauss(0.0, 0.03)
        return {**candidate, "level": str(min(0.6, max(0.0, level)))}

    def log(self, message):
        """Say nothing."""


OURS = {
    "all of it": ours,
    "all but rollouts": lambda name, most: ours(name, most, rolls="none"),
    "all but rollouts, in memory": lambda name, most: ours(name, most, rolls="none", file=False),
}
PEERS = {
    "gepa, with its folder": lambda name, most: gepas(name, most, file=True),
    "gepa, in memory": lambda name, most: gepas(name, most, file=False),
}


if __name__ == "__main__":
    sys.exit(main())
