"""Plans at work: scripted models reply the actions, in every form and in both kinds of sandbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.m3.runs import Outcome, ran
from benchmarks.m3.solving import actions, tried
from benchmarks.m3.spelling import as_json, as_text
from benchmarks.m3.tasks import Record, Task
from benchmarks.m3.worlds import functions
from llm_strategy.testing import ScriptedModel

__all__ = ["ARMS", "Arm", "replies", "solved"]


@dataclass(frozen=True)
class Arm:
    """A form of actions, in a sandbox where it is code."""

    form: str
    sandbox: str = ""

    def __str__(self) -> str:
        return f"{self.form} in {self.sandbox}" if self.sandbox else self.form


ARMS = (Arm("code", "bubblewrap"), Arm("code", "monty"), Arm("json"), Arm("text"))


def replies(task: Task, record: Record, form: str) -> list[str]:
    """Return what the scripted model says. Raises UnreadError where no plan can read the task."""
    if form == "code":
        return [f"```python\n{code}\n```" for code in actions(task, record)]
    spelled = {"json": as_json, "text": as_text}[form]
    return spelled(tried(task, record), functions(task.family, record, task.instruction))


def solved(task: Task, record: Record, arm: Arm) -> Outcome:
    """Return how the plan of a task ends. Where there is none, or it fails, the outcome says why."""
    try:
        script = replies(task, record, arm.form)
    except Exception as error:
        return Outcome(error=f"{type(error).__name__}: {error}")
    settings: dict[str, Any] = {"sandbox": arm.sandbox} if arm.sandbox else {}
    model = ScriptedModel(script)
    return ran(task, record, model, action_format=arm.form, turns=len(script), repeats=len(script) + 1, **settings)
