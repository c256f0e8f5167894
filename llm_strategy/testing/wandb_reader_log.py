"""The framing of `.wandb` files: records in blocks, as LevelDB writes its logs, with changes of wandb's own.

The file begins with seven bytes (`:W&B`, a magic number, a version), which belong to the first block of 32 KiB. A block
holds chunks: CRC, length and type, then the payload; a record is one chunk, or a first, middle ones and a last one. The
CRC is the plain one of zlib over type and payload, not the masked CRC-32C of LevelDB.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from llm_strategy.errors import TraceFileError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["log_records"]

_FILE_HEADER = struct.pack("<4sHB", b":W&B", 0xBEE1, 0)
_CHUNK_HEADER = struct.Struct("<IHB")
_BLOCK = 32 * 1024
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4


def log_records(content: bytes) -> Iterator[bytes]:
    """Yield the records of a log, in order. A record that the end of the file cuts off is left out.

    Raises:
        TraceFileError: this is no such log, or a part of it is damaged.
    """
    if content[: len(_FILE_HEADER)] != _FILE_HEADER:
        raise TraceFileError(f"A .wandb file begins with {_FILE_HEADER!r}; this one begins with {content[:7]!r}.")
    record: list[bytes] | None = None
    for place, kind, payload in _chunks(content):
        begins = kind in {_FULL, _FIRST}
        if begins == (record is not None) or kind > _LAST:
            raise TraceFileError(
                f"The .wandb file is damaged at byte {place}: a chunk of type {kind} has no place there."
            )
        record = [*(record or ()), payload]
        if kind in {_FULL, _LAST}:
            yield b"".join(record)
            record = None


def _chunks(content: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield place, type and payload of each chunk that is whole."""
    place = len(_FILE_HEADER)
    while True:
        left = _BLOCK - place % _BLOCK
        if left < _CHUNK_HEADER.size:
            place += left  # the rest of the block is too small for a chunk, and stays empty
        if place + _CHUNK_HEADER.size > len(content):
            return
        checksum, length, kind = _CHUNK_HEADER.unpack_from(content, place)
        start = place + _CHUNK_HEADER.size
        if not checksum and not length and not kind:
            place += _BLOCK - place % _BLOCK  # a block that was reserved and not written
            continue
        if start + length > len(content):
            return
        payload = content[start : start + length]
        if zlib.crc32(payload, zlib.crc32(bytes([kind]))) != checksum:
            raise TraceFileError(f"The .wandb file is damaged at byte {place}: its checksum is wrong.")
        yield place, kind, payload
        place = start + length
