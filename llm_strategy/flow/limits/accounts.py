"""What is known of each account in this process: who is inside its gate, and until when it is paused."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Final

from llm_strategy.flow.limits.adaptive import Adaptive
from llm_strategy.flow.limits.books import LocalBooks
from llm_strategy.flow.limits.gate import Gate
from llm_strategy.flow.turns import Turn

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Account", "Accounts"]

_MOST: Final = 1_000


class _One(Adaptive):
    """A limit of one that never changes."""

    def __init__(self) -> None:
        super().__init__(1)

    def succeeded(self, at_once: int) -> None:
        """Stay."""


@dataclass(eq=False, slots=True)
class Account:
    """What requests of one account wait for."""

    name: str
    """Its key."""
    gate: Gate
    """Holds the requests under way."""
    door: Gate
    """Holds the one that waits for its time: it is the first, and nobody is sent before it."""
    stir: Turn = field(default_factory=Turn)
    """Given, and replaced, when there is more room than was expected."""

    def stirred(self) -> None:
        """Tell who waits at the door to look again."""
        turn, self.stir = self.stir, Turn()
        turn.give()


class Accounts:
    """The accounts that this process asks. Safe to use from any thread; a forked process begins anew."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.books = LocalBooks(clock)
        """Rates and pauses within this process."""
        self._clock = clock
        self._accounts: dict[str, Account] = {}
        self._process = os.getpid()
        self._lock = Lock()

    def of(self, name: str) -> Account:
        """Return what is known of an account."""
        account = self._accounts.get(name)
        return account if account is not None and self._process == os.getpid() else self._added(name)

    def forget_pauses(self) -> None:
        """Let all accounts be asked again, at once by those who wait."""
        self.books.forget_pauses()
        for account in list(self._accounts.values()):
            account.stirred()

    def _added(self, name: str) -> Account:
        if self._process != os.getpid():  # who held a lock is in the other process
            self._process, self._lock, self._accounts, self.books = os.getpid(), Lock(), {}, LocalBooks(self._clock)
        with self._lock:
            if len(self._accounts) > _MOST:
                self._accounts = {one: each for one, each in self._accounts.items() if not each.gate.idle}
            made = Account(name, Gate(clock=self._clock), Gate(_One(), self._clock))
            return self._accounts.setdefault(name, made)
