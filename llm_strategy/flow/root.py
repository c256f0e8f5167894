"""Which flow is under way: paths of different flows look alike, and what is kept from run to run must not."""

from __future__ import annotations

from contextvars import ContextVar
from functools import cached_property
from threading import get_ident
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context, Token
    from types import TracebackType

__all__ = ["Root", "current_root", "rooted"]


class Root:
    """One flow that a driver was given, from its first step to its end, with the flows that run side by side in it.

    Flows of a `Parallel` have the root of the flow that asked. A flow that is run by a request of another flow has a
    root of its own.
    """

    def __init__(self, around: Root | None = None, *, key: str = "") -> None:
        self.around = around
        """The flow whose request runs this one."""
        self.is_guest = bool(key)
        """Whether the flow began elsewhere, as one whose branches run in other processes: its end is known there."""
        self.thread = get_ident()
        """Where it began."""
        self.failed = False
        """Whether it is over, and ended in an error."""
        self.watched_by: set[object] = set()
        """Who was told of the flow, and wants to know of its end."""
        self._key = key
        self._on_end: list[Callable[[], object]] = []

    @cached_property
    def key(self) -> str:
        """A name of its own, also among processes; pass it to `Root(key=...)` there."""
        return self._key or uuid4().hex

    def on_end(self, call: Callable[[], object]) -> None:
        """Have `call` called when the flow is over; a guest never calls it."""
        if not self.is_guest:
            self._on_end.append(call)

    def end(self) -> None:
        """Say that the flow is over."""
        calls, self._on_end = self._on_end, []
        for call in calls:
            call()


_ROOT: ContextVar[Root | None] = ContextVar("llm_strategy_root", default=None)


def current_root() -> Root | None:
    """Return the flow that is under way here."""
    return _ROOT.get()


class rooted:  # noqa: N801 (reads as a phrase: `with rooted()`)
    """Let a flow be the one that is under way inside the `with`; it is over there.

    In a context of its own nothing has to be put back afterwards.
    """

    __slots__ = ("_context", "_root", "_token")

    def __init__(self, root: Root | None = None, *, context: Context | None = None) -> None:
        self._root = root
        self._context = context
        self._token: Token[Root | None] | None = None

    def __enter__(self) -> Root:
        around = _ROOT.get() if self._context is None else self._context.run(_ROOT.get)
        root = self._root = Root(around) if self._root is None else self._root
        if self._context is None:
            self._token = _ROOT.set(root)
        else:
            self._context.run(_ROOT.set, root)
        return root

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if self._token is not None:
                _ROOT.reset(self._token)
        except ValueError:
            pass  # an abandoned coroutine is closed in another context than its own: nothing to undo
        finally:
            if self._root is not None:
                self._root.failed = isinstance(error, Exception)
                self._root.end()
