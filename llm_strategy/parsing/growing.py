"""Parsing JSON that is still being written, piece by piece: each character is looked at once."""

from __future__ import annotations

import re
from typing import Any, Final, Literal, TypeAlias

from pydantic_core import from_json

from llm_strategy.parsing.cursor import ABSENT
from llm_strategy.parsing.limits import MAX_DEPTH, MAX_DIGITS
from llm_strategy.parsing.plain import is_object

__all__ = ["GrowingJson", "NotPlainError"]

Expected: TypeAlias = Literal["value", "item or end", "key", "key or end", "colon", "more"]

_BLANKS: Final = re.compile(r"[ \t\n\r]++")
_CHARACTERS: Final = re.compile(r'[^"\\]++')
_ESCAPE: Final = re.compile(
    r'\\(?:["\\/bfnrt]|u(?![dD][89a-fA-F])[0-9a-fA-F]{4}|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})'
)
_WORD: Final = re.compile(r"[-+.\w]++")
_LONGEST_ESCAPE: Final = 12


class NotPlainError(ValueError):
    """The text is no well-formed JSON."""


class GrowingJson:
    """A JSON value that is being written.

    >>> json = GrowingJson()
    >>> json.feed('{"name": "Ada", "tags": ["fir')
    >>> json.root, json.text
    ({'name': 'Ada', 'tags': []}, 'fir')
    """

    def __init__(self) -> None:
        self.root: Any = ABSENT
        """What has come, without the text that is being written."""
        self.open: list[Any] = []
        """The containers that are not closed, outermost first."""
        self.key: str | None = None
        """The key whose value is being written in the innermost one."""
        self.width = 0
        """How many parts the open containers have: what looking at the value costs."""
        self._expected: Expected = "value"
        self._pieces: list[str] | None = None
        self._length = 0
        self._is_key = False
        self._held = ""

    @property
    def done(self) -> bool:
        """Whether the value is finished."""
        return self.root is not ABSENT and not self.open

    @property
    def text(self) -> str | None:
        """The text that is being written, as far as it goes."""
        if self._pieces is None or self._is_key:
            return None
        self._pieces = ["".join(self._pieces)]
        return self._pieces[0]

    @property
    def written(self) -> int:
        """The length of that text."""
        return 0 if self._pieces is None else self._length

    def feed(self, text: str) -> None:
        """Take the next characters; what comes behind the value is left alone.

        Raises:
            NotPlainError: the text is no well-formed JSON, repeats a key, or is nested too deep.
        """
        text, self._held = self._held + text, ""
        at = 0
        while at < len(text) and not self.done:
            at = self._outside(text, at) if self._pieces is None else self._inside(text, at)

    def _inside(self, text: str, at: int) -> int:
        """Read on in a text."""
        match = _CHARACTERS.match(text, at) or _ESCAPE.match(text, at)
        if match is not None:
            self._append(match[0] if match[0][0] != "\\" else from_json(f'"{match[0]}"'))
            return match.end()
        if text[at] == '"':
            self._end_text()
            return at + 1
        if len(text) - at >= _LONGEST_ESCAPE:
            raise NotPlainError
        return self._hold(text, at)

    def _append(self, piece: str) -> None:
        if self._pieces is not None:
            self._pieces.append(piece)
            self._length += len(piece)

    def _end_text(self) -> None:
        whole, self._pieces, self._length = "".join(self._pieces or ()), None, 0
        if not self._is_key:
            self._put(whole)
            return
        if whole in self.open[-1]:
            raise NotPlainError
        self.key, self._expected = whole, "colon"

    def _hold(self, text: str, at: int) -> int:
        """Keep what may go on in the next piece."""
        if len(text) - at > MAX_DIGITS:
            raise NotPlainError
        self._held = text[at:]
        return len(text)

    def _outside(self, text: str, at: int) -> int:
        """Read on between texts."""
        blanks = _BLANKS.match(text, at)
        if blanks is not None:
            return blanks.end()
        mark = text[at]
        if mark == '"' and self._expected not in {"colon", "more"}:
            self._pieces, self._is_key = [], self._expected in {"key", "key or end"}
        elif self._expected in {"value", "item or end"} and mark not in "]}":
            return self._value(text, at)
        elif mark in "]}":
            self._close(mark)
        elif mark == ":" and self._expected == "colon":
            self._expected = "value"
        elif mark == "," and self._expected == "more":
            self._expected = "key" if is_object(self.open[-1]) else "value"
        else:
            raise NotPlainError
        return at + 1

    def _value(self, text: str, at: int) -> int:
        if text[at] in "[{":
            if len(self.open) >= MAX_DEPTH:
                raise NotPlainError
            container: Any = {} if text[at] == "{" else []
            self._put(container)
            self.open.append(container)
            self._expected = "key or end" if text[at] == "{" else "item or end"
            return at + 1
        word = _WORD.match(text, at)
        if word is None:
            raise NotPlainError
        if word.end() == len(text):
            return self._hold(text, at)
        try:
            self._put(from_json(word[0], allow_inf_nan=False))
        except ValueError as error:
            raise NotPlainError from error
        return word.end()

    def _put(self, value: Any) -> None:
        self._expected = "more"
        if not self.open:
            self.root = value
            return
        self.width += 1
        parent = self.open[-1]
        if is_object(parent):
            parent[str(self.key)] = value
            self.key = None
        else:
            parent.append(value)

    def _close(self, mark: str) -> None:
        fitting = ("key or end", "more") if mark == "}" else ("item or end", "more")
        if not self.open or is_object(self.open[-1]) != (mark == "}") or self._expected not in fitting:
            raise NotPlainError
        self.width -= len(self.open.pop())
        self._expected = "more"
