"""Ours beside the peers, in one run: speed, size of requests, and what comes of a server that misbehaves.

python -m benchmarks.peers [--quick] [--venvs FOLDER] [--peers a,b]

The peers, the server and the worker are those of the shared material. Each peer runs in an environment of its own under
FOLDER (`make bench-peers` makes them in .venv-peers), and is listed as "not run" where there is none. With --quick,
ours runs beside the plain client only. All is measured in rounds over the peers, of which the best one counts: a slow
moment of the machine hits nobody alone.
"""

import argparse
import os
import sys
from pathlib import Path

from rich.console import Console

from benchmarks.loopback import SHARED
from benchmarks.peers import goals, tables
from benchmarks.peers.runner import OURS, PLAIN, Runner


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--venvs", type=Path, default=Path(os.environ.get("LLM_STRATEGY_PEERS", ".venv-peers")))
    parser.add_argument("--peers", default="")
    options = parser.parse_args()
    if not (SHARED / "bench" / "run_bench.py").exists():
        raise SystemExit(f"There is no benchmark of peers in {SHARED / 'bench'}. Set LLM_STRATEGY_SHARED.")
    console = Console()
    with Runner(options.venvs, quick=options.quick) as runner:
        wanted = [name for name in options.peers.split(",") if name] or ([PLAIN] if options.quick else runner.known)
        rows = runner.measured([*OURS, *(name for name in wanted if name not in OURS)])
        over = runner.over_langchain()
    for table in (tables.speed(rows), tables.robustness(rows, runner.modes)):
        console.print(table)
    console.print(tables.notes(rows))
    found = goals.checked(rows, over, runner.modes)
    console.print(tables.goals(found))
    met = sum(goal.met for goal in found)
    print(f"peers: {met} of {len(found)} goals met (goal all) {'ok' if met == len(found) else 'short'}")
    return 0 if met == len(found) else 1


if __name__ == "__main__":
    sys.exit(main())
