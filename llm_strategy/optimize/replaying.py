"""Answering a search out of the log of an earlier time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llm_strategy.errors import StoredDataError
from llm_strategy.optimize.budget.accounts import Accounts
from llm_strategy.optimize.budget.cost import Cost
from llm_strategy.optimize.proposers.llm_notes import Noting
from llm_strategy.optimize.search.requests import Estimate, Estimated, Evaluate, Evaluated, Note, Propose, Proposed
from llm_strategy.optimize.store.encoding import asked, kept, proposal_from, read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.optimize.budget import OptimizationLedger
    from llm_strategy.optimize.proposers import Proposer
    from llm_strategy.optimize.search.requests import SearchReply, SearchRequest
    from llm_strategy.optimize.store import OptimizationStore

__all__ = ["Replaying"]

_KINDS = {Evaluate: "evaluate", Propose: "propose", Estimate: "estimate", Note: "note"}


class Replaying:
    """Answers requests as they were answered before, as long as there are answers.

    Where the budget is another one than before, the search is told what is left of this one. From the place on where it
    asks something else because of that, or where the other budget was used up, the log is forgotten, and the search
    goes on. Rollouts are not forgotten: those that are wanted again are known, and what they have cost stays in the
    books.
    """

    def __init__(self, store: OptimizationStore, proposers: Mapping[str, Proposer], ledger: OptimizationLedger) -> None:
        self._store = store
        self._proposers = proposers
        self._ledger = ledger
        self._seq = 0
        self._changed: dict[int, dict[str, Any]] = {}
        """Events that are answered in another way with this budget."""
        self._is_other_budget = False
        self.is_on = False
        """Whether there are answers left."""

    def begin(self) -> int:
        """Take up what was written down; return how many rollouts are known."""
        store, ledger = self._store, self._ledger
        aside = store.get("aside")
        if aside is not None:
            ledger.take_aside(aside)
        ledger.lost += len(store.broken())
        with store.transaction():  # killed again before an answer, it is still known how many were lost
            store.set("aside", ledger.aside())
            store.ended()
        budget, before = ledger.budget.limited, store.get("budget")
        self._is_other_budget = before is not None and before != budget
        if before is None:
            store.set("budget", budget)
        self._take_up_loose()
        self.is_on = True
        return store.count

    def _take_up_loose(self) -> None:
        """Look for rollouts that had ended when the run was broken off.

        With the same budget the search wants them again. With another one nobody knows that: so they are counted.
        """
        for key, cost in self._store.loose().items():
            if key in self._ledger.ahead:
                continue
            if self._is_other_budget:
                self._ledger.set_aside((key,), Cost.of(cost))
            else:
                self._ledger.loose.add(key)

    def knows(self, note: Note) -> bool:
        """Return whether this was noted at the earlier time. Raises StoredDataError."""
        return self._next(note) is not None

    def answer(self, request: Evaluate | Propose | Estimate) -> SearchReply:
        """Return the answer of the earlier time; None where there is none.

        Raises:
            StoredDataError: it was an answer to something else.
        """
        data = self._next(request)
        if data is None:
            return None
        self._ledger.restore(data["books"])
        if self._is_other_budget:
            data["left"] = self._ledger.left()
            self._changed[self._seq] = data
        if isinstance(request, Evaluate):
            return self._evaluated(data)
        if isinstance(request, Propose):
            return self._proposed(request, data)
        return Estimated(data["probability"], data["left"])

    def _next(self, request: SearchRequest) -> dict[str, Any] | None:
        if not self.is_on:
            return None
        event = self._store.event(self._seq + 1)
        if event is None or not self._fits(request, *event):
            self._go_on()
            return None
        self._seq += 1
        return event[1]

    def _fits(self, request: SearchRequest, kind: str, data: Mapping[str, Any]) -> bool:
        """Whether an event is the answer to a request; one where another budget was used up is none."""
        if isinstance(request, Note):
            same = read(kept(dict(request.data), "A note"), "A note") == data.get("data") and request.kind == data.get(
                "kind"
            )
        else:
            same = data.get("ask") == asked(request)
        fits = same and kind == _KINDS[type(request)]
        if self._is_other_budget:
            return fits and not _is_end(data)
        if not fits:
            raise StoredDataError(
                f"Event {self._seq + 1} of {self._store.name} is the answer to something else ({_told(kind, data)}) "
                f"than the search asks now ({_said(request)}). The search, or what it began with, has changed: run "
                "it as it was, or name another file to begin anew."
            )
        return True

    def _go_on(self) -> None:
        """From here on there are no answers. What another budget has changed is written down at once, or not at all."""
        self.is_on = False
        if not self._is_other_budget:
            return
        with self._store.transaction():
            self._set_aside()
            for seq, data in self._changed.items():
                self._store.set_event(seq, data)
            self._store.cut(self._seq + 1)
            self._store.set("budget", self._ledger.budget.limited)
            self._store.set("aside", self._ledger.aside())
        self._changed = {}

    def _set_aside(self) -> None:
        """Keep what the answers behind this one have cost in the books."""
        books, seq = self._ledger.accounts.all, self._seq + 1
        keys: list[str] = []
        while (event := self._store.event(seq)) is not None:
            if "books" in event[1]:
                books = Accounts.of(event[1]["books"]).all
            keys += event[1].get("keys", ())
            seq += 1
        spent = self._ledger.accounts.all
        self._ledger.set_aside(keys, Cost(books.task - spent.task, books.optimizer - spent.optimizer))

    def _evaluated(self, data: Mapping[str, Any]) -> Evaluated:
        known = self._store.known(data["keys"])
        missing = [key for key in data["keys"] if key not in known]
        if missing:
            raise StoredDataError(f"{self._store.name} is damaged: there is no rollout {missing[0]!r}. Move it away.")
        return Evaluated(tuple(known[key][0] for key in data["keys"]), data["left"])

    def _proposed(self, request: Propose, data: Mapping[str, Any]) -> Proposed:
        made = data["synthetic"]
        synthetic: Any = getattr(self._proposers.get(request.proposer), "synthetic", None)
        if made and synthetic is not None:
            synthetic.restore(made)
        proposer = self._proposers.get(request.proposer)
        if isinstance(proposer, Noting):
            proposer.restore_notes(data.get("learned", ()))
        proposals = tuple(proposal_from(one) for one in data["proposals"])
        return Proposed(proposals, data["left"], data["over"], tuple(one["id"] for one in made))


def _is_end(data: Mapping[str, Any]) -> bool:
    """Whether the budget was used up in an event."""
    return bool(data.get("over")) or len(data.get("keys", ())) < data.get("wanted", 0)


def _told(kind: str, data: Mapping[str, Any]) -> str:
    if kind == "evaluate":
        return f"{data.get('wanted')} rollouts, {data.get('purpose')}"
    return f"note {data.get('kind')!r}" if kind == "note" else kind


def _said(request: SearchRequest) -> str:
    if isinstance(request, Evaluate):
        return f"{len(request.orders)} rollouts, {request.purpose}"
    return f"note {request.kind!r}" if isinstance(request, Note) else _KINDS[type(request)]
