"""Self-consistency: ask several times, take the value that comes most often."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from llm_strategy.errors import DefinitionError
from llm_strategy.flow import Parallel
from llm_strategy.reasoning.chain_of_thought import ChainOfThought

if TYPE_CHECKING:
    from llm_strategy.chat import Answer, Question
    from llm_strategy.flow import Flow, Result
    from llm_strategy.function import Reasoning

__all__ = ["SelfConsistency"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SelfConsistency:
    """Draw several answers side by side, and take the majority of their values.

    Values are compared as they are written in JSON, so models, dates and sets vote as well as numbers do; values that
    are equal in their type count as one. Of values with equally many votes the one drawn first wins. Samples that fail
    have no vote.

    Source:
        Wang et al. 2022, Self-Consistency Improves Chain of Thought Reasoning in Language Models (arXiv:2203.11171),
        section 2: the unweighted majority over the answers.

    Raises:
        DefinitionError: fewer than one sample.
    """

    samples: int = 5
    """How many answers are drawn."""
    temperature: float | None = 0.7
    """How much they vary; None leaves the question's own setting."""
    inner: Reasoning = field(default_factory=ChainOfThought)
    """How each answer is reached."""

    def __post_init__(self) -> None:
        if self.samples < 1:
            raise DefinitionError(f"SelfConsistency(samples={self.samples!r}) draws no answer. Use 1 or more.")

    def solve(self, question: Question[T]) -> Flow[Answer[T]]:
        """Return the first answer with the most frequent value; see `Reasoning`.

        Raises:
            Exception: what the first sample raised, where all of them failed.
        """
        draws = tuple(self.inner.solve(self._varied(question, number)) for number in range(self.samples))
        results: tuple[Result[Answer[T]], ...] = yield Parallel(draws, keep_errors=True)
        answers = [result.unwrap() for result in results if result.error is None]
        if not answers:
            return results[0].unwrap()
        return _majority(question, answers)

    def _varied(self, question: Question[T], number: int) -> Question[T]:
        sampling = question.sampling
        if self.temperature is not None:
            sampling = replace(sampling, temperature=self.temperature)
        if sampling.seed is not None:
            sampling = replace(sampling, seed=sampling.seed + number)
        return replace(question, sampling=sampling)


def _majority(question: Question[T], answers: list[Answer[T]]) -> Answer[T]:
    ballots = [_ballot(question, answer.value) for answer in answers]
    winner = max(ballots, key=ballots.count)  # `max` keeps the first of equals
    return answers[ballots.index(winner)]


def _ballot(question: Question[T], value: T) -> str:
    data = question.prompt.output.adapter.dump_python(value, mode="json")
    return json.dumps(data, sort_keys=True)
