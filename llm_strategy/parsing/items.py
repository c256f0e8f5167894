"""Finding the finished items of a list in a reply that is still being written."""

from __future__ import annotations

import re

from pydantic_core import from_json

from llm_strategy.parsing.scan import strip_thinking

__all__ = ["ItemScanner"]

_OPENERS, _CLOSERS = "[{", "]}"
_FENCE_OPENING = re.compile(r"`{3,}\w*\s*\Z")
_LONGEST_FENCE = 40
_MOST_LOOKS = 64
"""How many brackets are looked at that may open the list: each look reads all that was written so far."""


class ItemScanner:
    """Cuts a growing reply into the items of the list that it was asked for.

    An item that was handed out cannot be taken back, so the scanner only hands out what the reading of the whole reply
    is going to find as well. Covered: a list under its key, and one that opens the reply, a fence, or what follows a
    thinking block; items in well-formed JSON. Not covered, and left to the reading of the whole: lists anywhere else in
    a sentence, lists behind many others, and everything from the first item on that needs mending.

    >>> scanner = ItemScanner("return_value")
    >>> scanner.feed('{"return_value": [1, {"a": ')
    ['1']
    >>> scanner.feed('2}, "th')
    ['{"a": 2}']
    >>> scanner.feed('ree"]}')
    ['"three"']
    """

    def __init__(self, key: str | None) -> None:
        self._key = None if key is None else re.compile(rf'[{{,]\s*"{re.escape(key)}"\s*:\s*\Z')
        self._lead: list[str] = []
        self._item: list[str] = []
        self._last = ""
        self._looks = self._depth = 0
        self._ticked = self._inside = self._done = self._quoted = self._escaped = False

    def feed(self, text: str) -> list[str]:
        """Take the next characters; return the items that they finish, as JSON text."""
        finished: list[str] = []
        self._ticked = self._ticked or "`" in text
        for character in text:
            if self._done:
                break
            if self._inside:
                self._take(character, finished)
            else:
                self._inside = character == "[" and self._may_open() and self._opens_the_list()
                self._lead.append(character)
                if not character.isspace():
                    self._last = character
        return finished

    def _may_open(self) -> bool:
        """Whether the bracket is worth a look: it stands first, or behind a key, a fence or a thinking block."""
        if self._last and self._last not in ":>" and not self._follows_a_fence():
            return False
        self._looks += 1
        self._done = self._looks > _MOST_LOOKS
        return not self._done

    def _follows_a_fence(self) -> bool:
        if not self._ticked or not (self._last.isalnum() or self._last in "`_"):
            return False  # most brackets are told by this
        return _FENCE_OPENING.search("".join(self._lead[-_LONGEST_FENCE:])) is not None

    def _opens_the_list(self) -> bool:
        """Whether a bracket behind all that was written so far opens the list."""
        body, unclosed = strip_thinking("".join((*self._lead, "[")))
        lead = body[:-1]
        if unclosed:
            return False
        if self._key is not None and self._key.search(lead):
            return True
        return not lead.strip() or _FENCE_OPENING.search(lead) is not None

    def _take(self, character: str, finished: list[str]) -> None:
        if self._quoted:
            self._quote(character)
        elif character == '"':
            self._quoted = True
        elif character in _OPENERS:
            self._depth += 1
        elif self._depth == 0 and character in ",]":
            self._finish(finished, last=character == "]")
            return
        elif character in _CLOSERS:
            self._depth -= 1
        self._item.append(character)

    def _finish(self, finished: list[str], *, last: bool) -> None:
        item = "".join(self._item).strip()
        self._item.clear()
        if _is_json(item):
            finished.append(item)
            self._done = last
        else:
            self._done = True

    def _quote(self, character: str) -> None:
        if self._escaped:
            self._escaped = False
        elif character == "\\":
            self._escaped = True
        elif character == '"':
            self._quoted = False


def _is_json(text: str) -> bool:
    try:
        from_json(text, allow_inf_nan=False)
    except ValueError:
        return False
    return True
