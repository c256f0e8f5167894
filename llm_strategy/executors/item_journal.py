"""The journal of one item, which may be begun anew where a worker has died."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llm_strategy.flow.journal.store import Asked, ErrorData, FlowData, JournalStore, Told

__all__ = ["ItemJournal"]


@dataclass(slots=True)
class _Known:
    """A request of the item, and what is known of it."""

    flow: FlowData
    path: tuple[int, ...]
    asked: Asked
    told: Told
    is_claimed: bool = True
    """Whether the present attempt has asked it."""


@dataclass(slots=True)
class ItemJournal:
    """Stands between the attempts of one item and the journal of the run.

    To the journal, all attempts are one: what an attempt asked that died with its worker is answered to the next one,
    and what was under way then is asked again under its old number.
    """

    store: JournalStore
    """The journal of the run."""
    root: FlowData
    """The flow that the item is a branch of."""
    _known: list[_Known] = field(default_factory=list[_Known])
    _tickets: dict[int, _Known] = field(default_factory=dict[int, _Known])
    _names: dict[str, str] = field(default_factory=dict[str, str])
    """What flows of the present attempt are called in the journal."""

    def begin(self) -> None:
        """Begin an attempt."""
        self._names = {}
        for known in self._known:
            known.is_claimed = False

    def ask(self, flow: FlowData, path: tuple[int, ...], asked: Asked) -> Told:
        """Return what is known of a request."""
        for known in self._known:
            if not known.is_claimed and self._is(known, flow, path, asked):
                known.is_claimed = True
                self._names[flow["key"]] = known.flow["key"]
                return known.told
        named = self._named(flow)
        told = self.store.ask(named, path, asked)
        if told["told"] == "changed":
            return told
        known = _Known(named, path, asked, told)
        self._known.append(known)
        if told["told"] == "ask":
            self._tickets[told["ticket"]] = known
        return told

    def answered(self, ticket: int, answer: Any, partial: bool) -> None:  # noqa: FBT001 (called by a worker)
        """Write an answer down."""
        self.store.answered(ticket, answer, partial=partial)
        known = self._tickets.get(ticket)
        if known is not None:
            where = f"the answer to request {ticket}"
            known.told = {**known.told, "told": "answer", "answer": answer, "partial": partial, "where": where}

    def failed(self, ticket: int, error: ErrorData | None) -> None:
        """Note that a request failed."""
        self.store.failed(ticket, error)
        known = self._tickets.get(ticket)
        if known is None:
            return
        if error is None:
            self._drop(ticket)
        else:
            known.told = {**known.told, "told": "failure", "error": error}

    def forget(self, ticket: int) -> None:
        """Let an answer be none."""
        self.store.forget(ticket)
        self._drop(ticket)

    def ended(self, flow: str, *, failed: bool = False) -> None:  # noqa: ARG002 (items are side by side)
        """Note that a flow is over."""
        self.store.ended(self._names.get(flow, flow))

    def _drop(self, ticket: int) -> None:
        known = self._tickets.pop(ticket, None)
        if known is not None:
            self._known.remove(known)

    def _is(self, known: _Known, flow: FlowData, path: tuple[int, ...], asked: Asked) -> bool:
        name, known_name = self._names.get(flow["key"]), known.flow["key"]
        if name is None and (known_name in self._names.values() or self.root["key"] in {flow["key"], known_name}):
            name = flow["key"]
        return (
            name in {None, known_name}
            and known.path == path
            and known.asked["kind"] == asked["kind"]
            and known.asked["fingerprint"] == asked["fingerprint"]
        )

    def _named(self, flow: FlowData) -> FlowData:
        """Return a flow as the journal knows it: what began on its own in the worker belongs to the root's request."""
        if flow["key"] == self.root["key"]:
            return self.root
        key = self._names.setdefault(flow["key"], flow["key"])
        around = self._names.get(flow["around"], flow["around"])
        if flow["inside"]:
            return {**flow, "key": key, "around": around}
        return {**flow, "key": key, "around": around, "inside": self.root["inside"], "straight": False}
