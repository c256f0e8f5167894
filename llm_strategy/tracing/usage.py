"""What each part of a trace cost: sums for every span and all inside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.tracing.sums import Sums

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.tracing.tree import TreeNode

__all__ = ["usage_of"]


def usage_of(nodes: Sequence[TreeNode]) -> dict[str, Sums]:
    """Return the sums for each span, by id.

    Args:
        nodes: the tree from the top down: a node stands before its children.

    >>> from llm_strategy.testing.sample_traces import sample_trace
    >>> trace = sample_trace(3)
    >>> nodes = [node for _, node in trace.tree().walk()]
    >>> usage_of(nodes)[trace.session.span].input_tokens == trace.totals.input_tokens
    True
    """
    found: dict[str, Sums] = {}
    for node in reversed(nodes):
        sums = found[node.span.span] = Sums()
        for child in node.children:
            sums.include(found[child.span.span])
        sums.count(node.span, holds_chats=sums.chats > 0)
    return found
