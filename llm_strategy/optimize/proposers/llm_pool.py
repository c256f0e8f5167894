"""A fixed pool of values that people wrote beforehand: the search is measured, and not the writer."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import HyperparameterError
from llm_strategy.optimize.search.candidate import Proposal, key_of
from llm_strategy.optimize.space.choosing import chosen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from llm_strategy.optimize.search.candidate import Values
    from llm_strategy.optimize.search.requests import Propose
    from llm_strategy.optimize.space import Space

__all__ = ["PoolProposer"]


class PoolProposer:
    """Proposes what stands in a pool: each time an entry, put on top of the parent, that makes something untried.

    Args:
        space: what may be changed.
        pool: entries: some values each, by the paths of their leaves, or as much of these as tells them apart.
        name: what it is called; the search knows proposers by their names.

    Raises:
        HyperparameterError: the pool is empty, names a leaf that does not exist, or holds a value that does not fit.
    """

    def __init__(self, space: Space, pool: Iterable[Mapping[str, Any]], *, name: str = "llm") -> None:
        self._space = space
        self._name = name
        self._entries = [_entry(space, values, f"pool[{number}]") for number, values in enumerate(pool)]
        if not self._entries:
            raise HyperparameterError(
                "The pool is empty. Give one entry at least, such as {'write:instruction': '...'}."
            )

    @property
    def name(self) -> str:
        """What it is called in logs and reports."""
        return self._name

    def propose(self, request: Propose) -> Sequence[Proposal]:
        """Return an entry on top of the parent; where all of these were tried, say so."""
        parent = request.parents[0].values
        tried = {one.candidate.key for one in request.tried} | {key_of(parent)}
        order = list(self._entries)
        random.Random(request.stream).shuffle(order)  # noqa: S311 (for drawing, not for secrets)
        for entry in order:
            values = self._space.checked({**parent, **entry})
            if key_of(values) not in tried:
                return [Proposal(values, hypothesis=", ".join(sorted(entry)))]
        return [Proposal(None, problem="Every entry of the pool was tried on top of this parent.")]


def _entry(space: Space, values: Mapping[str, Any], where: str) -> Values:
    chosen(where, values, space.seed)  # it says what is no leaf
    try:
        found = {space.leaf(name).path: value for name, value in values.items()}
        checked = space.checked({**space.seed, **found})
    except HyperparameterError as error:
        raise HyperparameterError(f"{where}: {error}") from error
    return {path: checked[path] for path in found}
