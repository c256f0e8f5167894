"""Which spans of a tree a terminal shows, in which order, and what stands for those that it leaves out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import groupby
from typing import TYPE_CHECKING

from llm_strategy.tracing import semconv

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llm_strategy.tracing.records import SpanRecord
    from llm_strategy.tracing.tree import TreeNode

__all__ = ["Row", "TreeView", "called", "rows_of"]

_DEEPEST = 16
"""Levels that are drawn; what is deeper stands at the last of them."""
_SMALL = 200
"""A trace of so many spans is shown whole."""
_SHOWN = 3
"""How many of a long run of alike siblings are shown."""


@dataclass(frozen=True, slots=True)
class TreeView:
    """What of a trace is shown, and how."""

    depth: int | None = None
    """Levels below the session; None shows all."""
    function: str = ""
    """A pattern of names of functions: only these, what is in them, and what is around them."""
    errors: bool = False
    """Only what failed, and what is around it."""
    content: bool = True
    """Whether arguments, results, replies and messages of errors are shown."""
    full: bool = False
    """Whether code, output and other long texts are shown whole."""
    whole: bool = False
    """Whether long runs of alike siblings are shown one by one."""
    now: int | None = None
    """The time in nanoseconds, for a trace that is under way: what has no end is running."""


@dataclass(frozen=True, slots=True)
class Row:
    """A span as it stands in the drawing of a tree."""

    node: TreeNode
    """The span."""
    guides: str
    """The lines that lead to it."""
    below: str
    """The lines that go on beside what is told about it."""
    around: SpanRecord | None = None
    """The span around it."""
    left_out: tuple[TreeNode, ...] = ()
    """Siblings that the row stands for; they are not shown."""


def called(span: SpanRecord, pattern: str) -> bool:
    """Whether a span is one of a function whose name fits a pattern, with its module or without.

    A session or another span is none, whatever it is called.
    """
    if span.kind != "function":
        return False
    parts = (span.text(semconv.FUNCTION) or span.name).split(".")
    return any(fnmatchcase(".".join(parts[first:]), pattern) for first in range(len(parts)))


def rows_of(tree: TreeNode, view: TreeView) -> Iterator[Row]:
    """Yield the rows of a tree, from the top down."""
    kept = _kept(tree, view)
    collapse = not view.whole and sum(1 for _ in tree.walk()) > _SMALL
    if id(tree) not in kept:
        return
    waiting: list[tuple[Row, int]] = [(Row(tree, "", ""), 0)]
    while waiting:
        row, level = waiting.pop()
        children = [child for child in row.node.children if id(child) in kept]
        if row.left_out or (view.depth is not None and level >= view.depth):
            children = []
        groups = list(_grouped(children, collapse=collapse))
        yield replace(row, below=row.below + ("│  " if groups else "   "))
        inner = [_placed(row, group, level, last=group is groups[-1]) for group in groups]
        waiting.extend((one, level + 1) for one in reversed(inner))


def _placed(above: Row, group: Sequence[TreeNode], level: int, *, last: bool) -> Row:
    first, left_out = group[0], tuple(group) if len(group) > 1 else ()
    if level >= _DEEPEST:
        return Row(first, f"{above.below}· ", above.below, above.node.span, left_out)
    branch, beside = ("└─ ", "   ") if last else ("├─ ", "│  ")
    return Row(first, above.below + branch, above.below + beside, above.node.span, left_out)


def _grouped(children: Sequence[TreeNode], *, collapse: bool) -> Iterator[Sequence[TreeNode]]:
    """Yield siblings one by one, and the rest of a long run of alike ones as one group."""
    for alike, run in groupby(children, _likeness):
        members = list(run)
        shown = _SHOWN if collapse and alike[0] and len(members) > _SHOWN + 1 else len(members)
        yield from ([member] for member in members[:shown])
        if members[shown:]:
            yield members[shown:]


def _likeness(node: TreeNode) -> tuple[bool, str, str]:
    """Return what alike siblings have in common; what failed or is open is never left out."""
    span = node.span
    plain = not span.failed and span.end is not None and not node.missing
    return plain, span.kind, span.name


def _kept(tree: TreeNode, view: TreeView) -> set[int]:
    """Return the `id` of each node that is shown: what fits, what is in it, and what is around it."""
    kept: set[int] = set()
    around: list[TreeNode] = []
    inside: int | None = None  # the level of the function that fits, while the walk is in it
    for level, node in tree.walk():
        del around[level:]
        if inside is not None and level <= inside:
            inside = None
        if inside is None and (not view.function or called(node.span, view.function)):
            inside = level
        if inside is not None and (not view.errors or _tells(node, around)):
            kept.update(id(one) for one in (*around, node))
        around.append(node)
    return kept


def _tells(node: TreeNode, around: Sequence[TreeNode]) -> bool:
    """Whether a span failed, or is what an attempt that failed had asked."""
    return node.span.failed or bool(around and around[-1].span.kind == "attempt" and around[-1].span.failed)
