"""The attack corpus against the bodies of the sandbox, as root and as an ordinary user.

python -m benchmarks.attacks [--quick] [--sandbox bubblewrap|monty|landlock|all] [--user NAME] [--baseline] [ID ...]

Every row of attacks/attacks.jsonl in LLM_STRATEGY_SHARED, and attacks of ours on the border between code and host, each
in a session of its own with the limits that the rows assume: nothing of what must not be seen may be seen, marks are
looked at again ten seconds after the end. Then machines that lack something, simulated: each has to refuse before any
code is run. As root, all of it is run again by an ordinary user. `--baseline` adds what gets through without walls.
"""

import argparse
import json
import os
import pwd
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.attacks_range import new_token
from benchmarks.attacks_rpc import rpc_rows

BODIES = ("bubblewrap", "monty")
UNSAFE = "unsafe-process"
SHARED = Path(os.environ.get("LLM_STRATEGY_SHARED", "../shared"))
HERE = Path(__file__).parent.parent
OUTER_SECONDS = 1200
SLOW = {"cpu", "memory", "fork_thread"}


@dataclass
class Run:
    """All attacks on one body by one user."""

    body: str
    user: str
    lost: dict[str, list[str]] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)


def rows_of(folder: Path) -> list[dict]:
    text = (folder / "attacks" / "attacks.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def quick(rows: list[dict]) -> list[dict]:
    """A few rows of each category: of the slow ones one, of the others two; of our own, four."""
    most = defaultdict(lambda: 2, dict.fromkeys(SLOW, 1), rpc=4)
    seen: Counter[str] = Counter()
    chosen = []
    for row in rows:
        seen[row["category"]] += 1
        if seen[row["category"]] <= most[row["category"]]:
            chosen.append(row)
    return chosen


def users() -> list[str]:
    me = pwd.getpwuid(os.geteuid()).pw_name
    return [me, "nobody"] if os.geteuid() == 0 else [me]


def command(user: str, module: str, *arguments: str) -> tuple[list[str], dict]:
    """How a module of the benchmarks is run by a user: with a Python that this user can run."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C.UTF-8"}
    beside = Path(sys.executable).with_name("monty")
    environment |= {"MONTY_BIN": str(beside)} if beside.exists() else {}
    options: dict = {"cwd": "/", "env": {**environment, "PYTHONPATH": os.pathsep.join((str(HERE), *packages()))}}
    if user != pwd.getpwuid(os.geteuid()).pw_name:
        entry = pwd.getpwnam(user)
        options |= {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        return [python_for(user), "-m", f"benchmarks.{module}", *arguments], options
    return [sys.executable, "-m", f"benchmarks.{module}", *arguments], options


def packages() -> list[str]:
    return [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]


def python_for(user: str) -> str:
    """A Python of this version that a user can run, and that finds this checkout; raises LookupError."""
    entry = pwd.getpwnam(user)
    minor = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for one in (sys.executable, *(shutil.which(minor, path=folder) for folder in ("/usr/local/bin", "/usr/bin"))):
        if one is None:
            continue
        try:
            tried = subprocess.run(
                [one, "-c", "import llm_strategy.sandbox.session, benchmarks.attacks_range"],
                env={"PYTHONPATH": os.pathsep.join((str(HERE), *packages()))},
                cwd="/",
                user=entry.pw_uid,
                group=entry.pw_gid,
                extra_groups=[],
                capture_output=True,
                check=False,
            )
        except PermissionError:  # it lies in somebody's home folder
            continue
        if tried.returncode == 0:
            return one
    raise LookupError(f"{user!r} can run no {minor} that reads {HERE}")


def attack(run: Run, rows: list[dict]) -> Run:
    """Run all rows; where one takes the host down, go on behind it."""
    left = list(rows)
    while left:
        begun = ""
        arguments, options = command(run.user, "attacks_running", run.body)
        options["env"]["OPENAI_API_KEY"] = new_token()
        done = subprocess.run(
            arguments,
            input="".join(json.dumps(row) + "\n" for row in left),
            capture_output=True,
            text=True,
            check=False,
            timeout=OUTER_SECONDS,
            **options,
        )
        for line in done.stdout.splitlines():
            told = json.loads(line)
            begun = told.get("begun", begun)
            if "lost" in told:
                run.lost[told["id"]] = told["lost"]
                run.told[told["id"]] = told["outcome"]
            elif "late" in told:
                run.lost[told["id"]] = [*run.lost[told["id"]], *(f"{one}, later" for one in told["late"])]
        if done.returncode == 0:
            break
        if not begun:
            raise SystemExit(f"{run.body} as {run.user} did not start: {done.stderr[-3000:]}")
        run.lost[begun] = [f"the host died: {done.stderr[-300:]}"]
        names = [row["id"] for row in left]
        left = left[names.index(begun) + 1 :]
    return run


def lacks(user: str) -> dict[str, str]:
    arguments, options = command(user, "attacks_lacks")
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=OUTER_SECONDS, **options)
    if done.returncode != 0:
        return {"all": done.stderr[-500:]}
    return {told["lack"]: told["wrong"] for told in map(json.loads, done.stdout.splitlines())}


def table(runs: list[Run], rows: list[dict]) -> Table:
    made = Table("stopped of all", *(f"{one.body}\nas {one.user}" for one in runs))
    for category in dict.fromkeys(row["category"] for row in rows):
        of_it = [row["id"] for row in rows if row["category"] == category]
        made.add_row(category, *(f"{sum(not run.lost.get(one, ['']) for one in of_it)}/{len(of_it)}" for run in runs))
    return made


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--sandbox", default="", help="bubblewrap, monty, landlock or all")
    parser.add_argument("--user", default="")
    parser.add_argument("--baseline", action="store_true")
    parser.add_argument("ids", nargs="*")
    given = parser.parse_args()
    bodies = {"": BODIES, "all": (*BODIES, "landlock")}.get(given.sandbox, (given.sandbox,))
    rows = [*rows_of(SHARED), *rpc_rows()]
    rows = [row for row in rows if row["id"] in given.ids] if given.ids else quick(rows) if given.quick else rows
    wanted = [given.user] if given.user else users()
    console = Console()
    possible = []
    for user in wanted:
        try:
            command(user, "attacks_running")
            possible.append(user)
        except LookupError as error:
            console.print(f"as {user}: not run: {error}", markup=False)
    with ThreadPoolExecutor(6 if given.quick else 2) as pool:
        found = [pool.submit(attack, Run(body, user), rows) for user in possible for body in bodies]
        missing = {user: pool.submit(lacks, user) for user in possible}
        runs = [one.result() for one in found]
        wrong = {user: one.result() for user, one in missing.items()}
    baseline = [attack(Run(UNSAFE, wanted[0]), rows)] if given.baseline else []
    console.print(table([*runs, *baseline], rows))
    return report(console, runs, wrong, rows)


def report(console: Console, runs: list[Run], wrong: dict[str, dict[str, str]], rows: list[dict]) -> int:
    for run in runs:
        for row in rows:
            lost = run.lost.get(row["id"], ["it was not run"])
            if lost:
                told = f"{row['id']} ({row['name']}) in {run.body} as {run.user}: {', '.join(lost)}"
                console.print(f"{told}; {run.told.get(row['id'], '')}", markup=False)
    for user, found in wrong.items():
        good = sum(not one for one in found.values())
        console.print(f"machines that lack something, as {user}: {good} of {len(found)} refused before any code ran")
        for name in (one for one, why in found.items() if why):
            console.print(f"  {name}: {found[name]}", markup=False)
    stopped = sum(not run.lost.get(row["id"], [""]) for run in runs for row in rows)
    of_all = len(runs) * len(rows)
    refused = sum(not why for found in wrong.values() for why in found.values())
    of_lacks = sum(map(len, wrong.values()))
    ok = stopped == of_all > 0 and refused == of_lacks > 0
    ran = ", ".join(f"{run.body} as {run.user}" for run in runs)
    print(
        f"attacks: {stopped} of {of_all} stopped ({ran}), {refused} of {of_lacks} lacks refused (goal: all) "
        f"{'ok' if ok else 'short'}"
    )
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
