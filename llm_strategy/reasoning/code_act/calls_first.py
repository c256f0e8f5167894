"""Which calls of a reply are made: none of `finish` behind others, whose results the model has not seen."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from llm_strategy.reasoning.code_act.actions import FINISH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.messages import ToolCall

__all__ = ["before_finish"]


def before_finish(calls: Sequence[ToolCall]) -> tuple[ToolCall, ...]:
    """Return the calls up to the first `finish`, where others stand before it; else all of them.

    >>> from llm_strategy.messages import ToolCall
    >>> [call.name for call in before_finish([ToolCall("price", "{}"), ToolCall("finish", "{}")])]
    ['price']
    >>> [call.name for call in before_finish([ToolCall("finish", "{}"), ToolCall("price", "{}")])]
    ['finish', 'price']
    """
    if calls and calls[0].name == FINISH:
        return tuple(calls)
    return tuple(takewhile(lambda call: call.name != FINISH, calls))
