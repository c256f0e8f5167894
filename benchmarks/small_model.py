"""Optimizers with a small model: a better instruction for three tasks, at the same budget of rollouts.

python -m benchmarks.small_model [--quick] [--run] [--raw FILE] [--seeds N] [--rollouts N] [--model NAME] [--arms A B]

Two tasks of BIG-Bench Hard (Suzgun et al. 2022) and eight intents of banking77 (Casanueva et al. 2020), each divided
into 40 cases to learn from, 40 to choose by and 100 to judge by (or what is left), anew for each seed. What may be
changed is the instruction. Compared are what a plain user would write (the seed), our search, gepa's, and the best of
candidates tried at random; all of them choose from the same pool of instructions, written by hand before anything was
run, at the same number of rollouts. One arm more (`written`) lets the model itself write instructions. Each arm gives
back its winner by validation, whether a gain is shown or not, and is judged on cases that none of them has seen. The
model draws nothing at random, so a question is paid for once, whoever asks it.

Without --run, what an earlier run has written to --raw is shown; --run goes on with it. --quick asks what
stands for a model, and shows that all arms run.
"""

import argparse
import sys
from pathlib import Path

from rich.console import Console

from benchmarks.small_model_arms import ARMS, carried_out
from benchmarks.small_model_results import Results, table_of
from benchmarks.small_model_tasks import NAMES, task_named


def main() -> int:
    options = _options()
    results = Results(None if options.quick else options.raw)
    if options.quick or options.run:
        seeds, rollouts = (1, 60) if options.quick else (options.seeds, options.rollouts)
        model = "stand-in" if options.quick else options.model
        for seed in range(seeds):
            for name in NAMES:
                task = task_named(name, seed)
                for arm in options.arms:
                    if not results.has(name, seed, arm, rollouts, model):
                        done = carried_out(arm, task, seed, rollouts, model)
                        results.add(name, seed, arm, rollouts, model, done)
                        print(f"{name}, seed {seed}, {arm}: {sum(done.right)} of {len(done.right)}", flush=True)
    if not results.rows:
        print("small_model: not run (name a model's results by --raw, or ask one by --run) short")
        return 1
    Console(width=110).print(table_of(results))
    low, high = results.against("gepa")
    told = f"{results.mean('ours'):.3f} right, seed {results.mean('seed'):.3f}, random {results.mean('random'):.3f}"
    told += f", gepa {results.mean('gepa'):.3f}; ours - gepa {low:+.3f} to {high:+.3f} at 95 %"
    print(f"small_model: {told} ({results.about}; no goal) ok")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--run", action="store_true", help="ask the model, and go on where an earlier run ended")
    parser.add_argument("--raw", type=Path, help="what came of it, as JSON lines")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rollouts", type=int, default=150)
    parser.add_argument("--model", default="local")
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS), metavar="ARM", help=", ".join(ARMS))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
