"""Calling a tool because a model wants it: the one way, whatever method of reasoning asks."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from llm_strategy.errors import ToolRefusedError, UnknownToolError
from llm_strategy.schema import distrust
from llm_strategy.tools.approval import Approval, ApprovalRequest
from llm_strategy.tools.requests import ToolRequest
from llm_strategy.tracing import semconv
from llm_strategy.tracing.recording import opened

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import BaseModel

    from llm_strategy.flow import Flow
    from llm_strategy.tools.tool import Tool

__all__ = ["call_tool", "tool_named"]


def call_tool(tool: Tool[..., Any], arguments_json: str, *, tainted: bool, call_id: str = "") -> Flow[Any]:
    """Call a tool with the arguments that a model wrote, and return its value.

    A model that has read an untrusted text may do what the text says. So of a conversation with such a text in it, all
    arguments count as untrusted, and the tool is not called unless it accepts that: neither are the arguments looked
    at, nor is anybody asked for approval.

    Args:
        tool: what is called.
        arguments_json: the arguments as the model wrote them.
        tainted: whether the conversation holds untrusted input: `is_untrusted(messages)`.
        call_id: the id of the model's call, for traces.

    Raises:
        UntrustedInputError: the conversation does, and the tool does not accept what comes of it.
        ReplyError: the arguments are damaged or do not fit; the message can be shown to the model.
        ToolRefusedError: it needs approval, and that was refused, or there is nobody to ask.
        Exception: what the tool raises.
    """
    with opened("tool", tool.name) as span:
        if span is not None:
            span.mark(semconv.TOOL_NAME, tool.name)
            span.text(semconv.TOOL_ARGUMENTS, arguments_json)
            if call_id:
                span.mark(semconv.TOOL_CALL_ID, call_id)
        names = frozenset(tool.signature.fields)
        if tainted and not tool.accepts(names):
            raise tool.refusal(names)
        arguments = tool.read(arguments_json)
        if tainted:
            arguments = distrust(arguments)
        shown = {name: getattr(arguments, field) for name, field in tool.signature.fields.items()}
        asked = Approval(tool.name, shown, tainted)
        if tool.rules.asks(asked) and not (yield ApprovalRequest(asked)):
            raise ToolRefusedError(f"The call of tool {tool.name!r} was not approved. Do without it, or ask for less.")
        value = tool.marked((yield from _answered(tool, arguments)), tainted=tainted)
        if span is not None:
            span.data(semconv.TOOL_RESULT, value)
        return value


def _answered(tool: Tool[..., Any], arguments: BaseModel) -> Flow[Any]:
    if tool.origin.flow is None:
        return (yield ToolRequest(tool, arguments))
    args, kwargs = tool.signature.passed(arguments)
    return (yield from tool.origin.flow(*args, **kwargs))


def tool_named(tools: Iterable[Tool[..., Any]], name: str) -> Tool[..., Any]:
    """Return the tool that a model names.

    Raises:
        UnknownToolError: there is none; the message, which can be shown to the model, lists what there is.
    """
    known = {tool.name: tool for tool in tools}
    if name in known:
        return known[name]
    near = get_close_matches(name, known, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise UnknownToolError(
        f"There is no tool {name[:100]!r}.{hint} Tools are {', '.join(map(repr, known)) or 'none'}.", reply=name
    )
