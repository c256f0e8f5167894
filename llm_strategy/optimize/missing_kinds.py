"""Kinds of hyperparameters that prompts lack most often, by the words that ask for them.

A limit of words, a maximum length and brevity are one wish in three wordings. Covered: English, and the kinds below.
"""

from __future__ import annotations

import re

__all__ = ["kinds_in"]

_UNITS = r"(?:words?|tokens?|characters?|letters?|sentences?|paragraphs?|pages?|lines?)"
_AMOUNTS = r"(?:counts?|limits?|numbers?|amounts?|maximum|minimum|max|min|range|bounds?)"
_KINDS = {
    "length": rf"(?:(?:maximum|minimum|max|min) )?{_UNITS} {_AMOUNTS}"
    rf"|{_AMOUNTS} (?:number )?(?:of|on|for) (?:the )?{_UNITS}"
    r"|(?:maximum |minimum )?lengths?(?: limits?)?|brevity|brief(?:ness)?|concise(?:ness)?|verbos\w+|(?:short|long)er",
    "tone": r"tones?|styles?|voice|register|(?:in)?formal(?:ity)?|casual",
    "format": r"format\w*|layout|markdown|markup|headings?|structure\w*",
    "examples": r"examples|demonstrations?|few-shots?",
    "randomness": r"temperature|random\w*|creativ\w*|diversity|top[-_ ][pk]",
    "audience": r"audiences?|readers?|readership",
    "sources": r"sources?|citations?|citing|cites?|references?|bibliograph\w+",
    "depth": r"depth|details?|detailed|thorough\w*|elaborat\w+|granular\w*",
    "language": r"languages?|translat\w+|locale",
    "reasoning": r"reasoning|step[- ]by[- ]step|chains? of thought",
}
_ANY = re.compile(r"\b(?:" + "|".join(f"(?P<{kind}>{words})" for kind, words in _KINDS.items()) + r")\b", re.IGNORECASE)


def kinds_in(text: str) -> tuple[frozenset[str], str]:
    """Return the kinds that a text asks for, and what else it says.

    >>> kinds_in("a maximum number of words")
    (frozenset({'length'}), 'a  ')
    """
    found = frozenset(str(one.lastgroup) for one in _ANY.finditer(text))
    return found, _ANY.sub(" ", text)
