"""Where workers leave their questions, and the process that began the work its answers: an actor of Ray."""

from __future__ import annotations

import asyncio
from itertools import count

__all__ = ["Mailbox"]

_SECONDS = 1.0
"""How long `take` waits for a question."""


class Mailbox:
    """Passes bytes between workers and the process that began the work."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._questions: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue()
        self._asked: dict[int, asyncio.Future[bytes]] = {}

    async def ask(self, question: bytes) -> bytes:
        """Leave a question, and wait for its answer."""
        number = next(self._numbers)
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._asked[number] = answer
        self._questions.put_nowait((number, question))
        try:
            return await answer
        finally:
            self._asked.pop(number, None)

    async def tell(self, word: bytes) -> None:
        """Leave what needs no answer."""
        self._questions.put_nowait((0, word))

    async def take(self) -> list[tuple[int, bytes]]:
        """Return the questions that are there, with their numbers; wait a moment where there are none."""
        try:
            taken = [await asyncio.wait_for(self._questions.get(), _SECONDS)]
        except TimeoutError:
            return []
        while not self._questions.empty():
            taken.append(self._questions.get_nowait())
        return taken

    async def answer(self, number: int, answer: bytes) -> None:
        """Answer a question; who asked may be gone."""
        waiting = self._asked.get(number)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)
