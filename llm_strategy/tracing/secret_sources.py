"""Where known secrets come from: the environment, and the fields of model objects.

Variables are judged by name and value: a value that is a path, an address, a number or made of ordinary words is none,
since removing it would tear holes into prose.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import SecretBytes, SecretStr

from llm_strategy.schema.json_data import is_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["SHORTEST", "secrets_in_environment", "secrets_of"]

SHORTEST = 4
"""Fewer characters than this stand in every word."""
_SHORTEST_VALUE = 8
_SHORTEST_LINE = 16
_DEEPEST = 3
_SECRET_PARTS = frozenset(
    {"KEY", "KEYS", "TOKEN", "TOKENS", "SECRET", "SECRETS", "AUTH", "AUTHORIZATION", "BEARER", "PASS", "PWD", "PAT"}
    | {"CREDENTIAL", "CREDENTIALS", "CRED", "CREDS", "PASSPHRASE", "COOKIE", "JWT", "DSN", "SIGNATURE", "SALT"}
)
_SECRET_ENDS = ("PASSWORD", "PASSWD", "SECRET", "TOKEN", "APIKEY", "CREDENTIALS")
_DESCRIBING = frozenset(
    {"TYPE", "METHOD", "URL", "URI", "HOST", "PORT", "PATH", "FILE", "DIR", "DIRECTORY", "NAME", "ID", "ALGORITHM"}
    | {"MODE", "ENABLED", "LENGTH", "SIZE", "LIMIT", "TTL", "EXPIRY", "SOCK", "HOME", "USER", "USERNAME", "VERSION"}
    | {"PROVIDER", "BACKEND", "STORE", "SERVER", "REGION", "COUNT", "CLASS", "DOMAIN", "REALM", "SCOPE", "HEADER"}
)
_PARTS = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])")
_PASSWORD = re.compile(r"://[^/@\s:]{0,256}:([^/@\s]{4,512})@")
_PLACE = re.compile(r"(?:[A-Za-z]:[\\/]|~|\.{0,2}/|[a-z][a-z0-9+.-]{1,20}://)")
_LETTERS = re.compile(r"[A-Za-z]+")


def secrets_in_environment(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield the secrets among variables.

    >>> list(secrets_in_environment({"API_KEY": "k3y-of-mine", "AUTH_METHOD": "kerberos", "PWD": "/home/me/code"}))
    ['k3y-of-mine']
    """
    for name, value in environment.items():
        yield from (password for password in _PASSWORD.findall(value) if len(password) >= _SHORTEST_VALUE)
        if _names_secret(name) and _is_secret(value.strip(), name):
            yield value
            if value != value.strip():
                yield value.strip()
            lines = value.split()
            yield from (line for line in lines if len(lines) > 1 and len(line) >= _SHORTEST_LINE)


def secrets_of(model: object) -> frozenset[str]:
    """Return the secrets that a model object holds in its fields, and in those of models inside it.

    >>> from pydantic import BaseModel
    >>> class Model(BaseModel):
    ...     api_key: SecretStr = SecretStr("k3y-of-mine")
    >>> secrets_of(Model())
    frozenset({'k3y-of-mine'})
    """
    return frozenset(secret for secret in _held(model, 0) if len(secret) >= SHORTEST)


def _held(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, SecretBytes):
        yield value.get_secret_value().decode("utf-8", "replace")
    elif depth < _DEEPEST and not isinstance(value, type):
        inner: Any = value if is_object(value) else getattr(value, "__dict__", None)
        for name, part in list(inner.items()) if is_object(inner) else ():
            if isinstance(part, str):
                yield from _named(str(name), part)
            else:
                yield from _held(part, depth + 1)


def _named(name: str, value: str) -> Iterator[str]:
    """Yield the value of a field or header that is no `SecretStr` and is named like a secret."""
    token = value.rpartition(" ")[2]  # behind "Bearer"
    if _names_secret(name) and _is_secret(token, name):
        yield token


def _names_secret(name: str) -> bool:
    parts = [part.upper() for part in _PARTS.split(name) if part]
    if not parts or parts[-1] in _DESCRIBING or name in {"PWD", "OLDPWD"}:
        return False
    return any(part in _SECRET_PARTS or part.endswith(_SECRET_ENDS) for part in parts)


def _is_secret(value: str, name: str) -> bool:
    if len(value) < _SHORTEST_VALUE or _PLACE.match(value) or _is_number(value):
        return False
    return not _is_wording(value) or (name.upper().endswith(("PASSWORD", "PASSPHRASE")) and len(value) >= 12)


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _is_wording(value: str) -> bool:
    """Whether a value is made of ordinary words: letters only, in runs as long as words, capitals only where usual."""
    words = _LETTERS.findall(value)
    rest = _LETTERS.sub("", value)
    usual = all(len(word) <= 14 and (word.islower() or word.isupper() or word.istitle()) for word in words)
    return usual and bool(words) and all(sign in " _-.,:" for sign in rest)
