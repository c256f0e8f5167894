"""Carrying out a task once: its value or what went wrong, what was said meanwhile, and what it cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from llm_strategy.errors import BudgetExceededError, InputError
from llm_strategy.hyperparameters.mistakes import shown
from llm_strategy.optimize.loop.chat_chains import chat_chains, shortened
from llm_strategy.optimize.loop.other_texts import with_texts
from llm_strategy.optimize.loop.task_run import TaskRun
from llm_strategy.optimize.metric.score import Score, score_of
from llm_strategy.optimize.search.orders import Usage
from llm_strategy.schema import distrust, is_untrusted, to_jsonable
from llm_strategy.schema.untrusted_text import untrusted_text
from llm_strategy.tracing import trace
from llm_strategy.tracing.error_words import error_words
from llm_strategy.tracing.recording import current_span

if TYPE_CHECKING:
    from collections.abc import Callable

    from llm_strategy.hyperparameters import Hyperparameters
    from llm_strategy.optimize.metric.score import Metric
    from llm_strategy.optimize.search.orders import Split

__all__ = ["Experiment", "Outcome"]

P = TypeVar("P")
R = TypeVar("R")

_LONGEST = 20_000
"""Characters of a result that a model is shown."""


@dataclass(frozen=True, slots=True)
class Outcome(Generic[P, R]):
    """What came of carrying out a task once."""

    parameters: P
    """What the task was called with."""
    value: R | None = None
    """What it gave."""
    exception: tuple[str, ...] = ()
    """What it raised, as `Type: message`, with what that came from; empty where it gave a value."""
    chats: dict[str, Any] | None = None
    """What was said to models, see `chat_chains`."""
    score: Score | None = None
    """What the metric says; None where there is none, or where there is nothing to score."""
    usage: Usage = Usage()  # noqa: RUF009 (frozen)
    """What it cost."""
    split: Split = "train"
    """Where the input comes from."""

    def cleaned(self, clean: Callable[[str], str]) -> Outcome[P, R]:
        """Return the outcome without secrets, as a model is shown it; conversations and errors have none any more."""

        def text(found: str) -> str:
            other = clean(found)
            if other == found:
                return found  # with its own class, and the mark of what is not trusted
            return untrusted_text(other) if is_untrusted(found) else other

        score = self.score and replace(self.score, feedback=clean(self.score.feedback))
        parameters, value = with_texts(self.parameters, text), with_texts(self.value, text)
        return replace(self, parameters=parameters, value=value, score=score)

    def run(self, point: Any, types: tuple[Any, Any]) -> TaskRun[P, R, Any]:
        """Return the outcome as what a model is shown.

        Args:
            point: the hyperparameters that were in force.
            types: those of parameters and results.
        """
        made: Any = TaskRun[types[0], types[1], type(point)]  # type: ignore[misc,valid-type]  # known when it runs
        run: TaskRun[P, R, Any] = made.model_construct(
            task_parameters=self.parameters,
            hyperparameters=point,
            all_chat_chains=self.chats or {},
            return_value=_shown(self.value),
            exception=list(self.exception) or None,
            expected=None,
            score=None if self.score is None else self.score.value,
            feedback="" if self.score is None else self.score.feedback,
            usage=self.usage,
            seed=None,
            split=self.split,
            candidate="",
            untrusted=is_untrusted((self.parameters, self.value)),
        )
        if not run.untrusted:
            return run
        marked = {name: distrust(getattr(run, name)) for name in ("all_chat_chains", "return_value", "exception")}
        return run.model_copy(update=marked)


def _shown(value: Any) -> Any:
    """Return a result as far as a model can be shown it: of what is no data, or very long, a text."""
    try:
        text = str(to_jsonable(value))
    except InputError:
        return shortened(repr(value), _LONGEST)
    return value if len(text) <= _LONGEST else shortened(value if isinstance(value, str) else text, _LONGEST)


@dataclass(frozen=True, slots=True)
class Experiment(Generic[P, R]):
    """Carries out a task under hyperparameters. Whatever the task raises is a part of the outcome."""

    task: Callable[[P], R]
    """The task with its model: called with the parameters."""
    metric: Metric | None = None
    """Scores what the task gives; None leaves that to reflections."""
    failure: float = 0.0
    """The score of a run that failed, where there is a metric."""

    def __call__(self, parameters: P, scope: Hyperparameters, split: Split = "train") -> Outcome[P, R]:
        """Carry the task out once.

        Raises:
            BudgetExceededError: a budget does not allow it.
            ConfigurationError: the metric gave no score.
            Exception: what the metric raises, with a note that says at which input.
        """
        with trace("task") as recorded:
            outcome = self._tried(parameters, scope)
            clean = _cleaner()
        sums = recorded.totals
        usage = Usage(sums.chats, sums.input_tokens + sums.output_tokens, sums.cost, sums.seconds)
        outcome = replace(outcome, chats=chat_chains(recorded.chats()), usage=usage, split=split)
        if self.metric is not None:
            outcome = replace(outcome, score=self._score(outcome, self.metric))
        return outcome.cleaned(clean)

    def _tried(self, parameters: P, scope: Hyperparameters) -> Outcome[P, R]:
        try:
            with scope:
                return Outcome(parameters, self.task(parameters))
        except BudgetExceededError:
            raise
        except Exception as error:  # noqa: BLE001 (whatever a task raises says something of its hyperparameters)
            return Outcome(parameters, exception=told(error, _cleaner()))

    def _score(self, outcome: Outcome[P, R], metric: Metric) -> Score:
        if outcome.exception:
            return Score(self.failure, "It failed.")
        where = f"at {shown(outcome.parameters, 120)}"
        try:
            given = metric(outcome.parameters, outcome.value)
        except Exception as error:
            error.add_note(f"The metric raised this {where}.")
            raise
        return score_of(given, f"The metric, {where},")


def _cleaner() -> Callable[[str], str]:
    """Return what takes secrets out of texts: the trace of the run knows those of the environment and of its models."""
    span = current_span()
    assert span is not None  # noqa: S101 (the run has a trace)
    return span.session.capture.clean


def told(error: BaseException | None, clean: Callable[[str], str] = str) -> tuple[str, ...]:
    """Return an error and what it came from, each as `Type: message`.

    >>> told(ValueError("too long"))
    ('ValueError: too long',)

    Args:
        error: the error.
        clean: takes secrets out of texts; it sees them whole, as half of a secret is not known for one.
    """
    found: list[str] = []
    while error is not None and len(found) < 5:
        found.append(f"{type(error).__name__}: {shortened(clean(error_words(error)), 2000)}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return tuple(found)
