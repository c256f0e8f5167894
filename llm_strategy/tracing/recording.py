"""Recording spans: which one is open in this thread or task, and how the next one is opened under it.

Where nothing is traced, opening a span costs one look at a context variable. Spans of sessions belong to the context in
which they were opened: threads and tasks that the library starts inherit it, others do with `carried`.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, cast

from llm_strategy.errors import ConfigurationError
from llm_strategy.tracing.later import LaterSpan

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from contextlib import AbstractContextManager
    from contextvars import Token
    from types import TracebackType

    from llm_strategy.tracing.open_span import OpenSpan
    from llm_strategy.tracing.records import Kind

__all__ = ["attached", "attached_later", "current_span", "is_open_here", "opened", "span", "told_by", "untraced"]


_CURRENT: ContextVar[OpenSpan | LaterSpan | Literal[False] | None] = ContextVar("llm_strategy_span", default=None)
"""The open span; None where only that of the process may be, False where nothing is to be recorded."""
_OF_PROCESS: list[Callable[[], OpenSpan | None]] = []
_TOLD: list[Callable[[OpenSpan], OpenSpan]] = []


def current_span() -> OpenSpan | None:
    """Return the span that is open here, or None where nothing is traced."""
    held = _CURRENT.get()
    found = held.asked() if isinstance(held, LaterSpan) else held
    if found and found.session.is_over and found.has_ended:
        found = _still_running(found)
    if found is None:
        found = _of_process()
        if found is not None and found.has_ended:
            return None
    if not found:
        return None
    return _TOLD[0](found) if _TOLD else found


def _still_running(span: OpenSpan) -> OpenSpan | None:
    """Return the nearest span around one that has ended with its session.

    Its session may still be the open one here: where it ended in another task, or where two of them ended in the wrong
    order. What begins now is no part of it. A call that outlives its session is recorded to its end.
    """
    around = span.parent
    while around is not None and around.session.is_over and around.has_ended:
        around = around.parent
    return around


def is_open_here(span: OpenSpan) -> bool:
    """Whether a span is the one that was made the open one here."""
    held = _CURRENT.get()
    return (held.begun if isinstance(held, LaterSpan) else held) is span


def told_by(inner: Callable[[OpenSpan], OpenSpan]) -> None:
    """Ask `inner` from now on whether a span inside the open one is under way that could not be made the open one."""
    _TOLD[:] = [inner]


def _of_process() -> OpenSpan | None:
    if not _OF_PROCESS:
        _OF_PROCESS.append(import_module("llm_strategy.tracing.process").process_span)
    return _OF_PROCESS[0]()


@contextmanager
def untraced() -> Generator[None]:
    """Record nothing inside."""
    token = _CURRENT.set(False)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def span(name: str, attributes: Mapping[str, Any] | None = None) -> AbstractContextManager[OpenSpan | None]:
    """Open a span of your own in the trace that is under way; where there is none, do nothing.

    >>> from llm_strategy.tracing import trace
    >>> with trace("shopping") as recorded, span("choose", {"colour": "red"}):
    ...     pass
    >>> [span.name for span in recorded.spans]
    ['shopping', 'choose']

    Raises:
        ConfigurationError: the name is no text, or the attributes are no mapping.
    """
    given, about = cast("object", name), cast("object", attributes)
    if not isinstance(given, str):
        raise ConfigurationError(f"span({given!r}): the name is {type(given).__name__}. Give a text.")
    if not (about is None or isinstance(about, Mapping)):
        raise ConfigurationError(f"span({name!r}, {about!r}): the attributes are no mapping. Give names and values.")
    return opened("step", name, attributes)


def opened(
    kind: Kind, name: str, attributes: Mapping[str, Any] | None = None
) -> AbstractContextManager[OpenSpan | None]:
    """Open a span under the one that is open here; it is the open one inside the `with`."""
    parent = current_span()
    return _NOTHING if parent is None else attached(parent.child(kind, name, attributes))


class _Nothing:
    """What there is to do where nothing is traced."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, *problem: object) -> None:
        return None


_NOTHING = _Nothing()


class attached:  # noqa: N801 (reads as a verb: `with attached(span)`)
    """Make a span the open one inside the `with`, and end it there, with the error that left it.

    With `ending=False` the span stays open: a streamed reply is worked on again and again.
    """

    __slots__ = ("_ambient", "_ending", "_span", "_token")

    def __init__(self, span: OpenSpan, *, ending: bool = True) -> None:
        self._span = span
        self._ending = ending

    def __enter__(self) -> OpenSpan:
        self._token: Token[OpenSpan | LaterSpan | Literal[False] | None] = _CURRENT.set(self._span)
        self._ambient = self._span.attach()
        return self._span

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            _CURRENT.reset(self._token)
            self._span.detach(self._ambient)
        except ValueError:
            pass  # an abandoned generator is closed in another context than the one it was opened in: nothing to undo
        if self._ending:
            self._span.leave(error)


@contextmanager
def attached_later(span: LaterSpan) -> Generator[None]:
    """Let a span of our own provider be the open one inside the `with`, as soon as somebody asks for that."""
    token = _CURRENT.set(span)
    try:
        yield
    finally:
        _CURRENT.reset(token)
