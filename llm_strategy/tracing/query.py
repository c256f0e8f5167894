"""What traces are looked for by, as conditions of SQL.

What a user gives is bound to question marks, and never becomes a part of the SQL.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llm_strategy.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

__all__ = ["Condition", "TraceQuery", "conditions_on_calls", "conditions_on_traces"]

_COMPARISON = re.compile(r"\s*(?P<name>[^<>=!]*[^<>=!\s])\s*(?P<sign><=|>=|!=|=|<|>)\s*(?P<value>.*?)\s*", re.DOTALL)
_PYTHON_WORDS = {"True": "true", "False": "false", "None": "null"}
_LAST_MOMENT = 2**63 - 1

_CALLED = "(calls.name GLOB ? OR calls.name GLOB '*.' || ?)"
_FAILED = "instr(lower(failures.error), lower(?)) > 0"
_NAMED = "(settings.full_name = ? OR substr(settings.full_name, -length(?) - 1) = '.' || ?)"
_COMPARED = {
    "=": "(settings.text = ? OR settings.number = ?)",
    "!=": "(settings.text <> ? AND settings.number IS NOT ?)",
    "<": "settings.number < ?",
    "<=": "settings.number <= ?",
    ">": "settings.number > ?",
    ">=": "settings.number >= ?",
}
_IN_FORCE = """(settings.hash = calls.settings OR (settings.hash = '' AND NOT EXISTS (
    SELECT 1 FROM settings AS closer WHERE closer.file = settings.file AND closer.hash = calls.settings
    AND closer.full_name = settings.full_name)))"""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition in SQL, with what is bound to its question marks."""

    sql: str
    """The condition; made of constants of this module."""
    values: tuple[str | float | int | None, ...]
    """What is bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceQuery:
    """What is looked for; every condition that is given has to hold.

    On traces, each condition may hold for another call of the trace; on calls, all hold for the same one.
    """

    function: str | None = None
    """Name of a function, whole or its last parts; `*`, `?` and `[...]` stand for what they do in names of files."""
    error: str | None = None
    """A part of the type or message of an error, in small letters or capitals; empty for any error."""
    hyperparameters: tuple[str, ...] = ()
    """Comparisons such as `temperature=0.2`, `shop.describe.attempts>2`; `=`, `!=`, `<`, `<=`, `>`, `>=`."""
    min_cost: float | None = None
    """US dollars, at least; a cost that is not known is in no range."""
    max_cost: float | None = None
    """US dollars, at most."""
    min_seconds: float | None = None
    """Seconds, at least."""
    max_seconds: float | None = None
    """Seconds, at most."""
    since: datetime | None = None
    """Began then or later; a time without a zone is local."""
    until: datetime | None = None
    """Began then or earlier."""


def conditions_on_traces(query: TraceQuery) -> tuple[Condition, ...]:
    """Return the conditions on a row of `files`. Raises ConfigurationError for a comparison that is none."""
    return (
        *_exists("calls", _function(query), "calls.file = files.id"),
        *_exists("failures", _error(query), "failures.file = files.id"),
        *(
            one
            for text in query.hyperparameters
            for one in _exists("settings", (_compared(text),), "settings.file = files.id")
        ),
        *_ranges(query, "files"),
    )


def conditions_on_calls(query: TraceQuery) -> tuple[Condition, ...]:
    """Return the conditions on a row of `calls`. Raises ConfigurationError for a comparison that is none."""
    return (
        *_function(query),
        *_exists("failures", _error(query), "failures.file = calls.file AND failures.call = calls.span"),
        *(
            one
            for text in query.hyperparameters
            for one in _exists("settings", (_compared(text), _of_call(text)), "settings.file = calls.file")
        ),
        *_ranges(query, "calls"),
    )


def _exists(table: str, conditions: tuple[Condition, ...], joined: str) -> Iterator[Condition]:
    if conditions:
        inside = " AND ".join((joined, *(one.sql for one in conditions)))
        values = tuple(value for one in conditions for value in one.values)
        yield Condition(f"EXISTS (SELECT 1 FROM {table} WHERE {inside})", values)  # noqa: S608 (constants of this module)


def _function(query: TraceQuery) -> tuple[Condition, ...]:
    name = None if query.function is None else _bindable(query.function)
    return () if name is None else (Condition(_CALLED, (name, name)),)


def _error(query: TraceQuery) -> tuple[Condition, ...]:
    return () if query.error is None else (Condition(_FAILED, (_bindable(query.error),)),)


def _ranges(query: TraceQuery, table: str) -> Iterator[Condition]:
    bounds = (
        ("cost >= ?", query.min_cost),
        ("cost <= ?", query.max_cost),
        ("seconds >= ?", query.min_seconds),
        ("seconds <= ?", query.max_seconds),
        ("started >= ?", _nanoseconds(query.since)),
        ("started <= ?", _nanoseconds(query.until)),
    )
    yield from (Condition(f"{table}.{sql}", (value,)) for sql, value in bounds if value is not None)


def _nanoseconds(moment: datetime | None) -> int | None:
    return None if moment is None else max(0, min(round(moment.timestamp() * 1e6) * 1000, _LAST_MOMENT))


def _compared(text: str) -> Condition:
    name, sign, value = _parts(text)
    try:
        number: float | None = float(value)
    except ValueError:
        number = None
    if sign in {"=", "!="}:
        return Condition(f"{_NAMED} AND {_COMPARED[sign]}", (name, name, name, value, number))
    if number is None:
        raise ConfigurationError(f"{text!r} compares with {value!r}, which is no number. Use `=` or `!=` for texts.")
    return Condition(f"{_NAMED} AND {_COMPARED[sign]}", (name, name, name, number))


def _of_call(text: str) -> Condition:
    """Return that a value is in force for a call: its own one, unless the name says whose is meant."""
    name, _, _ = _parts(text)
    return Condition(f"(settings.function = calls.name OR length(?) > length(settings.name)) AND {_IN_FORCE}", (name,))


def _parts(text: str) -> tuple[str, str, str]:
    found = _COMPARISON.fullmatch(text)
    if found is None:
        raise ConfigurationError(
            f"{text!r} is no comparison of a hyperparameter. Write name=value, function.name=value, or use "
            "!=, <, <=, > or >= in the place of =."
        )
    value = _bindable(found["value"])
    return _bindable(found["name"]), found["sign"], _PYTHON_WORDS.get(value, value)


def _bindable(text: str) -> str:
    """Return a text that SQLite takes: the command line may hand over halves of surrogate pairs."""
    return text.encode("utf-8", "replace").decode()
