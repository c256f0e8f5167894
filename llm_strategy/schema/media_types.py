"""What kind of data some bytes are, by how they begin."""

from __future__ import annotations

import mimetypes

__all__ = ["sniffed"]

_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
_BRANDS = {
    b"avif": "image/avif",
    b"heic": "image/heic",
    b"M4A ": "audio/mp4",
    b"mp42": "video/mp4",
    b"isom": "video/mp4",
}
_MPEG = frozenset({0xF2, 0xF3, 0xFA, 0xFB})
"""Second bytes of a frame of MPEG audio, layer III."""
_LOOKED_AT = 4096


def sniffed(data: bytes, name: str = "") -> str:
    r"""Return the type of data: by its first bytes, by the name where it is a kind of text, or else as any bytes.

    >>> sniffed(b"%PDF-1.7"), sniffed(b"a,b", "table.csv"), sniffed(b"\0")
    ('application/pdf', 'text/csv', 'application/octet-stream')
    """
    for beginning, media_type in _BEGINNINGS:
        if data.startswith(beginning) and (beginning != b"BM" or b"\0" in data[:14]):
            return _by_name(name, "application/") if media_type == "application/zip" else media_type
    if data[:4] == b"RIFF" and data[8:12] in _RIFF:
        return _RIFF[data[8:12]]
    if data[4:8] == b"ftyp" and data[8:12] in _BRANDS:
        return _BRANDS[data[8:12]]
    if data[:1] == b"\xff" and data[1:2] and data[1] in _MPEG:
        return "audio/mpeg"
    return _by_name(name, "text/", "application/json") or "text/plain" if _is_text(data) else "application/octet-stream"


def _by_name(name: str, *expected: str) -> str:
    """The type that a name tells, where it is one that the bytes may be."""
    found = mimetypes.guess_type(name)[0] or ""
    fallback = "application/zip" if expected == ("application/",) else ""
    return found if found.startswith(expected) else fallback


def _is_text(data: bytes) -> bool:
    beginning = data[:_LOOKED_AT]
    if b"\0" in beginning:
        return False
    try:
        beginning.decode()
    except UnicodeDecodeError as error:
        return len(data) > _LOOKED_AT and error.start >= _LOOKED_AT - 3  # a character that was cut in two
    return True
