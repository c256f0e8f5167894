"""What a report is in rows and numbers."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, Final

from llm_strategy.optimize.report.coordinates import short_names
from llm_strategy.optimize.report.words import thinly_scored, when_known

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.optimize.report.parts import MemberRecord
    from llm_strategy.optimize.report.report import OptimizationReport

__all__ = [
    "HYPERPARAMETERS",
    "ROLLOUTS",
    "candidate_config",
    "candidate_rows",
    "candidate_summary",
    "config_of",
    "history_rows",
    "summary_of",
]

ROLLOUTS: Final = "optimization/rollouts"
"""How many rollouts had been carried out: what the other numbers of its row are drawn over."""
HYPERPARAMETERS: Final = "hyperparameters/"
"""What the names of hyperparameters begin with in those rows: they have a section of their own."""
_WRITTEN: Final = frozenset({"text", "examples", "data"})
_LONGEST: Final = 200
_PREFIX: Final = "optimization/"
_FIRST: Final = ("candidate", "parents", "proposer", "hypothesis", "fate", "score", "cases", "step", "spent")
_COST: Final = ("rollouts", "tokens a rollout", "dollars a rollout")
_MOST_ROWS: Final = 10_000


def config_of(report: OptimizationReport) -> dict[str, Any]:
    """Return what a search was set up with.

    >>> from llm_strategy.testing.sample_optimizations import sample_report
    >>> config_of(sample_report(2))["budget"]
    {'rollouts': 1500.0, 'dollars': 1.0}
    """
    return {
        "task": report.task,
        "engine": report.engine,
        "random_seed": report.random_seed,
        "budget": dict(report.budget),
        "settings": dict(report.settings),
        "versions": dict(report.versions),
        "hashes": dict(report.hashes),
        "space": {leaf.path: leaf.kind for leaf in report.leaves},
        "self_evaluated": report.self_evaluated,
    }


def history_rows(report: OptimizationReport) -> list[dict[str, Any]]:
    """Return a row for each candidate with a score, in the order in which rollouts were spent.

    It holds the score, the best one so far, further objectives, what a rollout costs, and the hyperparameters: numbers
    and truths as they are, choices as texts, and of what is written how long it is.

    >>> from llm_strategy.testing.sample_optimizations import sample_report
    >>> bests = [row["optimization/best"] for row in history_rows(sample_report())]
    >>> bests == sorted(bests)
    True
    """
    rows: list[dict[str, Any]] = []
    best = -math.inf
    keys = _leaf_keys(report)
    thin = thinly_scored(report.members)
    spent = when_known(report.members)
    for member in sorted(report.members, key=lambda one: (spent[one.number], one.number)):
        mean = member.mean
        if mean is None or not math.isfinite(mean) or member.number in thin:
            continue
        best = max(best, mean) if member.is_kept else best
        row: dict[str, Any] = {
            ROLLOUTS: spent[member.number],
            f"{_PREFIX}candidate": member.number,
            f"{_PREFIX}score": mean,
        }
        row |= {f"{_PREFIX}best": best} if math.isfinite(best) else {}
        rows.append({**row, **_columns(report, member, keys)})
    return rows


def summary_of(report: OptimizationReport) -> dict[str, Any]:
    """Return what stands for the whole search; what is not known is absent."""
    gain = report.gain
    found: dict[str, float | bool | str | None] = {
        "gain": None if gain is None else gain.mean,
        "gain_low": None if gain is None else gain.low,
        "gain_high": None if gain is None else gain.high,
        "gain_is_real": None if gain is None else gain.is_real,
        "gain_split": None if gain is None else gain.split,
        "seed_returned": report.is_seed,
        "best_candidate": report.best_number,
        "tried": len(report.members),
        "rollouts": report.rollouts,
        "steps": report.steps,
        "reason": report.reason,
        "brier": report.calibration.brier,
        "judge_noise": report.judge_noise,
        **{f"test_{name}": score for name, score in report.test_scores.items()},
    }
    for line, spent in (("task", report.task_spent), ("optimizer", report.optimizer_spent)):
        found |= {f"{line}_calls": spent.calls, f"{line}_tokens": spent.tokens, f"{line}_dollars": spent.dollars}
    return _known(found)


def candidate_rows(report: OptimizationReport) -> tuple[list[str], list[list[Any]]]:
    """Return the columns and rows of a table of all candidates, with a column for each leaf and each objective."""
    objectives = list(dict.fromkeys(name for member in report.members for name in member.objectives))
    names = short_names([leaf.path for leaf in report.leaves])
    columns = [*_FIRST, *_COST, *(f"objective {name}" for name in objectives), *names.values()]
    rows = [
        [
            member.number,
            " ".join(map(str, member.parents)),
            member.proposer,
            member.hypothesis,
            member.fate,
            _finite(member.mean),
            len(member.scores),
            member.step,
            member.spent,
            *_costs(member),
            *(_finite(member.objectives.get(name)) for name in objectives),
            *(_cell(value) for value in report.values(member.number).values()),
        ]
        for member in report.members[:_MOST_ROWS]
    ]
    return columns, rows


def candidate_config(report: OptimizationReport, number: int) -> dict[str, Any]:
    """Return the values of a candidate as the configuration of a run: a way through dictionaries for each leaf."""
    nested: dict[str, Any] = {}
    names = short_names([leaf.path for leaf in report.leaves])
    for path, value in report.values(number).items():
        nested[names[path].replace(".", "/")] = value
    member = report.member(number)
    return {"hyperparameters": nested, "proposer": member.proposer, "hypothesis": member.hypothesis}


def candidate_summary(member: MemberRecord) -> dict[str, Any]:
    """Return the outcome of a candidate; what is not known is absent."""
    rollouts, tokens, dollars = _costs(member)
    told = {"score": member.mean, "cases": len(member.scores), "rollouts": rollouts, "tokens": tokens}
    return _known({**told, "dollars": dollars, "fate": member.fate, **_objectives(member)})


def _objectives(member: MemberRecord) -> dict[str, float]:
    """Return further scores by names that nothing else has, whatever a metric calls them."""
    return {f"objective_{_key(name)}": value for name, value in member.objectives.items()}


def _columns(report: OptimizationReport, member: MemberRecord, keys: Mapping[str, str]) -> dict[str, Any]:
    """Return what a candidate is made of, and what it costs beside its score, each as a number or a short text."""
    _, tokens, dollars = _costs(member)
    found: dict[str, Any] = _known({**_objectives(member), "tokens_a_rollout": tokens, "dollars_a_rollout": dollars})
    values = report.values(member.number)
    for leaf in report.leaves:
        value = values[leaf.path]
        if leaf.kind in _WRITTEN:
            value = len(value) if isinstance(value, str | list) else len(json.dumps(value))
        cell = _cell(value)
        if cell is not None:
            found[keys[leaf.path]] = cell[:_LONGEST] if isinstance(cell, str) else cell
    return found


def _leaf_keys(report: OptimizationReport) -> dict[str, str]:
    """Return a key for each leaf that charts accept: letters, digits, `_` and `/`, no two alike."""
    found: dict[str, str] = {}
    names = short_names([leaf.path for leaf in report.leaves])
    for leaf in report.leaves:
        key = f"{HYPERPARAMETERS}{_key(names[leaf.path])}{'_size' if leaf.kind in _WRITTEN else ''}"
        while key in found.values():
            key += "_"
        found[leaf.path] = key
    return found


def _key(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_/]+", "_", name)


def _costs(member: MemberRecord) -> tuple[int, float | None, float | None]:
    cost, per = member.cost, member.rollouts
    if cost is None or not per:
        return per, None, None
    return per, cost.tokens / per, None if cost.dollars is None else cost.dollars / per


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, bool | str | int):
        return value
    return _finite(value) if isinstance(value, float) else json.dumps(value, ensure_ascii=False)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _known(found: Mapping[str, float | bool | str | None]) -> dict[str, Any]:
    kept = {name: value for name, value in found.items() if value is not None}
    return {
        f"{_PREFIX}{name}": value
        for name, value in kept.items()
        if not isinstance(value, float) or math.isfinite(value)
    }
