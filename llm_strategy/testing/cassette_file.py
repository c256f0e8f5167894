"""Cassettes as files: JSON that people can read, compare and write by hand.

Covered: known secrets of the environment and of the models are removed (see `tracing.secrets`); paths of model files
are shortened to their names; attachments are written as their hashes; the order of exchanges does not depend on the
order of the calls. Not covered: what else the prompts of a test hold stands in its cassette as it is.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import ConfigurationError, StoredDataError
from llm_strategy.flow.codec import data_from, reply_data, reply_from
from llm_strategy.messages import Reply, is_encodable
from llm_strategy.schema.json_data import is_list, is_object
from llm_strategy.tracing.masking import each_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llm_strategy.tracing.secrets import Secrets

__all__ = ["Exchange", "Tracks", "file_name", "folded", "read_cassette", "short_name", "write_cassette"]

_FORMAT = 1
_FOLDED = ("content", "arguments")
"""Texts of several lines that are written as lists of lines."""
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request with the replies that it got, in order."""

    key: str
    """Hash of the request."""
    model: str
    """Who was asked."""
    replies: tuple[Reply, ...]
    """What was said, each time that it was asked."""
    request: Mapping[str, Any] | None = None
    """What was asked, for people and for the difference of another request; it may be left out."""


@dataclass(slots=True)
class Tracks:
    """What is on a cassette."""

    models: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Models by name, with the structured-output methods that they have, best first."""
    exchanges: dict[str, Exchange] = field(default_factory=dict[str, Exchange])
    """Exchanges by their keys."""

    def add(self, exchange: Exchange) -> None:
        """Add an exchange; where its request is there already, its replies come after the known ones."""
        known = self.exchanges.get(exchange.key)
        before = () if known is None else known.replies
        self.exchanges[exchange.key] = replace(exchange, replies=(*before, *exchange.replies))


def read_cassette(path: Path) -> Tracks:
    """Return what is on a cassette; nothing where there is no such file.

    Raises:
        ConfigurationError: it is no cassette.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Tracks()
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(path, getattr(error, "strerror", None) or "it is no text") from error
    try:
        data = data_from(text, path.name)
        if data["format"] != _FORMAT:
            raise _damaged(path, f"its format is {data['format']!r}, and {_FORMAT} is known")
        tracks = Tracks({str(name): tuple(map(str, methods)) for name, methods in data["models"].items()})
        for number, one in enumerate(data["exchanges"]):
            where = f"{path.name}: exchange {number}"
            replies = tuple(reply_from(_unfolded(reply), where) for reply in one["replies"])
            tracks.add(Exchange(str(one["key"]), str(one["model"]), replies, _request(one.get("request"))))
    except (StoredDataError, LookupError, TypeError, AttributeError) as error:
        raise _damaged(path, f"{type(error).__name__}: {error}") from error
    return tracks


def _request(data: Any) -> Mapping[str, Any] | None:
    if data is None:
        return None
    return {**data, "messages": [_unfolded(turn) for turn in data["messages"]]}


def _damaged(path: Path, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"Cassette {path.name!r} cannot be read: {why}. Delete it, and record it again with --llm-record=new."
    )


def write_cassette(path: Path, tracks: Tracks, secrets: Secrets) -> None:
    """Write a cassette, whole or not at all; without exchanges there is no file.

    Raises:
        ConfigurationError: it cannot be written.
    """
    if not tracks.exchanges:
        path.unlink(missing_ok=True)
        return
    data = {
        "format": _FORMAT,
        "models": {name: list(methods) for name, methods in sorted(tracks.models.items())},
        "exchanges": [_data(one) for one in sorted(tracks.exchanges.values(), key=_place)],
    }
    clean = json.loads(each_text(json.dumps(data), secrets.removed))
    text = json.dumps(clean, indent=1, ensure_ascii=False)
    text = text if is_encodable(text) else json.dumps(clean, indent=1)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(".json", f".{path.stem[:40]}-", path.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(f"{text}\n")
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except OSError as error:
        raise ConfigurationError(f"Cassette {path.name!r} cannot be written: {error.strerror}.") from error


def _place(exchange: Exchange) -> tuple[str, str]:
    """Sort by the conversation: what a conversation begins with comes before what continues it."""
    turns: list[Any] = [] if exchange.request is None else exchange.request["messages"]
    return exchange.model, json.dumps([[turn["role"], turn.get("content", "")] for turn in turns])[:-1] + exchange.key


def _data(exchange: Exchange) -> dict[str, Any]:
    request = exchange.request
    told = {} if request is None else {"request": {**request, "messages": [_told(one) for one in request["messages"]]}}
    replies = [folded({**reply_data(replace(one, id="", model=short_name(one.model)))}) for one in exchange.replies]
    return {"key": exchange.key, "model": exchange.model, **told, "replies": replies}


def _told(turn: Mapping[str, Any]) -> Any:
    attachments = [_hashed(one) for one in turn.get("attachments", ())]
    return folded({**turn, "attachments": attachments} if attachments else dict(turn))


def _hashed(attachment: Mapping[str, Any]) -> dict[str, Any]:
    data = str(attachment.get("data", ""))
    if not data or data.startswith("sha256:"):
        return dict(attachment)
    return {**attachment, "data": f"sha256:{hashlib.sha256(data.encode()).hexdigest()}"}


def folded(data: Any) -> Any:
    """Return JSON data with texts of several lines as lists of lines."""
    if is_list(data):
        return [folded(one) for one in data]
    if not is_object(data):
        return data
    return {
        name: part.split("\n") if name in _FOLDED and isinstance(part, str) and "\n" in part else folded(part)
        for name, part in data.items()
    }


def _unfolded(data: Any) -> Any:
    if is_list(data):
        return [_unfolded(one) for one in data]
    if not is_object(data):
        return data
    return {
        name: "\n".join(map(str, part)) if name in _FOLDED and is_list(part) else _unfolded(part)
        for name, part in data.items()
    }


def short_name(model: str) -> str:
    """Return the name of a model without the folder of its file.

    >>> short_name("local:/home/me/tiny.gguf"), short_name("openai:org/model")
    ('local:tiny.gguf', 'openai:org/model')
    """
    scheme, colon, rest = model.partition(":")
    place = rest if colon else model
    if place.startswith(("/", "~", ".", "\\")) or place.endswith(".gguf") or re.match(r"[A-Za-z]:[\\/]", place):
        return f"{scheme}:{PurePath(place.replace(chr(92), '/')).name}" if colon and len(scheme) > 1 else _last(model)
    return model


def _last(path: str) -> str:
    return PurePath(path.replace("\\", "/")).name


def file_name(test: str) -> str:
    """Return the name of a test's cassette: readable, allowed everywhere, and no other test's.

    >>> file_name("test_capital"), file_name("test_capital[a/b]")
    ('test_capital.json', 'test_capital-a-b-a3759416.json')
    """
    plain = re.sub(r"[^a-z0-9_.]+", "-", test, flags=re.ASCII | re.IGNORECASE).strip("-.")
    if plain == test and test == test.lower() and len(test) <= _LONGEST_NAME:
        return f"{plain}.json"
    return f"{plain[:_LONGEST_NAME]}-{hashlib.sha256(test.encode()).hexdigest()[:8]}.json"
