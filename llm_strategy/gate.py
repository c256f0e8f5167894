"""A gate before all models of the process: what stands there may refuse a request at the last moment.

Tests close it, so that no hosted model is asked by accident. Replies of caches and journals do not come by here. It
stands by itself, so that the pytest plugin loads nothing of the library in tests that do not use it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["GUARDS", "check_gate", "guarded"]

GUARDS: list[Callable[[object], None]] = []
"""Who looks at each model that is asked, in any thread; what they raise is raised in the flow that asks."""


@contextmanager
def guarded(guard: Callable[[object], None]) -> Generator[None]:
    """Let `guard` look at every model that is asked meanwhile, by whatever thread or task."""
    GUARDS.append(guard)
    try:
        yield
    finally:
        GUARDS.remove(guard)


def check_gate(model: object) -> None:
    """Let all guards look at a model. Raises what they raise."""
    for guard in tuple(GUARDS):
        guard(model)
