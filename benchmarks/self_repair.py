"""Faults in what a model writes: are they caught, mended, and is everything else kept to the byte?

python -m benchmarks.self_repair [--quick] [--l2mac PYTHON]

A script on a server in a process of its own writes a fault first, and what mends it only when the request shows what
was found. The planner runs as it does when nothing is said: syntax, ruff's fatal rules, and the tests in a sandbox.
L2MAC runs on the same script in its own loop, with its tests and, as it is shipped, without them; newlines at the ends
of files are not counted against it (it adds one to each). With --quick only the planner runs.
"""

import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.planner_peers import L2MAC_PATCHES, l2mac_python, run_peer
from benchmarks.scripted import Light, Script, scripted_server
from benchmarks.self_repair_faults import FAULTS, INSTRUCTION, Fault, said_of
from llm_strategy.planner import Instruction, Program, generate_codebase

TASK = "A tiny library that adds numbers."


@dataclass
class Seen:
    """What came of a fault in one planner."""

    said: str
    caught: bool
    exact: bool
    calls: int
    seconds: float = 0.0
    version: str = ""

    @property
    def cell(self) -> str:
        return f"{self.said} ({self.calls} calls, {self.seconds:.1f} s)"


def main() -> int:
    peer = None if "--quick" in sys.argv else l2mac_python()
    made = Table("fault", "caught", "llm-strategy", "bytes", "L2MAC --run-tests *", "L2MAC as shipped *")
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder, scripted_server() as server:
        bench = Bench(server, Path(folder))
        for number, fault in enumerate(FAULTS):
            ours.append(bench.planner(fault, number))
            theirs.append([bench.l2mac(fault, number, peer, tests=tests) for tests in (True, False)] if peer else [])
            cells = [one.cell for one in theirs[-1]] or ["not run", "not run"]
            caught = "-" if not fault.shows else "yes" if ours[-1].caught else "no"
            made.add_row(fault.name, caught, ours[-1].cell, "exact" if ours[-1].exact else "other", *cells)
    Console().print(made)
    if peer:
        print(f"* l2mac {theirs[0][0].version}: {L2MAC_PATCHES}")
    return verdict(ours, theirs)


def verdict(ours: list[Seen], theirs: list[list[Seen]]) -> int:
    with_fault = [(fault, one) for fault, one in zip(FAULTS, ours, strict=True) if fault.shows]
    caught = sum(one.caught for _, one in with_fault)
    right = sum(one.exact and one.said in {"repaired", "kept"} for one in ours)
    peers = ""
    if any(theirs):
        good = [sum(row[way].exact and row[way].said in {"repaired", "kept"} for row in theirs) for way in (0, 1)]
        peers = f"; l2mac with tests {good[0]}, without {good[1]} of {len(theirs)}"
    passed = caught == len(with_fault) and right == len(FAULTS)
    print(
        f"self_repair: {caught} of {len(with_fault)} faults caught and told, {right} of {len(FAULTS)} workspaces right "
        f"to the byte{peers} (goal all) {'ok' if passed else 'short'}"
    )
    return 0 if passed else 1


class Bench:
    """Runs everything against one server."""

    def __init__(self, server: str, folder: Path) -> None:
        self.server, self.folder = server, folder

    def planner(self, fault: Fault, number: int) -> Seen:
        """Run the planner on a fault."""
        workspace = self.folder / f"ours-{number}" / "workspace"
        workspace.mkdir(parents=True)
        script = Script(self.server, f"ours-{number}", {"rules": fault.rules_for_planner(str(workspace))})
        program = Program(TASK, instructions=(Instruction("1", INSTRUCTION),))
        started = time.perf_counter()
        try:
            made = generate_codebase(
                TASK, Light(script.base), workspace=workspace, program=program, settings={"replans": 0}
            )
            ended = made.report.reason
        except Exception as error:
            ended = f"{type(error).__name__}: {error}"
        seen = self.seen(fault, script, ended, [workspace])
        seen.seconds = time.perf_counter() - started
        return seen

    def l2mac(self, fault: Fault, number: int, python: str, *, tests: bool) -> Seen:
        """Run L2MAC on a fault."""
        name = f"l2mac-{number}-{tests}"
        folder = self.folder / name
        script = Script(self.server, name, {"rules": fault.rules_for_l2mac(f"{folder}/workspace/*")})
        job = {"base": script.base, "steps": [INSTRUCTION], "task": TASK, "tests": tests}
        told = run_peer("peer_l2mac.py", python, folder, job, 400)
        places = sorted(folder.glob("workspace/*/"))
        seen = self.seen(fault, script, told["ended"], places, loose=True)
        seen.version, seen.seconds = told.get("version", ""), told.get("seconds", 0.0)
        return seen

    def seen(self, fault: Fault, script: Script, ended: str, places: list[Path], *, loose: bool = False) -> Seen:
        """Look at what is there; `loose` leaves newlines at the ends of files out."""
        asked = [name for name, _ in script.asked()]
        files = files_in(places[0]) if places else {}
        escaped = bool(fault.outside) and any((self.folder / script.name).rglob(fault.outside))
        wanted = fault.wanted
        if loose:
            files = {path: files[path].rstrip("\n") for path in files}
            wanted = {path: wanted[path].rstrip("\n") for path in wanted}
            files = {path: fault.wanted[path] if wanted.get(path) == text else text for path, text in files.items()}
        repairs = asked.count("repair")
        said = said_of(fault, ended=ended, repairs=repairs, files=files, escaped=escaped)
        return Seen(said, repairs > 0, files == fault.wanted and not escaped, len(asked))


def files_in(workspace: Path) -> dict[str, str]:
    """All files of a workspace, as they are on disk; what planners keep for themselves is left out."""
    found = {path.relative_to(workspace).as_posix(): path for path in workspace.rglob("*") if path.is_file()}
    return {
        name: path.read_bytes().decode()
        for name, path in sorted(found.items())
        if not name.startswith(".llm-strategy/")
    }


if __name__ == "__main__":
    sys.exit(main())
