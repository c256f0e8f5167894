"""What the process that began the work does for its workers: it keeps the journal and the books."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from llm_strategy.errors import JournalError
from llm_strategy.executors.item_journal import ItemJournal
from llm_strategy.executors.item_ledger import ItemLedger
from llm_strategy.executors.packing import packed, unpacked
from llm_strategy.flow.budgets.local_ledger import LocalLedger
from llm_strategy.flow.journal.ledger import Ledger as Journal
from llm_strategy.flow.threads import in_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from llm_strategy.executors.packing import Kept
    from llm_strategy.flow.journal.store import FlowData

__all__ = ["Office", "Post"]

_METHODS = frozenset(
    {"ask", "answered", "failed", "forget", "ended"}
    | {"reserve", "decided", "opened", "settle", "charge", "state"}
    | {"take", "pause", "paused", "forget_pauses"}
)
"""What workers may have called."""


class Post(Protocol):
    """Brings questions, and takes answers away."""

    def take(self) -> list[tuple[int, bytes]] | None:
        """Wait for questions; None when there will be none any more."""
        ...

    def answer(self, number: int, answer: bytes) -> None:
        """Send an answer off."""
        ...


class Office:
    """Answers the questions of workers, in a thread of its own.

    Args:
        post: brings the questions.
        kept: what is kept here.
        roots: by the number of a journal, the flow that all items are branches of.
    """

    def __init__(self, post: Post, kept: Kept, roots: Mapping[int, FlowData]) -> None:
        self._post = post
        self._kept = kept
        self._roots = roots
        self._attempts: dict[int, str] = {}
        self._of_items: dict[tuple[int, int], ItemJournal | ItemLedger] = {}

    def open(self) -> None:
        """Begin to answer."""
        in_thread(self._serve)

    def finished(self, item: int) -> None:
        """Let go of what is known of an item: it is done, or nobody wants it any more."""
        self._attempts.pop(item, None)
        for number in range(len(self._kept)):
            known = self._of_items.pop((number, item), None)
            if isinstance(known, ItemLedger):
                known.close()

    def answer(self, question: bytes) -> bytes:
        """Answer one question."""
        try:
            item, attempt, whom, what, given = unpacked(question)
            outcome = True, self._called(item, attempt, whom, what)(*given)
        except Exception as error:  # noqa: BLE001 (it is raised in the worker that asked)
            outcome = False, error
        return packed(outcome)

    def _serve(self) -> None:
        while (questions := self._post.take()) is not None:
            for number, question in questions:
                if self._waits(question):
                    in_thread(partial(self._send, number, question))
                else:
                    self._send(number, question)

    def _send(self, number: int, question: bytes) -> None:
        answer = self.answer(question)
        if number:
            with suppress(Exception):  # the worker, or the whole cluster, is gone
                self._post.answer(number, answer)

    def _waits(self, question: bytes) -> bool:
        _, _, _, what, _ = unpacked(question)
        return bool(what == "decided")

    def _called(self, item: int, attempt: str, whom: int, what: str) -> Callable[..., Any]:
        if what not in _METHODS:
            raise JournalError(f"A worker wants {what!r} done, which is nothing that is done for workers.")
        if self._attempts.get(item) != attempt:
            self._attempts[item] = attempt
            for number in range(len(self._kept)):
                known = self._of_items.get((number, item))
                if known is not None:
                    known.begin()
        method: Callable[..., Any] = getattr(self._of_item(item, whom), what)
        return method

    def _of_item(self, item: int, whom: int) -> Any:
        known = self._of_items.get((whom, item))
        if known is not None:
            return known
        keeper = self._kept[whom]
        if isinstance(keeper, Journal):
            known = self._of_items[whom, item] = ItemJournal(keeper, self._roots[whom])
        elif isinstance(keeper, LocalLedger):
            known = self._of_items[whom, item] = ItemLedger(keeper)
        return keeper if known is None else known
