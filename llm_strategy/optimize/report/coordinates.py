"""Parallel coordinates: each candidate is a line through what it is made of, its score, and what it costs."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from llm_strategy.optimize.report.words import thinly_scored
from llm_strategy.tracing.exporters.html.texts import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.optimize.report.parts import LeafRecord, MemberRecord
    from llm_strategy.optimize.report.report import OptimizationReport

__all__ = ["coordinates_of", "short_names"]

_MOST_AXES: Final = 10
_LONGEST: Final = 200


def coordinates_of(report: OptimizationReport, members: Sequence[MemberRecord]) -> dict[str, Any] | None:
    """Return axes and lines; None where nothing differs, as there is nothing to compare.

    A text stands on its axis by how long it is: what it says is in the differences.

    >>> from llm_strategy.testing.sample_optimizations import sample_report
    >>> report = sample_report()
    >>> [axis["name"] for axis in coordinates_of(report, report.members)["axes"]][-2:]
    ['tokens a rollout', 'dollars a rollout']
    """
    thin = thinly_scored(members)
    scored = sorted(
        (one for one in members if one.scores and one.number not in thin), key=lambda one: one.mean or 0.0
    )  # the best are drawn last
    names = short_names([leaf.path for leaf in report.leaves])
    axes = [_leaf_axis(leaf, names[leaf.path], scored) for leaf in report.leaves]
    differing = [axis for axis in axes if len({json.dumps(value) for value in axis["values"]}) > 1]
    if len(scored) < 2 or not differing:
        return None
    outcomes = [*_outcomes(scored)]
    room = max(2, _MOST_AXES - len(outcomes))
    for place, axis in enumerate(differing):
        axis["drawn"] = place < room
    return {
        "unit": "candidate",
        "axes": [*differing, *outcomes],
        "lines": [[0, one.number, one.proposer] for one in scored],
    }


def short_names(paths: Sequence[str]) -> dict[str, str]:
    """Return a name for each path, as short as can be told from the others.

    >>> short_names(["a.f:size", "a.g:size", "a.g:name"])
    {'a.f:size': 'f.size', 'a.g:size': 'g.size', 'a.g:name': 'name'}
    """
    parts = {path: path.partition(":") for path in paths}
    used = Counter(field for _, _, field in parts.values())
    nearer = Counter(f"{function.rpartition('.')[2]}.{field}" for function, _, field in parts.values())
    found: dict[str, str] = {}
    for path, (function, _, field) in parts.items():
        near = f"{function.rpartition('.')[2]}.{field}"
        found[path] = (field if used[field] == 1 else near if nearer[near] == 1 else path) or path
    return found


def _leaf_axis(leaf: LeafRecord, name: str, members: Sequence[MemberRecord]) -> dict[str, Any]:
    values = [member.changes.get(leaf.path, leaf.seed) for member in members]
    axis: dict[str, Any] = {"name": name, "of": leaf.path, "outcome": False, "drawn": True}
    if leaf.kind in {"text", "examples", "data"}:
        lengths = [len(value) if isinstance(value, str | list) else len(json.dumps(value)) for value in values]
        return {**axis, "name": f"{name}, size", "kind": "number", "values": lengths}
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        numbers = [plain(value) for value in values]
        if all(isinstance(number, int | float) for number in numbers):
            return {**axis, "kind": "number", "values": numbers}
    labels = [value if isinstance(value, str) else json.dumps(value) for value in values]
    return {**axis, "kind": "category", "values": [label[:_LONGEST] for label in labels]}


def _outcomes(members: Sequence[MemberRecord]) -> list[dict[str, Any]]:
    columns: dict[str, list[float | None]] = {"score": [member.mean for member in members]}
    for name in dict.fromkeys(name for member in members for name in member.objectives):
        columns[name if name not in columns else f"objective {name}"] = [one.objectives.get(name) for one in members]
    columns["tokens a rollout"] = [_each(one, None if one.cost is None else one.cost.tokens) for one in members]
    columns["dollars a rollout"] = [_each(one, None if one.cost is None else one.cost.dollars) for one in members]
    return [
        {"name": name, "of": "", "kind": "number", "outcome": True, "drawn": True, "values": [*map(_number, values)]}
        for name, values in columns.items()
        if any(_number(value) is not None for value in values)
    ]


def _each(member: MemberRecord, whole: float | None) -> float | None:
    return float(f"{whole / member.rollouts:.9g}") if whole is not None and member.rollouts else None


def _number(value: float | None) -> float | None:
    found = plain(value)
    return found if isinstance(found, int | float) else None
