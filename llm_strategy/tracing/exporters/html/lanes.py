"""Rows of a flame graph: every span below the one that it happened in, and no two in one place.

Spans that follow each other share a row. Spans that overlap, as concurrent calls do, get lanes of their own, each as
high as the highest of what stands in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llm_strategy.tracing.tree import TreeNode

__all__ = ["ends_of", "rows_of"]


def rows_of(nodes: Sequence[TreeNode], ends: Mapping[str, int]) -> dict[str, int]:
    """Return the row of each span, by id; the outermost is in row 0.

    Args:
        nodes: the tree from the top down: a node stands before its children.
        ends: when each span, and all inside it, ended; see `ends_of`.

    >>> from llm_strategy.testing.sample_traces import sample_trace
    >>> nodes = [node for _, node in sample_trace(2).tree().walk()]
    >>> sorted(set(rows_of(nodes, ends_of(nodes, 0)).values()))  # session, function, prompt, attempt, chat
    [0, 1, 2, 3, 4]
    """
    heights: dict[str, int] = {}
    below: dict[str, int] = {}
    for node in reversed(nodes):
        heights[node.span.span] = 1 + _stack(node.children, ends, heights, below)
    rows: dict[str, int] = {nodes[0].span.span: 0} if nodes else {}
    for node in nodes:
        for child in node.children:
            rows[child.span.span] = rows[node.span.span] + 1 + below[child.span.span]
    return rows


def ends_of(nodes: Sequence[TreeNode], last: int) -> dict[str, int]:
    """Return when each span, and all inside it, ended, in nanoseconds.

    Args:
        nodes: the tree from the top down: a node stands before its children.
        last: when what is still open is said to end.
    """
    ends: dict[str, int] = {}
    for node in reversed(nodes):
        ends[node.span.span] = max([_end(node, last), *(ends[child.span.span] for child in node.children)])
    return ends


def _end(node: TreeNode, last: int) -> int:
    """Return when a span ended; one that is not recorded ends with what is known of it."""
    span = node.span
    if node.missing:
        return span.start
    return max(span.start, last if span.end is None else span.end)


def _stack(
    children: Sequence[TreeNode], ends: Mapping[str, int], heights: dict[str, int], below: dict[str, int]
) -> int:
    """Put children into lanes, note how far below the first row each stands, and return the height of all lanes."""
    lanes: list[list[str]] = []
    free: list[int] = []
    for child in children:
        key, start = child.span.span, child.span.start
        lane = next((number for number, end in enumerate(free) if end <= start), len(lanes))
        if lane == len(lanes):
            lanes.append([])
            free.append(0)
        lanes[lane].append(key)
        free[lane] = ends[key]
    offset = 0
    for keys in lanes:
        for key in keys:
            below[key] = offset
        offset += max(heights[key] for key in keys)
    return offset
