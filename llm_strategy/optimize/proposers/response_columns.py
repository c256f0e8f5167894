"""What a response surface sees of values: a row of numbers.

A number has a column that is linear in its place between its bounds and one that is quadratic; a choice has one for
each option; a text has one for itself and one for each text that it was made from, so that what is known of these is
expected of it until its own scores say otherwise. Pairs of leaves have the products of their columns, but for pairs of
texts.
"""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING, Any

from llm_strategy.optimize.search.candidate import key_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from llm_strategy.optimize.proposers.tunable import Tunable
    from llm_strategy.optimize.search.candidate import Values
    from llm_strategy.optimize.search.requests import Scored

__all__ = ["Columns"]

_ALONE, _TOGETHER, _FIRST = 1.5, 0.6, 3.0
"""How far weights are expected to be from 0: those of a leaf, those of a pair, and what all rollouts have in common."""
_TEXTS = 40
"""Texts of one leaf that have a column of their own; others are taken for what they were made from."""
_PAIRED_TEXTS = 8
"""Texts of one leaf that have columns together with other leaves."""
_MOST = 300
"""Columns of pairs; where there would be more, there are none."""


class Columns:
    """Turns values into rows."""

    def __init__(self, leaves: Sequence[Tunable], written: Collection[str], tried: Sequence[Scored]) -> None:
        """Begin.

        Args:
            leaves: what is tuned.
            written: the paths of all else that is searched.
            tried: the candidates so far, from which texts have their descent.
        """
        self._leaves = leaves
        self._texts = [_Texts(path, tried) for path in sorted(written)]
        pairs = sum(a * b for a, b in combinations([_width(leaf) for leaf in leaves], 2))
        texts = sum(len(one.paired) * _width(leaf) for one in self._texts for leaf in leaves)
        self._pairs = pairs <= _MOST
        self._text_pairs = texts <= _MOST

    def row(self, values: Values) -> list[float]:
        """Return the row of values."""
        alone, linear = [1.0], list[list[float]]()
        for leaf in self._leaves:
            own = _columns(leaf, values[leaf.path])
            alone += own
            linear.append(own if leaf.options else own[:1])
        texts: list[list[float]] = []
        for one in self._texts:
            own, paired = one.columns(values[one.path])
            alone += own
            texts.append(paired)
        pairs = list(combinations(linear, 2)) if self._pairs else []
        pairs += [(text, other) for text in texts for other in linear] if self._text_pairs else []
        return alone + [a * b for first, second in pairs for a in first for b in second]

    def deviations(self, width: int) -> list[float]:
        """Return how far the weights of a row's columns are expected to be from 0."""
        alone = sum(len(leaf.options) or 2 for leaf in self._leaves) + sum(one.width for one in self._texts)
        return [_FIRST] + [_ALONE] * alone + [_TOGETHER] * (width - alone - 1)


def _width(leaf: Tunable) -> int:
    return len(leaf.options) or 1


def _columns(leaf: Tunable, value: Any) -> list[float]:
    if leaf.options:
        at = leaf.index(value)
        return [float(at == one) for one in range(len(leaf.options))]
    place = leaf.place(value)
    if place is None:
        return [0.0, 0.0]
    centred = 2 * place - 1
    return [centred, centred * centred - 1 / 3]


class _Texts:
    """The texts of one leaf, and their descent."""

    def __init__(self, path: str, tried: Sequence[Scored]) -> None:
        self.path = path
        own = {one.candidate.number: _name(one.candidate.values[path]) for one in tried}
        self._line: dict[str, tuple[str, ...]] = {}
        counts: Counter[str] = Counter()
        for one in tried:
            name = own[one.candidate.number]
            if name not in self._line:
                parent = own.get(one.candidate.parents[0], "") if one.candidate.parents else ""
                self._line[name] = (*self._line.get(parent, ()), name)
            counts[name] += one.count
        root = next(iter(self._line), "")
        often = [name for name, _ in counts.most_common() if name != root]
        kept = often[:_TEXTS]
        self._at = {name: at for at, name in enumerate(kept)}
        self.width = len(kept)
        self.paired = kept[:_PAIRED_TEXTS]

    def columns(self, text: Any) -> tuple[list[float], list[float]]:
        """Return the columns of a text, and those of them that go together with other leaves."""
        row = [0.0] * self.width
        for name in self._line.get(_name(text), ()):
            if name in self._at:
                row[self._at[name]] = 1.0
        return row, row[: len(self.paired)]


def _name(value: Any) -> str:
    return value if isinstance(value, str) else key_of({"": value})
