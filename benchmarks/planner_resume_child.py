"""The run of the planner that is killed and resumed: 20 steps, which were planned by a model, one or two replies each.

Some steps write two files, some change a file by quoting its lines (which cannot be done twice), some have to mend what
was found, one deletes a file.
"""

import os
import re
import signal
from contextlib import ExitStack
from functools import wraps
from pathlib import Path
from unittest.mock import patch

from benchmarks.context_growth_tape import work
from benchmarks.scripted import Light, blocks
from llm_strategy.errors import WorkspaceError
from llm_strategy.files import folder as folders
from llm_strategy.flow.journal.ledger import Ledger
from llm_strategy.flow.journal.rows import Rows
from llm_strategy.planner import Domain, generate_custom
from llm_strategy.planner.computer.doing import Do
from llm_strategy.planner.file_store.store import FileStore
from llm_strategy.planner.file_store.versions import Versions
from llm_strategy.planner.file_store.writing import Writing
from llm_strategy.planner.state import RunState
from llm_strategy.planner.state.program_file import ProgramFile

STEPS = 20
TASK = "Build the back office of a shop."
LIBRARY = Domain("library", "a library in Python", evaluators=("syntax",))

STAGES = {
    "before the run is begun": (RunState, "begin", "before"),
    "behind its begin": (RunState, "begin", "after"),
    "notes on the run": (RunState, "note", "after"),
    "program kept, not in place": (ProgramFile, "_place", "before"),
    "program in place": (ProgramFile, "_place", "after"),
    "between reply and journal": (Light, "reply", "after"),
    "request sent or about to be": (Light, "reply", "before"),
    "in a write of the journal": (Rows, "answer", "after"),
    "behind a write of the journal": (Ledger, "answered", "after"),
    "edits read, nothing written": (FileStore, "apply", "before"),
    "edits written down, no file": (Writing, "carry_out", "before"),
    "file half-written": (folders, "_moved", "before"),
    "between two files": (folders, "_moved", "after"),
    "files there, not said so": (Versions, "finish", "before"),
    "edits carried out": (FileStore, "apply", "after"),
    "step over, not written down": (RunState, "close_step", "before"),
    "step written down": (RunState, "close_step", "after"),
    "before its journal is removed": (RunState, "drop_journal", "before"),
    "between two steps": (RunState, "drop_journal", "after"),
    "any work on files and state": (Do, "perform", "after"),
}
"""Where the process is killed: at a call, before or after it."""


class Killer:
    """Kills this process, by the rules of `kill -9`, when a stage is reached for the so-manieth time."""

    def __init__(self, stage: str = "", number: int = 0) -> None:
        self.stage, self.number = stage, number
        self.seen = dict.fromkeys(STAGES, 0)

    def at(self, stage: str) -> None:
        self.seen[stage] += 1
        if stage == self.stage and self.seen[stage] == self.number:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, stage: str):
        """A patch that makes a call a stage."""
        owner, name, when = STAGES[stage]
        called = getattr(owner, name)

        @wraps(called)
        def wrapped(*args, **kwargs):
            if when == "before":
                self.at(stage)
            value = called(*args, **kwargs)
            if when == "after":
                self.at(stage)
            return value

        return patch.object(owner, name, wrapped)


def carry_out(workspace: Path, base: str, killer: Killer) -> dict:
    """Begin the run, or go on with it; return what a resumed run has to have in common with an unbroken one."""
    acknowledged = os.open(workspace.with_suffix(".acks"), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    answered = Ledger.answered

    def noted(ledger, ticket, answer, **kwargs):
        answered(ledger, ticket, answer, **kwargs)
        os.write(acknowledged, "".join(f"{one}\n" for one in re.findall(r"reply-([\w/:]+)", str(answer))).encode())

    with ExitStack() as stack:
        stack.enter_context(patch.object(Ledger, "answered", noted))
        for stage in STAGES:
            stack.enter_context(killer.around(stage))
        made, anew = _made(workspace, base)
    report, state = made.report, {"reason": made.report.reason}
    state["steps"] = [
        [
            one.path,
            one.outcome,
            one.attempts,
            one.note,
            one.spent.calls,
            one.spent.input_tokens,
            one.spent.output_tokens,
        ]
        for one in report.steps
    ]
    state["spent"] = [report.spent.calls, report.spent.input_tokens, report.spent.output_tokens]
    state["requirements"] = [[one.id, list(one.files)] for one in report.requirements]
    state["decisions"], state["program"] = (
        dict(report.decisions),
        (workspace / ".llm-strategy/program.yaml").read_text(),
    )
    return {"state": state, "files": dict(made), "anew": anew, "stages": killer.seen}


def _made(workspace: Path, base: str):
    """The run, resumed; begun anew where it was killed before there was one."""
    settings = {"questions": 1, "reflections": 1, "steps": STEPS}
    try:
        return generate_custom(LIBRARY, TASK, Light(base), workspace=workspace, resume=True), False
    except WorkspaceError as error:
        if "There is no run" not in str(error):
            raise
    return generate_custom(LIBRARY, TASK, Light(base), workspace=workspace, settings=settings), True


def rules() -> list[dict]:
    """The replies: of planning, and of each step."""
    steps = [{"do": work(one).text, "requirements": [f"R{one % 4 + 1}"]} for one in range(STEPS)]
    features = [f"Records can be handled in way {one}." for one in range(4)]
    asked = [{"question": "Which currency?", "default": "EUR"}]
    planning = (
        ("questions", "as questions to the user", asked),
        ("requirements", "Break the task up into features", features),
        ("plan", "Plan how to build the product", steps),
        ("review", "Improve a plan", steps),
    )
    found = [
        {"name": f":{name}", "has": [words], "say": {"content": _json({"return_value": value})}}
        for name, words, value in planning
    ]
    for number in range(1, STEPS + 1):
        found += _replies(number)
    return found


def _replies(number: int) -> list[dict]:
    here, files = f"Step {number} of {STEPS}.", work(number - 1).files
    right = {"name": f"{number}/1", "has": [here], "say": blocks(files)}
    if number % 5 == 0:
        broken = {path: text.replace("):\n", ")\n") for path, text in files.items()}
        mended = {"name": f"{number}/2", "has": [here, "(syntax)"], "say": blocks(files)}
        return [mended, {**right, "say": blocks(broken)}]
    if number == 3:
        return [{**right, "say": blocks({**files, "LOG.md": "# Log\n- end\n"})}]
    if number % 5 == 3:
        change = f"LOG.md\n<<<<<<< SEARCH\n- end\n=======\n- step {number}\n- end\n>>>>>>> REPLACE"
        return [{**right, "say": {"content": f"{change}\n{blocks(files)['content']}"}}]
    if number == 17:
        return [{**right, "say": blocks(files, f"DELETE: {next(iter(work(0).files))}")}]
    return [right]


def _json(data: object) -> str:
    import json

    return json.dumps(data)
