"""From what a model's library raises to the errors of llm-strategy, in words that hold no secret.

Covered: secrets among the model's own fields and in the environment, keys of the usual providers' form, bearer tokens,
keys in URLs; see `llm_strategy.tracing.secrets`. Not covered: keys of another form that neither holds, and the error of
the library, which stays the cause of ours.
"""

from __future__ import annotations

import re

from llm_strategy.errors import NotAModelError, TransportError
from llm_strategy.tracing.secrets import Secrets, secrets_of

__all__ = ["concerns_schema", "declines_bill", "no_reply", "told", "turns_form_down"]

_SHOWN_CHARACTERS = 500
_FORM = re.compile(r"response_format|json_schema|json_object|json mode|\btool|\bgrammar|schema|structured|\bfunction")
_NO_MODEL = re.compile(r"<html|<!doctype|unexpected response type|null value for .?choices|no generation chunks")


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


def declines_bill(error: Exception) -> bool:
    """Return whether a server says that it does not tell the tokens of a stream, and streams nothing therefore."""
    words = str(error).lower()
    return _status(error) in {400, 404, 422} and ("stream_options" in words or "include_usage" in words)


def concerns_schema(error: Exception) -> bool:
    """Return whether a server declines one schema, and not a form of reply as such."""
    return "invalid schema" in str(error).lower()


def told(error: Exception, model: object) -> str:
    """Return what an error says on one line, shortened, and without secrets."""
    secrets = Secrets.of_environment().including(*secrets_of(model))
    words = " ".join(secrets.removed(str(error)).split())
    return words[:_SHOWN_CHARACTERS] or "no message"


def _status(error: Exception) -> int | None:
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) else None
