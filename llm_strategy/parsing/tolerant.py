"""Parse JSON as models write it: in linear time, never deeper than `MAX_DEPTH`.

The grammar accepted is JSON plus what is seen in replies: other quotes, bare words, comments, Python and JavaScript
literals, missing and surplus commas, colons and brackets, tuples and sets, calls around a value, ellipses, code fences
around or inside a value. Each deviation is named in `Parsed.repairs`.

Two things are not repaired here. A number that is not finite stays the text it was, so that no `inf` or `nan` can
come out. A text that ends inside a value is marked `cut`: whether that is an error is for the caller to say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import MalformedReplyError, OversizedReplyError
from llm_strategy.parsing.bare import opens_call, read_bare, read_bare_key
from llm_strategy.parsing.cursor import ABSENT, CLOSERS, OPENERS, OPENING_QUOTES, Cursor
from llm_strategy.parsing.limits import MAX_DEPTH
from llm_strategy.parsing.plain import is_list
from llm_strategy.parsing.quoted import read_quoted

if TYPE_CHECKING:
    from llm_strategy.parsing.limits import Budget

__all__ = ["Parsed", "parse_tolerantly"]

_FENCE_OPENING = re.compile(r"```[A-Za-z0-9_+-]{0,20}\s*+(?=[{\[])")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A value read tolerantly from a part of a text."""

    value: Any
    """Plain JSON data."""
    end: int
    """Offset behind the last character that belongs to the value."""
    repairs: tuple[str, ...]
    """What had to be mended, each kind once, in the order met."""
    cut: bool
    """Whether the text ended inside the value."""
    only_objects_open: bool = False
    """Whether a cut text ended behind a whole value, with nothing but the brackets of objects missing."""


_THREE_DIGITS = re.compile(r"\d{3}(?:\.\d{1,40})?")


def parse_tolerantly(text: str, start: int, budget: Budget) -> Parsed:
    """Parse the one value that begins at `start`.

    Raises:
        MalformedReplyError: nothing there can be read as a value.
        OversizedReplyError: nesting or effort beyond the limits.
    """
    parser = _Parser(text, start, budget)
    value = parser.value()
    if value is ABSENT:
        if not parser.cut:
            raise MalformedReplyError("There is no value where one was expected.", reply=text)
        value = None
    return Parsed(value, parser.position, tuple(parser.repairs), parser.cut, parser.only_objects_open)


class _Parser(Cursor):
    """Recursive descent over one value."""

    only_objects_open = False

    def value(self) -> Any:
        """Read a value of any kind; ABSENT when a bracket, a comma or the end stands in its place."""
        self.budget.spend()
        self.skip_blanks()
        character = self.peek()
        if character in CLOSERS:
            return self._container(character)
        fence = _FENCE_OPENING.match(self.text, self.position) if character == "`" else None
        if fence:
            return self._fenced(fence.end())
        if character in OPENING_QUOTES and (not self.fence_ends_here() or self._fence_opens()):
            return self._joined(read_quoted(self))
        if character == "":
            self.cut = True
            return ABSENT
        if character in "}]),:" or self.fence_ends_here():
            return ABSENT
        return self._called() if opens_call(self) else read_bare(self)

    def _fence_opens(self) -> bool:
        """Whether the fence that stands in place of a value has an end of its own."""
        return bool(self.stack) and self.text.find("```", self.position + 3) >= 0

    def _joined(self, first: str) -> str:
        """A string and those joined to it with `+`."""
        while True:
            before = self.position
            self.skip_blanks()
            if self.peek() != "+":
                self.position = before
                return first
            self.position += 1
            self.skip_blanks()
            self.repair("joined strings")
            if self.peek() not in OPENING_QUOTES:
                return first
            first += read_quoted(self)

    def _called(self) -> Any:
        """The argument of a call such as `Decimal("1.5")`; of several, a list."""
        self.position -= 1
        self.repair("call around a value")
        return self._container("(")

    def _fenced(self, start: int) -> Any:
        """A value inside a fence of its own."""
        self.repair("fence inside a value")
        self.position = start
        value = self.value()
        self.skip_blanks()
        if self.starts_with("```"):
            self.position += 3
        return value

    def _container(self, opener: str) -> Any:
        if len(self.stack) >= MAX_DEPTH:
            raise OversizedReplyError(f"The reply nests deeper than {MAX_DEPTH} levels. Reply with a flatter value.")
        self.position += 1
        self.stack.append(opener)
        value = self._object() if opener == "{" else self._list("]" if opener == "[" else ")")
        self.stack.pop()
        return value

    def _object(self) -> Any:
        found: dict[str, Any] = {}
        lone = 0
        while not self._ends("}", began=bool(found)):
            before = self.position
            character = self.peek()
            if character == "{" or (character == "`" and self.starts_with("```")):
                inner = self._brace_in_place_of_key(found)
                if inner is not None:
                    return inner
                break
            if character in ("[", "(") and found:
                self._list_without_key(found)
                continue
            bare = character not in OPENING_QUOTES
            key = self._key()
            if key is not ABSENT:
                alone = self._member(found, key)
                if alone and bare and len(found) > lone + 1:
                    del found[key]
                    self._stray(found, key)
                else:
                    lone += alone
            elif self.position == before:
                self.repair("stray text")
                self.position += 1
        if lone and lone == len(found):
            self.repair("set read as a list")
            return list(found)
        return found

    def _stray(self, found: dict[str, Any], word: str) -> None:
        """A word in place of a member: the next digits of a number, as in `"price": 1,299.00`, or nothing."""
        last = next(reversed(found))
        if type(found[last]) is not int or not _THREE_DIGITS.fullmatch(word):
            self.repair("stray text")
            return
        self.repair("thousands separator")
        digits = f"{found[last]}{word}"
        found[last] = float(digits) if "." in digits else int(digits)

    def _brace_in_place_of_key(self, found: dict[str, Any]) -> Any:
        """Doubled braces or a fence around the object; None if it is the next object of a list."""
        if found or "[" in self.stack:
            self.repair("missing closing bracket")
            return None
        self.repair("doubled brackets")
        inner = self.value()
        self.skip_blanks(commas=True)
        if self.peek() == "}":
            self.position += 1
        return {} if inner is ABSENT else inner

    def _list_without_key(self, found: dict[str, Any]) -> None:
        """`"a": [1], [2]`: a list without a key continues the one before it."""
        self.repair("list without a key")
        extra = self.value()
        last = next(reversed(found))
        if is_list(found[last]) and is_list(extra):
            found[last] = found[last] + extra

    def _key(self) -> Any:
        if self.peek() in OPENING_QUOTES:
            return read_quoted(self, key=True)
        key = read_bare_key(self)
        if key is not ABSENT:
            self.repair("unquoted key")
        return key

    def _member(self, found: dict[str, Any], key: str) -> bool:
        """Read what follows a key into `found`; returns whether the key stood alone."""
        self.skip_blanks()
        mark = self.peek()
        if mark == "" or self.cut:
            self.cut = True
            return False
        if mark in (":", "="):
            self.position += 2 if self.starts_with("=>") else 1
        elif mark in (",", "}", "]"):
            self.repair("key without a value")
            found.setdefault(key, None)
            return True
        else:
            self.repair("missing colon")
        value = self.value()
        if value is not ABSENT:
            found[key] = value
        elif not self.cut:
            self.repair("missing value")
            found[key] = None
        return False

    def _list(self, closer: str) -> Any:
        if closer == ")":
            self.repair("tuple")
        items: list[Any] = []
        commas = False
        while not self._ends(closer, began=bool(items)):
            before = self.position
            value = self.value()
            if value is ABSENT:
                if self.position == before and not self.cut:
                    self.repair("stray text")
                    self.position += 1
                continue
            behind = self.after_blanks(self.position)
            following = self.text[behind : behind + 1]
            if following == ":" and isinstance(value, str):
                value = self._pair(value)
            commas = commas or following == ","
            items.append(value)
        return items[0] if closer == ")" and len(items) == 1 and not commas else items

    def _pair(self, key: str) -> Any:
        """`["a": 1]`: a member without its braces."""
        self.repair("missing opening bracket")
        found: dict[str, Any] = {}
        self._member(found, key)
        return found

    def _ends(self, closer: str, *, began: bool) -> bool:
        """Pass over separators; returns whether the innermost container ends here."""
        commas = self.skip_blanks(commas=True)
        character = self.peek()
        if character == closer:
            if commas:
                self.repair("surplus comma")
            self.position += 1
            return not (closer == "}" and self._goes_on())
        if character in OPENERS:
            return self._ends_wrongly(character)
        if character == "":
            self._end_of_text(commas)
            return True
        if self.fence_ends_here():
            self.repair("missing closing bracket")
            return True
        if commas != int(began):
            self.repair("surplus comma" if commas else "missing comma")
        return False

    def _end_of_text(self, commas: int) -> None:
        if not self.cut and commas == 0 and set(self.stack) == {"{"} and self._behind_whole_value():
            self.only_objects_open = True
        self.cut = True

    def _behind_whole_value(self) -> bool:
        """Whether the last thing in the text is a closed container or string, not a word that might go on."""
        return self.text.rstrip()[-1:] in ("}", "]", '"')

    def _ends_wrongly(self, character: str) -> bool:
        """A closing bracket of another kind: it closes an outer container, or stands for the right one."""
        self.repair("mismatched bracket")
        if OPENERS[character] not in self.stack[:-1]:
            self.position += 1
        return True

    def _goes_on(self) -> bool:
        """Whether the outermost object goes on behind its bracket: `{"a": 1}, "b": 2}`."""
        following = self.after_blanks(self.position)
        if len(self.stack) != 1 or self.text[following : following + 1] != "," or not self.member_follows(following):
            return False
        self.repair("premature closing bracket")
        self.skip_blanks(commas=True)
        return True
