"""What of a request decides about its reply, as data and as a hash: the key of caches, journals and cassettes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

from llm_strategy.flow.codec import json_of, message_data

if TYPE_CHECKING:
    from llm_strategy.flow.model import ChatModel
    from llm_strategy.flow.requests import ChatRequest

__all__ = ["fingerprint", "identity_of", "request_data"]


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
        "messages": [message_data(message) for message in request.messages],
        "output": {name: value for name, value in asdict(request.output).items() if value},
        "sampling": request.sampling.arguments(),
        "sample": request.sample,
    }


def identity_of(model: ChatModel) -> dict[str, Any]:
    """Return what tells a model with its settings from others, as JSON data without secrets.

    A `ChatModel` may say so by an attribute `identity`; else its name stands for it.
    """
    own: object = getattr(model, "identity", None)
    return dict(cast("Mapping[str, Any]", own)) if isinstance(own, Mapping) else {"name": model.name}
