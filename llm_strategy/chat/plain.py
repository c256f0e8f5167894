"""Whether a request may go around langchain: only where nobody would notice.

Building messages, results and runs costs langchain more than the request itself. What else it does is left to it:
callbacks, caches, rate limiters, tracing by the environment, classes that answer in their own way, the Responses API.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from llm_strategy.schema.json_data import is_object

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

__all__ = ["is_plain", "payload_of"]

_ANSWERING = (
    *("invoke", "ainvoke", "stream", "astream", "generate", "agenerate", "generate_prompt", "agenerate_prompt"),
    *("_generate", "_agenerate", "_stream", "_astream", "_create_chat_result", "_convert_chunk_to_generation_chunk"),
    *("_generate_with_cache", "_agenerate_with_cache", "_call_async"),
)
_OWN_WAYS = ("extra_headers", "extra_query", "timeout", "response_format", "stream_options")
"""Settings that the payload may hold and that are not simply sent, or sent in another way."""


def is_plain(model: BaseChatModel, *, streamed: bool = False) -> bool:
    """Return whether langchain would do nothing but send the request and read the reply."""
    if not _answers_usually(type(model)):
        return False
    own: Any = model
    if (
        own.cache
        or own.rate_limiter is not None
        or own.verbose
        or own.n not in {None, 1}
        or own.include_response_headers
    ):
        return False
    if own.disable_streaming if streamed else own.streaming:
        return False
    return not _is_cached(own.cache) and not _is_watched(own)


@lru_cache
def _answers_usually(kind: type[Any]) -> bool:
    """Whether a class answers as `ChatOpenAI` does: a subclass may do anything in between."""
    usual = next((parent for parent in kind.__mro__ if parent.__module__.startswith("langchain_openai.")), None)
    if usual is None or usual.__name__ != "ChatOpenAI":
        return False
    return all(getattr(kind, name, None) is getattr(usual, name, None) for name in _ANSWERING)


def _is_cached(own: object) -> bool:
    from langchain_core.globals import get_llm_cache

    return own is None and get_llm_cache() is not None


def _is_watched(model: Any) -> bool:
    """Whether anybody listens: the model's own callbacks, those of the run around it, or of the environment."""
    from langchain_core.callbacks import CallbackManager
    from langchain_core.runnables import ensure_config

    inherited = ensure_config().get("callbacks")
    try:
        manager = CallbackManager.configure(inherited, model.callbacks, verbose=model.verbose)
    except Exception:  # noqa: BLE001 (langchain tells about it in its own way)
        return True
    return bool(manager.handlers)


def payload_of(model: BaseChatModel, messages: list[Any], arguments: dict[str, Any]) -> dict[str, Any] | None:
    """Return the body of a request to the chat completions, as langchain makes it; None where it goes elsewhere."""
    make = getattr(model, "_get_request_payload", None)
    body: Any = make(messages, **arguments) if make is not None else None
    if not is_object(body) or not isinstance(body.get("messages"), list) or not body.get("model"):
        return None
    if any(name in body for name in _OWN_WAYS):
        return None
    extra: dict[str, Any] = body.pop("extra_body", None) or {}
    return {**body, **extra}
