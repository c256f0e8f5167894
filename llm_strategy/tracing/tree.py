"""From spans to a tree, also where some of them are missing or damaged."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llm_strategy.tracing.links import parents_of
from llm_strategy.tracing.printable import printable_line
from llm_strategy.tracing.records import SpanRecord, distinct

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["TreeNode", "tree_of"]

_NO_SPAN = "0" * 16
_DEEPEST_INDENT = 40
"""From here on a number says how deep a span is: else the drawing grows with the square of the length of a chain."""


@dataclass(frozen=True, slots=True)
class TreeNode:
    """A span with the spans inside it, in the order in which they began."""

    span: SpanRecord
    """The span itself. A span that is missing in the file stands here without a name and without an end."""
    children: list[TreeNode] = field(default_factory=list["TreeNode"], repr=False)
    """What happened in it."""

    @property
    def missing(self) -> bool:
        """Whether the span is not in the file, and is only known from those inside it."""
        return not self.span.name

    def walk(self, depth: int = 0) -> Iterator[tuple[int, TreeNode]]:
        """Yield the node and everything in it, each with its depth, from the top down."""
        waiting: list[tuple[int, TreeNode]] = [(depth, self)]
        while waiting:
            level, node = waiting.pop()
            yield level, node
            waiting.extend((level + 1, child) for child in reversed(node.children))

    def __str__(self) -> str:
        """Draw the tree, one span a line, safe for terminals."""
        return "\n".join(f"{_indent(depth)}{_line(node)}" for depth, node in self.walk())


def tree_of(spans: Sequence[SpanRecord]) -> TreeNode:
    """Return the tree of a trace.

    - Spans whose parent is not there, as in the file of a run that was stopped, stand under the session, or, where that
      is missing as well, under a node for their parent.
    - Where there are several outermost spans, as in a file of several sessions, they stand under a node without a name.
    - Where a damaged file says that spans are inside one another in a circle, the first of them to begin is outermost.
    """
    known = sorted(distinct(spans), key=lambda span: span.start)
    nodes = {span.span: TreeNode(span) for span in known}
    parents = parents_of(known)
    tops: list[TreeNode] = []
    for name, node in nodes.items():
        around = nodes.get(parents.get(name, ""))
        (tops if around is None else around.children).append(node)
    tops = list(_under_parents(_under_sessions(tops), parents))
    if len(tops) == 1:
        return tops[0]
    return TreeNode(_unknown(known[0] if known else None, _NO_SPAN), tops)


def _under_sessions(tops: list[TreeNode]) -> list[TreeNode]:
    """Put what has lost its parent under the session in which it happened; return what is left."""
    sessions = [node for node in tops if node.span.kind == "session"]
    of_trace = {node.span.trace: node for node in reversed(sessions)}
    only = sessions[0] if len(sessions) == 1 else None
    left: list[TreeNode] = []
    for node in tops:
        session = only or of_trace.get(node.span.trace)
        if node.span.kind == "session" or session is None:
            left.append(node)
        else:
            session.children.append(node)
    for session in sessions:
        session.children.sort(key=lambda node: node.span.start)
    return left


def _under_parents(tops: Iterable[TreeNode], parents: dict[str, str]) -> Iterator[TreeNode]:
    """Put what has lost its parent under a node for that, which begins with the first of its children."""
    missing: dict[str, TreeNode] = {}
    for node in tops:
        parent = parents.get(node.span.span)
        if parent is None or node.span.kind == "session":
            yield node
        elif parent in missing:
            missing[parent].children.append(node)
        else:
            missing[parent] = TreeNode(_unknown(node.span, parent), [node])
            yield missing[parent]


def _unknown(child: SpanRecord | None, span: str) -> SpanRecord:
    return SpanRecord(child.trace if child else "", span, None, "", "step", child.start if child else 0)


def _indent(depth: int) -> str:
    return "  " * depth if depth <= _DEEPEST_INDENT else f"{'  ' * _DEEPEST_INDENT}({depth}) "


def _line(node: TreeNode) -> str:
    span = node.span
    seconds = "..." if span.seconds is None else f"{span.seconds:.3f} s"
    problem = f"  {printable_line(span.message) or 'failed'}" if span.failed else ""
    return f"{printable_line(span.name) or '(not recorded)'}  {seconds}{problem}"
