"""Data sets: what a task is tried on, under names that are the same in every run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import InputError
from llm_strategy.hyperparameters.mistakes import near, shown
from llm_strategy.optimize.data.items import Item, item_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Dataset", "dataset"]


class Dataset:
    """Items by their ids, in order; made by `dataset`. It does not change.

    >>> data = dataset(["Rome", "Bees"])
    >>> len(data), [data.case(one) for one in data.ids]
    (2, ['Rome', 'Bees'])
    """

    __slots__ = ("_by_id", "digest", "ids", "items")

    def __init__(self, items: Iterable[Item]) -> None:
        self.items: tuple[Item, ...] = tuple(items)
        """The items."""
        self._by_id = {one.id: one for one in self.items}
        self.ids: tuple[str, ...] = tuple(self._by_id)
        """Their ids, in order."""
        text = "\n".join(f"{one.id} {one.group} {one.content}" for one in self.items)
        self.digest: str = hashlib.sha256(text.encode()).hexdigest()[:16]
        """A hash of all items, in order."""

    def case(self, name: str) -> Any:
        """Return an item as it was given. Raises InputError."""
        return self._item(name).case

    def parameters(self, name: str) -> Any:
        """Return what the task is called with. Raises InputError."""
        return self._item(name).parameters

    def group(self, name: str) -> str:
        """Return the group of an item; '' for none. Raises InputError."""
        return self._item(name).group

    def _item(self, name: str) -> Item:
        try:
            return self._by_id[name]
        except KeyError:
            raise InputError(f"There is no item {name!r} among {len(self)}. {near(name, self.ids)}".rstrip()) from None

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[str]:
        return iter(self.ids)

    def __contains__(self, name: object) -> bool:
        return name in self._by_id

    def __repr__(self) -> str:
        return f"<{len(self)} items, {self.digest}>"

    def __reduce__(self) -> Any:
        return Dataset, (self.items,)


def dataset(items: Iterable[Any] | Dataset, *, duplicates: bool = False, name: str = "data") -> Dataset:
    """Return items as a data set.

    Args:
        items: cases, or whatever else the task is called with: texts, dicts, models, dataclasses, tuples.
        duplicates: whether items that are there before are left out; they are an error otherwise.
        name: what the data are called in errors.

    Raises:
        InputError: there are no items, an item is there twice, or has no JSON form and no id.
    """
    if isinstance(items, Dataset):
        return items
    if isinstance(items, str | bytes) or not hasattr(items, "__iter__"):
        raise InputError(f"{name}: {shown(items)} is no list of items. Give a list of cases.")
    if issubclass(type(items), Mapping) or hasattr(items, "columns"):
        raise InputError(
            f"{name}: {shown(items)} is no list of items: going through it gives names. Give its rows, or its values."
        )
    found: dict[str, tuple[int, Item]] = {}
    for number, case in enumerate(items, 1):
        one = item_of(case, number)
        if one.id not in found:
            found[one.id] = (number, one)
        elif not duplicates or one.content != found[one.id][1].content:
            raise _twice(name, one, found[one.id], number)
    if not found:
        raise InputError(f"{name}: there are no items. Give one case at least.")
    return Dataset(one for _, one in found.values())


def _twice(name: str, one: Item, earlier: tuple[int, Item], number: int) -> InputError:
    before, first = earlier
    if one.content == first.content:
        return InputError(
            f"{name}: item {number} is item {before} again: {shown(one.case, 120)}. Leave it out, or pass "
            "dataset(items, duplicates=True), which does."
        )
    return InputError(f"{name}: items {before} and {number} are both called {one.id!r}. Give them ids of their own.")
