"""The order in which cases are used: drawn once, and such that every beginning of it has its share of each group."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping, Sequence

    from llm_strategy.optimize.search.orders import Split

__all__ = ["in_order", "set_aside"]


def in_order(cases: Sequence[str], split: Split, groups: Mapping[str, str], draws: random.Random) -> tuple[str, ...]:
    """Return cases in the order of use.

    Args:
        cases: their ids.
        split: where they belong.
        groups: their groups, by `split/id`; those without one are a group of their own.
        draws: random numbers for this order alone.

    >>> import random
    >>> groups = {f"val/{case}": "even" if case % 2 == 0 else "odd" for case in range(8)}
    >>> order = in_order([str(case) for case in range(8)], "val", groups, random.Random(0))
    >>> sorted(int(case) % 2 for case in order[:4])
    [0, 0, 1, 1]
    """
    by_group: dict[str, list[str]] = {}
    for case in cases:
        by_group.setdefault(groups.get(f"{split}/{case}", ""), []).append(case)
    places: list[tuple[float, str]] = []
    for name in sorted(by_group):
        members = by_group[name]
        draws.shuffle(members)
        start = draws.random()
        places += [((index + start) / len(members), case) for index, case in enumerate(members)]
    return tuple(case for _, case in sorted(places, key=lambda place: place[0]))


def set_aside(cases: Sequence[str], share: float) -> int:
    """Return how many of the cases are kept for the end, so that some are left to choose by.

    >>> set_aside("abcde", 0.5), set_aside("a", 0.9), set_aside("abc", 1.0)
    (2, 0, 2)
    """
    return min(int(len(cases) * share), len(cases) - 1)
