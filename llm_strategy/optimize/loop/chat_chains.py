"""Conversations of a run as JSON data: what several of them begin with stands there once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from llm_strategy.tracing.chats import ChatNode

__all__ = ["chat_chains", "shortened"]

_CUT = " [...] "


def chat_chains(chats: Iterable[ChatNode], limit: int = 20_000) -> dict[str, Any]:
    """Return conversations as a tree of chains: messages that follow each other, then children where they part.

    Args:
        chats: the conversations of a trace.
        limit: how many characters all messages may have together; the middle of long ones is left out.
    """
    roots = list(chats)
    count = sum(1 for root in roots for _ in root.walk())
    return _chain([], roots, max(200, limit // max(1, count)))


def _chain(messages: list[dict[str, str]], nodes: Sequence[ChatNode], limit: int) -> dict[str, Any]:
    while len(nodes) == 1:
        (node,) = nodes
        messages.append({"role": node.role, "content": shortened(node.content, limit)})
        nodes = node.children
    children = [
        _chain([{"role": one.role, "content": shortened(one.content, limit)}], one.children, limit) for one in nodes
    ]
    return {"messages": messages, "children": children} if children else {"messages": messages}


def shortened(text: str, limit: int) -> str:
    """Return a text with its middle left out where it is too long: what matters stands at the ends.

    >>> shortened("abcdefghijklmnopqrstuvwxyz", 15)
    'abcd [...] wxyz'
    """
    if len(text) <= limit:
        return text
    kept = max(0, limit - len(_CUT)) // 2
    return text[:kept] + _CUT + text[len(text) - kept :]
