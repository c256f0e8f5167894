"""Read a reply that is a value without brackets: a literal, a quoted text, lines with bullets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import MalformedReplyError
from llm_strategy.parsing.cursor import OPENING_QUOTES
from llm_strategy.parsing.plain import is_list, is_object
from llm_strategy.parsing.scan import Candidate
from llm_strategy.parsing.tolerant import parse_tolerantly

if TYPE_CHECKING:
    from llm_strategy.parsing.limits import Budget

__all__ = ["encodable", "listed", "literal", "quoted_whole"]

_BULLET = re.compile(r"(?:[-*•]|\d{1,3}[.)])\s{1,10}+(.*+)")
_NUMBERS = re.compile(r"[-+\d. ]{1,40}+(?:,[-+\d. ]{1,40}+){1,1000}+")


def literal(text: str, budget: Budget) -> tuple[Any, bool]:
    """Return the value of a text that is one literal, in quotes or bare, or a tuple; else the text itself.

    The flag says whether the text ends inside the literal.
    """
    try:
        parsed = parse_tolerantly(text, 0, budget)
    except MalformedReplyError:
        return text, False
    value: Any = parsed.value
    container = (is_list(value) or is_object(value)) and not text.startswith("(")
    if container or text[parsed.end :].strip(" \t\r\n.,;*_"):
        return text, False
    return value, parsed.cut


def listed(text: str) -> Any:
    r"""Return the items of a text that is a list, with bullets or of numbers between commas; else the text itself.

    >>> listed("1. red\n2. green"), listed("1, 2"), listed("red, green")
    (['red', 'green'], ['1', ' 2'], 'red, green')
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    items = [match[1] for line in lines if (match := _BULLET.match(line))]
    if items and len(items) == len(lines):
        return items
    return text.split(",") if _NUMBERS.fullmatch(text) else text


def quoted_whole(text: str, budget: Budget) -> Candidate | None:
    """Return a reply that is one quoted string from its first to its last character; None if it is not."""
    stripped = text.strip()
    if len(stripped) < 2 or stripped[0] not in OPENING_QUOTES or stripped[-1] not in OPENING_QUOTES[stripped[0]]:
        return None
    if stripped.startswith("```"):
        return None
    parsed = parse_tolerantly(stripped, 0, budget)
    if parsed.cut or parsed.end < len(stripped) or not isinstance(parsed.value, str):
        return None
    return Candidate(parsed.value, 0, len(text), parsed.repairs)


def encodable(text: str) -> tuple[str, list[str]]:
    """Replace what is no text, and say what: lone surrogates, which no encoding can carry."""
    text = text.removeprefix("\ufeff")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"), ["lone surrogate"]
    return text, []
