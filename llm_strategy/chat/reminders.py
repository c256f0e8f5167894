"""What a model is told about a reply that could not be read.

A problem may quote the reply, and in a conversation that holds untrusted data a reply says what somebody made the model
say. There the quoted part stands in a block of its own, like any other untrusted data.

Covered: line breaks, control tokens of chat models and imitated fences in what is quoted, by the library or by the
message of a validator; the length of it. Not covered: a model that follows what it reads in the block.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llm_strategy.errors import (
    EmptyReplyError,
    InvalidValueError,
    MalformedReplyError,
    NoValueError,
    OversizedReplyError,
    ReplyError,
    TruncatedError,
    UnknownToolError,
)
from llm_strategy.messages import Message
from llm_strategy.parsing.problems import one_line
from llm_strategy.prompt.untrusted import fence_for, inert, untrusted_block

if TYPE_CHECKING:
    from llm_strategy.prompt import StructuredPrompt, Templates

__all__ = ["reminding"]

_SHOWN_CHARACTERS = 4000
"""How much of a bad reply is shown to the model again: enough to correct it, without paying for a runaway one twice."""

_TEMPLATES: tuple[tuple[type[ReplyError], str], ...] = (
    (EmptyReplyError, "empty"),
    (NoValueError, "no_value"),
    (MalformedReplyError, "malformed"),
    (InvalidValueError, "invalid"),
    (UnknownToolError, "unknown_tool"),
    (OversizedReplyError, "oversized"),
)
"""Which template words a problem."""

_IN_OUR_WORDS = (EmptyReplyError, NoValueError, OversizedReplyError, TruncatedError)
"""Problems that quote nothing of the reply."""


def reminding(error: ReplyError, prompt: StructuredPrompt[Any]) -> tuple[Message, ...]:
    """Return the turns that show a model its last reply, and what was wrong with it."""
    untrusted = prompt.is_untrusted
    reply = error.reply[:_SHOWN_CHARACTERS]
    shown = (Message.assistant(inert(reply) if untrusted else reply),) if reply else ()
    slots, fences = _fenced(error, prompt.templates) if untrusted else (_plain(error), ())
    return (*shown, Message("user", _worded(error, prompt.templates, slots), fences=fences))


def _plain(error: ReplyError) -> dict[str, str]:
    if not isinstance(error, InvalidValueError):
        return {"problem": one_line(str(error))[:_SHOWN_CHARACTERS]}
    problem = str(error)[:_SHOWN_CHARACTERS]
    return {"problem": problem, "problems": _lines(error) or problem}


def _lines(error: InvalidValueError) -> str:
    return "\n".join(map(one_line, error.problems))[:_SHOWN_CHARACTERS]


def _fenced(error: ReplyError, templates: Templates) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return what fills the slots of the templates, with the fence around what is quoted."""
    slots = _plain(error)
    if isinstance(error, _IN_OUR_WORDS):
        return slots, ()
    fence = fence_for({"reply": error.reply, **slots})
    words = templates.untrusted.format(fence=fence)
    blocks = {name: f"{words}\n{untrusted_block(text, fence)}" for name, text in slots.items()}
    return {**blocks, "problem": f"What is wrong with the reply: {blocks['problem']}"}, (fence,)


def _worded(error: ReplyError, templates: Templates, slots: dict[str, str]) -> str:
    if isinstance(error, TruncatedError):
        return templates.shorter.format(**slots)
    name = next((name for kind, name in _TEMPLATES if isinstance(error, kind)), None)
    problem = slots["problem"] if name is None else getattr(templates, name).format(**slots)
    return templates.retry.format(problem=problem)
