"""The tables of a search's file."""

from __future__ import annotations

from typing import Final

from llm_strategy.files.database import Layout

__all__ = ["LAYOUT"]

_TABLES = """
CREATE TABLE run (name TEXT PRIMARY KEY, data TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE event (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, data TEXT NOT NULL);
CREATE TABLE candidate (number INTEGER PRIMARY KEY, event INTEGER NOT NULL, data TEXT NOT NULL);
CREATE TABLE rollout (key TEXT PRIMARY KEY, data TEXT NOT NULL, cost TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE begun (key TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE timing (key TEXT PRIMARY KEY, seconds REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE detail (key TEXT PRIMARY KEY, data TEXT NOT NULL);
"""

LAYOUT: Final = Layout("file of an optimization", 0x4C4F5031, 1, _TABLES, durable=False)
"""A loss of power may cost the last rollouts, which are then carried out again; a process that is killed loses none."""
