"""The network of a sync client, watched: a blocked read ends in time, and when it is told to.

An HTTP client limits each single read. A server that sends one byte a second never hits such a limit, and keeps a
thread for hours: here, each read may last as long as time is left in all.
"""

from __future__ import annotations

from typing import Any

from llm_strategy.chat.http.guard import present_guard, shut

__all__ = ["WatchedNetwork", "WatchedWire"]

_WRITTEN = 64 * 1024
"""So many bytes are sent before the time is looked at again."""


class WatchedNetwork:
    """Stands before the network of a connection pool (`httpcore`'s network backend)."""

    def __init__(self, network: Any) -> None:
        self._network = network

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **options: Any) -> WatchedWire:
        """Connect. Raises Cancelled, TimedOutError."""
        return WatchedWire(self._network.connect_tcp(host, port, timeout=_limited(timeout), **options))

    def connect_unix_socket(self, path: str, timeout: float | None = None, **options: Any) -> WatchedWire:
        """Connect. Raises Cancelled, TimedOutError."""
        return WatchedWire(self._network.connect_unix_socket(path, timeout=_limited(timeout), **options))

    def sleep(self, seconds: float) -> None:
        """Wait, before another try to connect."""
        self._network.sleep(seconds)


class WatchedWire:
    """Stands before a connection (`httpcore`'s network stream)."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return the next bytes. Raises Cancelled, TimedOutError."""
        guard = present_guard()
        if guard is None:
            data: bytes = self._stream.read(max_bytes, timeout)
            return data
        guard.waits_for(self)
        try:
            data = self._stream.read(max_bytes, guard.limited(timeout))
        finally:
            guard.check()  # says why the wait ended, if it was one of our reasons
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send bytes. Raises Cancelled, TimedOutError."""
        guard = present_guard()
        if guard is None:
            self._stream.write(buffer, timeout)
            return
        for start in range(0, len(buffer), _WRITTEN):
            guard.waits_for(self)
            try:
                self._stream.write(buffer[start : start + _WRITTEN], guard.limited(timeout))
            finally:
                guard.check()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> WatchedWire:
        """Encrypt the connection. Raises Cancelled, TimedOutError."""
        guard = present_guard()
        if guard is not None:
            guard.waits_for(self)
        try:
            return WatchedWire(self._stream.start_tls(ssl_context, server_hostname, _limited(timeout)))
        finally:
            if guard is not None:
                guard.check()

    def close(self) -> None:
        """Give the connection up."""
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        """Return what is asked about the connection."""
        return self._stream.get_extra_info(info)

    def cut(self) -> None:
        """End the connection while another thread waits for it."""
        shut(self._stream.get_extra_info("socket"))


def _limited(timeout: float | None) -> float | None:
    guard = present_guard()
    if guard is None:
        return timeout
    guard.check()
    return guard.limited(timeout)
