"""A gate before all models of the process: what stands there may refuse a request at the last moment.

Tests close it, so that no hosted model is asked by accident. Replies of caches, journals and doubles do not come by here.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from llm_strategy.flow.model import ChatModel

__all__ = ["GUARDS", "check_gate", "guarded"]

GUARDS: list[Callable[[ChatModel], None]] = []
"""Who looks at each model that is asked, in any thread; what they raise is raised in the flow that asks."""


@contextmanager
def guarded(guard: Callable[[ChatModel], None]) -> Generator[None]:
    """Let `guard` look at every model that is asked meanwhile, by whatever thread or task."""
    GUARDS.append(guard)
    try:
        yield
    finally:
        GUARDS.remove(guard)


def check_gate(model: ChatModel) -> None:
    """Let all guards look at a model. Raises what they raise."""
    for guard in tuple(GUARDS):
        guard(model)
