"""What a known secret looks like inside other data, and data with one level of escapes taken off.

Escapes (percent, JSON, Python, HTML) are undone before a secret is looked for, since they mix and nest at will. Base64
and hexadecimal digits are looked for as such: the digits that depend on the secret alone, for each of the three places
that it can have in a group of base64.
"""

from __future__ import annotations

import base64
import html
import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["forms_of", "has_escapes", "unescaped", "unescaped_places", "unwrapped_places"]

SHORTEST_ENCODED = 8
"""Fewer base64 or hexadecimal digits than this would be found in ordinary words."""

_ESCAPE = re.compile(
    rb"[%\\&](?:(?<=%)[0-9A-Fa-f]{2}"
    rb"|(?<=\\)(?:[\"'\\/bfnrt]|u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}"
    rb"|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|x[0-9A-Fa-f]{2})"
    rb"|(?<=&)(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});)"
)
_SIMPLE = {b: s.encode() for b, s in zip(b"bfnrt", "\b\f\n\r\t", strict=True)}
_WRAP = re.compile(rb"\r?\n[ \t]*|[ \t]+")


def forms_of(secret: str) -> frozenset[bytes]:
    """Return every row of bytes that stands for a secret once escapes are undone.

    >>> b"68756e7465723221" in forms_of("hunter2!"), b"aHVudGVyMi" in forms_of("hunter2!")
    (True, True)
    """
    plain = secret.encode("utf-8", "surrogatepass")
    spellings = {plain, plain.replace(b" ", b"+"), unescaped(ascii(secret)[1:-1].encode())}
    once = unescaped(plain)  # a secret may look as if it had escapes itself
    spellings |= {one for one in (once, unescaped(once)) if len(one) >= SHORTEST_ENCODED}
    inner = {
        plain,
        json.dumps(secret)[1:-1].encode(),
        json.dumps(secret, ensure_ascii=False)[1:-1].encode("utf-8", "surrogatepass"),
        quote(plain, safe="").encode(),
    }
    return frozenset(spellings | {digits for data in inner for digits in _digits(data)})


def has_escapes(data: bytes) -> bool:
    """Return whether there may be something to undo."""
    return b"\\" in data or b"%" in data or b"&" in data


def unescaped(data: bytes) -> bytes:
    r"""Undo one level of escapes, of all kinds at once.

    >>> unescaped(rb"%41 \u0042 &#67; \\n")
    b'A B C \\n'
    """
    return _ESCAPE.sub(_meant_by, data)


def unescaped_places(data: bytes) -> tuple[bytes, list[int]]:
    """Do as `unescaped` does, and tell where each byte came from; one more place stands for the end."""
    pieces: list[bytes] = []
    places: list[int] = []
    last = 0
    for match in _ESCAPE.finditer(data):
        meant = _meant_by(match)
        pieces += [data[last : match.start()], meant]
        places += [*range(last, match.start()), *([match.start()] * len(meant))]
        last = match.end()
    pieces.append(data[last:])
    places += range(last, len(data) + 1)
    return b"".join(pieces), places


def unwrapped_places(data: bytes) -> tuple[bytes, list[int]]:
    """Leave out spaces and line breaks, as they stand between lines of base64, and tell where each byte came from."""
    pieces: list[bytes] = []
    places: list[int] = []
    last = 0
    for match in _WRAP.finditer(data):
        pieces.append(data[last : match.start()])
        places += range(last, match.start())
        last = match.end()
    pieces.append(data[last:])
    places += range(last, len(data) + 1)
    return b"".join(pieces), places


def _digits(data: bytes) -> Iterator[bytes]:
    digits = data.hex()
    found = [digits.encode(), digits.upper().encode()]
    for place in range(3):
        text = base64.b64encode(b"\0" * place + data)
        first, end = -(-8 * place // 6), 8 * (place + len(data)) // 6
        found += [text[first:end], text[first:end].translate(bytes.maketrans(b"+/", b"-_"))]
    return (one for one in found if len(one) >= SHORTEST_ENCODED)


def _meant_by(match: re.Match[bytes]) -> bytes:
    """Return what an escape stands for; the escape itself where it stands for nothing."""
    escape = match[0]
    if escape[:1] == b"%":
        return bytes.fromhex(escape[1:].decode())
    if escape[:1] == b"&":
        return html.unescape(escape.decode()).encode("utf-8", "surrogatepass")
    kind = escape[1:2]
    if kind == b"x":
        return bytes.fromhex(escape[2:].decode())
    if kind == b"u" and len(escape) == 12:
        high, low = int(escape[2:6], 16), int(escape[8:], 16)
        return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)).encode()
    if kind in {b"u", b"U"}:
        code = int(escape[2:].decode(), 16)
        return chr(code).encode("utf-8", "surrogatepass") if code < 0x110000 else escape
    return _SIMPLE.get(kind[0], kind)
