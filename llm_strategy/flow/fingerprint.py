"""What of a request decides about its reply, as data and as a hash: the key of caches, journals and cassettes.

The fences around untrusted data differ from process to process. They are numbered here, so that the same request has
the same key everywhere. No two requests get one key by that: nobody can have written a fence into what it encloses.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from llm_strategy.flow.codec import json_of, message_data
from llm_strategy.flow.model import form_data

if TYPE_CHECKING:
    from llm_strategy.flow.model import ChatModel
    from llm_strategy.flow.requests import ChatRequest
    from llm_strategy.messages import Message

__all__ = ["fingerprint", "identity_of", "request_data", "with_numbered_fences"]


def fingerprint(request: ChatRequest) -> str:
    """Return the hash of a request, in 64 hexadecimal digits: equal for requests that a model cannot tell apart."""
    return hashlib.sha256(json_of(request_data(request)).encode()).hexdigest()


def request_data(request: ChatRequest) -> dict[str, Any]:
    """Return what decides about the reply, as JSON data: the model with its settings, the messages, the form.

    How long the reply may take, how often the request was sent before, and whether a cache may answer are no part of
    it.
    """
    return {
        "model": identity_of(request.model),
        "messages": [message_data(message) for message in with_numbered_fences(request.messages)],
        "output": form_data(request.output),
        "sampling": request.sampling.arguments(),
        "sample": request.sample,
    }


def with_numbered_fences(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """Return a conversation with the fences around untrusted data numbered in their order."""
    fences = tuple(dict.fromkeys(fence for message in messages for fence in message.fences))
    return tuple(_numbered(message, fences) for message in messages) if fences else messages


def _numbered(message: Message, fences: tuple[str, ...]) -> Message:
    def told(text: str) -> str:
        for number, fence in enumerate(fences, 1):
            text = text.replace(fence, f"fence-{number}")
        return text

    calls = tuple(replace(call, arguments=told(call.arguments)) for call in message.tool_calls)
    return replace(message, content=told(message.content), tool_calls=calls, fences=tuple(map(told, message.fences)))


def identity_of(model: ChatModel) -> dict[str, Any]:
    """Return what tells a model with its settings from others, as JSON data without secrets.

    A `ChatModel` may say so by an attribute `identity`; else its name stands for it.
    """
    own: object = getattr(model, "identity", None)
    return dict(cast("Mapping[str, Any]", own)) if isinstance(own, Mapping) else {"name": model.name}
