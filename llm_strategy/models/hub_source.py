"""Fetch a model file by HTTPS from the hub where its makers publish it, going on where an earlier try stopped."""

from __future__ import annotations

import http.client
import re
import socket
import time
import urllib.error
import urllib.request
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

from llm_strategy.models.partial_file import SourceError

if TYPE_CHECKING:
    from llm_strategy.models.partial_file import PartialFile, Report

__all__ = ["fetch_from_hub"]

_SILENCE_SECONDS = 15.0
_KNOCK_SECONDS = 6.0
"""Time for a first connection. A closed network that swallows packets must not hold up the next source."""
_TRIES = 5
_BLOCK = 1024 * 1024
_PLAIN_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\])[:/]")


def fetch_from_hub(url: str, part: PartialFile, report: Report) -> None:
    """Complete `part` from `url`.

    A break in the middle is mended by asking for the rest, up to five times in a row without a single byte.

    Raises:
        SourceError: the hub cannot be reached, refuses, or serves something else. What came stays in `part`.
    """
    if not (url.startswith("https://") or _PLAIN_LOOPBACK.match(url)):
        raise SourceError(f"{url!r} is not an https:// address")
    _knock(url)
    fruitless = 0
    while part.size < part.total:
        before = part.size
        try:
            _fetch_rest(url, part, report)
        except urllib.error.HTTPError as error:
            error.close()
            raise SourceError(f"it answered {error.code} {error.reason}") from error
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            fruitless = 0 if part.size > before else fruitless + 1
            # A hub that was never reached is not going to appear: the next source is waiting.
            if fruitless >= _TRIES or part.size == 0:
                raise SourceError(f"{type(error).__name__}: {reason}") from error
            time.sleep(min(0.2 * 2**fruitless, 3.0))


def _knock(url: str) -> None:
    """Connect once, within a few seconds in all: `urlopen` would wait its full time for each address of the hub."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if urllib.request.getproxies().get(parts.scheme) and not urllib.request.proxy_bypass(host):
        return  # the proxy connects
    end = time.monotonic() + _KNOCK_SECONDS
    problem: OSError = TimeoutError("no connection in time")
    try:
        addresses = socket.getaddrinfo(host, parts.port or 443, type=socket.SOCK_STREAM)
    except OSError as error:
        raise SourceError(f"its name could not be resolved: {error}") from error
    for *_, address in addresses:
        left = end - time.monotonic()
        if left <= 0:
            break
        try:
            socket.create_connection((str(address[0]), int(address[1])), timeout=min(left, _KNOCK_SECONDS / 2)).close()
        except OSError as error:
            problem = error
        else:
            return
    raise SourceError(f"{type(problem).__name__}: {problem}") from problem


def _fetch_rest(url: str, part: PartialFile, report: Report) -> None:
    start = part.size
    # The address is https, or plain http on this machine: checked above.
    request = urllib.request.Request(url, headers={"User-Agent": "llm-strategy"})  # noqa: S310
    if start:
        request.add_header("Range", f"bytes={start}-")
    with urllib.request.urlopen(request, timeout=_SILENCE_SECONDS) as answer:  # noqa: S310
        if start and answer.status != http.client.PARTIAL_CONTENT:
            part.truncate(0)
            start = 0
        _check_length(answer.headers, start, part.total)
        with part.path.open("ab") as file:
            _copy(answer, file, part, report)
    if part.size < part.total:
        raise http.client.IncompleteRead(b"", part.total - part.size)


def _check_length(headers: Any, start: int, total: int) -> None:
    length = headers.get("Content-Length")
    if length is not None and start + int(length) != total:
        raise SourceError(f"it offers a file of {start + int(length)} bytes, and the model has {total}")


def _copy(answer: IO[bytes], file: IO[bytes], part: PartialFile, report: Report) -> None:
    done = part.size
    while block := answer.read(_BLOCK):
        if done + len(block) > part.total:
            raise SourceError(f"it sent more than the {part.total} bytes of the model")
        file.write(block)
        done += len(block)
        report(done, part.total)
