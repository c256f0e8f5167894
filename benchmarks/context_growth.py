"""Context over a long program: does the request grow with the number of files, and what is sent in all?

python -m benchmarks.context_growth [--quick] [--l2mac PYTHON] [--smolagents PYTHON]

100 and 1,000 instructions, all different, with two files each; the replies come from a script on a server in a process
of its own, which counts the letters of what it is sent (messages, calls and tools). The planner runs as it does when
nothing is said, but for the tests, which are not run, since L2MAC runs none either unless it is told to. L2MAC and
smolagents write the same files at 100 instructions. L2MAC is given the same instructions; smolagents, which has no
program, only the task and the replies: not to be shown the instructions makes its requests shorter.
"""

import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.context_growth_tape import TASK, work
from benchmarks.planner_peers import L2MAC_PATCHES, l2mac_python, run_peer, smolagents_python
from benchmarks.scripted import Script, blocks, called, scripted_server
from llm_strategy.planner import Instruction, Program, generate_codebase
from llm_strategy.planner.events import StepEnded

MOST = 1.05
"""What the last request may have of the first one."""
MEASURED_BEFORE = {"l2mac 0.0.3": 2_860_000, "smolagents 1.26.0": 4_080_000}
"""Letters at 100 instructions with other files, from notes on these peers: told where they are not run."""


@dataclass
class Run:
    """What was sent in a run."""

    name: str
    steps: int
    letters: list[int]
    """Of all requests."""
    firsts: list[int]
    """Of the first request of each instruction."""
    cpu: float | None
    seconds: float
    ended: str

    @property
    def growth(self) -> float:
        return self.firsts[-1] / self.firsts[0]

    @property
    def total(self) -> int:
        return sum(self.letters)


def main() -> int:
    quick = "--quick" in sys.argv
    with tempfile.TemporaryDirectory() as folder, scripted_server() as server:
        bench = Bench(server, Path(folder))
        runs = [bench.ours(steps) for steps in ((100,) if quick else (100, 1000))]
        peers = [] if quick else [one for one in (bench.l2mac(100), bench.smolagents(100)) if one is not None]
    at_100 = next(one for one in runs if one.steps == 100)
    Console().print(table([*runs, *peers]))
    for name, total in MEASURED_BEFORE.items():
        if not any(one.name.startswith(name.split()[0]) for one in peers):
            print(f"{name}: not run; {total:,} letters were measured before, with files of its own")
    if any(one.name.startswith("l2mac") for one in peers):
        print(f"* {L2MAC_PATCHES}; three requests an instruction: write, complete, sum up")
    for one in [*runs, *peers]:
        if one.ended != "done":
            print(f"{one.name}, {one.steps} instructions: {one.ended}")
    return verdict(runs, peers, at_100)


def verdict(runs: list[Run], peers: list[Run], at_100: Run) -> int:
    least = min([one.total for one in peers] or MEASURED_BEFORE.values())
    growth = max(one.growth for one in runs)
    passed = growth <= MOST and at_100.total < least and all(one.ended == "done" for one in runs)
    told = ", ".join(f"{one.growth:.3f} at {one.steps:,}" for one in runs)
    print(
        f"context_growth: last request {told} of the first one, {at_100.total:,} letters at 100 instructions "
        f"(goal <= {MOST}, and below {least:,}) {'ok' if passed else 'short'}"
    )
    return 0 if passed else 1


class Bench:
    """Runs everything against one server."""

    def __init__(self, server: str, folder: Path) -> None:
        self.server, self.folder = server, folder

    def ours(self, steps: int) -> Run:
        """Carry the instructions out with the planner."""
        script = Script(self.server, f"ours-{steps}", {"tape": [blocks(work(one).files) for one in range(steps)]})
        program = Program(TASK, instructions=tuple(Instruction(str(one + 1), work(one).text) for one in range(steps)))
        began, cpu, ends = time.perf_counter(), time.process_time(), []

        def watch(event: object) -> None:
            if isinstance(event, StepEnded):
                ends.append(time.process_time())

        made = generate_codebase(
            TASK,
            model(script.base),
            workspace=self.folder / f"ours-{steps}",
            program=program,
            run_tests=False,
            watch=watch,
        )
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        letters = [count for _, count in script.asked()]
        wanted = {path: text for one in range(steps) for path, text in work(one).files.items()}
        ended = made.report.reason if dict(made) == wanted else f"other files were made: {made.report.reason}"
        if "--profile" in sys.argv:
            print(
                f"  {steps} steps: processor time of the first ten {_each(ends[:11])}, the last ten {_each(ends[-11:])}"
            )
        return Run("llm-strategy", steps, letters, letters, cpu, seconds, ended)

    def l2mac(self, steps: int) -> Run | None:
        """Carry the same instructions out with L2MAC, in its own loop: write, say that it is complete, sum up."""
        python = l2mac_python()
        if python is None:
            return None
        tape = []
        for one in range(steps):
            objects = [{"file_path": path, "file_contents": text} for path, text in work(one).files.items()]
            tape += [called("write_files", list_of_file_objects=objects), called("sub_task_step_complete")]
            tape += [{"content": f"Step {one + 1} is complete: {', '.join(work(one).files)} are written and tested."}]
        script = Script(self.server, "l2mac", {"tape": tape})
        job = {"base": script.base, "steps": [work(one).text for one in range(steps)], "task": TASK, "tests": False}
        told = run_peer("peer_l2mac.py", python, self.folder / "l2mac", job, 1800)
        letters = [count for _, count in script.asked()]
        name = f"l2mac {told.get('version', '')} *"
        return Run(name, steps, letters, letters[::3], None, told.get("seconds", 0.0), told["ended"])

    def smolagents(self, steps: int) -> Run | None:
        """Write the same files with smolagents' CodeAgent."""
        python = smolagents_python()
        if python is None:
            return None
        tape = []
        for one in range(steps):
            calls = "\n".join(f"print(write_file({path!r}, {text!r}))" for path, text in work(one).files.items())
            tape.append({"content": f"Thought: I write the files of step {one + 1}.\n<code>\n{calls}\n</code>"})
        tape.append({"content": "Thought: all steps are done.\n<code>\nfinal_answer('done')\n</code>"})
        script = Script(self.server, "smolagents", {"tape": tape})
        job = {"base": script.base, "task": TASK, "most": steps + 2}
        told = run_peer("peer_smolagents.py", python, self.folder / "smolagents", job, 1800)
        letters = [count for _, count in script.asked()]
        name = f"smolagents {told.get('version', '')}"
        return Run(name, steps, letters, letters[:steps], None, told.get("seconds", 0.0), told["ended"])


def model(base: str):
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(model="gpt-4o", base_url=base, api_key="x")


def _each(times: list[float]) -> str:
    return f"{(times[-1] - times[0]) / max(1, len(times) - 1):.3f} s each" if len(times) > 1 else "not known"


def table(runs: list[Run]) -> Table:
    made = Table(
        *("planner", "steps", "requests", "first", "largest", "last", "last/first", "in all", "cpu, s", "wall, s"),
        title=f"Letters of the first request of an instruction, and of all requests ({os.cpu_count()} cores)",
    )
    for column in made.columns[1:]:
        column.justify = "right"
    for one in runs:
        numbers = (one.firsts[0], max(one.firsts), one.firsts[-1])
        made.add_row(
            one.name,
            f"{one.steps:,}",
            f"{len(one.letters):,}",
            *(f"{number:,}" for number in numbers),
            f"{one.growth:.3f}",
            f"{one.total:,}",
            "" if one.cpu is None else f"{one.cpu:.0f}",
            f"{one.seconds:.0f}",
        )
    return made


if __name__ == "__main__":
    sys.exit(main())
