"""Cases by split, those among them that a model makes up while the search goes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llm_strategy.optimize.data import Dataset
    from llm_strategy.optimize.search.orders import Split
    from llm_strategy.optimize.synthetic import SyntheticCases

__all__ = ["LiveData"]


class LiveData(Mapping["Split", "Dataset"]):
    """Cases by split; those of `synthetic` are the ones that there are at this moment.

    Args:
        fixed: the cases that were given.
        synthetic: those that a model makes up; None for none.
    """

    def __init__(self, fixed: Mapping[Split, Dataset], synthetic: SyntheticCases | None = None) -> None:
        self._fixed = dict(fixed)
        self._synthetic = synthetic

    def __getitem__(self, split: Split) -> Dataset:
        if split == "synthetic" and self._synthetic is not None:
            return self._synthetic.data
        return self._fixed[split]

    def __iter__(self) -> Iterator[Split]:
        yield from self._fixed
        if self._synthetic is not None:
            yield "synthetic"

    def __len__(self) -> int:
        return len(self._fixed) + (self._synthetic is not None)
