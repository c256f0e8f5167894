"""Who pays for a run: the task on one line, its metric on another."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llm_strategy.flow import layered

if TYPE_CHECKING:
    from collections.abc import Generator
    from contextlib import AbstractContextManager

    from llm_strategy.flow import Layer

__all__ = ["Books"]


@dataclass(frozen=True, slots=True)
class Books:
    """Layers that pay, such as those of budgets. They travel to the workers of a cluster."""

    task: tuple[Layer, ...] = ()
    """What pays for the task's requests, outermost first."""
    metric: tuple[Layer, ...] = ()
    """What pays for the requests of the metric: a judge belongs to the optimizer."""

    def paying(self, layers: tuple[Layer, ...]) -> AbstractContextManager[object]:
        """Let one of the lines pay for what happens inside."""
        return layered(layers[0]) if len(layers) == 1 else _all_of(layers)


@contextmanager
def _all_of(layers: tuple[Layer, ...]) -> Generator[None]:
    with ExitStack() as stack:
        for layer in layers:
            stack.enter_context(layered(layer))
        yield
