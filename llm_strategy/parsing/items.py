"""Finding the finished items of a list in a reply that is still being written."""

from __future__ import annotations

__all__ = ["ItemScanner"]

_OPENERS, _CLOSERS = "[{", "]}"


class ItemScanner:
    """Cuts a growing reply into the items of its first list.

    The list may stand alone, under a key, in a fence or behind a sentence. Each character is looked at once. What is
    covered: strings with escapes and nested values. Not covered: single-quoted strings with brackets in them; the
    caller reads the whole reply at its end anyway.

    >>> scanner = ItemScanner()
    >>> scanner.feed('{"return_value": [1, {"a": ')
    ['1']
    >>> scanner.feed('2}, "th')
    ['{"a": 2}']
    >>> scanner.feed('ree"]}')
    ['"three"']
    """

    def __init__(self) -> None:
        self._depth = 0
        self._inside = self._done = self._quoted = self._escaped = False
        self._before = "\n"
        self._item: list[str] = []

    def feed(self, text: str) -> list[str]:
        """Take the next characters; return the items that they finish, as JSON text."""
        finished: list[str] = []
        for character in text:
            if self._done:
                break
            if self._inside:
                self._take(character, finished)
            else:
                self._look(character)
        return finished

    def _look(self, character: str) -> None:
        """Look for the list: at the start of a line, behind a key, or after another bracket."""
        if self._quoted:
            self._quote(character)
        elif character == "[" and self._before in "\n:{[`":
            self._inside = True
        elif character == '"' and self._before in "\n:{,[":
            self._quoted = True
        if not character.isspace() or character == "\n":
            self._before = character

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
        self._done = last
        if item:
            finished.append(item)

    def _quote(self, character: str) -> None:
        if self._escaped:
            self._escaped = False
        elif character == "\\":
            self._escaped = True
        elif character == '"':
            self._quoted = False
