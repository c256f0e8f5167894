"""Asking the same words again, where another reply is wanted."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from llm_strategy.flow import layered
from llm_strategy.flow.ranks import USER
from llm_strategy.flow.requests import ChatRequest, OpenStream

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from llm_strategy.flow.layers import Onward, Path
    from llm_strategy.flow.requests import Flow, Request

__all__ = ["QUESTION", "RUN", "drawn_anew"]

QUESTION: Final = 10**4
"""How far repeats of one question are apart: farther than what a method of reasoning draws of its own."""
RUN: Final = 10**8
"""How far repeats of a whole run are apart."""


def drawn_anew(number: int, apart: int) -> AbstractContextManager[None]:
    """Let caches tell the requests inside from equal ones of another number; 0 changes nothing.

    A repeat that is answered out of a cache would say that there is no noise.
    """
    return layered(_Draw(number * apart)) if number else nullcontext()


class _Draw:
    """A layer that numbers requests."""

    rank = USER

    def __init__(self, more: int) -> None:
        self._more = more

    def __call__(self, request: Request, path: Path, onward: Onward) -> Flow[Any]:  # noqa: ARG002
        """Pass the request on."""
        if isinstance(request, ChatRequest):
            return onward(self._numbered(request))
        if isinstance(request, OpenStream):
            return onward(replace(request, request=self._numbered(request.request)))
        return onward(request)

    def _numbered(self, request: ChatRequest) -> ChatRequest:
        return replace(request, sample=request.sample + self._more)
