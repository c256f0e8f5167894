"""Frames from a sandbox, read as what they are: bytes that somebody hostile may have written.

A frame is a length in four bytes and as many bytes of JSON. It is refused where it is too large, is no strict JSON,
says a name twice, holds numbers that are no numbers, or has not the word that the session began with. Whoever runs
inside the worker's own process can learn that word: it tells accidents and simple forgeries apart, and no more. What a
frame says is checked by who asked for it, and gives the code nothing that it could not have computed.
"""

from __future__ import annotations

import hmac
import json
import math
from typing import Any

from pydantic_core import from_json

__all__ = ["FrameReader", "Violation", "frame_of", "strict_object"]

_LARGEST = 8 << 20


class Violation(Exception):  # noqa: N818 (it is no error of the caller's)
    """What came out of a sandbox is not what its worker sends."""


def frame_of(message: dict[str, Any]) -> bytes:
    r"""Return a message as a frame.

    >>> frame_of({"kind": "run"})
    b'\x00\x00\x00\x0e{"kind":"run"}'
    """
    text = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
    body = text.encode("utf-8", "replace")
    return len(body).to_bytes(4, "big") + body


class FrameReader:
    """Takes bytes as they come, and gives whole frames.

    Args:
        nonce: the word that each frame must have.
        largest: the most bytes of a frame.
    """

    def __init__(self, nonce: str, largest: int = _LARGEST) -> None:
        self._nonce = nonce
        self._largest = largest
        self._bytes = bytearray()

    def feed(self, data: bytes) -> None:
        """Take bytes. Raises Violation: a frame is announced that is too large."""
        self._bytes += data
        self._length()

    def next(self) -> dict[str, Any] | None:
        """Return the next whole frame without its nonce, or None. Raises Violation."""
        length = self._length()
        if length is None or len(self._bytes) < 4 + length:
            return None
        body = bytes(self._bytes[4 : 4 + length])
        del self._bytes[: 4 + length]
        frame = strict_object(body)
        nonce = frame.pop("nonce", None)
        if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), self._nonce.encode()):
            raise Violation("a frame that its worker did not send")
        return frame

    @property
    def rest(self) -> int:
        """How many bytes of an unfinished frame there are."""
        return len(self._bytes)

    def _length(self) -> int | None:
        if len(self._bytes) < 4:
            return None
        length = int.from_bytes(self._bytes[:4], "big")
        if length > self._largest:
            raise Violation(f"a frame of {length} bytes, where {self._largest} are allowed")
        return length


def strict_object(body: bytes) -> dict[str, Any]:
    """Return an object of strict JSON, in which no name stands twice. Raises Violation: it is none."""
    try:
        from_json(body, allow_inf_nan=False)  # first: it limits depth and digits
        found: object = json.loads(body, object_pairs_hook=_once, parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError) as error:
        raise Violation(f"a frame that is no JSON ({_short(error)})") from None
    if not isinstance(found, dict):
        raise Violation("a frame that is no object")
    return found  # pyright: ignore[reportUnknownVariableType]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands in it twice")
    return found


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number in it is not finite")
    return number


def _short(error: Exception) -> str:
    return str(error)[:100]
