"""The turn of a model that was offered tools: what it says, what it calls, and how that is sent back to it.

Calls come through the channel of the provider, or stand in the text. Either way they go back as calls, each with an id:
that of the provider where it gave one, else one that is made up, the same in every run, of nine letters and digits,
which every provider takes. Damaged arguments are sent back as an object, mended if possible: some servers read them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import ReplyError
from llm_strategy.messages import Message, ToolCall
from llm_strategy.parsing.calls import calls_in
from llm_strategy.parsing.finish import check_finish
from llm_strategy.parsing.limits import Budget
from llm_strategy.parsing.scan import next_candidate
from llm_strategy.schema.json_data import is_object

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from llm_strategy.flow import ToolSpec
    from llm_strategy.messages import Reply

__all__ = ["Turn", "read_turn"]

_ID_LENGTH = 9
_SHOWN = 4_000
"""How much of damaged arguments is sent back."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a model said and called."""

    message: Message
    """The turn as it stands in the conversation from now on."""
    calls: tuple[ToolCall, ...] = ()
    """The calls in order, each with an id of its own, and the arguments as they came."""
    text: str = ""
    """What it said besides."""


def read_turn(reply: Reply, tools: Iterable[ToolSpec], before: Sequence[Message] = ()) -> Turn:
    """Return what a model said and called in a reply.

    >>> from llm_strategy.messages import Reply
    >>> reply = Reply(Message.assistant('<tool_call>{"name": "now", "arguments": {}}</tool_call>'))
    >>> turn = read_turn(reply, ())
    >>> turn.calls[0].name, len(turn.calls[0].id), turn.message.tool_calls == turn.calls
    ('now', 9, True)

    Args:
        reply: what came. Each of its calls needs an answer in the conversation: `Message.tool(..., call.id)`.
        tools: the tools that were offered.
        before: the conversation that it answers; ids differ from those in there.

    Raises:
        ReplyError: the model declined, was cut off, or said nothing. Calls of unknown tools are left to the caller.
    """
    said = reply.message
    calls, text = said.tool_calls, said.content
    if not calls and text:
        found = calls_in(text, {tool.name: tuple(tool.schema.get("properties", ())) for tool in tools})
        calls, text = found.calls, found.text
    names = [call.name for call in calls]
    check_finish(said.content, finish_reason=reply.finish_reason, refusal=reply.refusal, tool_names=names)
    calls = _with_ids(calls, before)
    sent = tuple(replace(call, arguments=_object(call.arguments)) for call in calls)
    return Turn(Message("assistant", text, sent), calls, text)


def _with_ids(calls: Sequence[ToolCall], before: Sequence[Message]) -> tuple[ToolCall, ...]:
    taken = {call.id for message in before for call in message.tool_calls}
    named: list[ToolCall] = []
    for place, call in enumerate(calls):
        own = call.id if call.id and call.id not in taken else _made_up(f"{len(before)}.{place}", taken)
        taken.add(own)
        named.append(replace(call, id=own))
    return tuple(named)


def _made_up(place: str, taken: Collection[str]) -> str:
    """Return an id by the place of the call: the same in every run, so that caches know the conversation again."""
    made = sha256(place.encode()).hexdigest()[:_ID_LENGTH]
    return made if made not in taken else _made_up(f"{place}.", taken)


def _object(arguments: str) -> str:
    """Return arguments as the JSON text of an object: mended where they can be, else what they are as a text."""
    if arguments.strip() in {"", "null"}:
        return "{}"
    try:
        if is_object(json.loads(arguments)):
            return arguments
        found = None
    except (ValueError, RecursionError):
        found = _mended(arguments)
    return json.dumps({"unreadable": arguments[:_SHOWN]} if found is None else found, ensure_ascii=False)


def _mended(arguments: str) -> dict[str, Any] | None:
    try:
        found = next_candidate(arguments, 0, Budget(len(arguments)))
    except ReplyError:
        return None
    return found.value if found is not None and not found.cut and is_object(found.value) else None
