"""Pictures of other libraries as PNG data; none of these libraries is imported here."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from llm_strategy.errors import InputError

__all__ = ["encoded_picture"]

_COLOUR_TYPES = {1: 0, 3: 2, 4: 6}
"""The colour type of PNG, by the number of channels."""
_MOST_PIXELS = 100_000_000


def encoded_picture(source: Any) -> bytes | None:
    """Return a PIL image or a NumPy array as PNG data; None for anything else. Raises InputError: it is no picture."""
    parents = {f"{parent.__module__}.{parent.__name__}" for parent in type(source).__mro__}
    if "PIL.Image.Image" in parents:
        return _of_pil(source)
    return _of_array(source) if "numpy.ndarray" in parents else None


def _of_pil(image: Any) -> bytes:
    buffer = io.BytesIO()
    known = image if image.mode in {"1", "L", "LA", "P", "RGB", "RGBA"} else image.convert("RGB")
    known.save(buffer, "PNG")
    return buffer.getvalue()


def _of_array(array: Any) -> bytes:
    shape: tuple[int, ...] = tuple(array.shape)
    channels = shape[2] if len(shape) == 3 else 1
    fits = len(shape) in {2, 3} and channels in _COLOUR_TYPES and 0 < shape[0] * shape[1] <= _MOST_PIXELS
    if str(array.dtype) != "uint8" or not fits:
        raise InputError(
            f"An array of shape {shape} and type {array.dtype} is no image. Pass uint8 values in the shape (height, "
            "width), or (height, width, channels) with 1, 3 or 4 channels."
        )
    height, width = shape[:2]
    rows = array.reshape(height, width * channels)
    pixels = b"".join(b"\0" + rows[row].tobytes() for row in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, _COLOUR_TYPES[channels], 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(pixels)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
