"""Placing the watch: between a client of `httpx` or `httpx2` and its transports.

The parts that are reached for are no public interface: where one of them is missing or looks different, the client is
left as it is, and `watch` says so. Nothing is imported: what the client is made of says which library it is of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llm_strategy.chat.http.body import ENCODINGS, WatchedAsyncBody, WatchedBody, watched_body
from llm_strategy.chat.http.guard import present_guard
from llm_strategy.chat.http.loops import Loops
from llm_strategy.chat.http.network import WatchedNetwork

if TYPE_CHECKING:
    from typing import Self

__all__ = ["watch"]


def watch(client: Any) -> bool:
    """Let guards watch what a client sends, and return whether even a blocked read of it ends in time.

    That is so in a sync client with the usual transports over HTTP/1.1. A transport of the user's own is watched from
    outside only, and so is an async client: a task can be cancelled, wherever it waits.
    """
    transport: Any = getattr(client, "_transport", None)
    routes: dict[Any, Any] | None = getattr(client, "_mounts", None)
    if transport is None or routes is None:
        return False
    kind = _AsyncTransport if hasattr(client, "aclose") else _Transport
    every: list[_Transport | _AsyncTransport] = [_watched(transport, kind)]
    client._transport = every[0]  # noqa: SLF001 (there is no public way; where it is missing we are not here)
    for pattern, mounted in routes.items():
        if mounted is not None:
            routes[pattern] = _watched(mounted, kind)
            every.append(routes[pattern])
    ends = [_ends_in_time(one) for one in every]
    return all(ends)


def _watched(transport: Any, kind: type[_Transport | _AsyncTransport]) -> Any:
    return transport if isinstance(transport, kind) else kind(transport)


def _ends_in_time(watched: Any) -> bool:
    pool = getattr(watched.transport, "_pool", None)
    network = getattr(pool, "_network_backend", None)
    if isinstance(network, WatchedNetwork):
        return True
    if isinstance(watched, _AsyncTransport) or not hasattr(network, "connect_tcp") or getattr(pool, "_http2", True):
        return False
    pool._network_backend = WatchedNetwork(network)  # type: ignore[union-attr]  # noqa: SLF001
    return True


class _Transport:
    """Stands before a sync transport."""

    def __init__(self, transport: Any) -> None:
        self.transport = transport

    def handle_request(self, request: Any) -> Any:
        """Send a request."""
        guard = present_guard()
        if guard is None:
            return self.transport.handle_request(request)
        guard.check()
        _prepared(request)
        own: dict[str, Any] = request.extensions
        limits: dict[str, float | None] = own.get("timeout") or {}
        request.extensions = {**own, "timeout": {name: guard.limited(limit) for name, limit in limits.items()}}
        try:
            return watched_body(self.transport.handle_request(request), guard, WatchedBody)
        finally:
            request.extensions = own

    def close(self) -> None:
        """Close all connections."""
        self.transport.close()

    def __enter__(self) -> Self:
        self.transport.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.transport.__exit__(*error)

    def __getattr__(self, name: str) -> Any:
        if name == "transport":  # a copy in the making has none yet
            raise AttributeError(name)
        return getattr(self.transport, name)


class _AsyncTransport:
    """Stands before an async transport."""

    def __init__(self, transport: Any) -> None:
        self.transport = transport
        self._loops = Loops()

    async def handle_async_request(self, request: Any) -> Any:
        """Send a request."""
        guard = present_guard()
        if guard is None:
            return await self.transport.handle_async_request(request)
        guard.check()
        transport = self._loops.entered(self.transport)
        _prepared(request)
        return watched_body(await transport.handle_async_request(request), guard, WatchedAsyncBody)

    async def aclose(self) -> None:
        """Close all connections, except those of other event loops."""
        own = self._loops.own()
        if own is not None and own is not self.transport:
            await own.aclose()
        await self.transport.aclose()

    async def __aenter__(self) -> Self:
        await self.transport.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.transport.__aexit__(*error)

    def __getattr__(self, name: str) -> Any:
        if name == "transport":  # a copy in the making has none yet
            raise AttributeError(name)
        return getattr(self.transport, name)


def _prepared(request: Any) -> None:
    """Ask for nothing that is not unpacked with care."""
    if request.headers.get("accept-encoding", "identity") != "identity":
        request.headers["accept-encoding"] = ENCODINGS
