"""Reading of text that was asked for as one fenced block."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from pydantic import ValidationError

from llm_strategy.errors import EmptyReplyError, InvalidValueError, TruncatedError
from llm_strategy.parsing.problems import one_line
from llm_strategy.parsing.reading import Reading
from llm_strategy.parsing.scan import strip_thinking

if TYPE_CHECKING:
    from pydantic import TypeAdapter

__all__ = ["FencedReader", "read_fenced"]

T = TypeVar("T")

_FENCE_LINE = re.compile(r"(?P<indent>[ \t]*)(?P<mark>`{3,}|~{3,})(?P<info>[^`\r]*)\r?\Z")
_ONE_LINE = re.compile(r"(?P<mark>`{3,})\w*[ \t]+(?P<text>\S(?:.*\S)?)[ \t]*(?P=mark)")


def read_fenced(text: str, *, partial: bool = False, whole: bool = False) -> str:
    r"""Return the longest fenced block of a reply; a reply without any fence is the text itself.

    A block ends at a line that holds nothing but a fence of at least the opening's length. Shorter fences, fences that
    are indented deeper, and blocks that name a language may stand inside.

    >>> read_fenced("Sure!\n```python\nx = 1\n```\nDone.")
    'x = 1'

    Args:
        text: what the model said.
        partial: whether the text is the beginning of a reply; a block then ends where the text does.
        whole: whether blocks count for nothing: the reply is the text, whatever is in it.

    Raises:
        TruncatedError: the longest block has no end.
        EmptyReplyError: there is no text.
    """
    body, unclosed = strip_thinking(text) if text.lstrip().startswith("<") else (text, False)
    if unclosed:
        if partial:
            return ""
        raise TruncatedError(
            "Your reply ended inside its thinking. Think less, and reply with the value asked for.", reply=text
        )
    if whole and (partial or body.strip()):
        return body.strip("\r\n")
    if partial:
        return _so_far(body)
    longest = max(_blocks(body), key=lambda block: len(block.text), default=None)
    if longest is None:
        found = _unfenced(body)
    elif longest.closed:
        found = longest.text
    else:
        raise TruncatedError(
            "The fenced block has no closing fence: the reply was cut off. Reply again with the whole block.",
            reply=text,
        )
    if not found.strip():
        raise EmptyReplyError("The reply holds no text. Reply with the value in a fenced block.", reply=text)
    return found


@dataclass(slots=True)
class _Block:
    """A fenced block: how it was opened, and what it holds so far."""

    mark: str
    indent: int
    lines: list[str] = field(default_factory=list[str])
    inner: int = 0
    closed: bool = False

    @property
    def text(self) -> str:
        """The block without its fences, and without the indent that it shares with them."""
        return "\n".join(line[min(self.indent, len(line) - len(line.lstrip())) :] for line in self.lines)

    def take(self, line: str) -> None:
        """Take the next line: content, or the end."""
        fence = _FENCE_LINE.match(line)
        counts = fence is not None and fence["mark"].startswith(self.mark) and len(fence["indent"]) < self.indent + 4
        if fence is not None and counts:
            if fence["info"].strip():
                self.inner += 1
            elif self.inner == 0:
                self.closed = True
                return
            else:
                self.inner -= 1
        self.lines.append(line.removesuffix("\r"))

    def close_at_last_line(self) -> None:
        """Take a fence at the end of the last line for the end: it closes what the model meant to close."""
        last = self.lines[-1].rstrip() if self.lines else ""
        if last.endswith(self.mark):
            kept = last.removesuffix(self.mark)
            self.lines[-1:] = [kept] if kept else []
            self.closed = True


def _blocks(text: str) -> list[_Block]:
    blocks: list[_Block] = []
    for line in text.rstrip().split("\n"):  # `splitlines` would also break lines at form feeds and the like
        if blocks and not blocks[-1].closed:
            blocks[-1].take(line)
        elif fence := _FENCE_LINE.match(line):
            blocks.append(_Block(fence["mark"], len(fence["indent"])))
    if blocks and not blocks[-1].closed:
        blocks[-1].close_at_last_line()
    return blocks


def _so_far(text: str) -> str:
    """The text of a reply that is still being written, without a last line that may become a fence."""
    lines = text.rstrip().split("\n")
    if not lines[-1].strip("`~ "):
        lines.pop()
    blocks = _blocks("\n".join(lines))
    if not blocks:
        return "\n".join(lines).strip()
    return max(blocks, key=lambda block: (not block.closed, len(block.text))).text


def _unfenced(text: str) -> str:
    bare = text.strip()
    match = _ONE_LINE.fullmatch(bare)
    return bare if match is None else match["text"]


@dataclass(frozen=True, slots=True)
class FencedReader(Generic[T]):
    """Reads values of a text type out of fenced blocks."""

    adapter: TypeAdapter[T]
    """Validator of the type."""
    whole: bool = False
    """Whether the reply as it stands is the value."""

    def read(self, text: str, *, partial: bool = False) -> Reading[T]:
        """Return the block as a value.

        Raises:
            TruncatedError: the block has no end, and `partial` is off.
            EmptyReplyError: there is no text, and `partial` is off.
            InvalidValueError: the text does not fit the type.
        """
        found = read_fenced(text, partial=partial, whole=self.whole)
        try:
            return Reading(self.adapter.validate_python(found))
        except ValidationError as error:
            problems = [one["msg"] for one in error.errors(include_url=False)]
            raise InvalidValueError(
                f"The text does not fit: {'; '.join(map(one_line, problems))}.", reply=text, problems=problems
            ) from error
