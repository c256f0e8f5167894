"""A model as a proposer: it looks at what went wrong in the parent's minibatch, and writes other values."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import (
    AttemptsExhaustedError,
    HyperparameterError,
    InputError,
    ReplyError,
    TransportError,
    UntrustedInputError,
)
from llm_strategy.optimize.loop.recorded_run import recorded_run, unrecorded_run
from llm_strategy.optimize.proposers.llm_leaks import Leaks
from llm_strategy.optimize.proposers.llm_looked_at import LookedAt, reflection_in
from llm_strategy.optimize.proposers.llm_plain import PlainWriter
from llm_strategy.optimize.proposers.llm_settings import LLMProposerSettings
from llm_strategy.optimize.proposers.llm_thoughts import Thoughts
from llm_strategy.optimize.proposers.llm_typed import TypedWriter
from llm_strategy.optimize.search.candidate import Proposal, key_of
from llm_strategy.schema import is_untrusted, trust

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llm_strategy.chat import ModelLike
    from llm_strategy.optimize.rollouts.run_book import RunBook
    from llm_strategy.optimize.search.candidate import Values
    from llm_strategy.optimize.search.orders import Rollout
    from llm_strategy.optimize.search.requests import Propose
    from llm_strategy.optimize.space import Space
    from llm_strategy.optimize.synthetic import SyntheticCases

__all__ = ["LLMProposer"]

_SAID_NOTHING = (AttemptsExhaustedError, HyperparameterError, InputError, ReplyError, TransportError)
"""What is wrong where a model gave nothing of use: it was paid for, and the search goes on."""


class LLMProposer:
    """Lets a model propose values.

    In the typed mode it reflects on the worst runs of the minibatch, and one more call gives new values as a point of
    the space: only values of the right types, within their bounds, are taken; what does not fit is told back once. In
    the plain mode, for small models, one short call writes one text anew. What is written about optimizing is cut out.

    What is asked depends on the request and on earlier reflections: no run is reflected on twice. Reflections are given
    as notes, with what they find missing; inputs that the model makes up become cases of `synthetic`.

    Args:
        space: what may be changed.
        model: who is asked; None for the default model.
        runs: where details of runs are looked up.
        settings: how it is asked.
    """

    def __init__(
        self, space: Space, model: ModelLike | None, runs: RunBook, settings: LLMProposerSettings | None = None
    ) -> None:
        self.space = space
        self.settings = _typed(settings or LLMProposerSettings())
        self._runs = runs
        plain = self.settings.mode == "plain"
        self._thoughts = Thoughts()
        self._writer = PlainWriter(space, model) if plain else TypedWriter(space, model, self.settings, self._thoughts)

    @property
    def name(self) -> str:
        """What it is called in logs and reports."""
        return "llm"

    def propose(self, request: Propose) -> Sequence[Proposal]:
        """Return values, each with its hypothesis; at least one proposal, maybe without values.

        Raises:
            BudgetExceededError: the budget does not allow the model to be asked.
            UntrustedInputError: the runs hold untrusted input, and `trusting=True` was not set.
        """
        runs = [self._run(rollout, request) for rollout in self._worst(request.runs)]
        if not self.settings.trusting and is_untrusted([one.run for one in runs]):
            raise UntrustedInputError(
                "LLMProposer: the runs hold untrusted input. What a model proposes after it has read that would be an "
                "order to all later calls. Set trusting=True where you look at the outcome yourself, or trust(...) the "
                "cases."
            )
        try:
            answer = self._writer.write(request, runs)
        except _SAID_NOTHING as error:
            return [Proposal(None, problem=f"{type(error).__name__}: {error}")]
        self._offer(answer.made_up)
        leaks = Leaks(self._writer.prompts)
        made = [self._proposal(values, label, request, leaks) for values, label in answer.values]
        return [*made, *(Proposal(None, problem=one) for one in answer.problems)] or [
            Proposal(None, problem="The model proposed nothing.")
        ]

    @property
    def missing(self) -> Sequence[tuple[str, float | None]]:
        """What reflections found missing, with the scores of the runs; see `missing_report`."""
        return self._thoughts.missing

    @property
    def synthetic(self) -> SyntheticCases | None:
        """The inputs that the model has made up; None where it is not to."""
        return self.settings.synthetic

    def take_notes(self) -> list[dict[str, Any]]:
        """Return what was learned since the last time that this was asked, as JSON data."""
        return self._thoughts.take_notes()

    def restore_notes(self, notes: Sequence[Mapping[str, Any]]) -> None:
        """Learn again what was learned before the run was broken off."""
        self._thoughts.restore(notes)

    def _worst(self, rollouts: Sequence[Rollout]) -> list[Rollout]:
        """Return the runs to learn from, the worst first: those that are not perfect, where there are any."""
        ordered = sorted(rollouts, key=lambda one: (one.score, one.order.key))
        perfect = self.settings.perfect
        bad = [one for one in ordered if one.error or perfect is None or one.score < perfect]
        return bad or ordered[:1]

    def _run(self, rollout: Rollout, request: Propose) -> LookedAt:
        point = self.space.point(request.parents[0].values)
        record = self._runs.run(rollout.order.key)
        if record is None:
            return LookedAt(unrecorded_run(rollout, point), rollout.order.key)
        run = recorded_run(record, point, (self.settings.parameters_type, self.settings.results_type))
        return LookedAt(run, rollout.order.key, reflection_in(record))

    def _proposal(self, values: Values, label: str, request: Propose, leaks: Leaks) -> Proposal:
        """Return values that were checked and cleaned, or say why there are none."""
        parent = request.parents[0].values
        values, label = (trust((dict(values), label))) if self.settings.trusting else (values, label)
        clean = {path: self._clean(path, value, parent, leaks) for path, value in values.items()}
        try:
            checked = self.space.checked(clean)
        except (HyperparameterError, InputError) as error:
            return Proposal(None, label, str(error))
        if key_of(checked) == key_of(parent):
            return Proposal(None, label, "It is what it was made from.")
        return Proposal(checked, label)

    def _clean(self, path: str, value: Any, parent: Values, leaks: Leaks) -> Any:
        """Return a text without words of the optimizer; the parent's where nothing else is in it."""
        before = parent[path]
        if not isinstance(value, str) or value == before or self.space.leaf(path).kind != "text":
            return value
        return leaks.cleaned(value, before if isinstance(before, str) else "") or (before if value.strip() else value)

    def _offer(self, made_up: Sequence[Any]) -> None:
        if self.settings.synthetic is not None:
            for parameters in made_up:
                self.settings.synthetic.offer(parameters)


def _typed(settings: LLMProposerSettings) -> LLMProposerSettings:
    """Let the model know the type of the inputs that it is to make up."""
    if settings.parameters_type is not Any or settings.synthetic is None:
        return settings
    return replace(settings, parameters_type=settings.synthetic.parameters_type)
