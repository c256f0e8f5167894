"""Recording and replaying at the level of HTTP: everything above it, the provider's client included, runs for real."""

from __future__ import annotations

import json
import sys
import threading
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from llm_strategy.errors import ConfigurationError, ReplayError
from llm_strategy.models.tape import append_line

if TYPE_CHECKING:
    from types import ModuleType, TracebackType

__all__ = ["HttpTape"]


class HttpTape:
    """A transport for an HTTP client that records its exchanges, or replays recorded ones without a network.

    Works with the HTTP library that the client at hand is made with (httpx, or httpx2), sync and async: pass it as the
    `transport` of a client, and that client to the model. Only method, path, body, status and content type are written;
    headers, and with them keys, are not.

    ```
    import httpx
    tape = HttpTape("tape.jsonl", record=httpx.HTTPTransport())
    model = ChatOpenAI(model="gpt-4o-mini", http_client=httpx.Client(transport=tape))
    ```

    Raises:
        ConfigurationError: there is no such tape to replay.
        ReplayError: a request is not on the tape.
    """

    def __init__(self, path: str | Path, *, record: Any = None) -> None:
        self.path = Path(path)
        """The tape: one exchange a line, as JSON."""
        self._onward = record
        self._lock = threading.Lock()
        self._exchanges: dict[str, list[dict[str, Any]]] = defaultdict(list)
        if record is None:
            self._load()

    @property
    def records(self) -> bool:
        """Whether requests go out, and are written down."""
        return self._onward is not None

    def _load(self) -> None:
        try:
            lines = self.path.read_text(encoding="utf-8").split("\n")  # texts hold other line breaks, such as U+2028
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is no text"
            raise ConfigurationError(
                f"HTTP tape {str(self.path)!r} cannot be read: {reason}. Record one with record=transport."
            ) from error
        for number, line in enumerate(lines, 1):
            if line:
                self._take(number, line)

    def _take(self, number: int, line: str) -> None:
        try:
            exchange: dict[str, Any] = json.loads(line)
            self._exchanges[_key(exchange["request"])].append(exchange["response"])
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigurationError(
                f"HTTP tape {str(self.path)!r}, line {number} is no exchange. Take the line out, or record it anew."
            ) from error

    def handle_request(self, request: Any) -> Any:
        """Answer a request of a sync client."""
        asked = _asked(request, request.read())
        if self._onward is None:
            return self._replayed(request, asked)
        response = self._onward.handle_request(request)
        body: bytes = b"".join(response.stream)
        response.close()
        return self._recorded(request, asked, response, body)

    async def handle_async_request(self, request: Any) -> Any:
        """Answer a request of an async client."""
        asked = _asked(request, await request.aread())
        if self._onward is None:
            return self._replayed(request, asked)
        response = await self._onward.handle_async_request(request)
        body = b"".join([piece async for piece in response.stream])
        await response.aclose()
        return self._recorded(request, asked, response, body)

    def _recorded(self, request: Any, asked: dict[str, Any], response: Any, body: bytes) -> Any:
        answered = {
            "status": response.status_code,
            "type": response.headers.get("content-type", ""),
            "body": _library(request).Response(response.status_code, headers=response.headers, content=body).text,
        }
        line = json.dumps({"request": asked, "response": answered}, ensure_ascii=False)
        with self._lock:
            append_line(self.path, line)
        return _response(request, answered)

    def _replayed(self, request: Any, asked: dict[str, Any]) -> Any:
        with self._lock:
            recorded = self._exchanges.get(_key(asked))
            if not recorded:
                raise ReplayError(
                    f"HTTP tape {str(self.path)!r} holds no answer to {asked['method']} {asked['path']} with the body "
                    f"{json.dumps(asked['body'], ensure_ascii=False)[:500]}. Record the tape again."
                )
            answered = recorded.pop(0) if len(recorded) > 1 else recorded[0]
        return _response(request, answered)

    def close(self) -> None:
        """Close the transport that was recorded through."""
        if self._onward is not None:
            self._onward.close()

    async def aclose(self) -> None:
        """Close the transport that was recorded through."""
        if self._onward is not None:
            await self._onward.aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        await self.aclose()


def _asked(request: Any, body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body) if body else None
    except ValueError:
        data = body.decode("utf-8", "replace")
    return {"method": request.method, "path": request.url.path, "body": data}


def _key(asked: dict[str, Any]) -> str:
    return json.dumps(asked, sort_keys=True)


def _library(request: Any) -> ModuleType:
    """The HTTP library that made a request: its own classes have to answer it."""
    return sys.modules[type(request).__module__.partition(".")[0]]


def _response(request: Any, answered: dict[str, Any]) -> Any:
    headers = {"content-type": answered["type"]}
    return _library(request).Response(
        answered["status"], headers=headers, content=answered["body"].encode(), request=request
    )
