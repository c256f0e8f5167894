"""What tells a langchain model with its settings from others: part of the keys of caches and journals.

All fields count that are plain data and differ from what the class says, but for those that shape no reply: clients,
callbacks, keys, timeouts, retries, headers, and what the model only needs to run. So models of packages that are not
known here have an identity too, and a new field in a new version of a package changes nothing while nobody sets it.

Covered: fields named like secrets at any depth, `SecretStr`, user names, passwords and parameters in addresses, and all
that `llm_strategy.tracing.secrets` finds. Not covered: fields that are objects of an unknown kind count by their class
only. A model may say all of it itself, by a mapping `llm_strategy_identity`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
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
"""Names of fields that shape no reply."""
_SECRET = re.compile(
    r"(^|_)(api_?key|key|keys|secret|secrets|password|passwd|passphrase|token|auth|authorization|bearer|credential|"
    r"credentials|cookie|cookies|header|headers|signature|cert|certificate)$",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*://)(?:[^/@\s]*@)?([^?#\s]*)(?:[?#]\S*)?", re.IGNORECASE)
_DEEPEST = 8
_MOST_REMEMBERED = 256
_CLEAN: dict[tuple[int, str], str] = {}
"""Texts without secrets, by the model and the text: looking for secrets takes longer than all else here."""


def langchain_identity(model: object) -> dict[str, Any]:
    """Return what tells a model from others, as JSON data without secrets.

    >>> from langchain_openai import ChatOpenAI
    >>> model = ChatOpenAI(model="gpt-4o", api_key="sk-1", temperature=0, base_url="https://me:pw@host/v1?key=2")
    >>> langchain_identity(model)["fields"]
    {'model_name': 'gpt-4o', 'openai_api_base': 'https://host/v1', 'temperature': 0.0}
    """
    own: object = getattr(model, "llm_strategy_identity", None)
    data = dict(cast("Mapping[str, Any]", own)) if isinstance(own, Mapping) else _described(model, 0)
    text = json.dumps(data, sort_keys=True, allow_nan=False)
    key = (id(model), text)
    clean = _CLEAN.get(key)
    if clean is None:
        if len(_CLEAN) >= _MOST_REMEMBERED:
            _CLEAN.clear()
        clean = _CLEAN[key] = Secrets.of_environment().including(*secrets_of(model)).removed(text)
    return cast("dict[str, Any]", json.loads(clean))


def _described(model: object, depth: int) -> dict[str, Any]:
    kind = type(model)
    told: dict[str, Any] = {"class": f"{kind.__module__}.{kind.__qualname__}"}
    fields = dict(_set_fields(model)) if isinstance(model, BaseModel) else {}
    described = {name: _plain(value, depth + 1) for name, value in sorted(fields.items())}
    return {**told, "fields": described} if described else told


def _set_fields(model: BaseModel) -> Iterable[tuple[str, object]]:
    """Yield the fields that shape replies, and are not as the class has them."""
    for name, field in type(model).model_fields.items():
        value: object = getattr(model, name, None)
        if value is None or not _counts(name, value):
            continue
        default: object = field.default
        if default is not PydanticUndefined and type(default) is type(value) and default == value:
            continue
        if isinstance(value, Mapping | list | tuple | set | frozenset) and not value:
            continue
        yield name, value


def _counts(name: str, value: object) -> bool:
    return name not in _NO_PART and not _SECRET.search(name) and not isinstance(value, SecretStr | SecretBytes)


def _plain(value: object, depth: int) -> Any:
    """Return a value as JSON data; an object that is none counts by its class."""
    if value is None or isinstance(value, bool | int | float | str):
        return _scalar(value)
    if depth < _DEEPEST:
        if isinstance(value, Mapping):
            pairs = [(str(name), part) for name, part in cast("Mapping[object, object]", value).items()]
            return {name: _plain(part, depth + 1) for name, part in pairs if _counts(name, part)}
        if isinstance(value, list | tuple | set | frozenset):
            parts = [_plain(part, depth + 1) for part in cast("list[object]", value)]
            return parts if isinstance(value, list | tuple) else sorted(parts, key=repr)
        if isinstance(value, BaseModel):
            return _described(value, depth)
    kind = value if isinstance(value, type) else type(value)
    return f"<{kind.__module__}.{kind.__qualname__}>"


def _scalar(value: float | str | None) -> Any:
    if isinstance(value, str):
        return _ADDRESS.sub(r"\1\2", value)
    return repr(value) if isinstance(value, float) and not math.isfinite(value) else value  # JSON has no infinity
