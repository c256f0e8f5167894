"""The callback handler behind `watch_langchain`: it opens leaf spans for models and tools, and nothing else.

It never makes a span the open one: langchain may call a handler in another task or thread than the one that works.
The parent is whatever span is open where the run begins, or the tool that the run is a part of. What is recorded inside
a tool belongs to it as well: langchain's own context says which run is under way.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage
from langchain_core.runnables.config import var_child_runnable_config
from typing_extensions import override

from llm_strategy.messages import Message, Reply, ToolCall, Usage
from llm_strategy.tracing import semconv
from llm_strategy.tracing.chat_span import chat_span, note_messages, note_reply
from llm_strategy.tracing.recording import current_span, is_open_here

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from langchain_core.messages import BaseMessage
    from langchain_core.outputs import LLMResult

    from llm_strategy.messages import Role
    from llm_strategy.tracing.open_span import OpenSpan

__all__ = ["LeafHandler"]

_ROLES: dict[str, Role] = {"system": "system", "human": "user", "ai": "assistant", "tool": "tool"}
_SAMPLING = ("temperature", "max_tokens", "seed")


class LeafHandler(BaseCallbackHandler):
    """Opens a span for each run of a model or a tool; one object serves all traces and threads."""

    run_inline = True

    def __init__(self) -> None:
        self._open: dict[UUID, OpenSpan] = {}
        self._began: dict[UUID, float] = {}
        self._chains: dict[UUID, OpenSpan] = {}

    def innermost(self, here: OpenSpan) -> OpenSpan:
        """Return the span of the tool that is under way inside of the open span; where there is none, the latter."""
        config = var_child_runnable_config.get()
        if not config or not (self._open or self._chains):
            return here
        run = self._run(getattr(config.get("callbacks"), "parent_run_id", None))
        return run if run is not None and run.is_inside(here) else here

    def _run(self, run_id: UUID | None) -> OpenSpan | None:
        """Return the span of a run, or that around it where it is a chain."""
        return None if run_id is None else self._open.get(run_id) or self._chains.get(run_id)

    def _around(self, run_id: UUID | None) -> OpenSpan | None:
        """Return the span that a run is a part of; None where it is a request of our own, or nothing is traced."""
        here, run = current_span(), self._run(run_id)
        if here is None:
            return run
        if here.kind == "chat" and is_open_here(here):
            return None
        return here if run is None or here.is_inside(run) else run

    @override
    def on_chain_start(self, serialized: Any, inputs: Any, *, run_id: UUID, **told: Any) -> None:
        """Remember which tool a chain is a part of; a chain has no span of its own."""
        run = self._run(told.get("parent_run_id"))
        if run is not None:
            self._chains[run_id] = run

    @override
    def on_chain_end(self, outputs: Any, *, run_id: UUID, **told: Any) -> None:
        """Forget the chain."""
        self._chains.pop(run_id, None)

    @override
    def on_chain_error(self, error: BaseException, *, run_id: UUID, **told: Any) -> None:
        """Forget the chain."""
        self._chains.pop(run_id, None)

    @override
    def on_chat_model_start(
        self, serialized: dict[str, Any], messages: list[list[BaseMessage]], *, run_id: UUID, **told: Any
    ) -> None:
        """Open the span of a chat model's run."""
        self._start(run_id, serialized, [_message(one) for one in messages[0]] if messages else [], told)

    @override
    def on_llm_start(self, serialized: dict[str, Any], prompts: list[str], *, run_id: UUID, **told: Any) -> None:
        """Open the span of a completion model's run."""
        self._start(run_id, serialized, [Message.user(prompt) for prompt in prompts], told)

    def _start(self, run_id: UUID, kind: dict[str, Any], messages: Sequence[Message], told: dict[str, Any]) -> None:
        parent = self._around(told.get("parent_run_id"))
        if parent is None:
            return
        metadata: dict[str, Any] = told.get("metadata") or {}
        asked: dict[str, Any] = told.get("invocation_params") or {}
        model = str(metadata.get("ls_model_name") or asked.get("model") or asked.get("model_name") or _class(kind))
        sampling = {name: asked[name] for name in _SAMPLING if isinstance(asked.get(name), int | float)}
        span = chat_span(parent, model, str(metadata.get("ls_provider") or ""), sampling)
        note_messages(span, messages)
        self._open[run_id] = span
        self._began[run_id] = time.perf_counter()

    @override
    def on_llm_new_token(self, token: Any, *, run_id: UUID, **told: Any) -> None:
        """Note when the first piece of a streamed reply came."""
        span = self._open.get(run_id)
        if run_id not in self._began or span is None:
            return
        span.set(semconv.STREAMED, value=True)
        if token or getattr(getattr(told.get("chunk"), "message", None), "tool_call_chunks", None):
            span.set(semconv.FIRST_CHUNK, round(time.perf_counter() - self._began.pop(run_id), 6))

    @override
    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **told: Any) -> None:
        """Note the reply, and end the span."""
        span = self._close(run_id)
        if span is not None:
            note_reply(span, _reply(response))
            span.end()

    @override
    def on_llm_error(self, error: BaseException, *, run_id: UUID, **told: Any) -> None:
        """End the span with an error."""
        self._left(run_id, error)

    @override
    def on_tool_start(self, serialized: dict[str, Any], input_str: str, *, run_id: UUID, **told: Any) -> None:
        """Open the span of a tool's run."""
        parent = self._around(told.get("parent_run_id"))
        if parent is not None:
            name = str((serialized or {}).get("name") or "tool")
            call: object = told.get("tool_call_id")
            about = {semconv.OPERATION: "execute_tool", semconv.TOOL_NAME: name, semconv.TOOL_CALL_ID: call}
            span = self._open[run_id] = parent.child("tool", f"execute_tool {name}", about)
            inputs: object = told.get("inputs")
            _note(span, semconv.TOOL_ARGUMENTS, input_str if inputs is None else inputs)

    @override
    def on_tool_end(self, output: Any, *, run_id: UUID, **told: Any) -> None:
        """Note what the tool gave, and end the span."""
        span = self._close(run_id)
        if span is not None:
            _note(span, semconv.TOOL_RESULT, getattr(output, "content", output))
            span.end()

    @override
    def on_tool_error(self, error: BaseException, *, run_id: UUID, **told: Any) -> None:
        """End the span with an error."""
        self._left(run_id, error)

    def _left(self, run_id: UUID, error: BaseException) -> None:
        span = self._close(run_id)
        if span is not None:
            span.leave(error)

    def _close(self, run_id: UUID) -> OpenSpan | None:
        self._began.pop(run_id, None)
        return self._open.pop(run_id, None)


def _class(serialized: dict[str, Any] | None) -> str:
    place: list[object] = (serialized or {}).get("id") or ["model"]
    return str(place[-1])


def _message(message: BaseMessage) -> Message:
    calls = message.tool_calls if isinstance(message, AIMessage) else []
    made = tuple(ToolCall(call["name"], _json(call["args"]), call["id"] or "") for call in calls)
    role = _ROLES.get(message.type.removesuffix("MessageChunk").lower(), "user")
    return Message(role, str(message.text), made, getattr(message, "tool_call_id", "") or "")


def _note(span: OpenSpan, name: str, content: object) -> None:
    if isinstance(content, str):
        span.text(name, content)
    else:
        span.data(name, content)


def _json(arguments: dict[str, Any]) -> str:
    return json.dumps(arguments, ensure_ascii=False, default=str)


def _reply(response: LLMResult) -> Reply:
    generation = response.generations[0][0] if response.generations and response.generations[0] else None
    message = getattr(generation, "message", None)
    if not isinstance(message, AIMessage):
        usage: dict[str, Any] = (response.llm_output or {}).get("token_usage") or {}
        told = Usage(usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0)
        return Reply(Message.assistant(generation.text if generation else ""), usage=told)
    counted: Any = message.usage_metadata or {}
    cached = counted.get("total_cost") == 0  # how langchain marks what comes out of its cache
    metadata: dict[str, Any] = message.response_metadata
    return Reply(
        _message(message),
        str(metadata.get("finish_reason") or metadata.get("stop_reason") or "") or None,
        usage=Usage() if cached else _usage(counted),
        model=str(metadata.get("model_name") or metadata.get("model") or ""),
        id=str(metadata.get("id") or message.id or ""),
        cached=cached,
    )


def _usage(counted: dict[str, Any]) -> Usage:
    read: dict[str, Any]
    thought: dict[str, Any]
    read, thought = counted.get("input_token_details") or {}, counted.get("output_token_details") or {}
    return Usage(
        counted.get("input_tokens") or 0,
        counted.get("output_tokens") or 0,
        read.get("cache_read") or 0,
        thought.get("reasoning") or 0,
    )
