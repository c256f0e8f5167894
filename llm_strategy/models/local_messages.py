"""Messages of langchain as plain messages of the runtime.

Only the roles `system`, `user` and `assistant` go to the chat template of a model file, because many templates know
no others. Tools and their results travel as text in the Hermes form, which the Qwen family was trained on.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from langchain_core.messages import AIMessage, BaseMessage, ChatMessage, HumanMessage, SystemMessage, ToolMessage

from llm_strategy.errors import InputError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from langchain_core.messages import ToolCall

__all__ = ["plain_messages"]

PlainMessage = dict[str, str]

_TOOL_INTRODUCTION = """\
# Tools

You may call one or more functions to assist with the user query.

You are provided with function signatures within <tools></tools> XML tags:
<tools>
{tools}
</tools>

For each function call, return a JSON object with function name and arguments within <tool_call></tool_call> XML tags:
<tool_call>
{{"name": <function-name>, "arguments": <args-json-object>}}
</tool_call>

If no function is needed, or its result is already there, answer in plain text without calling one."""


def plain_messages(messages: Sequence[BaseMessage], tools: Sequence[Mapping[str, Any]] = ()) -> list[PlainMessage]:
    """Return `messages` in the runtime's form, with `tools` (OpenAI form) introduced in the system message.

    Raises:
        UnsupportedError: a message holds something other than text.
        InputError: there is no message, or a text that cannot be encoded.
    """
    if not messages:
        raise InputError("The local model got no messages. Pass at least one.")
    plain: list[PlainMessage] = []
    for message in messages:
        role, text = _role(message), _content(message)
        if plain and isinstance(message, ToolMessage) and plain[-1]["content"].endswith("</tool_response>"):
            plain[-1]["content"] += f"\n{text}"  # results of one turn stand in one message
        else:
            plain.append({"role": role, "content": text})
    return _introduce(plain, tools) if tools else plain


def _introduce(plain: list[PlainMessage], tools: Sequence[Mapping[str, Any]]) -> list[PlainMessage]:
    listing = "\n".join(json.dumps(tool, ensure_ascii=False) for tool in tools)
    introduction = _TOOL_INTRODUCTION.format(tools=listing)
    if plain[0]["role"] == "system":
        return [{"role": "system", "content": f"{plain[0]['content']}\n\n{introduction}"}, *plain[1:]]
    return [{"role": "system", "content": introduction}, *plain]


def _role(message: BaseMessage) -> str:
    match message:
        case SystemMessage():
            return "system"
        case HumanMessage() | ToolMessage():
            return "user"
        case AIMessage():
            return "assistant"
        case ChatMessage():
            return message.role
        case _:
            raise UnsupportedError(f"The local model knows no messages of type {type(message).__name__!r}.")


def _content(message: BaseMessage) -> str:
    text = "".join(_text_parts(message))
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            f"A message holds {text[error.start : error.end]!r}, half of a surrogate pair: decode the text properly."
        ) from error
    if isinstance(message, ToolMessage):
        return f"<tool_response>\n{text}\n</tool_response>"
    if isinstance(message, AIMessage) and message.tool_calls:
        return "\n".join([*([text] if text else []), *map(_call_text, message.tool_calls)])
    return text


def _call_text(call: ToolCall) -> str:
    shown = json.dumps({"name": call["name"], "arguments": call["args"]}, ensure_ascii=False)
    return f"<tool_call>\n{shown}\n</tool_call>"


def _text_parts(message: BaseMessage) -> Iterable[str]:
    # langchain leaves the type of a block open.
    content = cast("str | list[str | dict[str, Any]]", message.content)  # pyright: ignore[reportUnknownMemberType]
    if isinstance(content, str):
        yield content
        return
    for block in content:
        if isinstance(block, str):
            yield block
        elif block.get("type") in {"text", "text-plain"}:
            yield str(block.get("text", ""))
        elif block.get("type") not in {"reasoning", "tool_call", "tool_use", "invalid_tool_call"}:
            raise UnsupportedError(
                f"The local model reads text only, and a message holds a block of type {block.get('type')!r}. "
                "Leave it out, or use a model that takes it."
            )
