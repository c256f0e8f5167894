"""Undo the escapes of a string: those of JSON, and those that models make up."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from llm_strategy.parsing.cursor import Cursor

__all__ = ["unescaped"]

_DECODER = json.JSONDecoder(strict=False)
_ESCAPE = re.compile(
    r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u[0-9a-fA-F]{0,3}\Z|(.|\Z))",
    re.DOTALL,
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_PLAIN: Final = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "b": "\b",
    "f": "\f",
    "/": "/",
    "\\": "\\",
    '"': '"',
    "'": "'",
    "`": "`",
}


def unescaped(content: str, quotes: str, cursor: Cursor) -> str:
    r"""Return the text that the content of a string stands for.

    An unknown escape keeps its backslash: it is code, as in `\d`. A backslash before a line break is dropped, and
    so is an escape that the text ends in. A surrogate without its other half becomes the replacement character.
    """
    if "\\" not in content:
        return content
    try:
        text = str(_DECODER.decode(f'"{content}"'))
    except ValueError:
        cursor.budget.spend(content.count("\\"))
        text = _ESCAPE.sub(lambda match: _replacement(match, quotes, cursor), content)
    if _SURROGATE.search(text):
        cursor.repair("lone surrogate")
        text = _SURROGATE.sub("\ufffd", text)
    return text


def _replacement(match: re.Match[str], quotes: str, cursor: Cursor) -> str:
    high, low, code, character = match.groups()
    if high:
        return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + (int(low, 16) - 0xDC00))
    if code:
        return chr(int(code, 16))
    if character is None or character == "":
        return ""
    if character in _PLAIN or character in quotes:
        return _PLAIN.get(character, character)
    cursor.repair("unknown escape")
    return character if character == "\n" else f"\\{character}"
