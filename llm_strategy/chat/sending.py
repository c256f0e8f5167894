"""Sending requests with a client of the `openai` package, the first one by it, and the next ones like the first.

The client builds each request anew: options, headers, address. All of that is the same from request to request, and
takes it longer than the network. Where something could differ (keys from a function, hooks, authentication by the HTTP
client, other kinds of clients), each request is built by the client; and so is one whose body holds more than JSON, and
the first one after the headers or parameters of the HTTP client have changed.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Any

__all__ = ["Sender", "http_client"]

_PATH = "/chat/completions"
_WRITTEN_ANEW = frozenset({"content-length", "cookie", "transfer-encoding"})


@dataclass(frozen=True, slots=True)
class _Like:
    """What all requests have in common."""

    url: Any
    headers: Any
    timeout: dict[str, Any]
    settings: tuple[object, ...]
    """What of the HTTP client was put into it."""


class Sender:
    """Sends bodies to the chat completions of one client, and gives the responses as they are, errors raised."""

    __slots__ = ("_client", "_http", "_like", "_options", "_request", "_response", "_same")

    def __init__(self, client: Any) -> None:
        self._client = client
        self._http = http_client(client)
        library = _library(self._http)
        self._response: Any = library.Response
        self._request: Any = library.Request
        self._options = {"security": {"bearer_auth": True}} if hasattr(client, "admin_api_key") else {}
        self._same = _builds_the_same(client, self._http)
        self._like: _Like | None = None

    def send(self, body: dict[str, Any], *, stream: bool = False) -> Any:
        """Send a body in a sync client. Raises what the client raises."""
        alike = self._alike(body)
        if alike is None:
            settings = _settings(self._http)
            response = self._client.post(_PATH, **self._arguments(body, stream=stream))
            return self._seen(response, settings)
        response = self._http.send(alike, stream=stream)
        if response.status_code >= 400:
            response.read()
            raise self._client._make_status_error_from_response(response)  # noqa: SLF001 (`_same` has seen it)
        return response

    async def asend(self, body: dict[str, Any], *, stream: bool = False) -> Any:
        """Send a body in an async client. Raises what the client raises."""
        alike = self._alike(body)
        if alike is None:
            settings = _settings(self._http)
            response = await self._client.post(_PATH, **self._arguments(body, stream=stream))
            return self._seen(response, settings)
        response = await self._http.send(alike, stream=stream)
        if response.status_code >= 400:
            await response.aread()
            raise self._client._make_status_error_from_response(response)  # noqa: SLF001
        return response

    def _arguments(self, body: dict[str, Any], *, stream: bool) -> dict[str, Any]:
        return {"cast_to": self._response, "body": body, "options": self._options, "stream": stream}

    def _seen(self, response: Any, settings: tuple[object, ...]) -> Any:
        """Take note of how the client has built the request that was answered."""
        if self._same and not response.history:
            sent = response.request
            headers = [(name, value) for name, value in sent.headers.multi_items() if name not in _WRITTEN_ANEW]
            timeout = dict(sent.extensions.get("timeout") or {})
            self._like = _Like(sent.url, type(sent.headers)(headers), timeout, settings)
        return response

    def _alike(self, body: dict[str, Any]) -> Any:
        """Return a request like the first one; None where the client is to build it."""
        like = self._like
        if like is None or like.settings != _settings(self._http):
            return None
        try:
            content = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        except (TypeError, ValueError):  # the client knows how to write times, say, and how to complain
            return None
        cookies = self._http.cookies
        return self._request(
            "POST",
            like.url,
            headers=like.headers,
            content=content,
            cookies=cookies if len(cookies.jar) else None,
            extensions={"timeout": dict(like.timeout)},
        )


def http_client(client: Any) -> Any:
    """Return what a client of the `openai` package sends with; None where that cannot be seen."""
    return getattr(client, "_client", None)


def _settings(client: Any) -> tuple[object, ...]:
    """Return what of an HTTP client is put into each request, and may be changed in place."""
    return (client.params, *client.headers.raw)


def _library(client: Any) -> Any:
    """Return the library of an HTTP client, which is loaded: `httpx`, or `httpx2`."""
    names = {parent.__name__: parent.__module__.partition(".")[0] for parent in type(client).__mro__}
    return sys.modules[names.get("Client") or names["AsyncClient"]]


def _builds_the_same(client: Any, http: Any) -> bool:
    """Whether a client builds every request in the same way, and nothing but it changes what is built."""
    kind: Any = client.__class__
    is_usual = kind.__module__.partition(".")[0] == "openai" and kind.__name__ in {"OpenAI", "AsyncOpenAI"}
    if not is_usual or not hasattr(client, "_make_status_error_from_response"):
        return False
    changing = ("_api_key_provider", "workload_identity", "_provider", "_provider_runtime", "custom_auth")
    if any(getattr(client, name, None) for name in changing):
        return False
    return not any(http.event_hooks.values()) and http.auth is None
