"""Taking out of spans what may not stay there: secrets that were not known in time, and words that are content."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from llm_strategy.schema.json_data import is_list, is_object, is_tuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from llm_strategy.tracing.records import SpanRecord
    from llm_strategy.tracing.secrets import Secrets

__all__ = ["each_text", "masked", "wordless"]

_WORDS = "[text not recorded]"


def masked(record: SpanRecord, secrets: Secrets) -> SpanRecord:
    """Return a span without secrets: also without those that nobody knew of when it was filled."""

    def told(value: Any) -> Any:
        if isinstance(value, str):
            return secrets.removed(value)
        return tuple(map(told, value)) if is_tuple(value) else value

    def all_of(attributes: dict[str, Any]) -> dict[str, Any]:
        return {told(key): told(value) for key, value in attributes.items()}

    return replace(
        record,
        name=told(record.name),
        message=told(record.message),
        attributes=all_of(record.attributes),
        events=tuple(replace(event, attributes=all_of(event.attributes)) for event in record.events),
    )


@lru_cache(maxsize=32)
def wordless(text: str) -> str:
    """Return JSON text with its structure and numbers, and without its words.

    >>> wordless('{"f": {"instruction": "Sum up.", "temperature": 0.5}}')
    '{"f": {"instruction": "[text not recorded]", "temperature": 0.5}}'
    """
    try:
        return json.dumps(_wordless(json.loads(text)))
    except (ValueError, RecursionError):
        return "{}"


def _wordless(data: Any) -> Any:
    if is_object(data):
        return {name: _wordless(part) for name, part in data.items()}
    if is_list(data):
        return [_wordless(part) for part in data]
    return _WORDS if isinstance(data, str) else data


def each_text(text: str, change: Callable[[str], str]) -> str:
    """Return JSON text with each text in it changed, names included; it stays JSON, whatever the texts become."""
    try:
        return json.dumps(_changed(json.loads(text), change), ensure_ascii=False, separators=(",", ":"))
    except (ValueError, RecursionError):
        return change(text)


def _changed(data: Any, change: Callable[[str], str]) -> Any:
    if is_object(data):
        return {change(name): _changed(part, change) for name, part in data.items()}
    if is_list(data):
        return [_changed(part, change) for part in data]
    return change(data) if isinstance(data, str) else data
