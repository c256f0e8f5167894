"""The loop itself: carry the task out, reflect, suggest, try, and ask whether going on is worth it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from llm_strategy.errors import (
    AttemptsExhaustedError,
    BudgetExceededError,
    ConfigurationError,
    HyperparameterError,
    InputError,
    ReplyError,
    TransportError,
)
from llm_strategy.hyperparameters import Hyperparameters
from llm_strategy.optimize.loop.loop_report import missing_of
from llm_strategy.optimize.loop.optimization_info import OptimizationInfo, TriedHypothesis
from llm_strategy.optimize.loop.points import SpacePoints, points_of_used
from llm_strategy.optimize.loop.side_by_side import side_by_side
from llm_strategy.optimize.loop.standings import Standings, point_key
from llm_strategy.optimize.loop.task_info import TaskInfo, info_of
from llm_strategy.optimize.space import Space
from llm_strategy.optimize.synthetic import SyntheticCases
from llm_strategy.schema import is_untrusted, trust

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from llm_strategy.chat import ModelLike
    from llm_strategy.flow import Result
    from llm_strategy.optimize.loop.experiment import Experiment, Outcome
    from llm_strategy.optimize.loop.improvement_probability import ImprovementProbability
    from llm_strategy.optimize.loop.loop_report import ChosenBy
    from llm_strategy.optimize.loop.loop_settings import LoopSettings
    from llm_strategy.optimize.loop.optimization_step import OptimizationStep
    from llm_strategy.optimize.loop.points import Points
    from llm_strategy.optimize.loop.task_run import TaskRun
    from llm_strategy.optimize.search.orders import Split

__all__ = ["Loop"]

P = TypeVar("P")
R = TypeVar("R")
T = TypeVar("T")

_Tried: TypeAlias = "tuple[TaskRun[P, R, Any], TaskInfo[P, R, Any] | str | BudgetExceededError]"
"""A run with the thoughts on it, or what kept the model from having any."""

_SAID_NOTHING = (AttemptsExhaustedError, InputError, ReplyError, TransportError)
"""What is wrong where the model that optimizes gave nothing of use."""
_SHOWN = 5
"""How many wishes, and other good hyperparameters, a model is shown."""


@dataclass(slots=True)
class Loop(Generic[P, R]):
    """One optimization under way."""

    model: ModelLike | None
    """The model that optimizes."""
    experiment: Experiment[P, R]
    """Carries the task out."""
    seeds: Sequence[P]
    """The inputs to begin with."""
    types: tuple[Any, Any]
    """The types of parameters and results."""
    settings: LoopSettings
    """How it goes about it."""
    points: Points[Any] | None = None
    """Turns hyperparameters into points; known once the task was carried out."""
    best: Any = None
    """The best hyperparameters so far."""
    chosen_by: ChosenBy = "model"
    """Who says so."""
    summary: str | None = None
    """What was learned from runs that are not shown any more."""
    shown: list[TaskInfo[P, R, Any]] = field(default_factory=list[Any])
    """The runs that are shown."""
    infos: list[TaskInfo[P, R, Any]] = field(default_factory=list[Any])
    """All runs that were reflected on."""
    runs: list[TaskRun[P, R, Any]] = field(default_factory=list[Any])
    """All runs."""
    steps: list[OptimizationStep[P, R, Any]] = field(default_factory=list[Any])
    """All suggestions."""
    probabilities: list[ImprovementProbability] = field(default_factory=list[Any])
    """How probable an improvement was thought to be."""
    problems: list[str] = field(default_factory=list[str])
    """What did not work on the way."""
    standings: Standings[Any] = field(default_factory=Standings[Any])
    """What has done how well."""
    _hypotheses: list[tuple[str, Any]] = field(default_factory=list[Any])

    def run(self) -> str:
        """Optimize; return why it ended."""
        try:
            self._begin()
            for _ in range(self.settings.rounds):
                reason = self._round()
                if reason:
                    return reason
        except BudgetExceededError:
            if self.points is None:
                raise
            self._choose(compared=True)
            return "budget"
        return "rounds"

    def info(self) -> OptimizationInfo[P, R, Any]:
        """Return what is known now."""
        kind: Any = OptimizationInfo[self.types[0], self.types[1], type(self.best)]  # type: ignore[misc,name-defined]
        ranked = self.standings.ranked
        scores = {point_key(one.hyperparameters): one.score for one in ranked}
        made: OptimizationInfo[P, R, Any] = kind(
            older_task_summary=self.summary,
            task_infos=self.shown,
            best_hyperparameters=self.best,
            best_score=scores.get(point_key(self.best)),
            front=[one for one in ranked if point_key(one.hyperparameters) != point_key(self.best)][:_SHOWN],
            hypotheses=[
                TriedHypothesis(hypothesis=label, outcome=_outcome(scores.get(point_key(point))))
                for label, point in self._hypotheses
            ],
            missing_report=missing_of(tuple(self.infos)).top(_SHOWN) if self.infos else None,
        )
        return made

    def _begin(self) -> None:
        """Carry the task out as it is, and see what hyperparameters it has."""
        points, used = _points_given(self.settings), Hyperparameters()
        tried = self._each(lambda one: self.experiment(one, used), self.seeds)
        outcomes: list[Outcome[P, R]] = [one.unwrap() for one in tried]
        points = points or points_of_used(used)
        if points is None:
            failed = next((one.exception[0] for one in outcomes if one.exception), "")
            raise ConfigurationError(
                "The task has used no hyperparameters, so there is nothing to optimize. Let it call LLM functions or "
                f"tracked functions, or pass space=.{f' It failed with: {failed}' if failed else ''}"
            )
        self.points, self.best = points, points.of(used)
        runs = [one.run(self.best, self.types) for one in outcomes]
        self.runs += runs
        reflected = self._each(self._reflected, runs)
        for result in (one for one in reflected if one.ok):
            self._note(runs[result.index], result.unwrap())
        _raise_what_ended(reflected)
        self._choose()

    def _round(self) -> str:
        """Try what the model suggests; return why it ends here, '' where it goes on."""
        try:
            step = self.settings.optimizer.suggest_next_optimization_step(self.model, self.info())
        except _SAID_NOTHING as error:
            return f"no suggestion came ({type(error).__name__}: {error})"
        if is_untrusted(step):
            if not self.settings.trusting:
                return "the suggestions were made of untrusted input, and trusting=True was not set"
            step = trust(step)
        self.steps.append(step)
        points = self._suggested(step)
        pairs = [(one, point, split) for one, split in self._inputs(step) for point in points]
        tried = self._each(self._tried, pairs, is_last=lambda one: isinstance(one[1], BudgetExceededError))
        for result in (one for one in tried if one.ok):  # what was done before a budget ended is noted all the same
            run, info = result.unwrap()
            self.runs.append(run)
            if not isinstance(info, BudgetExceededError):
                self._note(run, info)
        _raise_what_ended(tried)
        self._choose(step)
        self._sum_up()
        return self._prospects()

    def _suggested(self, step: OptimizationStep[P, R, Any]) -> list[Any]:
        points: list[Any] = []
        for point, label in step.labelled()[: self.settings.points_per_round]:
            whole = self._merged(point)
            if whole is None:
                continue
            if point_key(whole) in map(point_key, [self.best, *points]):
                told = "changes nothing" if point_key(whole) == point_key(self.best) else "stands there twice"
                self.problems.append(f"A suggestion {told}, and was not tried: {label or 'it has no hypothesis'}")
                continue
            points.append(whole)
            self._hypotheses += [(label, whole)] if label else []
        return points

    def _merged(self, point: Any) -> Any:
        try:
            return self._known.merged(point, self.best)
        except HyperparameterError as error:
            self.problems.append(f"A suggestion does not fit: {error}")
            return None

    def _inputs(self, step: OptimizationStep[P, R, Any]) -> list[tuple[P, Split]]:
        """Return where suggestions are tried: at made-up inputs, and at the seeds where scores are to be compared."""
        made_up = SyntheticCases(self.types[0], known=self.seeds, limit=self.settings.inputs_per_round)
        for one in step.task_parameters_suggestions:
            made_up.offer(one)
        self.problems += [f"A made-up input was not taken: {one.why}" for one in made_up.refused]
        inputs: list[tuple[P, Split]] = [(one.parameters, "synthetic") for one in made_up.data.items]
        if self.settings.compares or not inputs:
            inputs = [*((one, "train") for one in self.seeds), *inputs]
        return inputs

    def _tried(self, pair: tuple[P, Any, Split]) -> _Tried[P, R]:
        parameters, point, split = pair
        outcome: Outcome[P, R] = self.experiment(parameters, self._known.scope(point), split)
        run = outcome.run(point, self.types)
        try:
            return run, self._reflected(run)
        except BudgetExceededError as error:
            return run, error  # the run was paid for

    def _reflected(self, run: TaskRun[P, R, Any]) -> TaskInfo[P, R, Any] | str:
        """Return a run with the thoughts on it, or what kept the model from having any."""
        try:
            reflection = self.settings.optimizer.reflect_on_task_run(self.model, run)
        except _SAID_NOTHING as error:
            return f"A run was not reflected on: {type(error).__name__}: {error}"
        return info_of(run, reflection)

    def _note(self, run: TaskRun[P, R, Any], info: TaskInfo[P, R, Any] | str) -> None:
        if isinstance(info, str):
            self.problems.append(info)
            return
        self.infos.append(info)
        self.shown.append(info)
        self.standings.add(info, comparable=run.split == "train")

    def _choose(self, step: OptimizationStep[P, R, Any] | None = None, *, compared: bool = False) -> None:
        """Choose the best: by scores where there are any, or else as the model says, of what was tried.

        Args:
            step: what the model suggested last.
            compared: whether to choose only of what has as many runs as the best so far: a budget may end between runs.
        """
        ranked = self.standings.ranked
        if compared:
            least = max(
                (one.runs for one in ranked if point_key(one.hyperparameters) == point_key(self.best)), default=1
            )
            ranked = [one for one in ranked if one.runs >= least]
        if ranked:
            self.best = ranked[0].hyperparameters
            self.chosen_by = "self-evaluation" if self.settings.metric is None else "metric"
        elif step is not None and step.best_hyperparameters is not None:
            named = self._merged(step.best_hyperparameters)
            if named is not None and self.standings.has(named):
                self.best = named
            elif named is not None:
                self.problems.append("The model named hyperparameters as the best that were never tried.")

    def _sum_up(self) -> None:
        if len(self.shown) < self.settings.summarized_infos:
            return
        try:
            summary = self.settings.optimizer.summarize_optimization_info(self.model, self.info())
        except _SAID_NOTHING as error:
            self.problems.append(f"Runs were not summed up: {type(error).__name__}: {error}")
            return
        self.summary, self.shown = summary, self.shown[-self.settings.kept_infos :]

    def _prospects(self) -> str:
        try:
            told = self.settings.optimizer.probability_for_improvement(self.model, self.info())
        except _SAID_NOTHING as error:
            self.problems.append(f"No probability of improvement came: {type(error).__name__}: {error}")
            return ""
        self.probabilities.append(told)
        return "improvement is improbable" if told.probability < self.settings.stop_below else ""

    @property
    def _known(self) -> Points[Any]:
        if self.points is None:  # pragma: no cover (the beginning sees to it)
            raise AssertionError
        return self.points

    def _each(
        self, function: Callable[[Any], T], items: Sequence[Any], is_last: Callable[[T], bool] = lambda _: False
    ) -> list[Result[T]]:
        return side_by_side(function, items, self.settings.workers, self.settings.executor, is_last)


def _points_given(settings: LoopSettings) -> Points[Any] | None:
    return SpacePoints(settings.space) if isinstance(settings.space, Space) else settings.space


def _raise_what_ended(results: Sequence[Result[Any]]) -> None:
    """Raise what a run, or the thoughts on it, ended with."""
    for result in results:
        found = result.unwrap()
        if isinstance(found, tuple) and isinstance(found[-1], BudgetExceededError):
            raise found[-1]


def _outcome(score: float | None) -> str:
    return "it was tried" if score is None else f"a score of {score:.3f}"
