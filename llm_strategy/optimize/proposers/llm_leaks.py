"""Keeping the words of the optimizer out of the texts that it writes.

A model that is told how to improve a prompt tends to write a part of what it was told into the prompt: "Here is the
improved instruction", "avoid what was tried before". Such texts then order later calls about.

Covered: openings that announce a text, fences and quotes around it, sentences with six words in a row out of the
optimizer's own prompts, sentences about hyperparameters and optimization. Not covered: the same in words of its own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Leaks"]

_ROW = 6
"""How many words in a row are no accident."""
_WORD = re.compile(r"[^\W_]+")
_END = re.compile(r"(?<=[.!?])\s+|\n\s*\n\s*|\n(?=\s*[-*#\d])")
_OPENING = re.compile(
    r"(?i)\A\s*(?:(?:sure|certainly|of course|okay|ok)\b[^\n:]{0,40}[,.!:]\s*)?"
    r"(?:(?:here(?:'s| is| are)|this is|below is)\b[^\n:]{0,60}:|"
    r"(?:the |my |a )?(?:(?:new|better|improved|revised|updated|optimi[sz]ed|final) )+"
    r"(?:instructions?|prompt|text|version|value)\b[^\n:]{0,30}:|(?:instructions?|return_value)\s*:)\s*"
)
_FENCE = re.compile(r"\A\s*```\w*\n(.*?)\n?```\s*\Z", re.DOTALL)
_QUOTES = {'"': '"', "'": "'", "“": "”", "`": "`"}
_ABOUT_IT = re.compile(
    r"(?i)\b(?:hyper-?parameters?|optimi[sz]ation (?:step|info|run)s?|task runs?|the (?:previous|old|current|original) "
    r"(?:instruction|prompt)s?|(?:was|were) tried (?:before|already)|mistakes? (?:above|shown|listed))\b"
)


class Leaks:
    """Finds and cuts words of an optimizer.

    >>> leaks = Leaks(["Find the commonest cause of bad runs, and change it."])
    >>> leaks.cleaned('Here is the improved instruction: "Answer in one word."', "Answer.")
    'Answer in one word.'
    >>> leaks.cleaned("Answer. Find the commonest cause of bad runs.", "Answer.")
    'Answer.'

    Args:
        prompts: what the optimizer is told.
    """

    def __init__(self, prompts: Iterable[str]) -> None:
        self._prompted = {row for prompt in prompts for row, _, _ in _rows(prompt)}

    def cleaned(self, text: str, parent: str) -> str:
        """Return a text without words of the optimizer; what the parent says as well may stay.

        Args:
            text: what a model wrote; '' comes back where nothing else is in it.
            parent: the text that it was made from.
        """
        bare = _unwrapped(text)
        leaked = self._leaked(bare, {row for row, _, _ in _rows(parent)})
        about = {found.lower() for found in _ABOUT_IT.findall(parent)}
        kept: list[str] = []
        for start, end in _sentences(bare):
            sentence = bare[start:end]
            said = any(first < end and start < last for first, last in leaked)
            if not said and all(found.lower() in about for found in _ABOUT_IT.findall(sentence)):
                kept.append(sentence)
        return "".join(kept).strip()

    def _leaked(self, text: str, known: set[str]) -> list[tuple[int, int]]:
        """Return where rows of words out of the prompts stand, as few and as long as they can be told."""
        found: list[tuple[int, int]] = []
        for row, start, end in _rows(text):
            if row not in self._prompted or row in known:
                continue
            if found and start <= found[-1][1]:
                found[-1] = (found[-1][0], end)
            else:
                found.append((start, end))
        return found


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for end in _END.finditer(text):
        yield start, end.end()
        start = end.end()
    yield start, len(text)


def _rows(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield all rows of words, each with where it begins and ends."""
    words = list(_WORD.finditer(text))
    for first in range(len(words) - _ROW + 1):
        row = words[first : first + _ROW]
        yield " ".join(word.group().lower() for word in row), row[0].start(), row[-1].end()


def _unwrapped(text: str) -> str:
    """Return a text without what announces it, and without the fences and quotes around it."""
    before = ""
    while before != text:
        before = text
        text = _OPENING.sub("", text, count=1).strip()
        fenced = _FENCE.match(text)
        if fenced:
            text = fenced[1].strip()
        if len(text) > 1 and _QUOTES.get(text[0]) == text[-1] and text.count(text[0]) + text.count(text[-1]) in {2, 4}:
            text = text[1:-1].strip()
    return text
