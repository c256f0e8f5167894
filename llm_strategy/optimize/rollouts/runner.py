"""Carrying out one run of the task: its scope, its books, its record and its score."""

from __future__ import annotations

import contextvars
import copy
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import BudgetExceededError, ConfigurationError, TransportError
from llm_strategy.flow.layers import layered
from llm_strategy.hyperparameters import Hyperparameters
from llm_strategy.optimize.metric.draws import RUN, drawn_anew
from llm_strategy.optimize.metric.score import Score
from llm_strategy.optimize.metric.scorer import Scored, Scorer, Subject, scorer_of
from llm_strategy.optimize.rollouts.books import Books
from llm_strategy.optimize.rollouts.counting import Counting
from llm_strategy.optimize.rollouts.current import CurrentRollout, telling_if_broken, within_rollout
from llm_strategy.optimize.rollouts.outcomes import Ran, expected_of, record_of, rollout_of, scored_record
from llm_strategy.optimize.rollouts.recorder import Recorder
from llm_strategy.optimize.rollouts.task_call import Arguments, TaskCall
from llm_strategy.optimize.rollouts.unreachable import may_choose_model, unreachable_in, unreachable_told
from llm_strategy.optimize.rollouts.work import Work
from llm_strategy.optimize.search.orders import Usage
from llm_strategy.tracing import semconv

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from llm_strategy.chat import ModelLike
    from llm_strategy.errors import WorkerLostError
    from llm_strategy.flow import Layer
    from llm_strategy.optimize.data import Dataset
    from llm_strategy.optimize.metric import Metric
    from llm_strategy.optimize.rollouts.outcomes import Outcome
    from llm_strategy.optimize.rollouts.record import TaskRunRecord
    from llm_strategy.optimize.rollouts.recorder import Recording
    from llm_strategy.optimize.search.candidate import Values
    from llm_strategy.optimize.search.orders import Order, Rollout, Split
    from llm_strategy.optimize.space import Space

__all__ = ["Runner"]

_LOCAL = ("space", "data")
"""Fields that stay where the search is: `Work` holds what is needed of them."""


@dataclass(frozen=True)
class Runner:
    """Calls the task with the values of a candidate, at one case, and scores what comes of it.

    Whatever `Exception` the task raises is data, and so is the end of a budget of its own. What ends the run instead is
    the end of a budget around it, an error of the metric, anything that is no `Exception`, such as Ctrl-C, and a model
    that cannot be asked as it is set up: no name, no key, no file, no price for a budget of money. That is data only
    of a candidate that may have chosen the model: it gives other values than the seed's to functions of the user's own.

    The metric runs outside of the candidate's scope: no candidate changes how it is judged.

    Raises:
        ConfigurationError: the task or the metric is nothing that can be called that way.
    """

    task: Callable[..., Any]
    """What is called: an LLM function, a method of an LLM strategy, or any callable, async or not; see `TaskCall`."""
    space: Space
    """Makes scopes of values."""
    data: Mapping[Split, Dataset]
    """The cases."""
    metric: Metric | Scorer
    """Scores results: a function of the case and the result, a `Judge`, or a `SelfEvaluation`."""
    task_model: ModelLike | None = None
    """The first argument of LLM functions, and of tasks that take a model besides their parameters."""
    seed: int = 0
    """The seed of the optimization; see `current_rollout`."""
    retries: int = 0
    """How often a task is called again that got no reply from a model: failures of networks and providers only."""
    books: Books = field(default_factory=Books)
    """Who pays."""

    def __post_init__(self) -> None:
        retries: Any = self.retries
        if not isinstance(retries, int) or isinstance(retries, bool) or retries < 0:
            raise ConfigurationError(f"Runner(retries={retries!r}): a whole number is needed, 0 or more.")
        _ = self.call, self.scorer

    @cached_property
    def call(self) -> TaskCall:
        """How the task is called."""
        return TaskCall(self.task, self.task_model)

    @cached_property
    def scorer(self) -> Scorer:
        """What scores."""
        return scorer_of(self.metric)

    @cached_property
    def _recorder(self) -> Recorder:
        return Recorder()

    def with_books(self, books: Books) -> Runner:
        """Return the same runner, paid for by others."""
        return replace(self, books=books)

    def __call__(self, order: Order, values: Values) -> tuple[Rollout, TaskRunRecord]:
        """Carry out one run here and now; see `perform`. Raises HyperparameterError where the values do not fit."""
        chooses = may_choose_model(self.space, values)
        return self.perform(self.work(order, self.space.scope(values), chooses=chooses))

    def work(self, order: Order, scope: Hyperparameters, reference: Any = None, *, chooses: bool = False) -> Work:
        """Return a run as it is sent to whoever carries it out. Raises InputError where there is no such case."""
        data = self.data[order.split]
        return Work(order, data.case(order.case), data.parameters(order.case), scope, reference, chooses)

    def perform(self, work: Work) -> Outcome:
        """Carry out one run.

        Raises:
            BudgetExceededError: a budget around it is used up.
            ConfigurationError: the task does not take such parameters, a model cannot be asked as it is set up, or the
                metric gives no score.
            Exception: what the metric raises, with a note that says at which case.
        """
        with telling_if_broken(work.order):
            return self._performed(work)

    def _performed(self, work: Work) -> Outcome:
        around, order = contextvars.copy_context(), work.order
        arguments = self.call.arguments(_own(work.parameters))
        with self._recorder.recording("rollout", _about(order), Hyperparameters(work.scope)) as recording:
            ran = self._ran(arguments, order)
            recording.failure = ran.error
            self._check_reachable(work, ran, recording)
            record = record_of(work, ran, recording, CurrentRollout(order, self.seed).seed)
            scored, scoring = around.run(self._scored, work, ran, record, recording)
            rollout = rollout_of(work, ran, scored.score, scoring, recording)
            for name, value in {"score": rollout.score, **rollout.objectives}.items():
                recording.score(value, name)
            return rollout, scored_record(record, rollout, scored, recording)

    def lost(self, work: Work, error: WorkerLostError) -> Outcome:
        """Return a run that killed its worker as often as it was begun: it failed, and nobody knows what it cost."""
        ran = Ran(None, error, Usage(dollars=None))
        with self._recorder.recording("rollout", _about(work.order), Hyperparameters(work.scope)) as recording:
            recording.failure = error
            scored = Scored(Score(self.scorer.facts.failing))
            record = record_of(work, ran, recording, CurrentRollout(work.order, self.seed).seed)
            rollout = rollout_of(work, ran, scored.score, Usage(), recording)
            return rollout, scored_record(record, rollout, scored, recording)

    @contextmanager
    def _counting(self, payers: tuple[Layer, ...], order: Order) -> Generator[Counting]:
        """Count what requests inside cost, let somebody pay for it, and see who refuses to."""
        with self.books.paying(payers), drawn_anew(order.repeat, RUN), within_rollout(CurrentRollout(order, self.seed)):
            counting = Counting()
            with layered(counting):
                yield counting

    def _ran(self, arguments: Arguments, order: Order) -> Ran:
        began = time.perf_counter()
        with self._counting(self.books.task, order) as counting:
            value, error = self._outcome(arguments, counting)
        return Ran(value, error, counting.usage(time.perf_counter() - began))

    def _outcome(self, arguments: Arguments, counting: Counting) -> tuple[Any, Exception | None]:
        value: Any = None
        error: Exception | None = None
        for left in range(self.retries, -1, -1):
            try:
                value, error = self.call.outcome(*arguments), None
            except Exception as problem:  # noqa: BLE001 (whatever the task raises is data)
                error = problem
            if counting.refusal is not None:
                raise counting.refusal
            if not (left and isinstance(error, TransportError)):
                break
        return value, error

    def _check_reachable(self, work: Work, ran: Ran, recording: Recording) -> None:
        """Refuse to judge a candidate by a model that cannot be asked, unless it may have chosen that."""
        found = None if ran.error is None or work.chooses else unreachable_in(ran.error)
        if found is not None:
            raise unreachable_told(found, recording.error(found), _where(work.order), self.call.name) from ran.error

    def _scored(self, work: Work, ran: Ran, record: TaskRunRecord, recording: Recording) -> tuple[Scored, Usage]:
        if ran.error is not None:
            return Scored(Score(self.scorer.facts.failing)), Usage()
        began, subject = time.perf_counter(), self._subject(work, ran.value, record)
        with recording.scoring(), self._counting(self.books.metric, work.order) as counting:
            try:
                scored = self.scorer.score_run(subject)
            except Exception as error:
                if counting.refusal is not None:
                    raise counting.refusal from None
                if isinstance(error, BudgetExceededError):
                    raise ConfigurationError(
                        f"The metric ran out of a budget of its own at {subject.where}."
                    ) from error
                error.add_note(f"The metric raised this at {subject.where}, for the task {self.call.name}.")
                if isinstance(error, StopIteration):  # generators on the way would take it for their end
                    raise RuntimeError(f"StopIteration: {error.__notes__[-1]}") from error  # noqa: TRY004
                raise
            if counting.refusal is not None:
                raise counting.refusal
        return scored, counting.usage(time.perf_counter() - began)

    def _subject(self, work: Work, value: Any, record: TaskRunRecord) -> Subject:
        order = work.order
        return Subject(
            work.case,
            work.parameters,
            value,
            _where(order),
            expected=expected_of(work.case),
            record=record,
            reference=work.reference,
            task=self.call.description,
            scope=work.scope,
        )

    def __getstate__(self) -> dict[str, Any]:
        return {one.name: None if one.name in _LOCAL else getattr(self, one.name) for one in fields(self)}


def _where(order: Order) -> str:
    return f"{order.split}/{order.case} (candidate {order.candidate})"


def _about(order: Order) -> dict[str, Any]:
    return {
        semconv.ROLLOUT_CANDIDATE: order.candidate,
        semconv.ROLLOUT_SPLIT: order.split,
        semconv.ROLLOUT_CASE: order.case,
        semconv.ROLLOUT_REPEAT: order.repeat,
    }


def _own(parameters: Any) -> Any:
    """Return parameters that the task may change: others are called with the same case, at the same time maybe."""
    try:
        return copy.deepcopy(parameters)
    except Exception:  # noqa: BLE001 (open files, locks, and what else cannot be copied is shared)
        return parameters
