"""Lines of a reply that ask for something: READ, FIND, DELETE, DONE, CONTINUE.

A web service has lines like `DELETE /links/{id}` in its description, so a word without a colon asks for a file only
where it is one that is there, and never takes it away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from llm_strategy.planner.replies.paths import cleaned, is_path

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["Order", "order_in"]

_DRESS = "*`_ \t"
_BEFORE = re.compile(r"\s*(?:[-*+>]\s+|\d{1,2}[.)]\s+)?")
_WITH_MORE = re.compile(
    r"(?P<word>READ|FIND|DELETE|Read|Find|Delete)[*`_]{0,3}(?P<colon>:)?[*`_]{0,3}\s+(?P<rest>\S.*)"
)
_ALONE = re.compile(r"(?P<word>DONE|CONTINUE)[.!:]?")


@dataclass(frozen=True, slots=True)
class Order:
    """What one line asks for."""

    kind: Literal["read", "find", "delete", "done", "continue"]
    of: tuple[str, ...] = ()
    """Paths, or the words to find."""
    has_colon: bool = field(default=True, repr=False, compare=False)
    """Whether a colon says that it is an order."""


def order_in(line: str, known: Collection[str] = ()) -> Order | None:
    """Return what a line asks for; None for a line of words.

    >>> order_in("READ: a.py, `b/c.py`")
    Order(kind='read', of=('a.py', 'b/c.py'))
    >>> order_in("**DONE**")
    Order(kind='done', of=())
    >>> order_in("Find: the answer to this."), order_in("Read the file a.py first.")
    (None, None)
    """
    before = _BEFORE.match(line)
    bare = line[before.end() if before else 0 :].strip().strip(_DRESS)
    alone = _ALONE.fullmatch(bare)
    if alone:
        return Order("done" if alone["word"] == "DONE" else "continue")
    more = _WITH_MORE.fullmatch(bare)
    if more is None or not (more["colon"] or more["word"].isupper()):
        return None
    rest = more["rest"].strip()
    if more["word"].upper() == "FIND":
        words = rest.strip("`\"'" if rest[:1] == rest[-1:] else "").strip()
        return Order("find", (words,)) if more["word"].isupper() and more["colon"] and words else None
    colon = more["colon"] is not None
    paths = _paths(rest, known)
    if not paths or not (colon or all(path in known for path in paths)):
        return None
    return Order("read" if more["word"].upper() == "READ" else "delete", paths, colon)


def _paths(rest: str, known: Collection[str]) -> tuple[str, ...]:
    """All that is named, where everything there is a path."""
    whole = rest.strip(_DRESS + "\"'.,;")
    if whole in known:
        return (whole,)
    found = [word.strip(_DRESS + "\"'") for word in re.split(r"[,;]\s*|\s+and\s+|\s+", rest)]
    found = [word.rstrip(".") for word in found if word]
    return (
        tuple(dict.fromkeys(map(cleaned, found))) if all(is_path(word, known) or "/" in word for word in found) else ()
    )
