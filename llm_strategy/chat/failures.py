"""From what a model's library raises to the errors of llm-strategy, in words that hold no secret.

Covered: secrets among the model's own fields, keys of the usual providers' form, bearer tokens, keys in URLs. Not
covered: keys of another form that the model does not hold, and the library's own error, which stays the cause of ours.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pydantic import SecretStr

from llm_strategy.errors import NotAModelError, TransportError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["concerns_schema", "no_reply", "told", "turns_form_down"]

_SHOWN_CHARACTERS = 500
_FORM = re.compile(r"response_format|json_schema|json_object|json mode|\btool|\bgrammar|schema|structured|\bfunction")
_NO_MODEL = re.compile(r"<html|<!doctype|unexpected response type|null value for .?choices|no generation chunks")
_SECRETS = (
    (re.compile(r"\b(?:sk|pk|rk|gsk|xai|hf|r8|pplx|nvapi)[-_][\w-]{8,}|\bAIza[\w-]{20,}"), "***"),
    (re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{8,}", re.IGNORECASE), r"\1 ***"),
    (re.compile(r"([?&;](?:api[-_]?)?(?:key|token)=)[^&\s\"']+", re.IGNORECASE), r"\1***"),
    (re.compile(r"://[^/@\s]+:[^/@\s]+@"), "://***@"),
)


def no_reply(error: Exception, name: str, model: object) -> TransportError:
    """Return the error for a model that gave no reply."""
    words, status = told(error, model), _status(error)
    if _NO_MODEL.search(words.lower()) and status in {None, 200, 404}:
        return NotAModelError(
            f"What answers for model {name!r} is no chat model: {words}. Check its base URL; a proxy or a login page "
            "may stand in between.",
            status=status,
        )
    return TransportError(f"Model {name!r} gave no reply: {type(error).__name__}: {words}", status=status)


def turns_form_down(error: Exception, name: str) -> bool:
    """Return whether a server says that it cannot give the form of reply that it was asked for."""
    return _status(error) in {400, 404, 422} and _FORM.search(str(error).replace(name, "").lower()) is not None


def concerns_schema(error: Exception) -> bool:
    """Return whether a server declines one schema, and not a form of reply as such."""
    return "invalid schema" in str(error).lower()


def told(error: Exception, model: object) -> str:
    """Return what an error says on one line, shortened, and without secrets."""
    words = " ".join(str(error).split())
    for secret in _secrets_of(model):
        words = words.replace(secret, "***")
    for pattern, shown in _SECRETS:
        words = pattern.sub(shown, words)
    return words[:_SHOWN_CHARACTERS] or "no message"


def _secrets_of(model: object) -> Iterator[str]:
    for value in vars(model).values():
        secret = value.get_secret_value() if isinstance(value, SecretStr) else ""
        if len(secret) > 3:  # placeholders such as "x" stand in every word
            yield secret


def _status(error: Exception) -> int | None:
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) else None
