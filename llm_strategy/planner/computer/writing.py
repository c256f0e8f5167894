"""Asking the writer, in the form of replies that the settings name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from llm_strategy.planner.computer.named_files import named_files
from llm_strategy.planner.computer.shortening import shortened
from llm_strategy.planner.editing import Delete, Replace, Write
from llm_strategy.planner.parts.asked import length_of
from llm_strategy.planner.replies import FORMAT, Work, read_work

if TYPE_CHECKING:
    from llm_strategy.flow import Flow
    from llm_strategy.planner.computer.job import Job
    from llm_strategy.planner.computer.place import Place
    from llm_strategy.planner.computer.view import View
    from llm_strategy.planner.editing import Edit
    from llm_strategy.planner.parts import WorkData

__all__ = ["WITHOUT_TESTS", "Asking", "written"]

WITHOUT_TESTS = "without tests"
"""In an instruction: its tests are those of another step."""
_BRIEFLY = ("advice", "task", "files", "feedback", "instruction", "form")


@dataclass(frozen=True, slots=True)
class Asking:
    """One question to the writer."""

    job: Job
    """The run."""
    place: Place
    """Where the program stands."""
    view: View
    """What is shown of the workspace."""
    feedback: str
    """What came of the last replies."""
    temperature: float | None = None
    """How the reply is drawn."""

    def letters(self) -> int:
        """Return how long the request is."""
        name, arguments = self._call()
        return length_of(self.job.member("writer", name), **arguments)

    def work(self) -> Flow[tuple[Work, str]]:
        """Return what the writer wants done, and its reply as text. Raises ReplyError, AttemptsExhaustedError."""
        name, arguments = self._call()
        reply: Any = yield from self.job.ask("writer", name, self.temperature)(**arguments)
        if name != "work_as_data":
            return written(str(reply), self.view, self.job, self.place), str(reply)
        return _work_of(reply), repr(reply)

    def _call(self) -> tuple[str, dict[str, str]]:
        domain, settings, place, view = self.job.domain, self.job.settings, self.place, self.view
        arguments = {
            "product": domain.product,
            "advice": self._advice(),
            "task": shortened(self.job.task, settings.task_tokens),
            "overview": view.overview or "There are no files yet.",
            "files": view.files or "None.",
            "position": place.position,
            "ahead": view.ahead or "Nothing.",
            "requirements": self._requirements() or "None by name.",
            "instruction": shortened(place.instruction.text, settings.task_tokens),
            "feedback": self.feedback or "None: this is your first reply.",
        }
        if settings.edit_format == "data":
            return "work_as_data", arguments
        arguments["form"] = settings.form or FORMAT
        if settings.brief:
            return "work_briefly", {name: arguments[name] for name in _BRIEFLY}
        return "work", arguments

    def _advice(self) -> str:
        """Return how files are written; how tests are only where some may be."""
        domain = self.job.domain
        without = not domain.testing or WITHOUT_TESTS in self.place.instruction.text
        return domain.writing if without else f"{domain.writing} {domain.testing}".strip()

    def _requirements(self) -> str:
        """Return the requirements of the step; one that is the task itself is not told twice."""
        lines = "\n".join(self.place.requirements).replace(self.job.task, "All of the task.")
        return shortened(lines, self.job.settings.task_tokens)


def written(reply: str, view: View, job: Job, place: Place, problem: str = "") -> Work:
    """Return the work in a reply that is text.

    A block that names no file is for the only file that the instruction names and that is not there yet.

    Args:
        reply: what the writer said.
        view: what it was shown.
        job: the run.
        place: where the program stands.
        problem: what was wrong with the reply as a whole.
    """
    there = set(view.there)
    missing = [path for path in named_files(place.instruction.text) if path not in there]
    default = job.domain.scratch or (missing[0] if len(missing) == 1 else "")
    work = read_work(reply, known=view.there, default_path=default)
    return replace(work, problems=(problem, *work.problems)) if problem else work


def _work_of(data: WorkData) -> Work:
    edits: tuple[Edit, ...] = (
        *(Write(one.path, one.text) for one in data.files),
        *(Replace(one.path, one.search, one.replacement) for one in data.replacements),
        *(Delete(path) for path in data.deletions),
    )
    return Work(
        edits,
        tuple(data.read),
        tuple(data.find),
        more=not data.finished,
        done=data.finished and not edits and not data.read and not data.find,
    )
