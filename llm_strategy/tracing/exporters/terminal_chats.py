"""The conversations of a trace as lines of a terminal: what they begin with stands there once, branches are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from llm_strategy.tracing.exporters.figures import count_text
from llm_strategy.tracing.exporters.terminal import below
from llm_strategy.tracing.printable import printable, printable_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from llm_strategy.tracing.chats import ChatNode
    from llm_strategy.tracing.recorded import RecordedTrace

__all__ = ["chat_lines"]

_COLOURS = {"system": "magenta", "user": "cyan", "assistant": "green", "tool": "yellow"}
_DEEPEST = 60
"""Characters of guides that are drawn; branches that are deeper stand at the last of them."""


def chat_lines(trace: RecordedTrace, console: Console) -> Iterator[Text]:
    """Yield the lines of the conversations of a trace; turns that follow one another stand at the same depth."""
    failed = {span.span: span.message for span in trace.spans if span.failed}
    tops = trace.chats()
    further = {id(node) for node in tops[1:]}
    waiting = [(node, "", "") for node in reversed(tops)]
    while waiting:
        node, guides, beside = waiting.pop()
        if id(node) in further:
            yield Text()
        branches = len(node.children) > 1
        yield _title(node, guides)
        yield from _said(node, beside + ("│ " if branches else "  "), console)
        for span in node.failures:
            told = printable_line(failed.get(span, "")) or "failed"
            yield from below(Text(f"✗ {told}", "red"), f"{beside}  ", console)
        waiting.extend(reversed(list(_placed(node, beside))))


def _placed(node: ChatNode, beside: str) -> Iterator[tuple[ChatNode, str, str]]:
    deep = len(beside) >= _DEEPEST
    for child in node.children:
        if len(node.children) == 1:
            yield child, beside, beside
        elif deep:
            yield child, f"{beside}· ", beside
        else:
            last = child is node.children[-1]
            yield child, beside + ("└─ " if last else "├─ "), beside + ("   " if last else "│  ")


def _title(node: ChatNode, guides: str) -> Text:
    role = printable_line(node.role) or "(no role)"
    chats = f"  (in {count_text(len(node.spans), 'chat')})" if len(node.spans) > 1 else ""
    sent = "  (sent along)" if node.role == "assistant" and not node.reply else ""
    return Text.assemble((guides, "dim"), (role, f"bold {_COLOURS.get(node.role, '')}".strip()), (chats + sent, "dim"))


def _said(node: ChatNode, guides: str, console: Console) -> Iterator[Text]:
    if node.captured:
        yield from below(Text(printable(node.content).expandtabs(4)), guides, console)
    else:
        yield from below(Text("(not recorded)", "dim"), guides, console)
