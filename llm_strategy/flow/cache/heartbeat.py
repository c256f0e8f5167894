"""A thread that renews the leases of this process while their requests are under way."""

from __future__ import annotations

from threading import Event, RLock, Thread
from typing import TYPE_CHECKING

from llm_strategy.flow.cache.leases import LEASE

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Heartbeat"]


class Heartbeat:
    """Calls `renew` with all tokens that are held, again and again; the thread ends when none is held any more."""

    def __init__(self, renew: Callable[[list[str]], None], every: float = LEASE / 5) -> None:
        self._renew = renew
        self._every = every
        self._lock = RLock()
        self._tokens: set[str] = set()
        self._runs = False
        self._ended = Event()

    def hold(self, token: str) -> None:
        """Keep a lease from now on."""
        with self._lock:
            self._tokens.add(token)
            if not self._runs:
                self._runs = True
                Thread(target=self._beat, name="llm-strategy-cache-leases", daemon=True).start()

    def let_go(self, token: str) -> None:
        """Let a lease end."""
        with self._lock:
            self._tokens.discard(token)

    def close(self) -> None:
        """End the thread."""
        self._ended.set()

    def _beat(self) -> None:
        while not self._ended.wait(self._every):
            with self._lock:
                tokens = list(self._tokens)
                if not tokens:
                    self._runs = False
                    return
            self._renew(tokens)
