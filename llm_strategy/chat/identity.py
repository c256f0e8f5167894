"""What tells a langchain model with its settings from others: part of the keys of caches and journals.

All fields of a model count that are plain data and differ from what the class says, but for those that shape no reply:
clients, callbacks, keys, timeouts, retries, and what the model only needs to run. So models of packages that are not
known here have an identity too, and a new field in a new version of a package changes nothing while nobody sets it.
Inside of a field, as in `extra_body`, `model_kwargs` and headers, everything is sent, and so everything counts.

What counts and may not be told (headers, values under names of secrets inside of fields, passwords and parameters in
addresses, all that `llm_strategy.tracing.secrets` finds) is not written: a slow hash of the whole identity stands for
it, so that guessing a secret of few letters takes long.

Covered: fields named like secrets at any depth, `SecretStr`, user names, passwords and parameters in addresses, and all
that `llm_strategy.tracing.secrets` finds. Not covered: objects of an unknown kind count by their class only, headers
and parameters of an HTTP client of your own not at all, and who knows all else of an identity can try out guesses of
what is hashed in it. A model may say all of it itself, by a mapping `llm_strategy_identity`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from functools import lru_cache
from hashlib import pbkdf2_hmac
from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel, SecretBytes, SecretStr
from pydantic_core import PydanticUndefined

from llm_strategy.tracing.secrets import Secrets, secrets_of

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["langchain_identity"]

_NO_PART = frozenset(
    {"cache", "verbose", "callbacks", "callback_manager", "tags", "metadata", "custom_get_token_ids", "rate_limiter"}
    | {"profile", "disable_streaming", "streaming", "stream_usage", "client", "async_client", "root_client"}
    | {"root_async_client", "http_client", "http_async_client", "http_socket_options", "max_retries", "max_concurrency"}
    | {"request_timeout", "timeout", "default_request_timeout", "stream_chunk_timeout", "batch_size", "n_threads"}
    | {"include_response_headers", "proxy", "proxies", "openai_proxy", "openai_organization", "organization", "user"}
    | {"tiktoken_model_name", "allowed_special", "disallowed_special", "prompt_cache_options", "store", "n_jobs"}
    | {"llm_strategy_methods", "keep_alive", "ls_structured_output_format", "transport", "credentials"}
)
"""Names of a model's own fields that shape no reply. Inside of fields the same names are data like any other."""
_SECRET = re.compile(
    r"(^|_)(api_?key|key|keys|secret|secrets|password|passwd|passphrase|token|auth|authorization|bearer|credential|"
    r"credentials|cookie|cookies|header|headers|signature|cert|certificate)$",
    re.IGNORECASE,
)
_HEADERS = re.compile(r"(^|_)headers?$", re.IGNORECASE)
_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*://)(?:[^/@\s]*@)?([^?#\s]*)(?:[?#]\S*)?", re.IGNORECASE)
_WHOLE_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*://)(?:[^/@\s]*@)?([^?#\s]*?)/*([?#]\S*)?", re.IGNORECASE)
_AS_UNSET = {"n": 1}
"""Values that say what servers do anyway."""
_DEEPEST = 100
_ROUNDS = 100_000
_MOST_REMEMBERED = 256
_CLEAN: dict[tuple[int, str], str] = {}
"""Texts without secrets, by the model and the text: looking for secrets takes longer than all else here."""


def langchain_identity(model: object) -> dict[str, Any]:
    """Return what tells a model from others, as JSON data without secrets.

    >>> from langchain_openai import ChatOpenAI
    >>> model = ChatOpenAI(model="gpt-4o", api_key="sk-1", temperature=0, base_url="https://me:pw@host/v1/")
    >>> langchain_identity(model)["fields"]
    {'model_name': 'gpt-4o', 'openai_api_base': 'https://host/v1', 'temperature': 0.0}

    >>> langchain_identity(ChatOpenAI(model="gpt-4o", api_key="sk-1", default_headers={"x-team": "a"})).keys()
    dict_keys(['class', 'fields', 'untold'])
    """
    own: object = getattr(model, "llm_strategy_identity", None)
    whole = dict(cast("Mapping[str, Any]", own)) if isinstance(own, Mapping) else _Sight(whole=True).described(model)
    text = json.dumps(whole, sort_keys=True, allow_nan=False)
    key = (id(model), text)
    clean = _CLEAN.get(key)
    if clean is None:
        told = whole if isinstance(own, Mapping) else _Sight(whole=False).described(model)
        if len(_CLEAN) >= _MOST_REMEMBERED:
            _CLEAN.clear()
        clean = _CLEAN[key] = _told(model, text, json.dumps(told, sort_keys=True, allow_nan=False))
    return cast("dict[str, Any]", json.loads(clean))


def _told(model: object, whole: str, told: str) -> str:
    """Return what may be told; where that is not all, with a hash of all."""
    clean = Secrets.of_environment().including(*secrets_of(model)).removed(told)
    return clean if clean == whole else json.dumps({**json.loads(clean), "untold": _hash(whole)})


@lru_cache(maxsize=_MOST_REMEMBERED)
def _hash(whole: str) -> str:
    return pbkdf2_hmac("sha256", whole.encode(errors="surrogatepass"), b"llm-strategy identity", _ROUNDS).hex()


class _Sight:
    """Looks at a model: at the whole of what counts, or at what of it may be told."""

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole

    def described(self, model: object, above: tuple[int, ...] = ()) -> dict[str, Any]:
        """Return a model's class and its fields."""
        kind = type(model)
        told: dict[str, Any] = {"class": f"{kind.__module__}.{kind.__qualname__}"}
        fields = dict(_set_fields(model)) if isinstance(model, BaseModel) else {}
        if not above or hasattr(kind, "_llm_type"):
            fields = {name: _own(value) for name, value in fields.items() if self._counts(name, value)}
        elif not self._whole:
            fields = {name: value for name, value in fields.items() if _may_be_told(name, value)}
        described = {name: self._plain(value, (*above, id(model))) for name, value in sorted(fields.items())}
        return {**told, "fields": described} if described else told

    def _counts(self, name: str, value: object) -> bool:
        """Whether one of a model's own fields counts."""
        if name in _NO_PART or (name in _AS_UNSET and value == _AS_UNSET[name]):
            return False
        return _may_be_told(name, value) or (
            self._whole and isinstance(value, Mapping) and _HEADERS.search(name) is not None
        )

    def _plain(self, value: object, above: tuple[int, ...]) -> Any:
        """Return a value as JSON data; an object that is none counts by its class."""
        if value is None or isinstance(value, bool | int | float | str):
            return self._scalar(value)
        if isinstance(value, SecretStr | SecretBytes):
            return str(value.get_secret_value()) if self._whole else "***"
        if id(value) not in above and len(above) < _DEEPEST:
            inside = (*above, id(value))
            if isinstance(value, Mapping):
                pairs = [(str(name), part) for name, part in cast("Mapping[object, object]", value).items()]
                told = [(name, part) for name, part in pairs if self._whole or _may_be_told(name, part)]
                return {name: self._plain(part, inside) for name, part in told}
            if isinstance(value, list | tuple | set | frozenset):
                parts = [self._plain(part, inside) for part in cast("list[object]", value)]
                return parts if isinstance(value, list | tuple) else sorted(parts, key=repr)
            if isinstance(value, BaseModel):
                return self.described(value, above)
        kind = value if isinstance(value, type) else type(value)
        return f"<{kind.__module__}.{kind.__qualname__}>"

    def _scalar(self, value: float | str | None) -> Any:
        if isinstance(value, str):
            return value if self._whole else _ADDRESS.sub(r"\1\2", value)
        return repr(value) if isinstance(value, float) and not math.isfinite(value) else value  # JSON has no infinity


def _set_fields(model: BaseModel) -> Iterable[tuple[str, object]]:
    """Yield the fields that are not as the class has them."""
    for name, field in type(model).model_fields.items():
        value: object = getattr(model, name, None)
        if value is None:
            continue
        default: object = field.default
        if default is not PydanticUndefined and type(default) is type(value) and default == value:
            continue
        if isinstance(value, Mapping | list | tuple | set | frozenset) and not value:
            continue
        yield name, value


def _own(value: object) -> object:
    """Return one of a model's own values: of an address without the user, the password and a slash at its end."""
    address = _WHOLE_ADDRESS.fullmatch(value) if isinstance(value, str) else None
    return value if address is None else "".join(part or "" for part in address.groups())


def _may_be_told(name: str, value: object) -> bool:
    return not _SECRET.search(name.replace("-", "_")) and not isinstance(value, SecretStr | SecretBytes)
