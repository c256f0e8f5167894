"""Telling a trace file about spans that take long, so that a live view can show what a program is waiting for."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING
from weakref import ref

if TYPE_CHECKING:
    from llm_strategy.tracing.session import Session

__all__ = ["Heartbeat"]

_SECONDS = 0.5
"""How long a span is under way before it is announced."""


class Heartbeat:
    """Writes a line without an end for each span that is still open after a while; its last line takes its place.

    Short spans, which are nearly all of them in a busy program, cost nothing this way.
    """

    def __init__(self, session: Session) -> None:
        self._stopped = threading.Event()
        arguments = (ref(session), self._stopped)
        self._thread = threading.Thread(target=_beat, args=arguments, name="llm-strategy-trace", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Announce nothing more."""
        self._stopped.set()
        self._thread.join(timeout=2 * _SECONDS)


def _beat(session: ref[Session], stopped: threading.Event) -> None:
    announced: set[str] = set()
    while not stopped.wait(_SECONDS):
        living = session()
        if living is None:
            return
        announced = _announce(living, announced)
        del living  # waiting must not keep the session alive


def _announce(session: Session, announced: set[str]) -> set[str]:
    """Announce what has become old since the last time; return the ids of all old spans that are still open."""
    old = time.time_ns() - int(_SECONDS * 1e9)
    running = {span.id: span for span in list(session.open.values()) if span.start <= old}
    for name, span in running.items():
        if name not in announced and name in session.open:
            session.sink.add(span.record())
    return set(running)
