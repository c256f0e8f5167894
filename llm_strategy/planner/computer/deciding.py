"""Conditions of a program: what tests and files say is looked up, and only what is told in words is asked."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from llm_strategy.planner.computer.files import texts_of
from llm_strategy.planner.computer.remembered import Remembered
from llm_strategy.planner.evaluators import Evaluate
from llm_strategy.planner.repository import repository_map

if TYPE_CHECKING:
    from llm_strategy.flow import Flow
    from llm_strategy.planner.computer.job import Job
    from llm_strategy.planner.evaluators import Verdict

__all__ = ["deciding"]


def deciding(job: Job, condition: str) -> Flow[bool]:
    """Return whether a condition holds.

    `tests pass` and `tests fail` (with all other evaluators, so a file that cannot be read counts as failing) and
    `file PATH` are looked up; anything else is a question to the judge.
    """
    words = condition.split()
    if words[:1] == ["file"] and len(words) == 2:
        there: bool = yield Remembered(f"file {words[1]}", partial(_holds, job, words[1]), bool)
        return there
    verdict: Verdict = yield Evaluate(job.evaluators, job.store)
    if " ".join(words).casefold() in {"tests pass", "tests fail"}:
        return verdict.ok == (words[1].casefold() == "pass")
    overview: str = yield Remembered("files", partial(_overview, job, condition), str)
    findings = verdict.told(job.settings.feedback_tokens * 2) or "Nothing is wrong."
    answer: bool = yield from job.ask("judge", "holds")(condition, overview, findings)
    return answer


def _holds(job: Job, path: str) -> bool:
    return job.store.folder.holds(path)


def _overview(job: Job, condition: str) -> str:
    return repository_map(texts_of(job.store), tokens=job.settings.overview_tokens, focus=condition)
