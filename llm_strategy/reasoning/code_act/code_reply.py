"""Finding the code in a reply, however the model wraps it up."""

from __future__ import annotations

import re
from dataclasses import dataclass

from llm_strategy.errors import MalformedReplyError, NoValueError
from llm_strategy.reasoning.code_act.actions import FINISH
from llm_strategy.reasoning.code_act.fences import Piece, pieces_of
from llm_strategy.reasoning.code_act.python_text import call_in, is_action, parses

__all__ = ["FoundCode", "find_code", "made_up_from"]

_PYTHON = frozenset({"python", "py", "python3", "python2", "ipython", "tool_code", "execute"})
_OBSERVED = re.compile(
    r"[ \t]*[#*_>-]*[ \t]*(?:observation|(?:execution |code |tool |expected |printed |console |program )?"
    r"(?:output|result)|stdout)s?[ \t]*[*_]*[ \t]*(?::.*|[*_]*)",
    re.IGNORECASE,
)
"""A line with which a model begins to make up what its code gave."""
_LABELS = (
    *("observation:", "<observation>", "<output>", "<result>", "<tool_response", "<tool_result", "<tool_output"),
    *("<function_result", "<function_response", "[tool_results]", "<|im_start|>user", "<|im_start|>tool"),
    *("user:", "human:"),
)
_OUTPUT = frozenset(
    {"output", "text", "txt", "plaintext", "console", "stdout", "observation", "result", "plain", "none"}
)


@dataclass(frozen=True, slots=True)
class FoundCode:
    """The code of a reply."""

    code: str
    """All blocks, in order."""
    kept: str
    """The reply, without what the model made up behind its code."""
    invented: bool = False
    """Whether it made anything up."""
    unclosed: bool = False
    """Whether a last block that breaks off was left out."""


def find_code(text: str) -> FoundCode:
    r"""Return the code of a reply.

    All blocks that are Python count, joined in order: they are one action, which ends at the first error. What stands
    behind a line such as `Observation:` after a block is what the model made up, and is not read. A call of `finish`
    that stands behind the last block counts as a part of it. A last block that breaks off is left out where whole ones
    stand before it. A reply without any block may be code as a whole, or hold a call of `finish` on a line of its own.

    >>> find_code("I look.\n```python\nprint(x)\n```\nObservation: 3\n```python\nfinish(3)\n```").code
    'print(x)'

    Raises:
        MalformedReplyError: the only block has no end, and is no valid code so far.
        NoValueError: there is no code.
    """
    pieces = pieces_of(text)
    blocks, end = _blocks(pieces)
    if not blocks:
        return _without_blocks(text, pieces)
    last = blocks[-1]
    if not last.closed and not parses(last.text):
        if len(blocks) > 1:
            whole = "\n".join(block.text for block in blocks[:-1])
            return FoundCode(whole, text[: last.start].rstrip(), unclosed=True)
        raise MalformedReplyError(
            "The code block has no closing ```, and what stands in it is no whole Python code: nothing was run. Send "
            "the whole block again.",
            reply=text,
        )
    code = [block.text for block in blocks]
    kept = text if end is None else text[:end].rstrip()
    rest = _after(pieces, last)
    if rest is not None and (closing := call_in(text[rest:end], FINISH)):
        code.append(closing)
    return FoundCode("\n".join(code), kept, invented=end is not None)


def _blocks(pieces: list[Piece]) -> tuple[list[Piece], int | None]:
    """Return the blocks that are code, and where what was made up begins."""
    blocks: list[Piece] = []
    for piece in pieces:
        if not piece.is_block:
            place = _observed(piece.start, piece.lines) if blocks else None
            if place is not None:
                return blocks, place
        elif piece.language in _PYTHON:
            blocks.append(piece)
        elif blocks and (piece.language in _OUTPUT or (not piece.language and not is_action(piece.text))):
            return blocks, piece.start
        elif not piece.language:
            blocks.append(piece)
    return blocks, None


def made_up_from(text: str, start: int) -> int | None:
    """Return where a model begins to make up what its action gave, from `start` on; None where it does not."""
    return _observed(start, text[start:].split("\n"))


def _observed(place: int, lines: list[str]) -> int | None:
    for line in lines:
        if len(line) < 200 and _OBSERVED.fullmatch(line.rstrip()):
            return place
        if line[:200].lower().lstrip("#*_> \t").startswith(_LABELS):
            return place
        place += len(line) + 1
    return None


def _after(pieces: list[Piece], block: Piece) -> int | None:
    """Return where the next part begins; None where the end of the text comes next."""
    return min((piece.start for piece in pieces if piece.start > block.start), default=None)


def _without_blocks(text: str, pieces: list[Piece]) -> FoundCode:
    bare = text.strip()
    if is_action(bare):
        return FoundCode(bare, text)
    if closing := call_in(text, FINISH):
        return FoundCode(closing, text)
    other = [piece.language for piece in pieces if piece.is_block]
    if other:
        raise NoValueError(
            f"Only Python is run, and the block is marked as {other[0][:20]!r}: nothing was run. Write Python code.",
            reply=text,
        )
    raise NoValueError("There is no code block in the reply: nothing was run.", reply=text)
