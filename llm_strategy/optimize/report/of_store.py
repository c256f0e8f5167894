"""The report of a search out of its file: as it was written at the end, else as far as the search has come.

`optimize` keeps a draft in the file before it begins, which says what is searched, and the report when it is over. What
is between the two is put together from candidates, rollouts and notes.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import StoredDataError
from llm_strategy.optimize.budget import Budget, OptimizationLedger
from llm_strategy.optimize.report.failures import Failures
from llm_strategy.optimize.report.making import RunFacts, draft_of
from llm_strategy.optimize.report.parts import LeafRecord, MemberRecord, Spent
from llm_strategy.optimize.report.report import OptimizationReport
from llm_strategy.optimize.search.orders import Usage
from llm_strategy.optimize.store import OptimizationRecord

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic import JsonValue

    from llm_strategy.optimize.budget import LedgerView
    from llm_strategy.optimize.report.making import Searched
    from llm_strategy.optimize.search.candidate import Candidate
    from llm_strategy.optimize.store import OptimizationStore

__all__ = ["keep_draft", "keep_report", "report_of_store"]

_REPORT = "report"
_DRAFT = "draft"


def keep_draft(store: OptimizationStore, space: Searched, facts: RunFacts) -> None:
    """Keep what a search begins with: without it the report of one that is not over has no types and no names.

    Raises:
        HyperparameterError: the seed's values do not fit the space.
    """
    store.set(_DRAFT, json.loads(draft_of(space, facts).model_dump_json()))


def keep_report(store: OptimizationStore, report: OptimizationReport) -> None:
    """Keep the report of a search that is over."""
    store.set(_REPORT, json.loads(report.model_dump_json()))


def report_of_store(path: Path) -> OptimizationReport:
    """Return the report of the search in a file, which may be under way.

    Raises:
        WorkspaceError: there is no such file.
        StoredDataError: it is damaged, or a file of another kind, or nothing was begun in it.
    """
    with OptimizationRecord(path) as record:
        for name in (_REPORT, _DRAFT):
            kept = record.get(name)
            if kept is not None:
                report = OptimizationReport.read(json.dumps(kept), str(path))
                return report if name == _REPORT else _Partial(record).report(report)
        if not record.length:
            raise StoredDataError(f"In {str(path)!r} nothing was begun yet.")
        return _Partial(record).report(None)


class _Partial:
    """What is known of a search that is not over."""

    def __init__(self, record: OptimizationRecord) -> None:
        self._record = record
        self._candidates = {one.number: one for one in record.candidates()}
        self._notes: dict[int, tuple[str, int, int]] = {}
        self._spent: dict[int, int] = {}
        self._books: Mapping[str, Any] | None = None
        self._steps = self._done = 0
        for kind, data in record.events():
            self._take(kind, data)
        self._scores: dict[str, dict[str, list[float]]] = {}
        self._costs: dict[str, tuple[int, Usage]] = {}
        self._failures = Failures()
        for rollout in record.rollouts():
            self._failures.take(rollout)
            key = rollout.order.candidate
            count, usage = self._costs.get(key, (0, Usage()))
            self._costs[key] = (count + 1, usage + rollout.usage)
            if rollout.order.split == "val":
                self._scores.setdefault(key, {}).setdefault(rollout.order.case, []).append(rollout.score)

    def report(self, draft: OptimizationReport | None) -> OptimizationReport:
        """Return the report; where there is no draft, of what can be seen from values alone."""
        seed = self._candidates.get(0)
        values: Mapping[str, JsonValue] = {} if seed is None else seed.values
        known = draft or OptimizationReport(task="", best="{}", seed="{}", best_number=0, winner_number=0)
        members = tuple(self._member(one, values) for one in self._candidates.values())
        kept = [one for one in members if one.is_kept and one.mean is not None]
        books = self._view(known.budget)
        return known.model_copy(
            update={
                "members": members,
                "winner_number": max(kept, key=lambda one: (one.mean or 0.0, -one.number)).number if kept else 0,
                "leaves": known.leaves
                or tuple(LeafRecord(path=path, kind="data", seed=values[path]) for path in values),
                "rollouts": self._done,
                "steps": self._steps,
                "failed": self._failures.count,
                "failure": self._failures.example,
                "failure_count": self._failures.alike,
                **({} if books is None else _spent(books)),
            }
        )

    def _take(self, kind: str, data: Mapping[str, Any]) -> None:
        if kind == "evaluate":
            self._done += len(data["keys"])
        elif kind == "note" and data["kind"] in {"accepted", "rejected"}:
            told: Mapping[str, Any] = data["data"]
            fate = "pool" if data["kind"] == "accepted" else str(told.get("fate", "rejected"))
            self._notes[int(told["number"])] = (fate, int(told.get("step", 0)), self._done)
            self._steps = max(self._steps, int(told.get("step", 0)))
        self._books = data.get("books", self._books)

    def _member(self, candidate: Candidate, seed: Mapping[str, JsonValue]) -> MemberRecord:
        fate, step, spent = self._notes.get(candidate.number, ("", self._steps, self._done))
        scores = self._scores.get(candidate.key, {})
        count, usage = self._costs.get(candidate.key, (0, Usage()))
        return MemberRecord(
            number=candidate.number,
            parents=candidate.parents,
            proposer=candidate.proposer,
            hypothesis=candidate.hypothesis,
            fate="seed" if candidate.number == 0 else fate,
            changes={path: value for path, value in candidate.values.items() if value != seed.get(path)},
            scores={case: sum(some) / len(some) for case, some in scores.items()},
            step=step if candidate.number else 0,
            spent=spent if candidate.number else min((one[2] for one in self._notes.values()), default=self._done),
            rollouts=count,
            cost=Spent.of(usage) if count else None,
        )

    def _view(self, limits: Mapping[str, float]) -> LedgerView | None:
        if self._books is None:
            return None
        ledger = OptimizationLedger(Budget.of(self._record.get("budget") or limits))
        ledger.restore(self._books)
        return ledger.view()


def _spent(books: LedgerView) -> dict[str, Any]:
    lines = {"task_spent": books.task, "optimizer_spent": books.optimizer}
    found = {name: Spent(calls=line.calls, tokens=line.tokens, dollars=line.dollars) for name, line in lines.items()}
    return {**found, "budget": dict(books.budget.limited)}
