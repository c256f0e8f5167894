"""What of a call's content reaches a trace: how much of it, and after what was removed.

Every text goes the same way: through the user's hook, then secrets are removed, and only then it is cut, so that no
half of a secret is left at a cut. Values are written as JSON, with bounded work for values of any size.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import ConfigurationError
from llm_strategy.messages import is_encodable
from llm_strategy.tracing.masking import each_text
from llm_strategy.tracing.secrets import Secrets
from llm_strategy.tracing.shortening import shortened, shortened_data
from llm_strategy.tracing.snapshots import quick_json, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Capture"]

_LOG = logging.getLogger("llm_strategy.tracing")
_ENCODED = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True)
class Capture:
    """What is captured, and how.

    >>> Capture(max_characters=60).text("a" * 100)
    ('aaaaaaaaaaaaaa... [72 characters dropped] ...aaaaaaaaaaaaaa', 72)
    >>> Capture(redact=lambda text: text.replace("Ann", "someone")).data({"name": "Ann"})
    '{"name":"someone"}'

    Raises:
        ConfigurationError: `max_characters` is no positive number.
    """

    content: bool = True
    """Whether content is captured at all: prompts, replies, arguments, results."""
    max_characters: int = 50_000
    """How much of one text is kept; the middle of a longer one is left out."""
    redact: Callable[[str], str] | None = None
    """Changes every text first. What it raises is not passed on: the text is left out instead."""
    secrets: Secrets = field(default_factory=Secrets)
    """Removed from every text."""
    _warned: list[str] = field(default_factory=list[str], init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        limit: Any = self.max_characters
        if type(limit) is not int or limit < 1:
            raise ConfigurationError(f"max_characters={limit!r} is no limit. Use a positive whole number.")

    def clean(self, value: str) -> str:
        """Return a text after the hook and without secrets, at its full length."""
        if self.redact is not None:
            try:
                value = self._redacted(self.redact, value)
            except Exception as error:  # noqa: BLE001 (a trace must not break what it looks at)
                return self._failed(error)
        return self.secrets.removed(value)

    def clean_json(self, text: str) -> str:
        """Return JSON text without secrets, and after the hook, which sees the texts in it: it stays JSON."""
        return self.secrets.removed(text) if self.redact is None else each_text(text, self.clean)

    def text(self, value: str) -> tuple[str, int]:
        """Return a text as it may be kept, and how many of its characters were dropped."""
        value = self.clean(value)
        return (value, 0) if len(value) <= self.max_characters else shortened(value, self.max_characters)

    def content_text(self, value: str) -> tuple[str, int] | None:
        """Return what `text` returns; None where content is not captured."""
        return self.text(value) if self.content else None

    def data(self, value: object) -> str:
        """Return any value as JSON text as it may be kept. The hook sees the texts in it, one by one.

        Nothing is raised, whatever the value does when it is looked at. Long texts and collections in it are cut, so
        that the JSON text is hardly longer than a text may be, and still JSON.
        """
        told = quick_json(value)
        if told is None:
            told = _json(snapshot(value, self.max_characters, self.clean))
        told = self.clean_json(told)
        if len(told) <= self.max_characters:
            return told
        try:
            return _json(shortened_data(json.loads(told), self.max_characters))
        except (ValueError, RecursionError):  # the hook made something else of it
            return shortened(told, self.max_characters)[0]

    def _redacted(self, hook: Callable[[str], str], value: str) -> str:
        told: Any = hook(value)
        if not isinstance(told, str):
            raise TypeError(f"the hook returned {type(told).__name__}")
        return told

    def _failed(self, error: Exception) -> str:
        """Say that the hook failed: without its words, which may hold what it was to take away."""
        kind = type(error).__name__
        if not self._warned:
            self._warned.append(kind)
            _LOG.warning("The `redact` hook of a trace failed with %s; the texts are left out. Mend the hook.", kind)
        return f"[redaction failed: {kind}]"


def _json(data: object) -> str:
    text = _ENCODED(data)
    return text if is_encodable(text) else json.dumps(data)
