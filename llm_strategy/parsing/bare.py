"""Read what stands in JSON without quotes: numbers, literals of three languages, words, keys."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

from llm_strategy.errors import OversizedReplyError
from llm_strategy.parsing.cursor import ABSENT, OPENERS
from llm_strategy.parsing.limits import MAX_DIGITS

if TYPE_CHECKING:
    from llm_strategy.parsing.cursor import Cursor

__all__ = ["opens_call", "read_bare", "read_bare_key", "read_literal"]

LITERALS: Final[dict[str, Any]] = {
    "true": True,
    "false": False,
    "null": None,
    "True": True,
    "False": False,
    "None": None,
    "TRUE": True,
    "FALSE": False,
    "NULL": None,
    "undefined": None,
    "nil": None,
}
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*+)(\.\d++)?([eE][+-]?\d++)?")
_LOOSE_NUMBER = re.compile(r"[+-]?(?:(?:0|[1-9][\d_]*+)(?:\.[\d_]*+)?|\.\d[\d_]*+)(?:[eE][+-]?\d*+)?")
_HEXADECIMAL = re.compile(r"[+-]?0[xX][0-9a-fA-F]{1,200}")
_CALL = re.compile(r"[^\W\d][\w.]{0,60}\s?\((?=\s{0,20}[\"'\d{\[\-)])")
_SIMPLE = re.compile(r"(?:[^\s,{}\[\]()\"`/]|/(?!\*))++")
_KEY = re.compile(r"[^:,{}\[\]\"\n`]{1,200}")
_STOP: Final = {
    "{": re.compile(r"[,}\]\n\"]|```"),
    "[": re.compile(r"[,}\]\n\"]|```"),
    "(": re.compile(r"[,)\]}\n\"]|```"),
    "": re.compile(r"\n|```"),
}


def opens_call(cursor: Cursor) -> bool:
    """Pass over the name and bracket of a call such as `Decimal(`, if one opens here."""
    match = _CALL.match(cursor.text, cursor.position)
    if match is None:
        return False
    cursor.position = match.end()
    return True


def read_bare(cursor: Cursor) -> Any:
    """Read a value without quotes; ABSENT when the text may have ended in the middle of it."""
    simple = _SIMPLE.match(cursor.text, cursor.position)
    if simple:
        word, end = simple[0], simple.end()
        following = cursor.after_blanks(end)
        character = cursor.text[following : following + 1]
        comma = character == "," and _ends_at_comma(cursor, word, following)
        if comma or character in ("", "}", "]", ")") or cursor.text.startswith(("//", "/*", "#"), following):
            cursor.position = end
            return _value_of(cursor, word)
        if (character in "{[" or (cursor.stack[-1:] == ["["] and character.isdigit())) and _NUMBER.fullmatch(word):
            cursor.position = end
            return read_literal(cursor, word)
    start = cursor.position
    end = _end_of_words(cursor)
    cursor.position = end
    if end == start:
        return ABSENT
    return _value_of(cursor, cursor.text[start:end])


def _ends_at_comma(cursor: Cursor, word: str, comma: int) -> bool:
    """Whether a value of one word ends at the comma: in an object, a text such as `hello, world` may hold it."""
    known = word in LITERALS or word[0] in "+-.0123456789"
    return known or cursor.stack[-1:] != ["{"] or _ends_words(cursor, "{", ",", comma)


def _value_of(cursor: Cursor, word: str) -> Any:
    at_end = bool(cursor.stack) and cursor.position >= len(cursor.text)
    if at_end:
        cursor.cut = True
    value = read_literal(cursor, word.strip())
    if at_end and (value is None or not isinstance(value, str) or _may_become_literal(value)):
        return ABSENT
    return value


def _may_become_literal(word: str) -> bool:
    return word == "-" or any(literal.startswith(word) for literal in LITERALS)


def read_literal(cursor: Cursor, word: str) -> Any:
    """Return the value that a bare word stands for; the word itself if it is none of the known ones."""
    if word in LITERALS:
        if word not in ("true", "false", "null"):
            cursor.repair("literal of another language")
        return LITERALS[word]
    stripped = word[:-1].rstrip() if word[-1:] in ('"', "'") else word
    if word[:1] in "+-.0123456789" and word:
        number = _number(cursor, stripped)
        if number is not None:
            return number
    cursor.repair("unquoted value")
    return stripped


def _number(cursor: Cursor, word: str) -> int | float | None:
    """The number a word stands for, if it stands for one and is finite."""
    if len(word) > MAX_DIGITS:
        if _NUMBER.fullmatch(word):
            raise OversizedReplyError(
                f"The reply holds a number of more than {MAX_DIGITS} digits. Write a shorter number."
            )
        return None
    match = _NUMBER.fullmatch(word)
    if match:
        return _finite(float(word)) if match[1] or match[2] else int(word)
    if _HEXADECIMAL.fullmatch(word):
        cursor.repair("number in another notation")
        return int(word, 16)
    if _LOOSE_NUMBER.fullmatch(word):
        cursor.repair("number in another notation")
        plain = word.replace("_", "").rstrip("eE+-")
        return _finite(float(plain)) if set(plain) & set(".eE") or set(word) & set("eE") else int(plain)
    return None


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _end_of_words(cursor: Cursor) -> int:
    """Offset at which a value of several bare words ends."""
    container = cursor.stack[-1] if cursor.stack else ""
    text, start = cursor.text, cursor.position
    at, depth = start, 0
    while True:
        match = _STOP[container].search(text, at)
        if match is None:
            cursor.budget.spend(1, characters=len(text) - at)
            return len(text)
        stop = match.start()
        cursor.budget.spend(1, characters=stop - at)
        depth += text.count("{", at, stop) + text.count("[", at, stop)
        character = text[stop]
        if depth > 0 and character in "}]":
            depth -= 1
        elif _ends_words(cursor, container, character, stop):
            return stop
        at = stop + 1


def _ends_words(cursor: Cursor, container: str, character: str, stop: int) -> bool:
    text = cursor.text
    if character == "`" or container == "":
        return True
    if character == '"':
        return text[stop - 1 : stop].isspace() and (container != "{" or cursor.member_follows(stop))
    if character in "}])":
        return OPENERS[character] in cursor.stack and _closes(cursor, stop)
    if container != "{":
        return True
    following = cursor.after_blanks(stop + 1)
    if text[following : following + 1] in ("", "}", "]"):
        return character == ","
    line_break = character == "," and "\n" in text[stop:following]
    return line_break or cursor.member_follows(stop)


def _closes(cursor: Cursor, bracket: int) -> bool:
    following = cursor.after_blanks(bracket + 1)
    return (
        len(cursor.stack) == 1
        or following >= len(cursor.text)
        or cursor.text[following] in ',}])`/#{["'
        or "\n" in cursor.text[bracket:following]
    )


def read_bare_key(cursor: Cursor) -> Any:
    """Read a key without quotes, passing over stray words in front of a quoted key; ABSENT if there is none."""
    match = _KEY.match(cursor.text, cursor.position)
    if match is None:
        return ABSENT
    cursor.budget.spend()
    cursor.position = match.end()
    following = cursor.text[match.end() : match.end() + 1]
    if following == '"':
        after = cursor.after_blanks(match.end() + 1)
        if cursor.text[after : after + 1] != ":":
            cursor.repair("stray text")
            return ABSENT
        cursor.position += 1
    word = match[0].strip()
    return word.strip("'") if word else ABSENT
