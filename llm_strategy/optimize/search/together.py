"""Several parts of a search at once: what they want at the same time is asked for at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from llm_strategy.optimize.search.asking import rolled

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from llm_strategy.optimize.search.asking import Steps, Wanted
    from llm_strategy.optimize.search.gates import Stage
    from llm_strategy.optimize.search.requests import Purpose
    from llm_strategy.optimize.search.run import Run

__all__ = ["together"]

T = TypeVar("T")


def together(run: Run, parts: Sequence[Generator[Stage, None, T]]) -> Steps[list[T | None]]:
    """Carry parts out side by side; what each ended with, None for those that the budget has cut short."""
    ends: list[T | None] = [None] * len(parts)
    waiting = list(range(len(parts)))
    while waiting:
        stages: dict[Purpose, list[Wanted]] = {}
        asking: list[int] = []
        for index in waiting:
            try:
                purpose, wanted = next(parts[index])
            except StopIteration as end:
                ends[index] = end.value
            else:
                stages.setdefault(purpose, []).extend(wanted)
                asking.append(index)
        for purpose, wanted in stages.items():
            if not (yield from rolled(run, wanted, purpose)):
                return ends
        waiting = asking
    return ends
