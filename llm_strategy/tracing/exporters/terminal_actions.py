"""An action below its span in a terminal: the code that was run, and what came out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.syntax import Syntax
from rich.text import Text

from llm_strategy.tracing import semconv
from llm_strategy.tracing.exporters.figures import count_text
from llm_strategy.tracing.printable import printable, printable_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llm_strategy.tracing.records import SpanRecord

__all__ = ["action_texts"]

_LINES_OF_CODE = 10
_LINES_OF_OUTPUT = 10
_LONGEST_LINE = 300
_LEFT_OUT = "dim italic"
_LONGEST_TEXT = 1_000_000
"""What is coloured at most: colouring reads every sign."""


def action_texts(span: SpanRecord, *, full: bool) -> Iterator[Text]:
    """Yield the code of an action with prompts as Python has them, in colours, then its output; both cut in the middle.

    Args:
        span: an action.
        full: whether all of it is shown.
    """
    code, output = (_plain(span.text(name)) for name in (semconv.CODE, semconv.CODE_OUTPUT))
    if code:
        yield from _prompted(_lines(_coloured(code), _LINES_OF_CODE, full=full))
    if output:
        yield from _lines(_styled(output, failed=span.failed), _LINES_OF_OUTPUT, full=full)
    told = [*_restored(span)]
    if full and span.text(semconv.SANDBOX):
        told = [f"in {printable_line(span.text(semconv.SANDBOX))}", *told]
    if told:
        yield Text(", ".join(told), "dim")


def _plain(text: str) -> str:
    return printable(text).expandtabs(4).strip("\n")


def _restored(span: SpanRecord) -> Iterator[str]:
    number = span.number(semconv.CODE_RESTORED)
    if number:
        yield f"after {count_text(int(number), 'action')} that had to be run again"


def _coloured(code: str) -> list[Text]:
    if len(code) > _LONGEST_TEXT:
        return [Text(line) for line in code.split("\n")]
    shown = Syntax("", "python", theme="ansi_dark", background_color="default").highlight(code)
    shown.rstrip()
    return [*shown.split("\n", allow_blank=True)]


def _styled(output: str, *, failed: bool) -> list[Text]:
    """Return the lines of an output; that of a failed action ends with its error."""
    *lines, last = output.split("\n")
    return [*(Text(line, "dim") for line in lines), Text(last, "red" if failed else "dim")]


def _lines(lines: list[Text], most: int, *, full: bool) -> list[Text]:
    if full:
        return lines
    for line in lines:
        line.truncate(_LONGEST_LINE, overflow="ellipsis")
    if len(lines) <= most + 1:
        return lines
    first, last = (most + 1) // 2, most // 2
    told = f"({count_text(len(lines) - first - last, 'more line')})"
    return [*lines[:first], Text(told, _LEFT_OUT), *lines[-last:]]


def _prompted(lines: list[Text]) -> Iterator[Text]:
    for number, line in enumerate(lines):
        prompt = "    " if line.style == _LEFT_OUT else "... " if number else ">>> "
        yield Text.assemble((prompt, "dim"), line)
