"""Which leaves are meant: patterns over their paths, such as `write_essay:instruction` or `*:temperature`."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from llm_strategy.errors import HyperparameterError
from llm_strategy.hyperparameters.mistakes import near

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["chosen", "matches", "unknown_leaf"]

_SHOWN = 12


def matches(pattern: str, path: str, *, whole: bool = False) -> bool:
    """Whether a pattern means a leaf. The function may be named in short, and a part is meant with what it is in.

    >>> matches("write:fields", "app.write:fields.Essay.title"), matches("*:instruction", "app.write:instruction")
    (True, True)
    >>> matches("write", "app.write:instruction"), matches("rite:*", "app.write:instruction")
    (True, False)

    Args:
        pattern: the pattern.
        path: the path of a leaf.
        whole: whether the pattern has to mean the leaf itself, and not only what it is in.
    """
    if pattern == path:
        return True
    function, _, field = path.partition(":")
    wanted, _, part = pattern.partition(":")
    of_function = any(_fits(name, wanted) for name in _endings(function))
    names = [field] if whole else _beginnings(field)
    return of_function and any(_fits(name, part or "*") for name in names)


def _fits(name: str, pattern: str) -> bool:
    return name == pattern or fnmatchcase(name, pattern)


def _endings(name: str) -> Iterator[str]:
    steps = name.split(".")
    return (".".join(steps[at:]) for at in range(len(steps)))


def _beginnings(name: str) -> Iterator[str]:
    steps = name.split(".")
    return (".".join(steps[: at + 1]) for at in range(len(steps)))


def chosen(option: str, patterns: Iterable[str], paths: Iterable[str]) -> set[str]:
    """Return the paths that patterns mean: what they name, or, where that is none itself, all that is in it.

    Args:
        option: what the patterns are called, for errors.
        patterns: the patterns.
        paths: all paths that there are.

    Raises:
        HyperparameterError: a pattern means nothing.
    """
    known = list(paths)
    if isinstance(patterns, str):
        raise HyperparameterError(f"{option}={patterns!r} is a text. Write a list of patterns: [{patterns!r}].")
    found: set[str] = set()
    for pattern in patterns:
        meant = {path for path in known if matches(pattern, path, whole=True)}
        meant = meant or {path for path in known if matches(pattern, path)}
        if not meant:
            raise unknown_leaf(f"{option}={pattern!r} means nothing that can be searched", pattern, known)
        found |= meant
    return found


def unknown_leaf(said: str, name: str, paths: Iterable[str]) -> HyperparameterError:
    """Return the error for a name that no leaf has."""
    short = [f"{path.partition(':')[0].rpartition('.')[2]}:{path.partition(':')[2]}" for path in paths]
    listed = ", ".join(map(repr, short[:_SHOWN])) + (", ..." if len(short) > _SHOWN else "")
    return HyperparameterError(f"{said}. {near(name, short)}There is {listed or 'nothing at all'}.")
