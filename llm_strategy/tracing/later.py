"""A span that is opened when somebody first asks for the one that is open."""

from __future__ import annotations

from contextvars import copy_context
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from llm_strategy.tracing.open_span import OpenSpan

__all__ = ["LaterSpan"]


class LaterSpan:
    """Opens a span when it is needed, in the context in which this was made.

    Of several threads that ask at once, all get the span of the one that was first. There is no lock: the garbage
    collector may ask in the middle of it.

    Args:
        begin: opens the span; what it makes may be thrown away.
    """

    __slots__ = ("_begin", "_context", "_is_over", "_made")

    def __init__(self, begin: Callable[[], OpenSpan]) -> None:
        self._begin = begin
        self._context = copy_context()
        self._made: dict[str, OpenSpan] = {}
        self._is_over = False

    @property
    def begun(self) -> OpenSpan | None:
        """The span; None where nobody has asked for it."""
        return self._made.get("span")

    def asked(self) -> OpenSpan | None:
        """Return the span, which is opened now where it is not; None where it was not needed in its time."""
        span = self._made.get("span")
        if span is None and not self._is_over:
            span = self._made.setdefault("span", self._context.copy().run(self._begin))
        return span

    def close(self) -> OpenSpan | None:
        """Open it no more; return it where it was opened."""
        self._is_over = True
        return self.begun
