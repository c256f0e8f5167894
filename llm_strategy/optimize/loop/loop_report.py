"""What `optimize_hyperparameters` did and found."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, Final, Generic, Literal, TypeVar

from pydantic import TypeAdapter, ValidationError

from llm_strategy.errors import StoredDataError
from llm_strategy.messages import is_encodable
from llm_strategy.optimize.loop.improvement_probability import ImprovementProbability  # noqa: TC001 (read when it runs)
from llm_strategy.optimize.loop.optimization_info import OptimizationInfo, ScoredHyperparameters  # noqa: TC001 (read when it runs)
from llm_strategy.optimize.loop.optimization_step import OptimizationStep  # noqa: TC001 (read when it runs)
from llm_strategy.optimize.loop.task_info import TaskInfo  # noqa: TC001 (read when it runs)
from llm_strategy.optimize.loop.task_run import TaskRun  # noqa: TC001 (read when it runs)
from llm_strategy.optimize.missing import MissingReport, missing_report
from llm_strategy.optimize.search.orders import Usage  # noqa: TC001 (read when it runs)
from llm_strategy.schema import to_jsonable
from llm_strategy.schema.json_data import is_object

__all__ = ["ChosenBy", "LoopReport"]

P = TypeVar("P")
R = TypeVar("R")
H = TypeVar("H")

ChosenBy = Literal["metric", "self-evaluation", "model"]
"""Who says which hyperparameters are the best: a metric, grades in reflections, or a suggestion."""

_FORMAT: Final = 1
"""The form of the JSON. A report of another form is refused, not guessed at."""


@dataclass(frozen=True, slots=True)
class LoopReport(Generic[P, R, H]):
    """What was tried, what came of it, and how the best was chosen."""

    best_hyperparameters: H
    """The best hyperparameters, as a point."""
    chosen_by: ChosenBy
    """Who says so."""
    reason: str
    """Why it ended: `rounds`, `improvement is improbable`, `budget`, or what kept the optimizer from going on."""
    runs: tuple[TaskRun[P, R, H], ...]
    """Every run of the task, in order."""
    task_infos: tuple[TaskInfo[P, R, H], ...]
    """The runs that were reflected on."""
    steps: tuple[OptimizationStep[P, R, H], ...]
    """The suggestions."""
    probabilities: tuple[ImprovementProbability, ...]
    """How probable an improvement was thought to be after each round."""
    scores: tuple[ScoredHyperparameters[H], ...]
    """What has scores, the best first."""
    info: OptimizationInfo[P, R, H]
    """What is known at the end: the optimizer can go on from here."""
    problems: tuple[str, ...]
    """What did not work on the way, and was gone on without."""
    task_usage: Usage
    """What the task has cost."""
    optimizer_usage: Usage
    """What reflections and suggestions have cost."""

    @property
    def missing(self) -> MissingReport:
        """What runs asked for and no hyperparameter covers, the most wanted first."""
        return missing_of(self.task_infos)

    def to_json(self, indent: int | None = None) -> str:
        """Return all of it as JSON, to keep it: `LoopReport.from_json` reads it again.

        Args:
            indent: how many spaces each level is set in by; None for one line.

        Raises:
            InputError: parameters of the task are no data, and have no JSON form.
        """
        told = {one.name: getattr(self, one.name) for one in fields(self)}
        data = {name: to_jsonable(value, where=f"LoopReport.{name}", complete=True) for name, value in told.items()}
        text = json.dumps({"format": _FORMAT, **data}, ensure_ascii=False, indent=indent)
        return text if is_encodable(text) else json.dumps({"format": _FORMAT, **data}, indent=indent)

    @staticmethod
    def from_json(text: str) -> LoopReport[Any, Any, Any]:
        """Return a report out of its JSON. Parameters, results and hyperparameters are data then, and have no types.

        Raises:
            StoredDataError: it is no report, or one of another form.
        """
        try:
            data: object = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise StoredDataError(f"LoopReport.from_json: this is no JSON: {error}") from error
        if not is_object(data) or data.get("format") != _FORMAT:
            raise StoredDataError(
                f"LoopReport.from_json: this is no report of form {_FORMAT}, which `LoopReport.to_json` writes. Read "
                "it with the version that has written it."
            )
        try:
            return _adapter().validate_python({name: part for name, part in data.items() if name != "format"})
        except ValidationError as error:
            raise StoredDataError(f"LoopReport.from_json: this report is damaged: {error}") from error

    def __str__(self) -> str:
        made_up = sum(run.split == "synthetic" for run in self.runs)
        failed = sum(run.failed for run in self.runs)
        runs, suggestions = _count(len(self.runs), "run"), _count(len(self.steps), "suggestion")
        lines = [
            f"{runs} ({made_up} at made-up inputs, {failed} failed), {suggestions}",
            f"ended by: {self.reason}",
            f"best hyperparameters chosen by: {self.chosen_by}",
            *(f"score {one.score:.3f} over {_count(one.runs, 'run')}" for one in self.scores[:1]),
            *(f"probability of improvement: {one.probability:g}" for one in self.probabilities[-1:]),
            f"task: {_cost(self.task_usage)}; optimizer: {_cost(self.optimizer_usage)}",
            *(f"missing: {one.wish} ({_count(one.runs, 'run')})" for one in self.missing.wishes[:3]),
            *(f"problem: {one}" for one in self.problems[:5]),
        ]
        return "\n".join(lines)


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[LoopReport[Any, Any, Any]]:
    return TypeAdapter(LoopReport[Any, Any, Any])


def missing_of(infos: tuple[TaskInfo[P, R, H], ...]) -> MissingReport:
    """Rank what reflections found missing."""
    answers = [
        (one.reflection.hyperparameter_missing, one.reflection.grade if one.score is None else one.score)
        for one in infos
    ]
    known = [score for _, score in answers if score is not None]
    return missing_report(answers, worst=min(0.0, *known, 0.0), best=max(1.0, *known, 1.0))


def _cost(usage: Usage) -> str:
    money = "price unknown" if usage.dollars is None else f"${usage.dollars:.4f}"
    return f"{_count(usage.calls, 'call')}, {_count(usage.tokens, 'token')}, {money}"


def _count(number: int, one: str) -> str:
    return f"{number} {one}" if number == 1 else f"{number} {one}s"
