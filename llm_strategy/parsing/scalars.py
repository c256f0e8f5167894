"""Read numbers, truth values and choices from the words in which models write them."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final

from llm_strategy.parsing.limits import MAX_DIGITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "NULL_WORDS",
    "as_word",
    "folded",
    "read_boolean",
    "read_choice",
    "read_decimal",
    "read_moment",
    "read_number",
    "same_scalar",
]

NULL_WORDS: Final = frozenset(
    {"", "null", "none", "nil", "n/a", "na", "undefined", "unknown", "nan", "-", "not applicable"}
)
"""What models write for an absent value, folded to lower case."""

_TRUE: Final = frozenset({"true", "yes", "y", "on", "1", "t"})
_FALSE: Final = frozenset({"false", "no", "n", "off", "0", "f"})
_POLAR_WORD = re.compile(r"\b(?:true|false|yes|no)\b", re.IGNORECASE)
_YES_NO = re.compile(r"\s*+[*_\"'`]{0,3}(?:yes|no)\b[*_\"'`]{0,3}\s*+(?:[,.;:!(\u2013\u2014-]|\Z)", re.IGNORECASE)
_NEGATION = re.compile(
    r"\b(?:not|never|hardly|neither|nor|non|cannot|except|without|unlikely)\b|n['\u2019]t\b", re.IGNORECASE
)
"""Words that may turn what a text states into its opposite: such a text is shown to the model again."""
_MINUS = re.compile(r"\u2212|(?<!\w)[\u2012-\u2014](?=[\d.])|\b(?:minus|negative)\s+(?=[\d.])", re.IGNORECASE)
_OTHER_NUMBER = re.compile(
    r"\b(?:but|least|most|more|less|fewer|than|hundred|thousand|million|billion|trillion|dozens?)\b"
    r"|\d(?:st|nd|rd|th)\b|[\u00b2\u00b3\u00b9\u2070-\u2079]",
    re.IGNORECASE,
)
"""What makes the one number of a sentence another number than the one that is meant."""
_DECORATION: Final = " \t\r\n\"'`*_.!?;:,\u201c\u201d\u2018\u2019"
_CURRENCY: Final = "$€£¥₹"
_NUMBER_WORD = re.compile(
    r"(?<![\w.,])[+-]?(?:\d{1,3}(?:,\d{3})++(?:\.\d++)?|\d++(?:\.\d++)?|\.\d++)(?:[eE][+-]?\d{1,3})?(?![eE\d,.]{0,40}\d)"
)
_PLAIN = re.compile(r"[+-]?(?:\d++\.?\d*+|\.\d++)(?:[eE][+-]?\d++)?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:[,_ \u00a0\u202f']\d{3})++(?:\.\d*+)?")
_EUROPEAN = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})++,\d++")
_MOMENT = re.compile(
    r"\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?(?![\w-])"
)
_FRACTION = re.compile(r"([+-]?\d{1,15})\s?/\s?(\d{1,15})")
_LONGEST_SENTENCE: Final = 400


def folded(text: str) -> str:
    """Return a word without case, accents, punctuation and white space, for comparison.

    >>> folded("Première_Name-2") == folded("premiere name 2")
    True
    """
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(character for character in decomposed if character.isalnum()).casefold()


def read_boolean(text: str) -> bool | None:
    """Return the truth value that a text states; None if it states none or both.

    >>> read_boolean("**Yes**"), read_boolean("The answer is True"), read_boolean("true or false")
    (True, True, None)
    """
    word = text.strip(_DECORATION).lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    said = {match.lower() for match in _POLAR_WORD.findall(text[: 10 * _LONGEST_SENTENCE])}
    states = {spoken in _TRUE for spoken in said}
    if len(states) != 1:
        return None
    (state,) = states
    if said & {"true", "false"}:
        return None if _NEGATION.search(text) else state
    plain = len(text) <= _LONGEST_SENTENCE and _YES_NO.match(text) and not (state and _NEGATION.search(text))
    return state if plain else None


def read_number(text: str, *, sentence: bool = False, share: bool = False) -> int | float | None:
    """Return the finite number that a text states; None if it states none, or more than one.

    Args:
        text: a number with separators, currency, percent sign or as a fraction.
        sentence: whether the number may stand in a short sentence.
        share: whether 45 % means 0.45.

    >>> read_number("$1,234.50"), read_number("1/4"), read_number("+7"), read_number("1.234,5"), read_number("NaN")
    (1234.5, 0.25, 7, 1234.5, None)
    """
    if len(text) > 2 * MAX_DIGITS:
        return None
    text = _MINUS.sub("-", text)
    word = text.strip(" \t\r\n\"'`*_;:,\u201c\u201d\u2018\u2019")
    if len(word) > MAX_DIGITS:
        return None
    percent = word.endswith("%")
    word = word.rstrip("% ").strip(_CURRENCY + " ")
    if word[:1] in ("+", "-") and word[1:2] in tuple(_CURRENCY):
        word = word[0] + word[2:]
    number = _number(word)
    if number is None and word.endswith("."):
        number = _number(word[:-1])
    if number is None and sentence and len(text) <= _LONGEST_SENTENCE:
        return _only_number(text)
    return number / 100 if number is not None and percent and share else number


def read_decimal(text: str) -> str | None:
    """Return the digits of the number that a text states, all of them; None if it states none.

    >>> read_decimal("$1,234.5000000000000000001")
    '1234.5000000000000000001'
    """
    word = text.strip(" \t\r\n\"'`*_;:" + _CURRENCY)
    if len(word) <= MAX_DIGITS and _GROUPED.fullmatch(word):
        word = re.sub(r"[^\d.+-]", "", word)
    return word if len(word) <= MAX_DIGITS and _PLAIN.fullmatch(word) else None


def read_moment(text: str) -> str | None:
    """Return the one ISO date, with its time if it has one, that a short text states; None if not exactly one.

    >>> read_moment("It starts on 2024-05-01.")
    '2024-05-01'
    """
    stated = {match[0] for match in _MOMENT.finditer(text[: _LONGEST_SENTENCE + 1])}
    return stated.pop() if len(stated) == 1 and len(text) <= _LONGEST_SENTENCE else None


def _only_number(text: str) -> int | float | None:
    if text.lstrip()[:1] in {"{", "["} or _NEGATION.search(text) or _OTHER_NUMBER.search(text):
        return None
    stated = {match.group() for match in _NUMBER_WORD.finditer(text)}
    return _number(stated.pop()) if len(stated) == 1 and "\n" not in text.strip() else None


def _number(word: str) -> int | float | None:
    fraction = _FRACTION.fullmatch(word)
    if fraction:
        return int(fraction[1]) / int(fraction[2]) if int(fraction[2]) else None
    if _EUROPEAN.fullmatch(word):
        word = word.replace(".", "").replace(",", ".")
    elif _GROUPED.fullmatch(word):
        word = re.sub(r"[^\d.+-]", "", word)
    if word[:2].lower() == "0x":
        return int(word, 16) if re.fullmatch(r"0[xX][0-9a-fA-F]{1,200}", word) else None
    if not _PLAIN.fullmatch(word):
        return None
    number = float(word) if set(word) & set(".eE") else int(word)
    return number if isinstance(number, int) or math.isfinite(number) else None


def read_choice(text: str, choices: Iterable[str], names: Mapping[str, Iterable[str]]) -> str | None:
    """Return the choice that a text means; None if it means none or several.

    A choice is meant when the text is the choice, or one of its other names, but for case, accents and punctuation.
    Failing that, it is meant when it is mentioned as a whole word more often than each of the others.

    Args:
        text: what the model wrote.
        choices: the allowed values.
        names: other names and descriptions of a choice.
    """
    if len(text) > 10 * _LONGEST_SENTENCE:
        return None
    options = {choice: [choice, *names.get(choice, ())] for choice in choices}
    whole = folded(text)
    meant = [choice for choice, words in options.items() if any(folded(word) == whole for word in words)]
    if len(meant) == 1:
        return meant[0]
    if meant:
        return None
    if _NEGATION.search(text):
        return None  # "not good" mentions what it does not mean
    mentions = sorted(((_mentions(text, words), choice) for choice, words in options.items()), reverse=True)
    if not mentions or mentions[0][0] == 0 or (len(mentions) > 1 and mentions[1][0] == mentions[0][0]):
        return None
    return mentions[0][1]


def _mentions(text: str, words: list[str]) -> int:
    """How often a choice is mentioned in a text by the name that is mentioned most."""
    lowered = text.casefold()
    return max(
        (len(re.findall(rf"(?<!\w){re.escape(word.casefold())}(?!\w)", lowered)) for word in words if word.strip()),
        default=0,
    )


def same_scalar(one: Any, other: Any) -> bool:
    """Return whether two JSON values are equal, with `true` no number."""
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def as_word(value: Any) -> str:
    """Return a plain value as JSON writes it, a text as it is.

    >>> as_word(True), as_word(None), as_word("x")
    ('true', 'null', 'x')
    """
    return value if isinstance(value, str) else json.dumps(value)
