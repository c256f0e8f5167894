"""What the page of a report shows, as plain data of a bounded size."""

from __future__ import annotations

import json
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from llm_strategy.optimize.report.coordinates import coordinates_of
from llm_strategy.optimize.report.words import budget_rows, fate_of, stat_rows, thinly_scored, when_known
from llm_strategy.tracing.exporters.html.texts import Texts, plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import JsonValue

    from llm_strategy.optimize.report.parts import MemberRecord
    from llm_strategy.optimize.report.report import OptimizationReport

__all__ = ["MOST_MEMBERS", "MOST_TEXT", "payload_of"]

MOST_MEMBERS: Final = 2000
"""Candidates in a page. Where there are more, those that were rejected last are left out first."""
MOST_TEXT: Final = 6_000_000
"""Letters in a page. Where there are more, values of candidates that were rejected are left out first."""
_LONGEST: Final = 50_000
"""Letters of one text."""


def payload_of(report: OptimizationReport) -> dict[str, Any]:
    """Return the data of a page; the parts of its script know what stands where.

    >>> from llm_strategy.testing.sample_optimizations import sample_report
    >>> len(payload_of(sample_report(5))["members"])
    5
    """
    members = _shown(report)
    cases = list(dict.fromkeys(case for member in members for case in member.scores))
    rows = _Rows(report, cases)
    shown = [rows.row(member) for member in members]
    return {
        "task": report.task,
        "verdict": report.verdict,
        "mood": "warn" if report.is_seed else "good",
        "cautions": [*report.cautions],
        "reason": report.reason,
        "stats": [[*row] for row in stat_rows(report)],
        "budget": budget_rows(report),
        "leaves": [rows.leaf(place) for place in range(len(report.leaves))],
        "members": shown,
        "left_out": [len(report.members) - len(members), rows.without_values],
        "best": report.best_number,
        "winner": report.winner_number,
        "front": [*report.front],
        "cases": cases,
        "coordinates": coordinates_of(report, members),
        "calibration": _calibration(report),
        "missing": [[one.name, one.count, plain(one.weight), [*one.examples]] for one in report.missing],
        "synthetic": [[one.id, _written(one.parameters), one.why, plain(one.score)] for one in report.synthetic],
        "setup": _setup(report),
        "json": report.best if len(report.best) <= MOST_TEXT else "",
        "texts": rows.texts.all,
    }


class _Rows:
    """Candidates as rows, with their texts kept once."""

    def __init__(self, report: OptimizationReport, cases: Sequence[str]) -> None:
        self.texts = Texts()
        self.without_values = 0
        self._report = report
        self._leaves = {leaf.path: place for place, leaf in enumerate(report.leaves)}
        self._cases = {case: place for place, case in enumerate(cases)}
        self._room = MOST_TEXT
        self._thin = thinly_scored(report.members)
        self._known = when_known(report.members)

    def leaf(self, place: int) -> list[Any]:
        """Return a leaf: path, kind, what it means, its bounds, and what it was."""
        leaf = self._report.leaves[place]
        bounds = [plain(leaf.low), plain(leaf.high)]
        return [leaf.path, leaf.kind, leaf.description, *bounds, self.texts.number(_text(leaf.seed))]

    def row(self, member: MemberRecord) -> list[Any]:
        """Return a candidate; `model.js` knows what stands where."""
        per = max(1, member.rollouts)
        cost = member.cost
        scores = {self._cases[case]: round(score, 4) for case, score in member.scores.items() if isfinite(score)}
        return [
            member.number,
            [*member.parents],
            self.texts.number(member.proposer),
            self.texts.number(_cut(member.hypothesis)),
            fate_of(member),
            self.texts.number(_cut(member.fate)),
            plain(member.mean),
            member.step,
            self._known[member.number],
            member.rollouts,
            None if cost is None else round(cost.tokens / per, 1),
            None if cost is None or cost.dollars is None else plain(cost.dollars / per),
            self._changes(member),
            [*scores],
            [*scores.values()],
            [[name, plain(value)] for name, value in member.objectives.items()],
            int(member.number in self._thin),
        ]

    def _changes(self, member: MemberRecord) -> list[list[int]] | None:
        texts = {self._leaves[path]: _text(value) for path, value in member.changes.items() if path in self._leaves}
        size = sum(map(len, texts.values()))
        if size > self._room and not (member.is_kept and size <= self._room + MOST_TEXT):
            self.without_values += 1
            return None
        self._room -= size
        return [[leaf, self.texts.number(text)] for leaf, text in texts.items()]


def _shown(report: OptimizationReport) -> list[MemberRecord]:
    """Return the candidates that have room: all that got past their gates, and those that were rejected first."""
    if len(report.members) <= MOST_MEMBERS:
        return [*report.members]
    needed = {report.best_number, report.winner_number, *report.front}
    ranked = sorted(report.members, key=lambda one: (one.number not in needed, not one.is_kept, one.number))
    return sorted(ranked[:MOST_MEMBERS], key=lambda one: one.number)


def _calibration(report: OptimizationReport) -> dict[str, Any]:
    found = report.calibration
    rows = [[plain(one.low), plain(one.high), plain(one.told), plain(one.happened), one.count] for one in found.rows]
    return {"brier": plain(found.brier), "rows": rows}


def _setup(report: OptimizationReport) -> list[list[Any]]:
    told = [["engine", report.engine], ["random seed", str(report.random_seed)]]
    groups: list[tuple[str, Mapping[str, JsonValue]]] = [
        ("version of", dict(report.versions)),
        ("hash of", dict(report.hashes)),
        ("setting", report.settings),
    ]
    rows = [[f"{group} {name}", _text(value)] for group, told_of in groups for name, value in told_of.items()]
    return [*told, *rows]


def _text(value: JsonValue) -> str:
    return _cut(value if isinstance(value, str) else _written(value))


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text):,} characters)"
