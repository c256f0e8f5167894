"""Signs that a block is a part of a file, which must not replace all of it.

Covered: comments that stand for code that is left out; what is said beside the path, or in the sentence before the
block, in usual English words. Not covered: a part that nothing announces. Its reader sees no old text, so it cannot
tell that definitions would be lost.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["announced_part", "left_out", "may_be_part"]

_PIECE = r"(?:part|line|snippet|section|excerpt|method|function|route|endpoint|import|fixture|field)s?"
_ANY = re.compile(
    r"\b(?:add|append|insert|change|edit|modify|replace|remove|fix|to|in|into|lines?|import|function|method|class|section"
    r"|part|snippet|top|end|example|fails?|error)\b",
    re.IGNORECASE,
)
"""Words of a sentence that may announce a part of a file rather than all of it."""
_ASIDE = re.compile(
    r"(?<![\w-])(?:only|just)(?![\w-])|\b(?:add(?:ed)?|append(?:ed)?|insert(?:ed)?|put)\s+(?:this|these|the|at|to|below"
    r"|after|before|an?|in)\b|\bappend(?:ed)?\b|\bpart(?:s|ial|ially|ly)?\b|\bsnippets?\b|\bexcerpts?\b|\bunchanged\b"
    rf"|\b(?:new|changed|updated|modified|added|this|these|following|relevant)\s+(?:\w+\s+)?{_PIECE}\b"
    r"|\blike (?:so|this)\b|\blines? \d|\b(?:at|to|near) the (?:very )?(?:top|end|bottom|start|beginning)\b",
    re.IGNORECASE,
)
"""What is said beside a path of a part; the rest of the line may as well describe all of the file."""
_ADDS = re.compile(
    r"\W*(?:(?:now|then|next|also|and|please|finally|first|just|simply|you (?:can|should|need to|have to)|let's|we)"
    r"\b\W{1,3})*(?:add|append|insert|put|place|paste)\b(?! (?:a|the) new (?:file|module)).*:\W*",
    re.IGNORECASE,
)
"""A sentence that asks for lines to be added: "Add this method:"."""
_TELLS = re.compile(
    r".*(?:\blike (?:so|this)\b|\b(?:to|at|near) the (?:very )?(?:top|end|bottom|start|beginning) of\b"
    r"|(?<![\w-])(?:only|just) (?:the|this|these)\b|\bpartial\b|\bsnippets?\b|\bexcerpts?\b"
    rf"|\b(?:new|additional|missing|this|these|following)\s+(?:\w+\s+)?{_PIECE}\b"
    r"|\b(?:changed|updated|modified|relevant|affected)\s+(?:part|line|section)s?\b).*:\W*",
    re.IGNORECASE,
)
"""Another sentence that announces a part. "The updated function:" is none: it is as often said of all of a file."""
_LEFT_OUT = re.compile(
    r"\s*(?:#|//|--|/\*|<!--|\{/\*)\s*(?:"
    r"(?:\.\.\.|\u2026)\s*\(?(?:the )?(?:rest|remain|exist|other|previous|unchanged|same|keep|code)\w*.{0,80}"
    r"|\(?(?:the )?(?:(?:rest|remainder) of|existing|previous|other|remaining) .{0,60}"
    r"\b(?:unchanged|same|remains?|stays?|here|as before)\b.{0,40}"
    r"|(?:existing|previous|remaining) (?:code|methods?|functions?|routes?|imports?|content)\W{0,10})",
    re.IGNORECASE,
)
"""A comment that stands in place of code."""
_LONGEST = 300


def left_out(lines: Sequence[str]) -> str:
    """Return the comment that stands for code which is left out; empty where there is none."""
    return next((line.strip() for line in lines if _LEFT_OUT.fullmatch(line)), "")


def may_be_part(sentence: str) -> bool:
    """Return whether a sentence that names a file in passing may speak of a part of it."""
    return _ANY.search(sentence) is not None


def announced_part(before: Sequence[str], path: str, *, is_named_above: bool) -> str:
    """Return the line that announces a block as a part of its file; empty where none does.

    >>> announced_part(["### a.py (add at the end)"], "a.py", is_named_above=True)
    '### a.py (add at the end)'
    >>> announced_part(["Here is all of it:", "a.py"], "a.py", is_named_above=True)
    ''

    Args:
        before: the words before the block.
        path: its file.
        is_named_above: whether the last of these lines is there to name the file.
    """
    near = [line.strip()[:_LONGEST] for line in before if line.strip()][-2:]
    if is_named_above and near:
        beside = near[-1].replace(path, " ")
        if _ASIDE.search(beside):
            return near[-1]
        near = near[:-1]
    sentence = near[-1].replace(path, "it") if near else ""
    return near[-1] if _ADDS.fullmatch(sentence) or _TELLS.fullmatch(sentence) else ""
