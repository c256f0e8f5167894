"""The Pareto front: candidates that are the best somewhere, without those that another one is at least as good as."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Row", "dominates", "front_of", "wins"]

Row: TypeAlias = "Sequence[float | None]"
"""Scores of one candidate by column: a case or an objective; None where it was not tried."""


def dominates(first: Row, second: Row) -> bool:
    """Whether the first is known wherever the second is, nowhere worse, and somewhere better or known for more.

    >>> dominates([1, 0, 1], [1, 0, 0]), dominates([1, 0], [0, 1]), dominates([1, 1], [1, None])
    (True, False, True)
    """
    more = False
    for one, other in zip(first, second, strict=True):
        if one is None:
            if other is not None:
                return False
        elif other is None or one > other:
            more = True
        elif one < other:
            return False
    return more


def front_of(rows: Mapping[int, Row]) -> list[int]:
    """Return the numbers of the candidates that no other one dominates; of equal ones, the newest.

    The newest of equals is kept because it got past a gate that the older one set.

    >>> front_of({0: [1, 0], 1: [0, 1], 2: [0, 0], 3: [1, 0]})
    [1, 3]
    """
    front: list[int] = []
    for number in sorted(rows, reverse=True):
        row = rows[number]
        if any(dominates(rows[other], row) or list(rows[other]) == list(row) for other in front):
            continue
        front = [other for other in front if not dominates(row, rows[other])]
        front.append(number)
    return sorted(front)


def wins(rows: Mapping[int, Row], front: Sequence[int]) -> list[int]:
    """Return by how many columns each member of the front is the best, or as good as the best.

    >>> wins({0: [1, 0, 1], 1: [0, 1, 1]}, [0, 1])
    [2, 2]
    """
    counts = dict.fromkeys(front, 0)
    columns = len(rows[front[0]]) if front else 0
    for column in range(columns):
        known = [(value, number) for number in front if (value := rows[number][column]) is not None]
        best = max((value for value, _ in known), default=None)
        for value, number in known:
            counts[number] += value == best
    return [counts[number] for number in front]
