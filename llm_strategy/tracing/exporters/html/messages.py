"""Messages of chat spans as they stand in a page: roles and parts, texts numbered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from llm_strategy.tracing.exporters.html.texts import written
from llm_strategy.tracing.media_parts import told_media

if TYPE_CHECKING:
    from llm_strategy.tracing.exporters.html.texts import Texts
    from llm_strategy.tracing.records import SpanRecord

__all__ = ["messages_of"]


def messages_of(span: SpanRecord, name: str, texts: Texts) -> list[list[Any]] | None:
    """Return the messages of an attribute as `[role, [[type, text, tool], ...]]`; None where it holds none.

    Raises nothing: what has another form than the conventions ask for is shown as it stands.
    """
    found = _list(span.data(name))
    if found is None or not all(isinstance(one, dict) for one in found):
        return None
    return [_message(one, texts) for one in found]


def _message(message: dict[str, Any], texts: Texts) -> list[Any]:
    said = message.get("parts", message.get("content"))
    parts = _list(said) or ([] if said is None or said == [] else [said])
    return [texts.number(str(message.get("role", ""))), [_part(part, texts) for part in parts]]


def _list(value: Any) -> list[Any] | None:
    return value if isinstance(value, list) else None  # pyright: ignore[reportUnknownVariableType]


def _part(part: object, texts: Texts) -> list[Any]:
    kind, text, tool = _content(cast("dict[str, Any]", part)) if isinstance(part, dict) else ("text", part, "")
    return [kind, texts.number(text if isinstance(text, str) else written(text)), texts.number(tool)]


def _content(part: dict[str, Any]) -> tuple[str, object, str]:
    """Return what kind of part it is, what it says, and the tool or call that it names."""
    match part.get("type"):
        case "text" | "reasoning" as kind if isinstance(part.get("content"), str):
            return kind, part["content"], ""
        case "tool_call":
            return "tool_call", part.get("arguments", ""), str(part.get("name", ""))
        case "tool_call_response":
            return "tool_result", part.get("response", part.get("result", "")), str(part.get("id", ""))
        case "blob" | "uri" if told := told_media(part):
            return "other", told, str(part.get("modality", ""))
        case kind:
            return "other", part, str(kind or "")
