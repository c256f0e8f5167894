"""Finding out before a request that a model takes no images, audio or files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llm_strategy.errors import UnsupportedError

if TYPE_CHECKING:
    from llm_strategy.chat.question import Question

__all__ = ["check_media"]

_NAMES = {"image": "images", "audio": "audio", "file": "files"}


def check_media(question: Question[Any]) -> None:
    """Check that the model takes what it is to be shown besides text; where nobody knows, its server will say.

    Raises:
        UnsupportedError: it does not; the message names the argument, the kind, and the model.
    """
    takes = question.model.profile.media
    if takes is None:
        return
    for name, kind, media_type in question.prompt.media:
        if kind not in takes:
            others = ", ".join(_NAMES.get(one, one) for one in takes) or "nothing but text"
            raise UnsupportedError(
                f"{question.where}: argument {name!r} is {media_type or 'of a kind'} ({kind}), and model "
                f"{question.model.name!r} takes no {_NAMES[kind]}: it takes {others}. Use a model that does, or pass "
                "text."
            )
