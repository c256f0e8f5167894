"""Requests as the journal writes them down: a hash to find them by, and words to compare them by."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from llm_strategy.flow.codec import json_of
from llm_strategy.flow.fingerprint import request_data, with_numbered_fences
from llm_strategy.tracing.secrets import Secrets, secrets_of

if TYPE_CHECKING:
    from llm_strategy.flow.journal.recordable import Recordable
    from llm_strategy.flow.journal.store import Asked
    from llm_strategy.flow.requests import ChatRequest
    from llm_strategy.messages import Attachment, Message

__all__ = ["Writer"]

_SHOWN_CHARACTERS = 2000
"""How much of a text is kept for people: the hash tells the rest apart."""


class Writer:
    """Writes requests down, without the secrets of the environment and of the models."""

    def __init__(self) -> None:
        self._environment = Secrets.of_environment()
        self._of_models: dict[int, tuple[object, Secrets]] = {}

    def chat(self, request: ChatRequest, kind: str) -> Asked:
        """Return a request to a model as data."""
        secrets = self._secrets(request.model)
        provider: object = getattr(request.model, "provider", "")
        data, turns = request_data(request), with_numbered_fences(request.messages)
        about = {
            "name": request.model.name,
            "provider": provider if isinstance(provider, str) else "",
            "model": _shortened(json_of(data["model"]), secrets),
            "messages": [{"role": one.role, "text": _shortened(_text(one), secrets)} for one in turns],
            "output": _shortened(json_of(data["output"]), secrets),
            "method": request.output.method,
            "sampling": data["sampling"],
            "sample": request.sample,
        }
        return {"kind": kind, "fingerprint": hashlib.sha256(json_of(data).encode()).hexdigest(), "about": about}

    def other(self, request: Recordable) -> Asked:
        """Return any other request as data."""
        kind, text = type(request).__name__, json_of(request.journal_data())
        digest = hashlib.sha256(f"{kind}\0{text}".encode()).hexdigest()
        return {"kind": kind, "fingerprint": digest, "about": {"request": _shortened(text, self._environment)}}

    def _secrets(self, model: object) -> Secrets:
        inner: object = getattr(model, "model", model)  # adapters come and go, what they adapt stays
        known = self._of_models.get(id(inner))
        if known is None or known[0] is not inner:
            known = self._of_models[id(inner)] = (inner, self._environment.including(*secrets_of(inner)))
        return known[1]


def _text(message: Message) -> str:
    calls = (f"[calls {call.name}({call.arguments})]" for call in message.tool_calls)
    parts = (message.content, *calls, *map(_told, message.attachments))
    return "\n".join(part for part in parts if part)


def _told(attachment: Attachment) -> str:
    what = attachment.url or f"{len(attachment.data)} bytes, {hashlib.sha256(attachment.data).hexdigest()[:12]}"
    return f"[{attachment.kind} {attachment.media_type} {what}]"


def _shortened(text: str, secrets: Secrets) -> str:
    shown = secrets.removed(text)
    return shown if len(shown) <= _SHOWN_CHARACTERS else f"{shown[:_SHOWN_CHARACTERS]}..."
