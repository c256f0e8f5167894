"""Which files matter most for a piece of work: those that it names, and those that many others use.

Source of the idea: PageRank (Page et al. 1999), over the graph of files whose edges go from a use of a name to the file
that defines it, as repository maps of coding agents do.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ranked"]

_WORD: Final = re.compile(r"[^\W\d]\w{2,}")
_DAMPING: Final = 0.85
_ROUNDS: Final = 20
_NAMED: Final = 20.0
"""How much more a file counts that is named than one that is not."""
_MOST_HOMES: Final = 10
"""A name that more files define tells nothing of where it is from; to follow it would cost the square of the files."""


def ranked(files: Mapping[str, str], names: Mapping[str, Sequence[str]], focus: str) -> list[str]:
    """Return the paths of files, those that matter most first.

    Args:
        files: texts by path.
        names: what each file defines.
        focus: the words of the work; a file counts more where its path, or a name that it defines, is among them.
    """
    words = _words(focus)
    weight = {path: 1.0 + _NAMED * _is_meant(path, names.get(path, ()), words, focus) for path in files}
    total = sum(weight.values()) or 1.0
    start = {path: each / total for path, each in weight.items()}
    links = _links(files, names)
    rank = dict(start)
    for _ in range(_ROUNDS):
        given: defaultdict[str, float] = defaultdict(float)
        for path, there in links.items():
            for other, share in there:
                given[other] += rank[path] * share
        lost = 1.0 - sum(given.values())  # of files that use nothing
        rank = {path: (1 - _DAMPING + _DAMPING * lost) * start[path] + _DAMPING * given[path] for path in files}
    return sorted(files, key=lambda path: (-rank[path], path))


def _is_meant(path: str, names: Sequence[str], words: frozenset[str], focus: str) -> bool:
    stem = path.rpartition("/")[2].partition(".")[0].lower()
    return path in focus or stem in words or any(name.lower() in words for name in names)


def _links(files: Mapping[str, str], names: Mapping[str, Sequence[str]]) -> dict[str, list[tuple[str, float]]]:
    """Return which files each file uses, with their shares of its uses."""
    homes: defaultdict[str, list[str]] = defaultdict(list)
    for path, defined in names.items():
        for name in set(defined):
            homes[name].append(path)
    known = {name: there for name, there in homes.items() if len(there) <= _MOST_HOMES}
    links: dict[str, list[tuple[str, float]]] = {}
    for path, text in files.items():
        uses = Counter(home for word in _used(text) if word in known for home in known[word] if home != path)
        total = sum(uses.values())
        if total:
            links[path] = [(home, count / total) for home, count in uses.items()]
    return links


@lru_cache(maxsize=8192)
def _used(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text))


def _words(text: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORD.findall(text))
