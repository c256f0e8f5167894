"""Read a string whose quotes may be damaged: unescaped, missing, doubled, tripled or typographic.

The difficulty is a quote that may end the string or belong to it. What follows decides: behind the last quote of a
string stands a comma, a colon, a closing bracket or the end, and behind a comma in an object stands a key. Each quote
is judged once, by looking ahead over white space and one key, so the work is linear in the length of the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from llm_strategy.parsing.cursor import CLOSERS, OPENERS, OPENING_QUOTES
from llm_strategy.parsing.escapes import unescaped

if TYPE_CHECKING:
    from llm_strategy.parsing.cursor import Cursor

__all__ = ["read_quoted"]

_STOPS: Final = {
    quotes: re.compile(rf"(?:[^\\{quotes}]++|\\.)*+[{quotes}]", re.DOTALL) for quotes in set(OPENING_QUOTES.values())
}
_LOOK_BACK: Final = 400
_JUDGEMENT: Final = 7
"""Steps that judging a quote costs."""
_COMMA_BEFORE = re.compile(r",[ \t]{0,200}+(?:\n[ \t]{0,200}+)?(?:[^\W\d]\w{0,60}+\s{0,20}+:\s{0,20}+)?\Z")
_KEY_GOES_ON = re.compile(r'[^"\n,{}:]{1,60}+(?:"[^"\n,{}:]{1,60}+){0,4}+"\s{0,20}+:')
_LONE_WORD = re.compile(r"\s{1,20}+\w{1,40}+\s{0,20}+[}\]]")
_WHOLE_VALUE = re.compile(r'"[^"\n]{0,200}+"\s{0,20}+(?:\}|,\s{0,20}+(?:["}]|\w{1,60}+\s{0,20}+:))')


class _Verdict(Enum):
    ENDS = auto()
    INSIDE = auto()
    PERHAPS = auto()
    """It may end the string, if no better end comes."""
    TOO_LATE = auto()
    """It opens the next string: the quote that ends this one is missing."""


@dataclass(slots=True)
class _String:
    """A string in the making."""

    quotes: str
    """The characters that may close it."""
    is_key: bool
    start: int
    """Offset of its first character."""
    doubled: bool
    """Whether it was opened by two quotes in a row."""
    inner: int = -1
    """Offset of the last quote that was taken for a part of the string, or -1."""
    perhaps: int = -1
    """Offset of a quote that would do as the end if no better comes, or -1."""
    depth: int = 0
    """Braces opened inside the string and not closed, once a quote inside was seen."""
    counted: int = 0
    """Offset up to which braces were counted."""


def read_quoted(cursor: Cursor, *, key: bool = False) -> str:
    """Read the string whose opening quote stands at the cursor, which is left behind its end."""
    block = _read_block(cursor)
    if block is not None:
        return block
    opener = cursor.peek()
    if opener != '"':
        cursor.repair("other quotes")
    cursor.position += 1
    doubled = cursor.starts_with(opener) and cursor.text[cursor.position + 1 : cursor.position + 2].isalnum()
    if doubled:
        cursor.repair("doubled quotes")
        cursor.position += 1
    return _scan(cursor, _String(OPENING_QUOTES[opener], key, cursor.position, doubled, counted=cursor.position))


def _read_block(cursor: Cursor) -> str | None:
    """A block in triple quotes or a fence, without the name of its language; None if there is none."""
    for mark in ('"""', "'''", "```"):
        if not cursor.starts_with(mark):
            continue
        end = cursor.text.find(mark, cursor.position + 3)
        cursor.budget.spend(1, characters=(end if end >= 0 else len(cursor.text)) - cursor.position)
        if end < 0 or (end == cursor.position + 3 and mark != "```"):
            return None
        content = cursor.text[cursor.position + 3 : end]
        cursor.position = end + 3
        if mark != "```":
            cursor.repair("triple quotes")
            return content
        cursor.repair("fenced string")
        language, newline, rest = content.partition("\n")
        return rest if newline and (not language.strip() or language.strip().isalnum()) else content
    return None


def _scan(cursor: Cursor, string: _String) -> str:
    """Judge one quote after the other until the string ends."""
    while True:
        match = _STOPS[string.quotes].match(cursor.text, cursor.position)
        if match is None:
            return _unclosed(cursor, string)
        stop = match.end() - 1
        cursor.budget.spend(1, characters=stop - cursor.position)
        verdict = _judge(cursor, string, stop)
        if verdict is _Verdict.ENDS:
            return _finish(cursor, string, stop)
        if verdict is _Verdict.TOO_LATE:
            return _finish_before(cursor, string, stop)
        if verdict is _Verdict.PERHAPS and string.perhaps < 0:
            string.perhaps = stop
        string.inner = stop
        cursor.budget.spend(_JUDGEMENT)
        cursor.position = stop + 1


def _judge(cursor: Cursor, string: _String, stop: int) -> _Verdict:
    """Decide whether the quote at `stop` ends the string."""
    if string.doubled and cursor.text[stop + 1 : stop + 2] == cursor.text[stop]:
        return _Verdict.ENDS
    following = cursor.after_blanks(stop + 1)
    if following >= len(cursor.text):
        return _Verdict.ENDS
    if not cursor.stack:
        return _judge_outermost(cursor, stop, following)
    if string.is_key:
        ends = cursor.text[following] in ":,}=" or not _KEY_GOES_ON.match(cursor.text, following)
        return _Verdict.ENDS if ends else _Verdict.INSIDE
    verdict = _judge_value(cursor, string, stop, following)
    return _Verdict.TOO_LATE if verdict is _Verdict.INSIDE and _opens_next(cursor, string, stop) else verdict


def _opens_next(cursor: Cursor, string: _String, stop: int) -> bool:
    """Whether the quote at `stop` opens the next string: `"a": "b, "c": 1`, or a new line behind `"abc,`."""
    before = cursor.text[max(string.start, stop - _LOOK_BACK) : stop]
    comma = _COMMA_BEFORE.search(before)
    if comma is None:
        return False
    between = comma[0]
    if ":" in between:
        return cursor.stack[-1] == "{" and _WHOLE_VALUE.match(cursor.text, stop) is not None
    return "\n" in between or (cursor.stack[-1] == "{" and cursor.member_follows(stop))


def _judge_outermost(cursor: Cursor, stop: int, following: int) -> _Verdict:
    """A string that is the whole text ends with it, or before something that is joined to it."""
    if cursor.text[following] == "+" or not cursor.text[following : following + 40].strip(",; \t\r\n"):
        return _Verdict.ENDS
    return _Verdict.PERHAPS if cursor.text[stop + 1] == "\n" else _Verdict.INSIDE


def _judge_value(cursor: Cursor, string: _String, stop: int, following: int) -> _Verdict:
    """Decide by what stands behind the quote of a value in a list or object."""
    text, in_object, first = cursor.text, cursor.stack[-1] == "{", string.inner < 0
    character = text[following]
    if character == ",":
        return _judge_comma(cursor, string, following)
    if character in "}])":
        return _judge_bracket(cursor, string, stop, following)
    if character == ":":
        ends = first and not in_object
    elif character in string.quotes:
        ends = cursor.member_follows(following) if in_object else first and following > stop + 1
    elif character == "+":
        ends = text[cursor.after_blanks(following + 1) :][:1] in ("", '"', "'", "/")
    elif text.startswith(("//", "/*"), following):
        ends = True
    elif not first:
        ends = False
    elif character == "#" or text.startswith("```", following) or _LONE_WORD.match(text, stop + 1):
        ends = True
    elif in_object:
        ends = following > stop + 1 and cursor.member_follows(following)
    else:
        ends = character.isdigit()
    return _Verdict.ENDS if ends else _Verdict.INSIDE


def _judge_comma(cursor: Cursor, string: _String, comma: int) -> _Verdict:
    """Behind the comma of an object stands a key, behind that of a list a value."""
    following = cursor.after_blanks(comma + 1)
    character = cursor.text[following : following + 1]
    first = string.inner < 0
    if character == "" or character in "}]/#,.…":
        return _Verdict.ENDS
    opens = character in OPENING_QUOTES or character in "{[("
    if cursor.stack[-1] == "{":
        if cursor.member_follows(comma) or (opens and first):
            return _Verdict.ENDS
        return _Verdict.PERHAPS if opens or first else _Verdict.INSIDE
    return _Verdict.ENDS if opens or first or character.isdigit() or character == "-" else _Verdict.PERHAPS


def _judge_bracket(cursor: Cursor, string: _String, stop: int, bracket: int) -> _Verdict:
    """A closing bracket ends the string, unless it closes one that was opened inside it."""
    text = cursor.text
    if string.inner >= 0:
        string.depth += text.count("{", string.counted, stop) - text.count("}", string.counted, stop)
        string.counted = stop
        if string.depth > 0 and text[bracket] == "}":
            return _Verdict.PERHAPS
    if OPENERS[text[bracket]] not in cursor.stack:
        return _Verdict.INSIDE
    following = cursor.after_blanks(bracket + 1)
    outermost = len(cursor.stack) == 1 or following >= len(text)
    if outermost or string.inner < 0 or text[following] in ',}]){["`/':
        return _Verdict.ENDS
    return _Verdict.PERHAPS


def _finish(cursor: Cursor, string: _String, stop: int) -> str:
    """End the string with the quote at `stop`."""
    cursor.position = stop + 1
    if string.doubled and cursor.peek() == cursor.text[stop]:
        cursor.position += 1
    if string.inner >= 0:
        cursor.repair("unescaped quote")
    return unescaped(cursor.text[string.start : stop], string.quotes, cursor)


def _finish_before(cursor: Cursor, string: _String, stop: int) -> str:
    """End the string before the comma in front of the quote at `stop`."""
    cursor.repair("missing closing quote")
    begin = max(string.start, stop - _LOOK_BACK)
    comma = _COMMA_BEFORE.search(cursor.text[begin:stop])
    cursor.position = begin + comma.start() if comma else stop
    return unescaped(cursor.text[string.start : cursor.position], string.quotes, cursor)


def _unclosed(cursor: Cursor, string: _String) -> str:
    """The text ends inside the string: take a doubtful end, a tail of nothing but brackets, or mark it as cut."""
    text = cursor.text
    cursor.budget.spend(_JUDGEMENT, characters=len(text) - string.start)
    if string.perhaps >= 0:
        string.inner = string.start
        return _finish(cursor, string, string.perhaps)
    tail = text[string.start :]
    content = _without_closers(tail.rstrip().removesuffix("```"), cursor)
    if content is not None and string.is_key and ":" in content:
        content = content.partition(":")[0]
    elif content is None or not all(content.count(opener) == content.count(CLOSERS[opener]) for opener in CLOSERS):
        cursor.position = len(text)
        cursor.cut = True
        return unescaped(tail, string.quotes, cursor)
    cursor.repair("missing closing quote")
    cursor.position = string.start + len(content)
    return unescaped(content.rstrip(), string.quotes, cursor)


def _without_closers(content: str, cursor: Cursor) -> str | None:
    """A tail without the brackets at its end, if they are exactly those that are open; else None."""
    if not cursor.stack:
        return None
    for opener in cursor.stack:
        content = content.rstrip()
        if not content.endswith(CLOSERS[opener]):
            return None
        content = content[:-1]
    return content.rstrip().removesuffix(",")
