"""The typed way to ask a model for better values: reflections first, then one typed step."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import AttemptsExhaustedError, HyperparameterError, ReplyError, TransportError
from llm_strategy.function.callables import LLMFunction
from llm_strategy.hyperparameters import values_in_force
from llm_strategy.optimize.loop.optimization_info import OptimizationInfo, TriedHypothesis
from llm_strategy.optimize.loop.task_info import info_of
from llm_strategy.optimize.loop.task_reflection import TaskReflection
from llm_strategy.optimize.proposers.llm_answer import WrittenValues
from llm_strategy.optimize.proposers.llm_history import front_of, hypotheses_of, score_of_candidate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.chat import ModelLike
    from llm_strategy.optimize.loop.optimization_step import OptimizationStep
    from llm_strategy.optimize.loop.task_info import TaskInfo
    from llm_strategy.optimize.proposers.llm_looked_at import LookedAt
    from llm_strategy.optimize.proposers.llm_settings import LLMProposerSettings
    from llm_strategy.optimize.proposers.llm_thoughts import Thoughts
    from llm_strategy.optimize.search.requests import Propose
    from llm_strategy.optimize.space import Space

__all__ = ["TypedWriter"]

_NOT_REFLECTED = "(nobody has thought about this run)"


class TypedWriter:
    """Asks for values of any leaf.

    Args:
        space: what may be changed.
        model: who is asked.
        settings: how.
        thoughts: where reflections are looked up and kept.
    """

    def __init__(
        self, space: Space, model: ModelLike | None, settings: LLMProposerSettings, thoughts: Thoughts
    ) -> None:
        self._space = space
        self._model = model
        self._settings = settings
        self._thoughts = thoughts
        self._summaries: dict[str, str] = {}

    @property
    def prompts(self) -> list[str]:
        """What the model is told, which does not belong into values."""
        return prompts_of(self._settings.optimizer)

    def write(self, request: Propose, runs: Sequence[LookedAt]) -> WrittenValues:
        """Ask for values.

        Raises:
            BudgetExceededError: the budget does not allow it.
            AttemptsExhaustedError: no reply was of use.
            ReplyError: the model declined.
            TransportError: no reply came.
        """
        infos = [self._reflected(run, number) for number, run in enumerate(runs)]
        info = self._info(request, infos)
        step = self._step(info)
        values, problems = self._merged(step, request)
        if problems and not values:
            failed = [TriedHypothesis(hypothesis=step.suggestion[:200], outcome=f"invalid: {problems[0]}")]
            step = self._step(info.model_copy(update={"hypotheses": [*info.hypotheses, *failed]}))
            values, problems = self._merged(step, request)
        return WrittenValues(
            values=tuple(values),
            problems=tuple(problems),
            made_up=tuple(step.task_parameters_suggestions),
        )

    def _reflected(self, looked_at: LookedAt, number: int) -> TaskInfo[Any, Any, Any]:
        run, key = looked_at.run, looked_at.key
        reflection = self._thoughts.about(key) or looked_at.reflection
        if reflection is None and number < self._settings.reflections:
            with suppress(AttemptsExhaustedError, ReplyError, TransportError):  # its feedback is there all the same
                reflection = self._settings.optimizer.reflect_on_task_run(self._model, run)
        if reflection is not None:
            self._thoughts.keep(key, reflection, run.score)
            return info_of(run, reflection)
        nothing = TaskReflection(
            feedback=_NOT_REFLECTED, evaluation="", hyperparameter_suggestion="", hyperparameter_missing=""
        )
        return info_of(run, nothing)

    def _info(self, request: Propose, infos: list[TaskInfo[Any, Any, Any]]) -> OptimizationInfo[Any, Any, Any]:
        parent, space, settings = request.parents[0], self._space, self._settings
        types = (settings.parameters_type, settings.results_type, space.point_type)
        made: Any = OptimizationInfo[types]  # type: ignore[misc,valid-type]  # known when it runs
        tried = hypotheses_of(request.tried)
        summed_up = self._summed_up(len(tried))
        info: OptimizationInfo[Any, Any, Any] = made.model_construct(
            older_task_summary=None,
            task_infos=infos,
            best_hyperparameters=space.point(parent.values),
            best_score=score_of_candidate(parent, request.pool),
            front=front_of(space, request.pool, parent, settings.shown_others),
            hypotheses=tried[summed_up:],
            budget_left=round(request.left, 2),
            missing_report=None,
        )
        if not summed_up:
            return info
        summary = self._summary(info.model_copy(update={"task_infos": [], "hypotheses": tried[:summed_up]}))
        return info.model_copy(update={"older_task_summary": summary})

    def _summed_up(self, count: int) -> int:
        """Return how many of the hypotheses are summed up: it grows in steps, so that this is rarely done."""
        most, kept = self._settings.summarized_hypotheses, self._settings.kept_hypotheses
        step = most - kept
        return 0 if count < most else (count - kept) // step * step

    def _summary(self, older: OptimizationInfo[Any, Any, Any]) -> str | None:
        key = "\n".join(f"{one.hypothesis}: {one.outcome}" for one in older.hypotheses)
        if key not in self._summaries:
            try:
                told = self._settings.optimizer.summarize_optimization_info(self._model, older)
            except (AttemptsExhaustedError, ReplyError, TransportError):
                return None
            self._summaries = {key: told}
        return self._summaries[key]

    def _step(self, info: OptimizationInfo[Any, Any, Any]) -> OptimizationStep[Any, Any, Any]:
        asking = self._settings.optimizer.suggest_next_optimization_step.using(attempts=2)
        return asking(self._model, info)

    def _merged(self, step: OptimizationStep[Any, Any, Any], request: Propose) -> tuple[list[Any], list[str]]:
        values: list[Any] = []
        problems: list[str] = []
        for point, label in step.labelled()[: self._settings.mutations]:
            try:
                values.append((self._space.values_of_point(point, request.parents[0].values), label))
            except HyperparameterError as error:
                problems.append(str(error))
        return values, problems


def prompts_of(optimizer: type[Any]) -> list[str]:
    """Return the texts that the functions of an optimizer tell a model, as they are now."""
    found: list[str] = []
    for name in dir(optimizer):
        function: Any = getattr(optimizer, name)
        if isinstance(function, LLMFunction):
            known = _configured(function)
            found += [known["instruction"], *known["parameters"].values(), *known["fields"].values()]
    return found


def _configured(function: Any) -> Any:
    """Return the hyperparameters of a function that are in force."""
    known: Any = function.config_model_type()
    defaults: dict[str, Any] = {name: getattr(known, name) for name in ("instruction", "parameters", "fields")}
    return {**defaults, **values_in_force(function, defaults)}
