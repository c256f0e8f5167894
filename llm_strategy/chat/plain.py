"""Whether a request may go around langchain: only where nobody would notice.

Building messages, results and runs costs langchain more than the request itself. What else it does is left to it:
callbacks, caches, rate limiters, tracing by the environment, classes that answer in their own way, the Responses API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llm_strategy.chat.untouched import answers_usually, known_arguments, sends_usually
from llm_strategy.schema.json_data import is_object

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

__all__ = ["is_plain", "payload_of", "streams"]

_OWN_WAYS = ("extra_headers", "extra_query", "timeout", "response_format", "stream_options")
"""Settings that the payload may hold and that are not simply sent, or sent in another way."""


def is_plain(model: BaseChatModel, *, streamed: bool = False) -> bool:
    """Return whether langchain would do nothing but send the request and read the reply."""
    own: Any = model
    if not answers_usually(own) or not sends_usually(own.client) or not sends_usually(own.async_client):
        return False
    if (
        own.cache
        or own.rate_limiter is not None
        or own.verbose
        or own.n not in {None, 1}
        or own.include_response_headers
    ):
        return False
    if own.disable_streaming or not streams(model) if streamed else own.streaming:
        return False
    return not _is_cached(own.cache) and not _is_watched(own)


def streams(model: BaseChatModel) -> bool:
    """Return whether langchain streams where it is asked to, by the settings and the class of the model."""
    asked: Any = getattr(model, "_should_stream", None)
    return asked is None or bool(asked(async_api=False, stream=True))


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
    if not known_arguments(getattr(model, "client", None)).issuperset(body):  # langchain passes them on, and fails
        return None
    extra: dict[str, Any] = body.pop("extra_body", None) or {}
    return {**body, **extra}
