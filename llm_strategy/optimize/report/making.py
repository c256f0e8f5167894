"""From what a search has found, its space and its books to a report."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Protocol

from llm_strategy.optimize.report.failures import Failures
from llm_strategy.optimize.report.parts import (
    Calibration,
    GainRecord,
    LeafRecord,
    MemberRecord,
    MissingRecord,
    Spent,
    SyntheticRecord,
)
from llm_strategy.optimize.report.report import OptimizationReport
from llm_strategy.optimize.search.orders import Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from llm_strategy.hyperparameters import Hyperparameters
    from llm_strategy.optimize.budget.view import LedgerView, LineView
    from llm_strategy.optimize.missing import MissingReport
    from llm_strategy.optimize.search.candidate import Values
    from llm_strategy.optimize.search.orders import Rollout
    from llm_strategy.optimize.search.outcome import Member, SearchOutcome
    from llm_strategy.optimize.space.leaf import Leaf

__all__ = ["RunFacts", "Searched", "draft_of", "report_of", "versions_here"]

_PACKAGES = ("pydantic", "optuna", "gepa", "ray", "langchain-core")
_MOST_MISSING = 100
_MOST_SYNTHETIC = 200


class Searched(Protocol):
    """As much of a space as a report asks for."""

    @property
    def leaves(self) -> Sequence[Leaf]:
        """What may change."""
        ...

    def scope(self, values: Values) -> Hyperparameters:
        """Return a scope of values."""
        ...


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What is known of a run beside what its search has found."""

    task: str = ""
    """The task, in a few words."""
    books: LedgerView | None = None
    """What was spent, and what could be."""
    rollouts: Iterable[Rollout] = ()
    """All rollouts, for what each candidate has cost; read once, and none is kept."""
    missing: MissingReport | None = None
    """Hyperparameters that runs asked for."""
    synthetic: Iterable[Mapping[str, Any]] = ()
    """Cases that a model made up, as `SyntheticCases.records` gives them; `why` may be told, too."""
    self_evaluated: bool = False
    """Whether scores are the model's own opinion of its runs."""
    judge_noise: float | None = None
    """Standard deviation of a judge's scores when it is asked again."""
    warnings: Sequence[str] = ()
    """What has to be known of how the search went."""
    judged_before: int = 0
    """How often the cases that judge the gain were opened before."""
    engine: str = "llm-strategy"
    """Whose algorithm it was."""
    random_seed: int = 0
    """What everything that was drawn is seeded by."""
    hashes: Mapping[str, str] = field(default_factory=dict[str, str])
    """Hashes of `data`, `space`, `code` and `settings`."""
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What it was set up with, as JSON data."""


def report_of(outcome: SearchOutcome, space: Searched, facts: RunFacts) -> OptimizationReport:
    """Return the report of a search that is over.

    Args:
        outcome: what it has found.
        space: what was searched.
        facts: what is known beside that.

    Raises:
        HyperparameterError: the values that it has found do not fit the space.
    """
    tally = _Tally(facts.rollouts)
    books = facts.books
    calibration = Calibration.of([*outcome.estimates], outcome.brier)
    return OptimizationReport(
        task=facts.task,
        best=_scope(space, outcome.best.values),
        seed=_scope(space, outcome.seed.values),
        best_number=outcome.best.number,
        winner_number=outcome.winner.number,
        gain=None if outcome.gain is None else GainRecord.of(outcome.gain),
        test_scores=dict(outcome.test_scores),
        reason=outcome.reason,
        steps=outcome.steps,
        rollouts=tally.count if books is None else books.rollouts,
        seconds=0.0 if books is None else books.seconds,
        task_spent=Spent.of(tally.whole) if books is None else _line(books.task, tally.whole.seconds),
        optimizer_spent=Spent.of(tally.scoring) if books is None else _line(books.optimizer),
        budget={} if books is None else dict(books.budget.limited),
        leaves=tuple(_leaf(leaf, outcome.seed.values) for leaf in space.leaves),
        members=tuple(_member(member, outcome.seed.values, tally) for member in outcome.members),
        front=outcome.front,
        calibration=calibration,
        missing=_missing(facts.missing),
        synthetic=tuple(_synthetic(facts.synthetic, tally)),
        self_evaluated=facts.self_evaluated,
        judge_noise=facts.judge_noise,
        failed=tally.failures.count,
        failure=tally.failures.example,
        failure_count=tally.failures.alike,
        warnings=tuple(facts.warnings),
        judged_before=facts.judged_before,
        engine=facts.engine,
        random_seed=facts.random_seed,
        versions=versions_here(),
        hashes=dict(facts.hashes),
        settings=dict(facts.settings),
    )


def draft_of(space: Searched, facts: RunFacts) -> OptimizationReport:
    """Return what is known before a search begins: its seed, what is searched, and what may be spent.

    Raises:
        HyperparameterError: the seed's values do not fit the space.
    """
    seed = {leaf.path: leaf.default for leaf in space.leaves}
    text = _scope(space, seed)
    return OptimizationReport(
        task=facts.task,
        best=text,
        seed=text,
        best_number=0,
        winner_number=0,
        leaves=tuple(_leaf(leaf, seed) for leaf in space.leaves),
        budget={} if facts.books is None else dict(facts.books.budget.limited),
        self_evaluated=facts.self_evaluated,
        judge_noise=facts.judge_noise,
        engine=facts.engine,
        random_seed=facts.random_seed,
        versions=versions_here(),
        hashes=dict(facts.hashes),
        settings=dict(facts.settings),
    )


def versions_here() -> dict[str, str]:
    """Return the versions of Python, of this package, and of those that matter and are loaded.

    >>> {"llm-strategy", "python"} <= versions_here().keys()
    True
    """
    found = {"python": platform.python_version(), "llm-strategy": version("llm-strategy")}
    for name in _PACKAGES:
        if name.replace("-", "_") in sys.modules:
            try:
                found[name] = version(name)
            except PackageNotFoundError:  # put there by hand, as a stand-in
                continue
    return found


class _Tally:
    """What rollouts have cost, by candidate, and the scores of cases that were made up."""

    def __init__(self, rollouts: Iterable[Rollout]) -> None:
        self.count = 0
        self.whole = Usage()
        self.scoring = Usage()
        self.by_key: dict[str, tuple[int, Usage]] = {}
        self.synthetic: dict[str, float] = {}
        self.failures = Failures()
        for rollout in rollouts:
            self.count += 1
            self.failures.take(rollout)
            self.whole += rollout.usage
            self.scoring += rollout.scoring
            count, usage = self.by_key.get(rollout.order.candidate, (0, Usage()))
            self.by_key[rollout.order.candidate] = (count + 1, usage + rollout.usage)
            if rollout.order.split == "synthetic":
                self.synthetic[rollout.order.case] = rollout.score


def _scope(space: Searched, values: Values) -> str:
    return space.scope(values).model_dump_json(exclude_unset=True)


def _line(line: LineView, seconds: float = 0.0) -> Spent:
    return Spent(calls=line.calls, tokens=line.tokens, dollars=line.dollars, seconds=seconds)


def _leaf(leaf: Leaf, seed: Values) -> LeafRecord:
    return LeafRecord(
        path=leaf.path,
        kind=leaf.kind,
        seed=seed.get(leaf.path, leaf.default),
        description=leaf.description,
        low=leaf.low,
        high=leaf.high,
        log=leaf.log,
    )


def _member(member: Member, seed: Values, tally: _Tally) -> MemberRecord:
    candidate = member.candidate
    known = tally.by_key.get(candidate.key)
    return MemberRecord(
        number=candidate.number,
        parents=candidate.parents,
        proposer=candidate.proposer,
        hypothesis=candidate.hypothesis,
        fate=member.fate,
        changes={path: value for path, value in candidate.values.items() if value != seed.get(path)},
        scores=dict(member.scores),
        objectives=dict(member.objectives),
        step=member.step,
        spent=member.spent,
        rollouts=known[0] if known else 0,
        cost=Spent.of(known[1]) if known else None,
    )


def _missing(found: MissingReport | None) -> tuple[MissingRecord, ...]:
    wishes = () if found is None else found.wishes[:_MOST_MISSING]
    return tuple(
        MissingRecord(name=one.wish, count=one.runs, weight=one.weight, examples=one.wordings) for one in wishes
    )


def _synthetic(records: Iterable[Mapping[str, Any]], tally: _Tally) -> Iterable[SyntheticRecord]:
    for place, record in enumerate(records):
        if place >= _MOST_SYNTHETIC:
            return
        name = str(record["id"])
        parameters, why = record.get("parameters"), str(record.get("why", ""))
        yield SyntheticRecord(id=name, parameters=parameters, why=why, score=tally.synthetic.get(name))
