"""Taking out what a model thought aloud: code and calls in there are drafts, and are not carried out.

Covered: `<think>...</think>` and the like at the beginning, behind some text, behind an action, several of them; an
end without a beginning, as where the beginning was a part of the prompt. Not covered: thinking that nothing marks; a
mark in the middle of a line behind a quote or bracket, which is taken for a part of an action.
"""

from __future__ import annotations

import re

from llm_strategy.reasoning.code_act.fences import pieces_of
from llm_strategy.reasoning.code_act.python_text import parses

__all__ = ["without_thinking"]

_NAMES = "think|thinking|thought|reasoning|reflection|scratchpad"
_BEGIN = re.compile(rf"^(?P<before>[^\n{{}}\[\]()\"'`=<]*)<(?P<name>{_NAMES})>", re.IGNORECASE | re.MULTILINE)
_END = re.compile(r"^[^\n{}\[\]()\"'`=<]*</(?:think|thinking)>", re.IGNORECASE | re.MULTILINE)
_SENTENCE = (".", "!", "?", ":", ",")
_MOST_BLOCKS = 20


def without_thinking(text: str) -> str | None:
    r"""Return a reply without what the model thought aloud; None where it ends inside of that.

    >>> without_thinking("Let me see. <think>x = 1?</think>\nprint(1)")
    'Let me see. \nprint(1)'
    """
    if "<" not in text:
        return text
    place = 0
    for _ in range(_MOST_BLOCKS):
        begin = _first(text, place)
        if begin is None:
            break
        start = begin.end("before")
        closing = re.compile(f"</{begin['name']}>", re.IGNORECASE).search(text, begin.end())
        if closing is not None:
            text = text[:start] + text[closing.end() :]
            place = begin.start()
        elif not begin["before"].strip() or begin["before"].rstrip().endswith(_SENTENCE):
            return None
        else:  # prose about the mark
            place = begin.end()
    return _behind_end(text)


def _first(text: str, place: int) -> re.Match[str] | None:
    """Return the first beginning from a place on that stands in no block."""
    found = _BEGIN.search(text, place)
    if found is None:
        return None
    blocks = _blocks(text)
    while found is not None and any(start <= found.start() < end for start, end in blocks):
        found = _BEGIN.search(text, found.end())
    return found


def _behind_end(text: str) -> str:
    """Return what stands behind the last end that has no beginning; the text where there is none."""
    ends = list(_END.finditer(text))
    if not ends:
        return text
    blocks = _blocks(text, closed=True)
    outside = [one for one in ends if not any(start <= one.start() < end for start, end in blocks)]
    return text[outside[-1].end() :] if outside else text


def _blocks(text: str, *, closed: bool = False) -> list[tuple[int, int]]:
    """Return where the blocks begin and end; of those only that are whole code, where they have to be closed."""
    pieces = pieces_of(text)
    ends = [*(piece.start for piece in pieces[1:]), len(text)]
    return [
        (piece.start, end)
        for piece, end in zip(pieces, ends, strict=True)
        if piece.is_block and (not closed or (piece.closed and parses(piece.text)))
    ]
