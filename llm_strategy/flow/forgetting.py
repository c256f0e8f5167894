"""Taking back what was remembered: a flow tells the layers that replies were of no use after all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llm_strategy.flow.requests import ChatRequest

__all__ = ["Forget"]


@dataclass(frozen=True, slots=True)
class Forget:
    """Have the replies to these requests forgotten by whatever cache is in force; answered with None.

    A reply is remembered as soon as it is there, before anybody has read it. Where a whole conversation led to no
    value, the same call would otherwise fail in the same words for ever.
    """

    requests: tuple[ChatRequest, ...]
    """What was asked in vain."""

    def perform(self) -> None:
        """Do nothing: there is no cache."""

    async def aperform(self) -> None:
        """Do nothing: there is no cache."""
