"""Proposers that cost and give nothing of use, again and again, are asked no more.

A budget of rollouts does not limit what is asked of the model that proposes: without this, one that is down, that
answers what cannot be read, or that always says the same is asked step by step until the patience of the search ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.optimize.search.requests import Note

__all__ = ["GivingUp", "calls_allowed"]

_ASKED = 15
"""How often in a row somebody may be asked in vain."""
_CALLS = 60
"""How many requests to models may be made in vain; what is asked of a proposer takes several of them."""
_SHARE, _FEW = 4, 100
"""How many requests of proposals are allowed for a rollout, and how many in any case, without another limit."""
_LEAST = 3
"""How often somebody is asked at least, whatever it costs."""
_LONGEST = 300
_OF_USE = frozenset({"candidate", "reopened"})
_OF_NONE = frozenset({"invalid", "duplicate"})


@dataclass(slots=True)
class _Vain:
    """What was asked of a proposer since it gave something of use."""

    asked: int = 0
    calls: int = 0
    problem: str = "it proposed nothing"


def calls_allowed(limited: Mapping[str, float]) -> int | None:
    """Return how many requests to models proposals may take where a budget limits rollouts alone; else None.

    >>> calls_allowed({"rollouts": 200}), calls_allowed({"rollouts": 200, "usd": 1.0})
    (800, None)
    """
    return max(_FEW, round(_SHARE * limited["rollouts"])) if set(limited) == {"rollouts"} else None


class GivingUp:
    """Counts what was asked in vain, by proposer. What it says depends on the log alone: so it is said again on resume.

    Proposers that ask no model cost nothing, and may have something new when there are other parents: they are counted
    only where somebody else was given up.

    >>> from llm_strategy.optimize.search.requests import Note
    >>> giving_up = GivingUp()
    >>> for _ in range(15):
    ...     giving_up.asked("llm", calls=4)
    ...     giving_up.heard(Note("duplicate", {"proposer": "llm", "of": 0}))
    >>> giving_up.on("llm")
    "The proposer 'llm' was asked no more: 15 times in a row nothing of use came (60 calls), last: it was tried before."
    """

    def __init__(self, limit: int | None = None) -> None:
        """Begin.

        Args:
            limit: how many requests to models all proposals together may take; None where a budget says it.
        """
        self._limit = limit
        self._calls: dict[str, int] = {}
        self._vain: dict[str, _Vain] = {}
        self.told: dict[str, str] = {}
        """Why somebody was given up, by proposer."""

    def on(self, proposer: str) -> str | None:
        """Return why somebody is to be asked no more; None where that is not so."""
        calls = sum(self._calls.values())
        if self._limit is not None and self._calls.get(proposer) and calls >= self._limit:
            self.told.setdefault(
                proposer,
                f"The proposer {proposer!r} was asked no more: proposals took {calls} calls of a model, and with a "
                f"budget of rollouts alone {self._limit} are allowed. Budget(optimizer_calls=...) allows more.",
            )
        vain = self._vain.get(proposer)
        over = vain is not None and (vain.asked >= _ASKED or (vain.calls >= _CALLS and vain.asked >= _LEAST))
        if vain is not None and over and proposer not in self.told:
            cost = f" ({vain.calls} calls)" if vain.calls else ""
            self.told[proposer] = (
                f"The proposer {proposer!r} was asked no more: {vain.asked} times in a row nothing of use came{cost}, "
                f"last: {vain.problem.rstrip('.')}."
            )
        return self.told.get(proposer)

    def are_all(self, proposers: Mapping[str, object]) -> bool:
        """Whether nobody is left; new starts are asked for only beside others."""
        return bool(self.told) and all(name in self.told for name in proposers if name != "restart")

    def asked(self, proposer: str, calls: int) -> None:
        """Take note that somebody was asked, and how many requests to models that took."""
        self._calls[proposer] = self._calls.get(proposer, 0) + calls
        if calls or self.told:
            vain = self._vain.setdefault(proposer, _Vain())
            vain.asked += 1
            vain.calls += calls

    def heard(self, note: Note) -> None:
        """Take note of what became of a proposal."""
        name = str(note.data.get("proposer", ""))
        if note.kind in _OF_USE:
            self._vain.pop(name, None)
        elif note.kind in _OF_NONE and name in self._vain:
            vain = self._vain[name]
            vain.problem = str(note.data.get("problem", "it was tried before"))[:_LONGEST]
