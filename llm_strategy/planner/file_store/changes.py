"""What happened to the files of a workspace, as frozen values."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal, TypeAlias

from llm_strategy.flow.codec import data_from

__all__ = ["Change", "Kind", "Version", "digest_of", "json_of", "new_change"]

Kind: TypeAlias = Literal["edits", "refused", "failed", "outside"]


def digest_of(data: bytes) -> str:
    """Return the name of a text: its SHA-256 in hexadecimal digits."""
    return sha256(data).hexdigest()


@dataclass(frozen=True, slots=True)
class Version:
    """One state of one file."""

    change: int
    """Number of the change that made it."""
    path: str
    """The file."""
    digest: str | None
    """SHA-256 of its bytes; None where the file was deleted."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened to the workspace as a whole."""

    number: int
    """From 1 on."""
    step: str
    """Who asked for it: the id of an instruction, say."""
    key: str
    """What it is known by when it is asked for again; '' where it has no such name."""
    made: float
    """When, in seconds since 1970."""
    kind: str
    """`edits` that were applied, `refused` ones, ones that `failed` because a file could not be written, or what was
    found changed `outside` of the store."""
    about: str
    """JSON: of edits all of them as they were asked for, of those that were not applied also their problems."""

    def data(self) -> Any:
        """Return `about` as data. Raises StoredDataError: it is no JSON."""
        return data_from(self.about, f"Change {self.number} of the history")


def json_of(data: object) -> str:
    """Return data as JSON in ASCII: a text of a model's may hold half a character."""
    return json.dumps(data, ensure_ascii=True)


def new_change(kind: Kind, about: object = None, *, step: str = "", key: str = "") -> Change:
    """Return a change that is to be written down now."""
    return Change(0, _whole(step), _whole(key), time.time(), kind, json_of(about))


def _whole(name: str) -> str:
    """A name without half characters, which no file can hold."""
    return name.encode("utf-8", "backslashreplace").decode()
