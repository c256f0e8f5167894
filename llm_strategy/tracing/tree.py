"""From spans to a tree, also where some of them are missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llm_strategy.tracing.records import SpanRecord

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["TreeNode", "tree_of"]


@dataclass(frozen=True, slots=True)
class TreeNode:
    """A span with the spans inside it, in the order in which they began."""

    span: SpanRecord
    """The span itself. A span that is missing in the file stands here without a name and without an end."""
    children: list[TreeNode] = field(default_factory=list["TreeNode"])
    """What happened in it."""

    @property
    def missing(self) -> bool:
        """Whether the span is not in the file, and is only known from those inside it."""
        return not self.span.name

    def walk(self, depth: int = 0) -> Iterator[tuple[int, TreeNode]]:
        """Yield the node and everything in it, each with its depth, from the top down."""
        waiting = [(depth, self)]
        while waiting:
            level, node = waiting.pop()
            yield level, node
            waiting.extend((level + 1, child) for child in reversed(node.children))

    def __str__(self) -> str:
        """Draw the tree, one span a line."""
        return "\n".join(f"{'  ' * depth}{_line(node)}" for depth, node in self.walk())


def tree_of(spans: Sequence[SpanRecord]) -> TreeNode:
    """Return the tree of a trace.

    Spans whose parent is not there, as in the file of a run that was stopped, stand under a node for that parent. Where
    there are several outermost spans, they stand under one node without a name.
    """
    nodes = {span.span: TreeNode(span) for span in sorted(spans, key=lambda span: span.start)}
    tops: dict[str, TreeNode] = {}
    session = next((node for node in nodes.values() if node.span.kind == "session"), None)
    for node in list(nodes.values()):
        parent = node.span.parent
        if parent in nodes and parent != node.span.span:
            nodes[parent].children.append(node)
        elif node is session or parent is None:
            tops[node.span.span] = node
        else:
            around = tops.setdefault(parent, TreeNode(_unknown(node.span, parent)))
            around.children.append(node)
    _adopt(tops, session)
    found = [node for node in tops.values() if not _is_inside_itself(node)]
    if len(found) == 1:
        return found[0]
    first = found[0].span if found else next(iter(nodes.values())).span
    return TreeNode(_unknown(first, "0" * 16), found)


def _adopt(tops: dict[str, TreeNode], session: TreeNode | None) -> None:
    """Put what has lost its parent under the session: it happened in there."""
    if session is None or session.span.span not in tops:
        return
    for name in [name for name, node in tops.items() if node is not session]:
        session.children.append(tops.pop(name))
    session.children.sort(key=lambda node: node.span.start)


def _is_inside_itself(node: TreeNode) -> bool:
    return any(inner is node for child in node.children for _, inner in child.walk())


def _unknown(child: SpanRecord, span: str) -> SpanRecord:
    return SpanRecord(child.trace, span, None, "", "step", child.start)


def _line(node: TreeNode) -> str:
    span = node.span
    seconds = "..." if span.seconds is None else f"{span.seconds:.3f} s"
    return f"{span.name or '(not recorded)'}  {seconds}{f'  {span.message}' if span.failed else ''}"
