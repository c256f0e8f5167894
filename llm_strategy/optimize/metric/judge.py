"""A judge: a model that scores results by a rubric."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from llm_strategy.errors import (
    ActionsExhaustedError,
    AttemptsExhaustedError,
    ConfigurationError,
    InputError,
    ReplyError,
)
from llm_strategy.optimize.case import Case
from llm_strategy.optimize.metric.draws import QUESTION, RUN, drawn_anew
from llm_strategy.optimize.metric.facts import MetricFacts
from llm_strategy.optimize.metric.judged import Judged, judged_of
from llm_strategy.optimize.metric.noise import Noise, noise_of
from llm_strategy.optimize.metric.questions import LEVELS, JudgeQuestions
from llm_strategy.optimize.metric.score import Score
from llm_strategy.optimize.metric.scorer import Reference, Scored, Subject
from llm_strategy.schema.untrusted_text import plain_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from llm_strategy.chat import ModelLike

__all__ = ["NO_VERDICT", "Judge"]

NO_VERDICT: Final = (ReplyError, AttemptsExhaustedError, ActionsExhaustedError)
"""What a model's reply can end in: the judge has no opinion, and asking again costs and changes nothing."""
_Note: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Judge:
    """A model that scores results by a rubric, from 0 to 1.

    It gives its reasons first, and then one of five levels. With `pairwise` it compares each result with what the seed
    gave at the same case, in both orders: 1 where it prefers the result both times, 0 where it prefers the seed's, 0.5
    for ties and where its opinion depends on the order alone.

    What it is shown is marked as data: parameters and results may hold orders to it. Covered: orders that a model
    recognizes as none when it is told that they are data, and pretences of quality that the rubric does not ask for.
    Not covered: a model that obeys all the same. Its reasons are no more than a text: nothing of it is carried out.

    Where it gives no verdict that can be read, the result has the score 0, and the feedback says so. Where nobody
    answers at all, that is an error, which ends the run: it can be resumed.

    >>> from llm_strategy.testing import ScriptedModel
    >>> judge = Judge("It names the capital.", ScriptedModel(['{"reasons": "It does.", "level": "perfect"}']))
    >>> judge("Italy", "Rome")
    Score(value=1.0, feedback='It does.', objectives={})

    Raises:
        ConfigurationError: there is no rubric, or `repeats` is no positive whole number.
    """

    rubric: str | Mapping[str, str]
    """What makes a result good; or a text for each of several criteria, which are judged one by one: each is one of the
    objectives, and the score is their mean."""
    model: ModelLike | None = None
    """Who judges; None for the model in force."""
    task: str = ""
    """What the task is; '' for what its docstring says."""
    pairwise: bool = False
    """Whether results are compared with the seed's."""
    repeats: int = 1
    """How often each question is asked; the score is the mean."""
    questions: type[JudgeQuestions] = JudgeQuestions
    """What is asked, and how."""

    self_evaluated = False

    def __post_init__(self) -> None:
        criteria = self._criteria
        if not criteria or not all(map(_says_something, criteria.values())) or not all(map(_is_text, criteria)):
            raise ConfigurationError(
                f"Judge({self.rubric!r}): there is no rubric. Say in words what makes a result good."
            )
        repeats: Any = self.repeats
        if not isinstance(repeats, int) or isinstance(repeats, bool) or repeats < 1:
            raise ConfigurationError(f"Judge(repeats={repeats!r}): a whole number is needed, 1 or more.")

    @property
    def facts(self) -> MetricFacts:
        """What is known of its scores: from 0 to 1, and noisy or not, which repeats have to tell."""
        return MetricFacts(failure=0.0, low=0.0, perfect=1.0)

    @property
    def needs_reference(self) -> bool:
        """Whether it compares with what the seed gave."""
        return self.pairwise

    def __call__(self, case: Any, value: Any) -> Score:
        """Score a result: outside of an optimization, where nothing is compared.

        Raises:
            InputError: the judge compares; use `score_run`.
            LLMStrategyError: nobody answers.
        """
        return self.score_run(_subject(case, value)).score

    def score_run(self, subject: Subject) -> Scored:
        """Score a run of the task. Raises InputError where it compares, and there is nothing to compare with."""
        if not self.pairwise:
            return self._scored(subject, self._graded)
        reference = subject.reference
        if reference is None:
            raise InputError(
                f"A judge with pairwise=True compares with what the seed gave, which is not there at {subject.where}."
            )
        judged = judged_of(subject)
        if reference.itself or (not reference.failed and reference.result == judged.result):
            return Scored(Score(0.5, "It is what the seed gives."))
        if reference.failed:
            return Scored(Score(1.0, "The seed fails here."))
        return self._scored(subject, partial(self._compared, reference=reference))

    def noise(self, samples: Iterable[tuple[Any, Any] | Subject], repeats: int = 3) -> Noise:
        """Measure how much its scores differ from one time to the next, at the same results.

        Each question is asked anew, whatever a cache knows.

        Args:
            samples: cases with results; for a judge that compares, subjects with their references.
            repeats: how often each of them is scored.

        Raises:
            ConfigurationError: `repeats` is below 2: one score tells nothing.
            LLMStrategyError: nobody answers.
        """
        if repeats < 2:
            raise ConfigurationError(f"Judge.noise(repeats={repeats!r}): one score tells nothing. Use 2 or more.")
        scores: list[list[float]] = []
        for sample in samples:
            subject = sample if isinstance(sample, Subject) else _subject(*sample)
            values: list[float] = []
            for number in range(repeats):
                with drawn_anew(1 + number, RUN):
                    values.append(self.score_run(subject).score.value)
            scores.append(values)
        return noise_of(scores)

    @property
    def _criteria(self) -> dict[str, str]:
        return dict(self.rubric) if isinstance(self.rubric, Mapping) else {"": self.rubric}

    def _scored(self, subject: Subject, ask: Callable[[Judged, str, str], tuple[float, str, _Note]]) -> Scored:
        judged, task = judged_of(subject), self.task or subject.task
        by_criterion: dict[str, float] = {}
        feedback: list[str] = []
        notes: list[_Note] = []
        for name, rubric in self._criteria.items():
            values: list[float] = []
            for number in range(self.repeats):
                with drawn_anew(number, QUESTION):
                    value, reasons, note = _opinion(ask, judged, task, rubric)
                values.append(value)
                notes.append({"criterion": name, "score": value, **note} if name else {"score": value, **note})
                feedback.append(f"{name}: {reasons}" if name else reasons)
            by_criterion[name] = sum(values) / len(values)
        score = sum(by_criterion.values()) / len(by_criterion)
        objectives = {name: value for name, value in by_criterion.items() if name}
        return Scored(Score(score, "\n".join(dict.fromkeys(feedback)), objectives), {"verdicts": notes})

    def _graded(self, judged: Judged, task: str, rubric: str) -> tuple[float, str, _Note]:
        verdict = self.questions.grade(self.model, task, rubric, judged.case, judged.result)
        reasons = plain_text(verdict.reasons)
        return LEVELS[verdict.level], reasons, {"level": verdict.level, "reasons": reasons}

    def _compared(self, judged: Judged, task: str, rubric: str, reference: Reference) -> tuple[float, str, _Note]:
        ask, own, others = self.questions.compare, judged.result, reference.result
        one = ask(self.model, task, rubric, judged.case, own, others)
        other = ask(self.model, task, rubric, judged.case, others, own)
        score = (_FIRST[one.better] + 1 - _FIRST[other.better]) / 2
        told = [f"Compared with the seed's as the second one: {plain_text(one.reasons)}"]
        told.append(f"Compared with the seed's as the first one: {plain_text(other.reasons)}")
        return score, "\n".join(told), {"better": [one.better, other.better], "reasons": told}


_FIRST: Final = {"first": 1.0, "neither": 0.5, "second": 0.0}


def _opinion(
    ask: Callable[[Judged, str, str], tuple[float, str, _Note]], judged: Judged, task: str, rubric: str
) -> tuple[float, str, _Note]:
    try:
        return ask(judged, task, rubric)
    except NO_VERDICT as error:
        return 0.0, f"The judge gave no verdict: {type(error).__name__}.", {"error": f"{type(error).__name__}: {error}"}


def _subject(case: Any, value: Any) -> Subject:
    if isinstance(case, Case):
        return Subject(case, case.parameters, value, expected=case.expected)  # pyright: ignore[reportUnknownMemberType]
    return Subject(case, case, value)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _says_something(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
