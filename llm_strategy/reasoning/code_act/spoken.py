"""The text of a reply, and the errors for one that has none to be acted on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.errors import OversizedReplyError, TruncatedError
from llm_strategy.parsing.finish import check_finish
from llm_strategy.parsing.limits import MAX_CHARACTERS
from llm_strategy.reasoning.code_act.thinking import without_thinking

if TYPE_CHECKING:
    from llm_strategy.messages import Reply

__all__ = ["spoken"]


def spoken(reply: Reply, *, called: bool = False) -> str:
    """Return the text of a reply, without what the model thought aloud.

    A reply that was cut off is not acted on, even where a part of it could be: half of a program does half of what was
    meant.

    Args:
        reply: what came.
        called: whether tools may be called by the model's own interface.

    Raises:
        RefusedError, FilteredError: the model or its provider declined.
        TruncatedError: it was cut off.
        UnknownToolError: it is the call of a tool that was not offered.
        EmptyReplyError: there is nothing.
        OversizedReplyError: it is too long to be read.
    """
    message = reply.message
    names = [call.name for call in message.tool_calls]
    try:
        check_finish(
            message.content,
            finish_reason=reply.finish_reason,
            refusal=reply.refusal,
            tool_names=names,
            known_tools=None if called else (),
        )
    except TruncatedError as error:
        raise TruncatedError(
            "Your reply was cut off at the length limit, and nothing of it was done. Reply shorter.",
            reply=message.content,
        ) from error
    if len(message.content) > MAX_CHARACTERS:
        raise OversizedReplyError("The reply is too long to be read. Reply shorter.", reply=message.content)
    body = without_thinking(message.content)
    if body is None:
        raise TruncatedError("Your reply ended inside its thinking. Think less, and act.", reply=message.content)
    return body
