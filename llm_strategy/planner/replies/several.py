"""One block that holds several files, each below a comment that is nothing but its path: as small models write them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from llm_strategy.planner.replies.languages import fits
from llm_strategy.planner.replies.paths import comment_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llm_strategy.planner.replies.fences import Block

__all__ = ["files_in"]


def files_in(block: Block) -> Iterator[Block]:
    r"""Yield the files in a block; the block itself where it does not begin with such a comment, or has only one.

    >>> from llm_strategy.planner.replies.fences import Block
    >>> both = Block("python", ("# a.py", "x = 1", "", "# b.py", "y = 2"))
    >>> [one.lines for one in files_in(both)]
    [('# a.py', 'x = 1', ''), ('# b.py', 'y = 2')]
    """
    first = next((number for number, line in enumerate(block.lines) if line.strip()), 0)
    begins = [
        number
        for number, line in enumerate(block.lines)
        if number == first or not block.lines[number - 1].strip()
        if not line[:1].isspace() and (path := comment_path(line)) and fits(block.info, path)
    ]
    if len(begins) < 2 or begins[0] != first or block.flaw:
        yield block
        return
    paths = [comment_path(block.lines[number]) for number in begins]
    if len(set(paths)) < len(paths):
        yield block
        return
    for number, end in zip(begins, [*begins[1:], len(block.lines)], strict=True):
        yield replace(block, lines=block.lines[number:end], before=block.before if number == first else ())
