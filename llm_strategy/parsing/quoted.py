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

from llm_strategy.parsing.cursor import OPENING_QUOTES

if TYPE_CHECKING:
    from llm_strategy.parsing.cursor import Cursor

__all__ = ["read_quoted"]

_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "/": "/", "\\": "\\"}
_STOPS: Final = {quotes: re.compile("[" + re.escape(quotes) + r"\\]") for quotes in set(OPENING_QUOTES.values())}
_UNICODE_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})(?:\\u([dD][c-fC-F][0-9a-fA-F]{2}))?")
_COMMA_BEFORE = re.compile(r",[ \t]{0,200}+(?:\n[ \t]{0,200}+)?(?:[^\W\d]\w{0,60}+\s{0,20}+:\s{0,20}+)?\Z")
_WHOLE_VALUE = re.compile(r'"[^"\n]{0,200}+"\s{0,20}+(?:\}|,\s{0,20}+(?:["}]|\w{1,60}+\s{0,20}+:))')
_KEY_GOES_ON = re.compile(r'[^"\n,{}:]{1,60}+(?:"[^"\n,{}:]{1,60}+){0,4}+"\s{0,20}+:')
_LONE_WORD = re.compile(r"\s{1,20}+\w{1,40}+\s{0,20}+[}\]]")
_REPLACEMENT = "\ufffd"


class _Verdict(Enum):
    ENDS = auto()
    INSIDE = auto()
    PERHAPS = auto()
    TOO_LATE = auto()


@dataclass(slots=True)
class _String:
    """A string in the making."""

    quotes: str
    """The characters that may close it."""
    is_key: bool
    start: int
    """Offset of its first character."""
    pieces: list[str]
    copied: int
    """Offset up to which the text is in `pieces`."""
    doubled: bool = False
    """Whether it was opened by two quotes in a row."""
    inner: int = -1
    """Offset of the last quote that was taken for a part of the string, or -1."""
    depth: int = 0
    """Braces opened inside the string and not closed, once a quote inside was seen."""
    counted: int = 0
    """Offset up to which braces were counted."""
    perhaps: tuple[int, int] | None = None
    """Offset of a quote that would do as the end if no better comes, and the number of pieces then."""


def read_quoted(cursor: Cursor, *, key: bool = False) -> str:
    """Read the string whose opening quote stands at the cursor, which is left behind its end."""
    block = _read_block(cursor)
    if block is not None:
        return block
    opener, start = cursor.peek(), cursor.position
    if opener != '"':
        cursor.repair("other quotes")
    cursor.position += 1
    if cursor.starts_with(opener) and cursor.text[cursor.position + 1 : cursor.position + 2].isalnum():
        cursor.repair("doubled quotes")
        cursor.position += 1
    at = cursor.position
    doubled = at > start + 1
    return _scan(cursor, _String(OPENING_QUOTES[opener], key, at, [], at, doubled, counted=at))


def _read_block(cursor: Cursor) -> str | None:
    '''A block in triple quotes or a fence; None if there is none.

    The text of a fence begins behind its language: that line names what the string is, it is no part of it.
    '''
    for mark in ('"""', "'''", "```"):
        if cursor.starts_with(mark):
            end = cursor.text.find(mark, cursor.position + 3)
            if end < 0 or (end == cursor.position + 3 and mark != "```"):
                return None
            cursor.repair("triple quotes" if mark != "```" else "fenced string")
            content = cursor.text[cursor.position + 3 : end]
            cursor.budget.spend(1, characters=len(content))
            cursor.position = end + 3
            if mark == "```":
                language, newline, rest = content.partition("\n")
                content = rest if newline and (not language.strip() or language.strip().isalnum()) else content
            return content
    return None


def _scan(cursor: Cursor, string: _String) -> str:
    text, stops = cursor.text, _STOPS[string.quotes]
    while True:
        match = stops.search(text, cursor.position)
        if match is None:
            return _unclosed(cursor, string)
        stop = match.start()
        cursor.budget.spend(1, characters=stop - cursor.position)
        if text[stop] == "\\":
            string.pieces.append(text[string.copied : stop])
            string.pieces.append(_unescape(cursor, stop, string))
            string.copied = cursor.position
            continue
        verdict = _judge(cursor, string, stop)
        if verdict is _Verdict.ENDS:
            return _finish(cursor, string, stop)
        if verdict is _Verdict.TOO_LATE:
            return _finish_before(cursor, string)
        if verdict is _Verdict.PERHAPS and string.perhaps is None:
            string.perhaps = (stop, len(string.pieces))
        string.inner = stop
        cursor.position = stop + 1


def _unescape(cursor: Cursor, at: int, string: _String) -> str:
    """Decode the escape at `at` and pass over it. An unknown escape keeps its backslash: it is code, as in `\\d`."""
    following = cursor.text[at + 1 : at + 2]
    cursor.position = at + 2
    if following == "u":
        match = _UNICODE_ESCAPE.match(cursor.text, at)
        if match is None:
            cursor.repair("broken escape")
            if len(cursor.text) - at < 6:
                cursor.position = len(cursor.text)
                return ""
            return "\\u"
        return _decode_unicode(cursor, match)
    if following in _ESCAPES:
        return _ESCAPES[following]
    if following == '"' or following in string.quotes or following in ("'", "`"):
        return following
    cursor.repair("unknown escape")
    return following if following in ("\n", "") else "\\" + following


def _decode_unicode(cursor: Cursor, match: re.Match[str]) -> str:
    code = int(match[1], 16)
    cursor.position = match.start() + 6
    if not 0xD800 <= code <= 0xDFFF:
        return chr(code)
    if code <= 0xDBFF and match[2]:
        cursor.position = match.end()
        return chr(0x10000 + ((code - 0xD800) << 10) + (int(match[2], 16) - 0xDC00))
    cursor.repair("lone surrogate")
    return _REPLACEMENT


def _judge(cursor: Cursor, string: _String, stop: int) -> _Verdict:
    """Decide whether the quote at `stop` ends the string."""
    if string.doubled and cursor.text[stop + 1 : stop + 2] == cursor.text[stop]:
        return _Verdict.ENDS
    following = cursor.after_blanks(stop + 1)
    character = cursor.text[following : following + 1]
    if character == "" or not cursor.stack:
        return _judge_outermost(cursor, stop, following)
    if string.is_key:
        return _judge_key(cursor, following, character)
    verdict = _judge_value(cursor, string, stop, following)
    if verdict is _Verdict.INSIDE and _COMMA_BEFORE.search(cursor.text, max(string.start, stop - 400), stop):
        # `"a": "b, "c": 1` and, in a list, `"abc,` with the next string on the next line.
        between = cursor.text[max(string.start, stop - 400) : stop].rpartition(",")[2]
        in_object = cursor.stack[-1] == "{"
        follows = _WHOLE_VALUE.match(cursor.text, stop) if ":" in between else cursor.member_follows(stop)
        if (in_object and follows) or ("\n" in between and ":" not in between):
            string.inner = stop
            return _Verdict.TOO_LATE
    return verdict


def _judge_outermost(cursor: Cursor, stop: int, following: int) -> _Verdict:
    """A string that is the whole text ends with it, or before something that is joined to it."""
    character = cursor.text[following : following + 1]
    if character in ("", "+", ";") or not cursor.text[following:].strip(",; \t\r\n"):
        return _Verdict.ENDS
    return _Verdict.PERHAPS if cursor.text[stop + 1 : stop + 2] == "\n" else _Verdict.INSIDE


def _judge_key(cursor: Cursor, following: int, character: str) -> _Verdict:
    if character in ":,}=":
        return _Verdict.ENDS
    return _Verdict.INSIDE if _KEY_GOES_ON.match(cursor.text, following) else _Verdict.ENDS


def _judge_value(cursor: Cursor, string: _String, stop: int, following: int) -> _Verdict:
    text, container = cursor.text, cursor.stack[-1]
    character = text[following]
    first = string.inner < 0
    if character == ",":
        return _judge_comma(cursor, string, following)
    if character in "}])":
        return _judge_bracket(cursor, string, stop, following)
    if character == ":":
        return _Verdict.ENDS if container == "[" and first else _Verdict.INSIDE
    if character in OPENING_QUOTES and character in string.quotes:
        if container == "{":
            return _Verdict.ENDS if cursor.member_follows(following) else _Verdict.INSIDE
        return _Verdict.ENDS if first and following > stop + 1 else _Verdict.INSIDE
    if text.startswith(("//", "/*"), following) or (character == "#" and first):
        return _Verdict.ENDS
    if character == "+":
        joined = cursor.after_blanks(following + 1)
        return _Verdict.ENDS if text[joined : joined + 1] in ('"', "'", "/") else _Verdict.INSIDE
    if text.startswith("```", following) and first:
        return _Verdict.ENDS
    if first and _LONE_WORD.match(text, stop + 1):
        return _Verdict.ENDS
    if first and container == "{" and following > stop + 1 and cursor.member_follows(following):
        return _Verdict.ENDS
    return _Verdict.ENDS if first and container == "[" and character.isdigit() else _Verdict.INSIDE


def _judge_comma(cursor: Cursor, string: _String, comma: int) -> _Verdict:
    """Behind the comma of an object stands a key, behind that of a list a value."""
    following = cursor.after_blanks(comma + 1)
    character = cursor.text[following : following + 1]
    first = string.inner < 0
    if character in ("", "}", "]", "/", "#", ",", ".", "…"):
        return _Verdict.ENDS
    if cursor.stack[-1] == "{":
        if cursor.member_follows(comma):
            return _Verdict.ENDS
        if character in OPENING_QUOTES or character in "{[":
            return _Verdict.ENDS if first else _Verdict.PERHAPS
        return _Verdict.PERHAPS if first else _Verdict.INSIDE
    if character in OPENING_QUOTES or character in "{[(":
        return _Verdict.ENDS
    return _Verdict.ENDS if first or character.isdigit() or character == "-" else _Verdict.PERHAPS


def _judge_bracket(cursor: Cursor, string: _String, stop: int, bracket: int) -> _Verdict:
    """A closing bracket ends the string, unless it closes one that was opened inside it."""
    text = cursor.text
    if string.inner >= 0:
        string.depth += text.count("{", string.counted, stop) - text.count("}", string.counted, stop)
        string.counted = stop
        if string.depth > 0 and text[bracket] == "}":
            return _Verdict.PERHAPS
    if {"}": "{", "]": "[", ")": "("}[text[bracket]] not in cursor.stack:
        return _Verdict.INSIDE
    following = cursor.after_blanks(bracket + 1)
    if len(cursor.stack) == 1 or following >= len(text) or text[following] in ",}])" or string.inner < 0:
        return _Verdict.ENDS
    return _Verdict.ENDS if text[following] in "{[\"`/" else _Verdict.PERHAPS


def _finish(cursor: Cursor, string: _String, stop: int) -> str:
    string.pieces.append(cursor.text[string.copied : stop])
    cursor.position = stop + 1
    if string.doubled and cursor.peek() == cursor.text[stop]:
        cursor.position += 1
    if string.inner >= 0:
        cursor.repair("unescaped quote")
    return "".join(string.pieces)


def _finish_before(cursor: Cursor, string: _String) -> str:
    """End the string before the comma in front of its last quote, which opens the next string."""
    cursor.repair("missing closing quote")
    cursor.position = string.inner
    match = _COMMA_BEFORE.search(cursor.text, max(string.start, string.inner - 400), string.inner)
    end = match.start() if match else string.inner
    if end >= string.copied:
        string.pieces.append(cursor.text[string.copied : end])
        cursor.position = end
    return "".join(string.pieces)


def _unclosed(cursor: Cursor, string: _String) -> str:
    """The text ends inside the string: take a doubtful end, a tail that is only brackets, or mark it as cut."""
    text = cursor.text
    if string.perhaps is not None:
        stop, n_pieces = string.perhaps
        pieces = string.pieces[:n_pieces]
        consumed = string.start if not pieces else None
        if consumed is not None:
            cursor.budget.spend(4)
            cursor.repair("unescaped quote")
            cursor.position = stop + 1
            return text[string.start : stop]
    cursor.budget.spend(1, characters=len(text) - string.start)
    rest = text[string.copied :]
    closers = "".join({"{": "}", "[": "]", "(": ")"}[opener] for opener in reversed(cursor.stack))
    body = rest.rstrip().removesuffix("```").rstrip()
    bare = _strip_closers(body, closers)
    if string.is_key and bare is not None and ":" in bare:
        name = bare.partition(":")[0]
        cursor.repair("missing closing quote")
        cursor.position = string.copied + len(name)
        return "".join(string.pieces) + name.rstrip()
    if closers and bare is not None and _balanced(bare):
        cursor.repair("missing closing quote")
        cursor.position = len(text) - (len(rest) - len(bare))
        return "".join(string.pieces) + bare.rstrip()
    cursor.position = len(text)
    cursor.cut = True
    return "".join(string.pieces) + rest


def _strip_closers(body: str, closers: str) -> str | None:
    """`body` without the closing brackets at its end, if they are exactly those that are missing."""
    for closer in reversed(closers):
        body = body.rstrip()
        if not body.endswith(closer):
            return None
        body = body[:-1]
    return body.rstrip().removesuffix(",")


def _balanced(content: str) -> bool:
    return all(content.count(opener) == content.count(closer) for opener, closer in ("{}", "[]", "()"))
