"""From what a model's library raises to the errors of llm-strategy, in words that hold no secret.

Covered: secrets among the model's own fields and in the environment, keys of the usual providers' form, bearer tokens,
keys in URLs; see `llm_strategy.tracing.secrets`. An error of the library that tells one does not become the cause of
ours, so no traceback shows it. Not covered: keys of another form that neither holds, and `__context__` of our error.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from llm_strategy.chat.causes import Kind, causes, kind_of
from llm_strategy.errors import (
    ConfigurationError,
    DamagedReplyError,
    LLMStrategyError,
    NotAModelError,
    RateLimitedError,
    TimedOutError,
    TransportError,
)
from llm_strategy.flow.retries.retry_after import retry_after
from llm_strategy.parsing.scan import looks_like_html
from llm_strategy.tracing.secrets import Secrets, secrets_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["concerns_schema", "declines_bill", "no_reply", "tellable", "told", "turns_form_down", "turns_media_down"]

_SHOWN_CHARACTERS = 500
_KEPT_CHARACTERS = 2_000
_SHOWN_PAGE = 200
_FORM = re.compile(r"response_format|json_schema|json_object|json mode|\btool|\bgrammar|schema|structured|\bfunction")
_MEDIA = re.compile(
    r"image|audio|vision|multimodal|multi-modal|input_file|\bfile\b|file_data|mmproj|content (?:part|type)"
)
_PAGE = re.compile(r"<html|<!doctype|no generation chunks")
_UNKNOWN = re.compile(r"completions\.\w+\(\) got an unexpected keyword argument '(\w+)'", re.IGNORECASE)
_RETRYABLE = frozenset({408, 409, 425, 429})
_USED_UP = re.compile(r"insufficient_quota|billing_hard_limit|quota_exceeded|billing_not_active")
_CODES = {
    "rate_limit_exceeded": 429,
    "rate_limit_error": 429,
    "too_many_requests": 429,
    "insufficient_quota": 429,
    "overloaded_error": 529,
    "overloaded": 529,
    "server_error": 500,
    "internal_error": 500,
    "internal_server_error": 500,
    "api_error": 500,
    "timeout": 408,
    "timeout_error": 408,
    "service_unavailable": 503,
    "invalid_request_error": 400,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "permission_error": 403,
    "not_found_error": 404,
    "model_not_found": 404,
}
"""What errors in the body of a success are called, and the status that they should have come with."""


@dataclass(frozen=True, slots=True)
class _Failure:
    """What is known of a request that failed."""

    words: str
    status: int | None = None
    code: str = ""
    reply: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def used_up(self) -> bool:
        """Whether the provider will not answer again before somebody pays."""
        return _USED_UP.search(f"{self.code} {self.words}".lower()) is not None

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed another time: by the server's word, else by the status."""
        said = self.headers.get("x-should-retry", "")
        if said in {"true", "false"}:
            return said == "true"
        return self.status is not None and (self.status in _RETRYABLE or self.status >= 500) and not self.used_up

    @property
    def retry_after(self) -> float | None:
        """Seconds that the server wants us to wait."""
        return retry_after(self.headers, time.time())


def no_reply(error: Exception, name: str, model: object) -> LLMStrategyError:
    """Return the error for a model that gave no reply."""
    own = next((cause for cause in causes(error) if isinstance(cause, LLMStrategyError)), None)
    if own is not None:
        return own
    unknown = _UNKNOWN.search(str(error)) if isinstance(error, TypeError) else None
    if unknown is not None:
        return ConfigurationError(
            f"Model {name!r} cannot be asked: its client knows no argument {unknown[1]!r}. Take it out of the settings "
            "of the model (`model_kwargs`); what only the server knows goes into `extra_body`."
        )
    secrets = Secrets.of_environment().including(*secrets_of(model))
    failure = _failure(error, secrets)
    is_page = looks_like_html(failure.reply)
    if failure.status in {None, 200, 404} and (is_page or _PAGE.search(failure.words.lower())):
        shown = repr(failure.reply[:_SHOWN_PAGE]) if is_page else failure.words
        return NotAModelError(
            f"What answers for model {name!r} is no chat model: {shown}. Check its base URL; a proxy or a login page "
            "may stand in between.",
            status=failure.status,
            reply=failure.reply,
        )
    if failure.status is not None:
        return _of_status(failure, f"Model {name!r} gave no reply: {type(error).__name__}: {failure.words}")
    return _of_kind(kind_of(error), failure, f"Model {name!r} gave no reply: {type(error).__name__}: {failure.words}")


def _of_status(failure: _Failure, words: str) -> TransportError:
    kind = RateLimitedError if failure.status == 429 else TimedOutError if failure.status == 408 else TransportError
    return kind(
        words,
        status=failure.status,
        retryable=failure.retryable,
        retry_after=failure.retry_after,
        reply=failure.reply,
    )


def _of_kind(kind: Kind, failure: _Failure, words: str) -> TransportError:
    if kind == "late":
        return TimedOutError(words, retryable=True)
    if kind == "damaged":
        return DamagedReplyError(words, retryable=True, reply=failure.reply)
    return TransportError(words, retryable=kind == "unreachable", reply=failure.reply)


def _failure(error: Exception, secrets: Secrets) -> _Failure:
    response: Any = getattr(error, "response", None)
    headers = {str(name).lower(): str(value) for name, value in dict(getattr(response, "headers", None) or {}).items()}
    body: object = getattr(error, "body", None)
    if body is None and isinstance(error, ValueError) and error.args:  # langchain: an error in the body of a success
        body = error.args[0]
    status, code = _status(error), _code(body)
    if status is None and isinstance(body, dict):
        status = _CODES.get(code.lower()) or _number(cast("dict[str, Any]", body).get("code"))
    return _Failure(_words(error, secrets), status, code, _text(error, response, secrets), headers)


def _code(body: object) -> str:
    if not isinstance(body, dict):
        return ""
    fields = cast("dict[str, Any]", body)
    codes = (fields.get("code"), fields.get("type"))
    return next((code for code in codes if isinstance(code, str) and code), "")


def _number(code: object) -> int | None:
    text = str(code)
    return int(text) if text.isascii() and text.isdecimal() and len(text) == 3 and text >= "400" else None


def _text(error: Exception, response: Any, secrets: Secrets) -> str:
    try:
        text: object = getattr(error, "text", "") or response.text
    except Exception:  # noqa: BLE001 (there is none, or it was not read)
        return ""
    return secrets.removed(text[: 2 * _KEPT_CHARACTERS])[:_KEPT_CHARACTERS] if isinstance(text, str) else ""


def turns_form_down(error: Exception, name: str) -> bool:
    """Return whether a server says that it cannot give the form of reply that it was asked for."""
    words = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", "", str(error)) if name else str(error)
    return _status(error) in {400, 404, 422} and _FORM.search(words.lower()) is not None


def turns_media_down(error: Exception) -> bool:
    """Return whether a server says that it takes no images, audio or files; of a request that holds some."""
    return _status(error) in {400, 404, 415, 422} and _MEDIA.search(str(error).lower()) is not None


def declines_bill(error: Exception) -> bool:
    """Return whether a server says that it does not tell the tokens of a stream, and streams nothing therefore."""
    words = str(error).lower()
    return _status(error) in {400, 404, 422} and ("stream_options" in words or "include_usage" in words)


def concerns_schema(error: Exception) -> bool:
    """Return whether a server declines one schema, and not a form of reply as such."""
    return "invalid schema" in str(error).lower()


def told(error: Exception, model: object) -> str:
    """Return what an error says on one line, shortened, and without secrets."""
    return _words(error, Secrets.of_environment().including(*secrets_of(model)))


def tellable(error: Exception, model: object) -> Exception | None:
    """Return an error as the cause of ours; None where its traceback would tell a secret."""
    secrets = Secrets.of_environment().including(*secrets_of(model))
    texts = [text for one in causes(error) for text in (str(one), *getattr(one, "__notes__", ()))]
    return error if all(secrets.removed(text) == text for text in texts) else None


def _words(error: Exception, secrets: Secrets) -> str:
    last = list(causes(error))[-1]
    text = str(error)
    if last is not error and str(last) and str(last) not in text:  # "Connection error." alone helps nobody
        text = f"{text} ({type(last).__name__}: {last})"
    words = " ".join(secrets.removed(text[: 20 * _SHOWN_CHARACTERS]).split())
    return words[:_SHOWN_CHARACTERS] or "no message"


def _status(error: Exception) -> int | None:
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) else None
