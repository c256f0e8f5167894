"""Reading of text that was asked for as one fenced block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from pydantic import ValidationError

from llm_strategy.errors import EmptyReplyError, InvalidValueError, TruncatedError
from llm_strategy.parsing.reader import Reading

if TYPE_CHECKING:
    from pydantic import TypeAdapter

__all__ = ["FencedReader", "read_fenced"]

T = TypeVar("T")


def read_fenced(text: str, *, partial: bool = False) -> str:
    r"""Return the longest fenced block of a reply; a reply without any fence is the text itself.

    A block ends at a line that holds nothing but a fence of at least the opening's length, so that a Markdown block may
    hold shorter ones.

    >>> read_fenced("Sure!\n```python\nx = 1\n```\nDone.")
    'x = 1'

    Raises:
        TruncatedError: the only block has no end, and `partial` is off.
        EmptyReplyError: there is no text.
    """
    blocks, open_block = _blocks(text.splitlines())
    if open_block is not None and (partial or not blocks):
        if not partial:
            raise TruncatedError(
                "The fenced block has no closing fence: the reply was cut off. Reply again with the whole block.",
                reply=text,
            )
        return open_block
    found = max(blocks, key=len) if blocks else text.strip()
    if not found.strip() and not partial:
        raise EmptyReplyError("The reply holds no text. Reply with the value in a fenced block.", reply=text)
    return found


def _blocks(lines: list[str]) -> tuple[list[str], str | None]:
    blocks: list[str] = []
    fence, block = "", list[str]()
    for line in lines:
        mark = _fence(line)
        if not fence:
            if mark:
                fence, block = mark, []
        elif mark and mark[0] == fence[0] and len(mark) >= len(fence) and line.strip() == mark:
            blocks.append("\n".join(block))
            fence = ""
        else:
            block.append(line)
    return blocks, "\n".join(block) if fence else None


def _fence(line: str) -> str:
    bare = line.lstrip()
    for sign in "`~":
        length = len(bare) - len(bare.lstrip(sign))
        if length >= 3:
            return sign * length
    return ""


@dataclass(frozen=True, slots=True)
class FencedReader(Generic[T]):
    """Reads values of a text type out of fenced blocks."""

    adapter: TypeAdapter[T]
    """Validator of the type."""

    def read(self, text: str, *, partial: bool = False) -> Reading[T]:
        """Return the block as a value. Raises ReplyError."""
        found = read_fenced(text, partial=partial)
        try:
            return Reading(self.adapter.validate_python(found))
        except ValidationError as error:
            problems = [one["msg"] for one in error.errors(include_url=False)]
            raise InvalidValueError(
                f"The text does not fit: {'; '.join(problems)}.", reply=text, problems=problems
            ) from error
