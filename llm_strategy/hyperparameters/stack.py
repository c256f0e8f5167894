"""The scopes that are in force: each thread and each task has its own."""

from __future__ import annotations

import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llm_strategy.hyperparameters.resolution import Resolved
    from llm_strategy.hyperparameters.scope import Hyperparameters
    from llm_strategy.hyperparameters.stamps import Stamp

__all__ = [
    "NOTHING",
    "Stack",
    "add_base_scope",
    "base_scopes",
    "enter",
    "in_force",
    "in_scope",
    "leave",
    "remove_base_scope",
]


class Stack:
    """Scopes in the order in which they were entered; never changed."""

    __slots__ = ("order", "resolved", "scopes", "stamp")

    def __init__(self, scopes: tuple[Hyperparameters, ...] = ()) -> None:
        self.scopes = scopes
        inner = {id(scope): scope for scope in reversed(scopes)}
        self.order = tuple(reversed(inner.values()))
        """Each scope once, where it is innermost."""
        self.stamp: Stamp | None = None
        """What was computed of it last."""
        self.resolved: dict[str, Resolved] = {}
        """What the last call of each function found."""


NOTHING = Stack()

_IN_FORCE: ContextVar[Stack] = ContextVar("hyperparameters_in_force", default=NOTHING)
_lock = threading.Lock()
_bases: list[tuple[Hyperparameters, ...]] = [()]


def in_force() -> Stack:
    """Return the scopes that are in force here."""
    return _IN_FORCE.get()


def base_scopes() -> tuple[Hyperparameters, ...]:
    """Return the scopes that collect in every thread."""
    return _bases[0]


def in_scope() -> bool:
    """Whether any scope is in force here, or collects everywhere.

    >>> in_scope()
    False
    """
    return _IN_FORCE.get() is not NOTHING or bool(_bases[0])


def enter(scope: Hyperparameters) -> None:
    """Put a scope inside of those in force."""
    _IN_FORCE.set(Stack((*_IN_FORCE.get().scopes, scope)))


def leave(scope: Hyperparameters) -> None:
    """Remove the innermost entry of a scope; scopes may be left in any order."""
    scopes = _IN_FORCE.get().scopes
    for index in range(len(scopes) - 1, -1, -1):
        if scopes[index] is scope:
            left = scopes[:index] + scopes[index + 1 :]
            _IN_FORCE.set(Stack(left) if left else NOTHING)
            return


def add_base_scope(scope: Hyperparameters) -> None:
    """Let a scope collect what is used in every thread of the process, outside of all others; it applies nothing."""
    with _lock:
        _bases[0] = (*_bases[0], scope)


def remove_base_scope(scope: Hyperparameters) -> None:
    """Let a scope collect no longer."""
    with _lock:
        _bases[0] = tuple(one for one in _bases[0] if one is not scope)
