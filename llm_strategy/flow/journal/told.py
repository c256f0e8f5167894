"""What a journal says, in the form of its seam."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from llm_strategy.flow.codec import json_of

if TYPE_CHECKING:
    from llm_strategy.flow.journal.store import Asked, Told

__all__ = ["form_of", "told"]


def told(what: Literal["ask", "answer", "failure", "changed"], ticket: int) -> Told:
    """Return what a journal says, without what belongs to an answer or an error."""
    return {
        "told": what,
        "ticket": ticket,
        "answer": None,
        "partial": False,
        "error": None,
        "message": "",
        "where": "",
        "inside": [],
    }


def form_of(asked: Asked) -> str:
    """Return what a model turns down: the model and the form of its output."""
    about = asked["about"]
    return json_of([about.get("model"), about.get("method")])
