"""Waiting, as something that a flow asks its driver for: no layer ever blocks a thread or an event loop itself."""

from __future__ import annotations

import time
from dataclasses import dataclass

from llm_strategy.flow.step import Cancelled
from llm_strategy.flow.stopping import current_stop

__all__ = ["Sleep"]


@dataclass(frozen=True, slots=True)
class Sleep:
    """Wait; answered with None. In threads it ends early, with the flow, where the work is told to end."""

    seconds: float
    """How long."""

    def perform(self) -> None:
        """Block the thread."""
        stop = current_stop()
        if stop is None:
            time.sleep(max(0.0, self.seconds))
        elif stop.wait(max(0.0, self.seconds)):
            raise Cancelled

    async def aperform(self) -> None:
        """Let the event loop do other work."""
        import asyncio

        await asyncio.sleep(max(0.0, self.seconds))
