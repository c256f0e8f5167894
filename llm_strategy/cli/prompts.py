"""Showing what is said to a model, and that it is thinking."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.panel import Panel
from rich.text import Text

from llm_strategy.flow import ChatRequest, OpenStream, layered
from llm_strategy.messages import Message, Reply
from llm_strategy.tracing.printable import printable

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from rich.console import Console

    from llm_strategy.flow import Flow, Onward, Path, Request

__all__ = ["printable", "prompts_shown", "show_messages"]

_COLOURS = {"system": "magenta", "user": "cyan", "assistant": "green", "tool": "yellow"}


def show_messages(console: Console, messages: Iterable[Message]) -> None:
    """Print messages, one panel each. What a model wrote is printed as text: no markup, no control sequences."""
    for message in messages:
        shown = Text(printable(message.content))
        console.print(Panel(shown, title=message.role, title_align="left", border_style=_COLOURS[message.role]))


@contextmanager
def prompts_shown(console: Console) -> Generator[None]:
    """Print every conversation that is sent inside, and each reply."""

    def layer(request: Request, path: Path, onward: Onward) -> Flow[Any]:
        del path
        asked = request.request if isinstance(request, OpenStream) else request
        if isinstance(asked, ChatRequest):
            show_messages(console, asked.messages)
        answer = yield from onward(request)
        if isinstance(answer, Reply):
            show_messages(console, [answer.message])
        return answer

    with layered(layer):
        yield
