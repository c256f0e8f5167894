"""Finding out before a request that a model takes no images, audio or files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llm_strategy.errors import UnsupportedError

if TYPE_CHECKING:
    from llm_strategy.chat.question import Question
    from llm_strategy.flow import Profile
    from llm_strategy.messages import Attachment

__all__ = ["check_media"]

_NAMES = {"image": "images", "audio": "audio", "file": "files"}


def check_media(question: Question[Any]) -> None:
    """Check that the model takes what it is to be shown besides text; where nobody knows, its server will say.

    Raises:
        UnsupportedError: it does not; the message names the argument, the kind, and the model.
    """
    for name, one in question.prompt.media:
        problem = _problem(one, question.model.profile)
        if problem:
            raise UnsupportedError(
                f"{question.where}: argument {name!r} is {one.media_type or 'of a kind'} ({one.kind}), and model "
                f"{question.model.name!r} {problem}"
            )


def _problem(one: Attachment, profile: Profile) -> str:
    names = _NAMES[one.kind]
    if profile.media is not None and one.kind not in profile.media:
        others = ", ".join(_NAMES.get(kind, kind) for kind in profile.media) or "nothing but text"
        return f"takes no {names}: it takes {others}. Use a model that does, or pass text."
    if one.url and profile.addresses is not None and one.kind not in profile.addresses:
        return f"takes {names} as bytes, and not by an address such as {one.url[:200]!r}. Pass a path, or the bytes."
    return ""
