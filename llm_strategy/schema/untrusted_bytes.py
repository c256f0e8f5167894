"""Bytes that say of themselves that they came from somebody who is not trusted.

Bytes are marked by their class, like texts, and not by their identity: Python keeps one object for all empty bytes, and
one for each single byte, so that a mark by identity would be on the bytes of the whole program.

Covered: slicing, `+`, `*`, `%`, `decode`, all methods of `bytes` that give bytes or text, `copy`, `pickle`.

Not covered: a single number out of them, `memoryview`, `bytearray`, `bytes(...)` of it, `b",".join(...)` of others;
objects of subclasses of `bytes`, which stay what they are and are remembered by their identity.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from llm_strategy.schema.json_data import is_list, is_tuple
from llm_strategy.schema.untrusted_text import untrusted_text

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["UntrustedBytes"]


class UntrustedBytes(bytes):
    """Bytes that came from somebody who is not trusted, or were made out of such; else plain `bytes`.

    >>> data = UntrustedBytes(b"Hello, World")
    >>> type(data[:5].upper() + b"!").__name__, type(data.decode()).__name__
    ('UntrustedBytes', 'UntrustedText')
    """

    __slots__ = ()

    def __reduce__(self) -> Any:
        return UntrustedBytes, (bytes(self),)

    def __radd__(self, other: bytes) -> bytes:
        return UntrustedBytes(other + bytes(self))

    def __rmod__(self, other: bytes) -> bytes:
        return UntrustedBytes(other % bytes(self))


def _marked(result: Any) -> Any:
    if isinstance(result, bytes):
        return UntrustedBytes(result)
    if isinstance(result, str):
        return untrusted_text(result)
    if is_list(result):
        return [_marked(part) for part in result]
    return tuple(_marked(part) for part in result) if is_tuple(result) else result


def _keeping(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method of `bytes` whose outcome carries the mark."""

    @wraps(method)
    def kept(self: UntrustedBytes, *args: Any, **kwargs: Any) -> Any:
        return _marked(method(self, *args, **kwargs))

    return kept


_MADE_OF_IT = (
    *("__add__", "__getitem__", "__mod__", "__mul__", "__repr__", "__rmul__", "__str__"),
    *("capitalize", "center", "decode", "expandtabs", "hex", "join", "ljust", "lower", "lstrip", "partition"),
    *("removeprefix", "removesuffix", "replace", "rjust", "rpartition", "rsplit", "rstrip", "split", "splitlines"),
    *("strip", "swapcase", "title", "translate", "upper", "zfill"),
)
"""Methods of `bytes` that give bytes or text."""

for _name in _MADE_OF_IT:
    setattr(UntrustedBytes, _name, _keeping(getattr(bytes, _name)))
