# ruff: noqa: RUF001 (typographic quotes are what this file is about)
"""The place in a damaged JSON text that is being read, and what can be seen from there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from llm_strategy.parsing.limits import Budget

__all__ = ["ABSENT", "CLOSERS", "OPENERS", "OPENING_QUOTES", "Cursor"]


class _Absent:
    """The type of `ABSENT`."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()
"""Stands where a value was expected and none is; `None` is a value."""

CLOSERS: Final = {"{": "}", "[": "]", "(": ")"}
"""The bracket that closes each opening one."""
OPENERS: Final = {closer: opener for opener, closer in CLOSERS.items()}
"""The bracket that opens for each closing one."""
OPENING_QUOTES: Final = {
    '"': '"',
    "'": "'",
    "“": '“”"',
    "”": '“”"',
    "‘": "‘’`´'",
    "’": "‘’`´'",
    "`": "‘’`´'",
    "´": "‘’`´'",
}
"""Every quote that may open a string, and those that may close it. Plain quotes close with themselves only."""

_BLANKS = re.compile(r"[\s\u200b\u2060\ufeff]*+")
_BLANKS_AND_COMMAS = re.compile(r"[\s\u200b\u2060\ufeff,]*+")
_MEMBER = re.compile(
    r"""\s{0,200}+,?\s{0,200}+(?:
        "[^"\n]{0,200}+"\s{0,20}+: | '[^'\n]{0,200}+'\s{0,20}+: | “[^”\n]{0,200}+”\s{0,20}+:
        | [^\W\d][\w$-]{0,80}+"?\s{0,20}+:(?!//) | \d{1,10}+\s{0,20}+:\s{0,20}+["'{\[\d]
        | [^\W\d]\w{0,40}+\s{1,5}+"[^"\n]{1,100}+"\s{0,20}+:
    )""",
    re.VERBOSE,
)


class Cursor:
    """A position in a text, the brackets open there, and the repairs made on the way."""

    def __init__(self, text: str, position: int, budget: Budget) -> None:
        self.text = text
        self.position = position
        self.budget = budget
        self.stack: list[str] = []
        """Opening brackets of the containers around the position, outermost first."""
        self.repairs: dict[str, None] = {}
        self.cut = False
        """Whether the text ended inside a value."""

    def repair(self, name: str) -> None:
        """Note a deviation from JSON; each kind is kept once."""
        self.repairs[name] = None

    def peek(self) -> str:
        """Return the character at the position, or the empty string at the end."""
        return self.text[self.position : self.position + 1]

    def starts_with(self, prefix: str) -> bool:
        """Return whether `prefix` stands at the position."""
        return self.text.startswith(prefix, self.position)

    def after_blanks(self, offset: int) -> int:
        """Return the offset of the next character that is no white space."""
        match = _BLANKS.match(self.text, offset)
        end = match.end() if match else offset
        self.budget.spend(0, characters=end - offset)
        return end

    def skip_blanks(self, *, commas: bool = False) -> int:
        """Pass over white space and comments, and over commas and ellipses if asked; returns the number of commas."""
        pattern = _BLANKS_AND_COMMAS if commas else _BLANKS
        count = 0
        while True:
            match = pattern.match(self.text, self.position)
            end = match.end() if match else self.position
            if end - self.position > 1 or commas:
                count += self.text.count(",", self.position, end)
            self.budget.spend(1, characters=end - self.position)
            self.position = end
            if not (self._skip_comment() or (commas and self._skip_ellipsis())):
                return count

    def _skip_comment(self) -> bool:
        if self.starts_with("/*"):
            end = self.text.find("*/", self.position + 2)
            end = len(self.text) if end < 0 else end + 2
        elif self.starts_with("//") or self.starts_with("#"):
            end = self._end_of_line_comment()
        else:
            return False
        self.budget.spend(1, characters=end - self.position)
        self.repair("comment")
        self.position = end
        return True

    def _end_of_line_comment(self) -> int:
        """End of the line; on the last line, the bracket that the comment would swallow otherwise."""
        end = self.text.find("\n", self.position)
        if end >= 0:
            return end
        closers = [self.text.find(closer, self.position) for closer in "}])"]
        return min((offset for offset in closers if offset >= 0), default=len(self.text))

    def _skip_ellipsis(self) -> bool:
        for mark in ("...", "…"):
            if self.starts_with(mark):
                self.repair("ellipsis")
                self.position += len(mark)
                return True
        return False

    def member_follows(self, offset: int) -> bool:
        """Return whether a key and its colon stand at `offset`, behind at most one comma."""
        self.budget.spend()
        return _MEMBER.match(self.text, offset) is not None

    def fence_ends_here(self) -> bool:
        """Return whether a code fence closes at the position (rather than opens around a value)."""
        if not self.starts_with("```"):
            return False
        following = self.text[self.position + 3 : self.position + 4]
        return not following.isalnum() and self.text[self.after_blanks(self.position + 3) :][:1] not in ("{", "[")
