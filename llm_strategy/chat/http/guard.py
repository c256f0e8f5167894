"""The limits of one request: until when its reply must be there, how large it may be, and who may tell it to end."""

from __future__ import annotations

import socket
import time
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

from llm_strategy.errors import DamagedReplyError, TimedOutError
from llm_strategy.flow.step import Cancelled
from llm_strategy.flow.stopping import current_stop

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["MOST_BYTES", "Guard", "guarding", "present_guard"]

MOST_BYTES = 32 * 2**20
"""So large may a reply be, as it comes and unpacked. A reply of 100,000 tokens is below one hundredth of it."""


class Wire(Protocol):
    """A connection that can be ended from another thread."""

    def cut(self) -> None:
        """End it at once; whoever waits for it wakes up."""
        ...


class Guard:
    """Watches one request from its first byte to the last one of its reply.

    `check` is called wherever the request is about to wait, and after it. A guard serves one thread or task; only `cut`
    is called from others.
    """

    __slots__ = ("_deadline", "_forget", "_most", "_name", "_received", "_seconds", "_stopped", "_unpacked", "_wire")

    def __init__(self, name: str, seconds: float | None = None, most: int = MOST_BYTES) -> None:
        self._name = name
        self._seconds = seconds
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self._most = most
        self._received = self._unpacked = 0
        self._stopped = False
        self._wire: Wire | None = None
        stop = current_stop()
        self._forget: Callable[[], None] | None = None if stop is None else stop.on_set(self.cut)

    def check(self) -> None:
        """Raise what ends the request, if anything does.

        Raises:
            Cancelled: the work was told to end.
            TimedOutError: no time is left.
        """
        if self._stopped:
            raise Cancelled
        if self._deadline is not None and time.monotonic() >= self._deadline:
            raise TimedOutError(f"Model {self._name!r} gave no whole reply in {self._seconds:.3g} s.", retryable=True)

    def limited(self, timeout: float | None) -> float | None:
        """Return how long may be waited: as long as the client wants to, and no longer than time is left."""
        if self._deadline is None:
            return timeout
        left = max(self._deadline - time.monotonic(), 0.001)  # 0 would be taken for "do not wait"
        return left if timeout is None else min(left, timeout)

    def waits_for(self, wire: Wire) -> None:
        """Take note of the connection that the request waits for."""
        self._wire = wire
        self.check()

    def received(self, count: int) -> None:
        """Count bytes that came. Raises DamagedReplyError: they are too many."""
        self._received += count
        if self._received > self._most:
            raise self._too_large("sent")

    def unpacked(self, count: int) -> None:
        """Count bytes that were unpacked. Raises DamagedReplyError: they are too many."""
        self._unpacked += count
        if self._unpacked > self._most:
            raise self._too_large("packed")

    def damaged(self, what: str) -> DamagedReplyError:
        """Return the error for a reply that cannot be read."""
        return DamagedReplyError(f"The reply of model {self._name!r} is damaged: {what}.", retryable=True)

    def cut(self) -> None:
        """End the request; called from any thread."""
        self._stopped = True
        if self._wire is not None:
            self._wire.cut()

    def over(self) -> None:
        """Let go of whatever could tell the request to end."""
        self._wire = None  # its connection may serve another request by now
        if self._forget is not None:
            self._forget()

    def _too_large(self, how: str) -> DamagedReplyError:
        return DamagedReplyError(
            f"Model {self._name!r} {how} more than {self._most / 2**20:.3g} MiB: no reply is so large. "
            "The rest was not read.",
            retryable=True,
        )


_GUARD: ContextVar[Guard | None] = ContextVar("llm_strategy_http_guard", default=None)


def present_guard() -> Guard | None:
    """Return what watches the request that is made here, where it is one of ours."""
    return _GUARD.get()


@contextmanager
def guarding(guard: Guard) -> Generator[None]:
    """Let `guard` watch what the clients send inside. Raises Cancelled, TimedOutError: it is over before it began."""
    guard.check()
    token = _GUARD.set(guard)
    try:
        yield
    finally:
        _GUARD.reset(token)


def shut(connection: object) -> None:
    """Wake whoever waits for a socket. Closing it would not: the thread would go on waiting."""
    if isinstance(connection, socket.socket):
        with suppress(OSError):
            socket.socket.shutdown(connection, socket.SHUT_RDWR)  # TLS would forget its state, which is being read
