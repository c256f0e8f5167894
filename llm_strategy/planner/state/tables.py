"""The tables of a run's state, and the JSON in their cells."""

from __future__ import annotations

import json
from typing import Any, Final

from llm_strategy.errors import InputError, StoredDataError
from llm_strategy.files.database import Layout
from llm_strategy.flow.codec import data_from

__all__ = ["LAYOUT", "data_of", "kept", "text_of"]

LAYOUT: Final = Layout(
    what="state of a run",
    application=0x6C6C7352,
    version=1,
    tables="""
CREATE TABLE runs (
    number INTEGER PRIMARY KEY, task TEXT NOT NULL, domain TEXT NOT NULL, settings TEXT NOT NULL, made REAL NOT NULL
);
CREATE TABLE notes (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE programs (
    number INTEGER PRIMARY KEY, why TEXT NOT NULL, made REAL NOT NULL, text TEXT NOT NULL, placed INTEGER NOT NULL
);
CREATE TABLE epochs (path TEXT PRIMARY KEY, epoch INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE steps (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL, outcome TEXT NOT NULL, attempts INTEGER NOT NULL, note TEXT NOT NULL,
    calls INTEGER NOT NULL, input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, dollars REAL,
    seconds REAL NOT NULL, made REAL NOT NULL, epoch INTEGER NOT NULL, current INTEGER NOT NULL
);
CREATE INDEX steps_by_path ON steps (path, current);
""",
)


def kept(data: Any, where: str) -> str:
    r"""Return data as JSON in ASCII: a text of a model's may hold half a character, which no file can.

    >>> kept("\ud800", "a note")
    '"\\ud800"'

    Raises:
        InputError: it cannot be written as JSON.
    """
    try:
        return json.dumps(data, ensure_ascii=True, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(
            f"{where}: it cannot be kept as JSON: {error}. Use texts, numbers, lists and dicts."
        ) from error


def data_of(cell: str, where: str) -> Any:
    """Return the data of a cell. Raises StoredDataError: it is no JSON."""
    return data_from(cell, where)


def text_of(cell: str, where: str) -> str:
    """Return the text of a cell. Raises StoredDataError: it is none in JSON."""
    try:
        found: object = json.loads(cell)  # faster than `data_from`, and there are thousands of them
    except (ValueError, RecursionError) as error:
        raise StoredDataError(f"{where}: what is stored there is no JSON: {error}. Move the file away.") from error
    if not isinstance(found, str):
        raise StoredDataError(f"{where}: {type(found).__name__} is stored there, and no text. Move the file away.")
    return found
