"""What was derived last from some values, so that it need not be derived again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from llm_strategy.hyperparameters.copies import copy_of, same

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Recent"]

T = TypeVar("T")


@dataclass(slots=True)
class Recent(Generic[T]):
    """Keeps the last few results by the values that they were made of, which may change in place.

    >>> recent = Recent[int]()
    >>> recent.of({"text": "four"}, lambda: 4), recent.of({"text": "four"}, lambda: 5)
    (4, 4)
    """

    limit: int = 8
    """How many are kept."""
    _kept: tuple[tuple[Mapping[str, Any], T], ...] = ()

    def of(self, values: Mapping[str, Any], make: Callable[[], T]) -> T:
        """Return what was made of equal values, or else make it."""
        for past, made in self._kept:
            if past.keys() == values.keys() and all(same(value, past[name]) for name, value in values.items()):
                return made
        made = make()
        past = {name: copy_of(value) for name, value in values.items()}
        self._kept = ((past, made), *self._kept[: self.limit - 1])  # one step: other threads see the old or the new
        return made
