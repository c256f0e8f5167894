"""Circuit breakers: a model that fails again and again is left alone for a while, and then tried with one request."""

from __future__ import annotations

import math
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import finalize

from llm_strategy.errors import CircuitOpenError, ConfigurationError, RateLimitedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from llm_strategy.errors import TransportError

__all__ = ["CircuitBreaker"]


@dataclass(slots=True)
class _Circuit:
    """The failures of one account since its last answer."""

    since: float
    """When the first of them was."""
    failures: int = 0
    last: str = ""
    """What the last one said."""
    until: float | None = None
    """When the next request may go through, where the circuit is open."""
    probed: float | None = None
    """When the request was sent that tries whether the model is back."""


class CircuitBreaker:
    """Counts the failures of each account in a row, and opens its circuit when they are too many for too long.

    While a circuit is open, requests end at once in a `CircuitOpenError`: none is sent. After `pause` seconds one
    request is let through; its answer closes the circuit, its failure opens it for another pause.

    A failure is a `TransportError` that may be gone another time, such as status 503 or a lost connection. Being told
    to slow down (429) is none, and any other status, a refusal of the request among them, shows that the model is there
    and starts the count anew. Accounts are kept only while they fail. Safe to share between threads and event loops.

    Raises:
        ConfigurationError: an argument is out of range.
    """

    def __init__(
        self,
        failures: int = 20,
        pause: float = 30.0,
        lasting: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make a breaker, all circuits closed.

        Args:
            failures: how many requests in a row must have failed.
            pause: how many seconds a circuit stays open.
            lasting: for how many seconds there must have been failures only. 0 counts alone: with many requests under
                way, one short outage is many failures.
            clock: tells the time in seconds; it must never go back.
        """
        if isinstance(failures, bool) or not isinstance(failures, int) or failures < 1:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigurationError(f"CircuitBreaker(failures={failures!r}) never closes. Use a whole number from 1.")
        for name, value in (("pause", pause), ("lasting", lasting)):
            if not (math.isfinite(value) and value >= 0):
                raise ConfigurationError(f"CircuitBreaker({name}={value!r}) is no time. Use 0 or more seconds.")
        self._failures = failures
        self._pause = pause
        self._lasting = lasting
        self._clock = clock
        self._circuits: dict[str, _Circuit] = {}
        self._followed: set[str] = set()
        self._lock = threading.Lock()

    def admit(self, account: str, name: str) -> bool:
        """Let a request to `account` through; return whether it is the one that tries an open circuit.

        Raises:
            CircuitOpenError: the circuit is open; `name` is what the error calls the model.
        """
        if account not in self._circuits:
            return False
        with self._lock:
            circuit = self._circuits.get(account)
            if circuit is None or circuit.until is None:
                return False
            now = self._clock()
            left = circuit.until - now
            if circuit.probed is not None:  # one that never told how it ended does not hold the others up for good
                left = max(left, circuit.probed + self._pause - now)
            if left > 0 or (circuit.probed is not None and self._pause == 0):
                raise _open(circuit, name, left, now)
            circuit.probed = now
            return True

    def answered(self, account: str) -> None:
        """Take note that the account is there."""
        if account in self._circuits:
            with self._lock:
                self._circuits.pop(account, None)

    def failed(self, account: str, error: TransportError, *, probe: bool = False) -> None:
        """Take note of a request that failed; `probe` is what `admit` returned for it."""
        if isinstance(error, RateLimitedError) or not error.retryable:
            if error.status is None:  # it was not sent, or nobody knows who answered
                self.ended(account, probe=probe)
            else:
                self.answered(account)
            return
        now = self._clock()
        with self._lock:
            circuit = self._circuits.setdefault(account, _Circuit(now))
            circuit.failures += 1
            circuit.last = f"{type(error).__name__}: {error.args[0]}"
            enough = circuit.failures >= self._failures and now - circuit.since >= self._lasting
            if probe or (circuit.until is None and enough):
                circuit.until, circuit.probed = now + self._pause, None

    def follow(self, account: str, owner: object) -> None:
        """Forget the account when `owner` is gone: another object may get its id, and with it its account."""
        if account in self._followed or account not in self._circuits:
            return
        with suppress(TypeError):  # it cannot be followed
            finalize(owner, self._forget, account).atexit = False
            self._followed.add(account)

    def _forget(self, account: str) -> None:
        self._followed.discard(account)
        self._circuits.pop(account, None)  # no lock: a finalizer may run in a thread that holds it

    def ended(self, account: str, *, probe: bool) -> None:
        """Take note that a request ended without a word about the account, such as one that was cancelled."""
        if not probe:
            return
        with self._lock:
            circuit = self._circuits.get(account)
            if circuit is not None:
                circuit.probed = None


def _open(circuit: _Circuit, name: str, left: float, now: float) -> CircuitOpenError:
    return CircuitOpenError(
        f"Model {name!r} was not asked: its last {circuit.failures} requests failed, over {now - circuit.since:.3g} s. "
        f"The next one goes through in {max(0.0, left):.3g} s. The last failure was {circuit.last}",
        retryable=True,
        retry_after=max(0.0, left),
    )
