"""What differs between two scopes, in words that are read at a glance."""

from __future__ import annotations

import difflib
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from llm_strategy.hyperparameters.leaves import ABSENT, differing
from llm_strategy.hyperparameters.mistakes import shown
from llm_strategy.hyperparameters.reading import entries_from

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llm_strategy.hyperparameters.config_model import ConfigModel

__all__ = ["Change", "Difference", "diff"]

_LONG = 120
_AROUND = 30


@dataclass(frozen=True, slots=True)
class Change:
    """A hyperparameter, or the smallest part of one, with two values."""

    function: str
    """The function, as `module.qualname`."""
    name: str
    """The hyperparameter, and the place in it: `templates.shorter`, `examples[0].value`."""
    before: Any
    """Its value in the first scope; the default where the scope says nothing."""
    after: Any
    """Its value in the second scope."""

    def __str__(self) -> str:
        where = f"{self.function}.{self.name}"
        if isinstance(self.before, str) and isinstance(self.after, str):
            if "\n" in self.before + self.after:
                return "\n".join([f"{where}:", *(f"    {line}" for line in _lines(self.before, self.after))])
            before, after = _cut(self.before, self.after)
            return f"{where}: {before!r} -> {after!r}"
        before, after = _cut(shown(self.before, sys.maxsize), shown(self.after, sys.maxsize))
        return f"{where}: {before} -> {after}"


@dataclass(frozen=True, slots=True)
class Difference:
    """All that differs between two scopes."""

    changes: tuple[Change, ...]
    """By function, then in the order of its parameters."""

    def __str__(self) -> str:
        return "\n".join(map(str, self.changes)) or "no difference"

    def __bool__(self) -> bool:
        return bool(self.changes)


def diff(before: Any, after: Any) -> Difference:
    """Return what differs between two scopes; a function that one of them does not name has its defaults there.

    >>> from llm_strategy.hyperparameters import Hyperparameters, track_hyperparameters
    >>> @track_hyperparameters
    ... def step(*, _size: float = 0.5, _name: str = "x") -> None: ...
    >>> print(diff(Hyperparameters(), Hyperparameters({step: {"size": 0.1}})))
    llm_strategy.hyperparameters.difference.step.size: 0.5 -> 0.1

    Args:
        before: a scope, or anything that `Hyperparameters` takes.
        after: the same.

    Raises:
        HyperparameterError: one of them holds no hyperparameters.
    """
    first, second = entries_from(before), entries_from(after)
    found = (change for name in sorted(first | second) for change in _changes(name, first.get(name), second.get(name)))
    return Difference(tuple(found))


def _changes(function: str, before: ConfigModel | None, after: ConfigModel | None) -> Iterator[Change]:
    one = before if before is not None else _defaults_of(after)
    other = after if after is not None else _defaults_of(before)
    for name in {**type(one).model_fields, **type(other).model_fields}:
        for path, old, new in differing(vars(one).get(name, ABSENT), vars(other).get(name, ABSENT), name):
            yield Change(function, path, old, new)


def _defaults_of(entry: ConfigModel | None) -> ConfigModel:
    return type(cast("ConfigModel", entry))()  # one of two entries is there


def _lines(before: str, after: str) -> list[str]:
    lines = list(difflib.unified_diff(_printable_lines(before), _printable_lines(after), lineterm="", n=1))[2:]
    for at, line in enumerate(lines):
        follower = lines[at + 1] if at + 1 < len(lines) else ""
        if line[0] == "-" and follower.startswith("+"):  # a line that was changed
            old, new = _cut(line[1:], follower[1:])
            lines[at : at + 2] = [f"-{old}", f"+{new}"]
        else:
            lines[at] = line[0] + _part(line[1:], 0, 0)
    return lines or ["(only line breaks differ)"]


def _printable_lines(text: str) -> list[str]:
    """Return the lines of a text that a model may have written: a terminal must not obey it."""
    return ["".join(one if one.isprintable() else repr(one)[1:-1] for one in line) for line in text.splitlines()]


def _cut(before: str, after: str) -> tuple[str, str]:
    """Return what two texts say about the place where they differ."""
    start = _shared(before, after)
    end = _shared(before[start:][::-1], after[start:][::-1])
    return _part(before, start, len(before) - end), _part(after, start, len(after) - end)


def _shared(before: str, after: str) -> int:
    """Return how many characters two texts begin with alike."""
    shorter = min(len(before), len(after))
    return next((at for at in range(shorter) if before[at] != after[at]), shorter)


def _part(text: str, start: int, end: int) -> str:
    """Return a text, or what is around some of it where it is long."""
    if len(text) <= _LONG:
        return text
    first = max(0, start - _AROUND)
    last = min(len(text), max(end + _AROUND, first + 2 * _AROUND), first + _LONG)
    return f"{'...' if first else ''}{text[first:last]}{'...' if last < len(text) else ''}"
