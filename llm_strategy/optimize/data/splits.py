"""Splits: cases to learn from, to choose by, and to judge by at the end; no case is in two of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import InputError
from llm_strategy.hyperparameters.mistakes import shown
from llm_strategy.optimize.data.dataset import Dataset, dataset
from llm_strategy.optimize.streams import stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from llm_strategy.optimize.data.items import Item

__all__ = ["check_apart", "split"]

_SHOWN = 3


def split(
    items: Iterable[Any] | Dataset,
    *,
    train: float = 0.3,
    val: float = 0.3,
    test: float = 0.4,
    seed: int = 0,
) -> tuple[Dataset, Dataset, Dataset]:
    """Split items into those to learn from, to choose by, and to judge by; each gets its share of every group.

    Which item goes where depends on the seed and on the items, not on their order. Cases that ask the same stay
    together.

    >>> train, val, test = split(range(10), train=4, val=3, test=3)
    >>> len(train), len(val), len(test)
    (4, 3, 3)

    Args:
        items: the items, or a data set.
        train: how many to learn from, or, below 1, which share of all.
        val: how many to choose by, or which share.
        test: how many to judge by, or which share; 0 for none.
        seed: seeds the draw.

    Raises:
        InputError: there are fewer items than asked for, or fewer different ones than parts; a number is none.
    """
    whole = dataset(items)
    sizes = _sizes(len(whole), {"train": train, "val": val, "test": test})
    parts: list[set[str]] = [set(), set(), set()]
    for alike in _spread(whole, seed):
        at = next((at for at, size in enumerate(sizes) if len(parts[at]) < size), None)
        if at is not None:
            parts[at].update(one.id for one in alike)
    if any(size and not part for size, part in zip(sizes, parts, strict=True)):
        raise InputError(
            f"split({_told({'train': train, 'val': val, 'test': test})}): cases that ask the same stay together, and "
            f"{_distinct(whole)} are too few for {' + '.join(map(str, sizes))}. Give more, or other numbers or shares."
        )
    learn, choose, judge = (Dataset(one for one in whole.items if one.id in part) for part in parts)
    return learn, choose, judge


def _sizes(count: int, wanted: Mapping[str, Any]) -> list[int]:
    for name, size in wanted.items():
        good = isinstance(size, int | float) and not isinstance(size, bool) and 0 <= size < math.inf
        if not good or (isinstance(size, float) and size > 1) or (size == 0 and name != "test"):
            raise InputError(f"split({name}={size!r}): use how many items, such as 40, or which share, such as 0.3.")
    shares = [size for size in wanted.values() if isinstance(size, float)]
    if sum(shares) > 1 + 1e-9:
        raise InputError(f"split({_told(wanted)}): the shares add up to more than 1. Give smaller ones.")
    sizes: list[int] = []
    before = 0.0
    for size in wanted.values():  # what is rounded off of one share is added to the next one
        exact = size * count + before if isinstance(size, float) else size
        sizes.append(math.floor(exact + 0.5))
        before = exact - sizes[-1]
    if sum(sizes) > count or not (sizes[0] and sizes[1]):
        few = "1 item is" if count == 1 else f"{count} items are"
        raise InputError(
            f"split({_told(wanted)}): {few} too few for {' + '.join(map(str, sizes))}; train and val need one each at "
            "least. Give more, or other numbers or shares."
        )
    return sizes


def _told(wanted: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={size!r}" for name, size in wanted.items())


def _distinct(whole: Dataset) -> str:
    count = len({one.asked for one in whole.items})
    return f"{len(whole)} of which {count} {'is' if count == 1 else 'are'} different"


def _spread(whole: Dataset, seed: int) -> list[list[Item]]:
    """Return items that ask the same together, in an order of which each stretch has its share of each group."""
    alike: dict[str, list[Item]] = {}
    for one in sorted(whole.items, key=lambda one: (one.content, one.id)):
        alike.setdefault(one.asked, []).append(one)
    groups: dict[str, list[list[Item]]] = {}
    for unit in alike.values():
        groups.setdefault(unit[0].group, []).append(unit)
    placed: list[tuple[float, str, int, list[Item]]] = []
    for name, units in groups.items():
        draw = stream(seed, "split", name)
        draw.shuffle(units)
        offset = draw.random()
        placed.extend(((at + offset) / len(units), name, at, unit) for at, unit in enumerate(units))
    return [unit for *_, unit in sorted(placed, key=lambda one: one[:3])]


def check_apart(**splits: Dataset | None) -> None:
    """Make sure that no case is in two splits: what was learned from cannot be judged by.

    Two cases are the same where they ask the same, whatever their ids and whatever is expected.

    Raises:
        InputError: a case is in two splits; the error names them.
    """
    seen: dict[str, tuple[str, Item]] = {}
    leaks: list[str] = []
    for name, data in splits.items():
        for one in () if data is None else data.items:
            first, twin = seen.setdefault(one.asked, (name, one))
            if first != name:
                leaks.append(f"{first} has {twin.id!r} and {name} has {one.id!r}: {shown(one.parameters, 80)}")
    if leaks:
        more = f"; and {len(leaks) - _SHOWN} more" if len(leaks) > _SHOWN else ""
        raise InputError(
            f"The same cases are in two splits ({'; '.join(leaks[:_SHOWN])}{more}). Results on them would be too good "
            "to be true. Leave them out of one, or give one data set to split(...)."
        )
