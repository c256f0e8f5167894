"""Self-consistency: ask several times, take the value that comes most often."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from llm_strategy.errors import DefinitionError, InputError, LLMStrategyError
from llm_strategy.flow import Parallel
from llm_strategy.reasoning.chain_of_thought import ChainOfThought
from llm_strategy.schema import to_jsonable

if TYPE_CHECKING:
    from llm_strategy.chat import Answer, Question
    from llm_strategy.flow import Flow, Result
    from llm_strategy.function import Reasoning

__all__ = ["SelfConsistency"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SelfConsistency:
    """Draw several answers side by side, and take the majority of their values.

    Two values are the same vote where Python says that they are equal and of one type, or where they are written alike
    as JSON: so models, dates and sets vote as well as numbers do. Of values with equally many votes the one drawn first
    wins. Samples that fail have no vote.

    Source:
        Wang et al. 2022, Self-Consistency Improves Chain of Thought Reasoning in Language Models (arXiv:2203.11171),
        section 2: the unweighted majority over the answers.

    Raises:
        DefinitionError: fewer than one sample, a temperature below 0, or something else than a method inside.
    """

    samples: int = 5
    """How many answers are drawn."""
    temperature: float | None = 0.7
    """How much they vary; None leaves the question's own setting."""
    inner: Reasoning = field(default_factory=ChainOfThought)
    """How each answer is reached."""

    def __post_init__(self) -> None:
        samples = cast("object", self.samples)
        if not isinstance(samples, int) or isinstance(samples, bool) or samples < 1:
            raise DefinitionError(f"SelfConsistency(samples={samples!r}) draws no answer. Use 1 or more.")
        if isinstance(self.inner, type) or not callable(getattr(self.inner, "solve", None)):
            raise DefinitionError(
                f"SelfConsistency(inner={self.inner!r}) is no method of reasoning (an object with a `solve`). "
                "Use an instance such as ChainOfThought()."
            )
        warmth = cast("object", self.temperature)
        if warmth is not None and not (isinstance(warmth, int | float) and warmth >= 0):
            raise DefinitionError(
                f"SelfConsistency(temperature={warmth!r}) is no temperature. Use a number from 0 on, or None."
            )

    def solve(self, question: Question[T]) -> Flow[Answer[T]]:
        """Return the first answer with the most frequent value; see `Reasoning`.

        Raises:
            LLMStrategyError: what the first sample raised, where all of them failed.
            Exception: what any sample raised that is no failure of a model: a fault in the program is not outvoted.
        """
        draws = tuple(self.inner.solve(self._varied(question, number)) for number in range(self.samples))
        results: tuple[Result[Answer[T]], ...] = yield Parallel(draws, keep_errors=True)
        for result in results:
            if result.error is not None and not isinstance(result.error, LLMStrategyError):
                raise result.error
        answers = [result.unwrap() for result in results if result.error is None]
        return _majority(answers) if answers else results[0].unwrap()

    def _varied(self, question: Question[T], number: int) -> Question[T]:
        sampling = question.sampling
        if self.temperature is not None:
            sampling = replace(sampling, temperature=self.temperature)
        if sampling.seed is not None:
            sampling = replace(sampling, seed=sampling.seed + number)
        return replace(question, sampling=sampling, sample=question.sample * self.samples + number)


def _majority(answers: list[Answer[T]]) -> Answer[T]:
    candidates: list[_Candidate[T]] = []
    for answer in answers:
        text = _text(answer.value)
        candidate = next((one for one in candidates if one.is_for(answer.value, text)), None)
        if candidate is None:
            candidates.append(_Candidate(answer, text))
        else:
            candidate.votes += 1
    return max(candidates, key=lambda candidate: candidate.votes).answer  # `max` keeps the first of equals


@dataclass(slots=True)
class _Candidate(Generic[T]):
    answer: Answer[T]
    text: str
    votes: int = 1

    def is_for(self, value: object, text: str) -> bool:
        own: object = self.answer.value
        # Arrays and frames compare part by part; of these the text alone decides.
        return text == self.text or (type(own) is type(value) and (own == value) is True)


def _text(value: object) -> str:
    try:
        return json.dumps(to_jsonable(value, complete=True), sort_keys=True)
    except InputError:  # no reply could be read as it, but a method of reasoning may make it: not a number, say
        return repr(value)
