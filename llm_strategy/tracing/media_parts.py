"""Images, audio and files in the messages of a trace: their type, size and hash, never their bytes."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from llm_strategy.messages import Attachment

__all__ = ["media_part", "told_media"]

_KINDS = frozenset({"blob", "uri"})


def media_part(attachment: Attachment, clean: Callable[[str], str]) -> dict[str, Any]:
    """Return the part of a message that stands for what is no text; `clean` removes secrets."""
    about = {"modality": attachment.kind, "mime_type": attachment.media_type}
    if attachment.name:
        about["name"] = clean(attachment.name)
    if attachment.url:
        return {"type": "uri", **about, "uri": clean(attachment.url)}
    return {"type": "blob", **about, "bytes": len(attachment.data), "sha256": sha256(attachment.data).hexdigest()}


def told_media(part: Mapping[str, Any]) -> str | None:
    """Return such a part in words; None for a part of another kind.

    >>> told_media({"type": "blob", "modality": "image", "mime_type": "image/png", "bytes": 1024, "sha256": "ab" * 32})
    'image/png, 1,024 bytes, sha256 abababababab'
    """
    if part.get("type") not in _KINDS:
        return None
    size, digest = part.get("bytes"), part.get("sha256")
    told = (
        part.get("name"),
        part.get("mime_type") or part.get("modality"),
        f"{size:,} bytes" if isinstance(size, int) else None,
        f"sha256 {digest[:12]}" if isinstance(digest, str) else None,
        part.get("uri"),
    )
    return ", ".join(str(one) for one in told if one) or None
