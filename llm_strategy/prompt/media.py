"""What is no text, in a prompt: the text says where each stands, and the message carries them in that order."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llm_strategy.messages import Attachment, Message

__all__ = ["Numbering", "media_of"]

_HOME = "llm_strategy.schema.media"


@dataclass(slots=True)
class Numbering:
    """Gives images, sounds and files their numbers, each kind its own, through a whole conversation."""

    counts: Counter[str] = field(default_factory=Counter[str])
    """How many there are of each kind so far."""

    @classmethod
    def behind(cls, history: tuple[Message, ...]) -> Numbering:
        """Return the numbering of what comes behind a conversation."""
        return cls(Counter(one.kind for message in history for one in message.attachments))

    def placed(self, inputs: Mapping[str, Any]) -> tuple[Mapping[str, Any], tuple[Attachment, ...]]:
        """Return inputs with `[image 1]` and the like in the places of what is no text, and what stands there."""
        if _HOME not in sys.modules:  # nobody made any
            return inputs, ()
        found: list[Attachment] = []
        placed = {name: self._placed(value, found) for name, value in inputs.items()}
        return placed, tuple(found)

    def _placed(self, value: Any, found: list[Attachment]) -> Any:
        from llm_strategy.schema.media import File, MediaMark

        if isinstance(value, MediaMark):
            media = value.media
            text = media.text if isinstance(media, File) else None
            if text is not None:
                return f"{media.name}:\n{text}" if media.name else text
            self.counts[media.kind] += 1
            found.append(media.attachment())
            return f"[{media.kind} {self.counts[media.kind]}]"
        if isinstance(value, dict):
            return {key: self._placed(part, found) for key, part in value.items()}  # pyright: ignore[reportUnknownVariableType]
        return [self._placed(part, found) for part in value] if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType]


def media_of(inputs: Mapping[str, Any]) -> Iterator[tuple[str, Attachment]]:
    """Yield what is no text among inputs, with the name of the argument; files of text are text."""
    if _HOME not in sys.modules:
        return
    for name, value in inputs.items():
        found: list[Attachment] = []
        Numbering()._placed(value, found)  # noqa: SLF001 (of this file)  # pyright: ignore[reportPrivateUsage]
        for one in found:
            yield name, one
