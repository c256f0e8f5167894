"""Chunks of the runtime as chunks of langchain, and its errors as ours."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessageChunk
from langchain_core.messages.ai import InputTokenDetails, UsageMetadata
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk

from llm_strategy.errors import LLMStrategyError, TransportError, UnsupportedError
from llm_strategy.models.local_tools import CallReader, tool_parameters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llm_strategy.models.local_request import LocalRequest

__all__ = ["ReplyReader"]

PROVIDER = "local"


@dataclass(slots=True)
class ReplyReader:
    """Reads the items of one request, in order; see `Runtime.start` for what they are."""

    request: LocalRequest
    model_name: str
    _text: list[str] = field(default_factory=list[str])
    _calls: CallReader | None = None
    _finish_reason: str = ""
    _id: str | None = None

    def __post_init__(self) -> None:
        if self.request.tools:
            self._calls = CallReader(tool_parameters(self.request.tools))

    def read(self, item: Any) -> Iterator[ChatGenerationChunk]:
        """Yield what `item` adds to the reply; nothing for reports of progress.

        Raises:
            UnsupportedError: the runtime refused the request.
            TransportError: it failed.
        """
        if isinstance(item, Exception):
            raise _refusal(str(item), self.model_name) from item
        if "error" in item:
            raise _problem(item["error"], self.model_name)
        self._id = self._id or item.get("id")
        for choice in item.get("choices", ()):
            yield from self._delta(choice)
        if item.get("usage"):
            yield self._last(item)

    def _delta(self, choice: dict[str, Any]) -> Iterator[ChatGenerationChunk]:
        self._finish_reason = choice.get("finish_reason") or self._finish_reason
        delta = choice.get("delta", {})
        text = delta.get("content") or ""
        self._text.append(text)
        shown = self._calls.feed(text) if self._calls else text
        thought = delta.get("reasoning_content") or ""
        found: dict[str, Any] = choice.get("logprobs") or {}
        logprobs = found.get("content")
        if not (shown or thought or logprobs):
            return
        message = AIMessageChunk(
            content=shown,
            id=self._id,
            additional_kwargs={"reasoning_content": thought} if thought else {},
            response_metadata={"logprobs": {"content": logprobs}} if logprobs else {},
        )
        yield ChatGenerationChunk(message=message)

    def _last(self, item: dict[str, Any]) -> ChatGenerationChunk:
        """The chunk that ends the reply: what was held back, the calls, and the figures."""
        self._check_json()
        rest, calls = self._calls.finish() if self._calls else ("", [])
        reason = "tool_calls" if calls and self._finish_reason == "stop" else self._finish_reason
        message = AIMessageChunk(
            content=rest,
            id=self._id,
            tool_call_chunks=[
                tool_call_chunk(name=call.name, args=call.arguments, id=call.id, index=place)
                for place, call in enumerate(calls)
            ],
            usage_metadata=_usage(item["usage"]),
            response_metadata={
                "finish_reason": reason,
                "model_name": self.model_name,
                "model_provider": PROVIDER,
                "timings": item.get("timings", {}),
            },
            chunk_position="last",
        )
        return ChatGenerationChunk(message=message, generation_info={"finish_reason": reason})

    def _check_json(self) -> None:
        """A schema that the runtime cannot enforce switches its constraint off without a word: notice it."""
        if not self.request.must_be_json or self._finish_reason != "stop":
            return
        try:
            json.loads("".join(self._text))
        except ValueError as error:
            raise UnsupportedError(
                f"The local model {self.model_name!r} did not follow the JSON schema of the call: its runtime could "
                "not turn the schema into a grammar. Simplify the schema (patterns and length limits first), or use "
                "another structured-output method."
            ) from error


def _usage(usage: dict[str, Any]) -> UsageMetadata:
    details: dict[str, Any] = usage.get("prompt_tokens_details") or {}
    return UsageMetadata(
        input_tokens=usage["prompt_tokens"],
        output_tokens=usage["completion_tokens"],
        total_tokens=usage["total_tokens"],
        input_token_details=InputTokenDetails(cache_read=details.get("cached_tokens", 0)),
    )


def _problem(error: dict[str, Any], model_name: str) -> LLMStrategyError:
    message = str(error.get("message", error))
    if error.get("type") == "exceed_context_size_error":
        tokens, room = error.get("n_prompt_tokens"), error.get("n_ctx")
        return UnsupportedError(
            f"The prompt has {tokens} tokens, and the local model {model_name!r} was loaded for n_ctx={room} tokens "
            "of prompt and reply together. Shorten the prompt, or load the model with a larger n_ctx."
        )
    if error.get("type") == "invalid_request_error":
        return _refusal(message, model_name)
    return TransportError(f"The local model {model_name!r} failed: {message}")


def _refusal(message: str, model_name: str) -> LLMStrategyError:
    return UnsupportedError(
        f"The local model {model_name!r} refused the request: {message}. Change the call's options."
    )
