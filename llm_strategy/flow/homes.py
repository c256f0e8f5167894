"""Where a flow is at home: the event loop that carries it on, which may be closed while the flow is under way.

What such a flow holds it never gives back, so that nobody may wait for it. A flow in a thread always comes to its end.
"""

from __future__ import annotations

import sys
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import asyncio
    from typing import Self

__all__ = ["LOOK", "Home"]

LOOK: Final = 1.0
"""Seconds after which who waits for a flow of another event loop looks whether that loop is still there."""


@dataclass(frozen=True, slots=True)
class Home:
    """The event loop of a flow, or none.

    >>> home = Home.here()
    >>> home.closed, home.rests
    (False, False)
    """

    loop: weakref.ref[asyncio.AbstractEventLoop] | None = None
    """The event loop, which nobody keeps alive here."""

    @classmethod
    def here(cls) -> Self:
        """Return where the work of this moment is at home."""
        loop = _running()
        return cls() if loop is None else cls(weakref.ref(loop))

    @property
    def closed(self) -> bool:
        """Whether its event loop was closed: nothing goes on there any more."""
        if self.loop is None:
            return False
        loop = self.loop()
        return loop is None or loop.is_closed()

    @property
    def rests(self) -> bool:
        """Whether its event loop does not run: nothing goes on there at the moment, and maybe never."""
        if self.loop is None:
            return False
        loop = self.loop()
        return loop is None or not loop.is_running()

    @property
    def elsewhere(self) -> bool:
        """Whether it is another event loop than that of this moment: it may be closed while work here goes on."""
        return self.loop is not None and self.loop() is not _running()


def _running() -> asyncio.AbstractEventLoop | None:
    if "asyncio" not in sys.modules:  # programs of threads never load it
        return None
    import asyncio

    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
