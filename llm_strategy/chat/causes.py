"""What kind of failure an error of a model's library tells of, judged by the whole chain of its causes.

The libraries are not imported for it: the names of the error classes say which one it is.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Kind", "causes", "kind_of"]

Kind: TypeAlias = Literal["late", "damaged", "unreachable", "lasting"]
"""`late`: no answer in time; `damaged`: an answer that cannot be read; `unreachable`: no connection, or it broke;
`lasting`: anything else, which would happen again."""

_LATE = {"APITimeoutError", "TimeoutException", "TimeoutError", "ReadTimeout", "ConnectTimeout", "Timeout"}
_DAMAGED = {"UnreadableError", "DecodingError", "APIResponseValidationError", "JSONDecodeError"}
_UNREACHABLE = {
    "gaierror",
    "APIConnectionError",
    "TransportError",
    "ConnectError",
    "ReadError",
    "WriteError",
    "RemoteProtocolError",
}
_LASTING = {"UnsupportedProtocol", "InvalidURL", "LocalProtocolError", "SSLCertVerificationError"}
_DEEPEST = 12
_MISSING = ("response missing 'choices'", "null value for 'choices'", "unexpected response type")


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it was raised from, the first cause last.

    >>> try:
    ...     try:
    ...         raise OSError("cable cut")
    ...     except OSError as cause:
    ...         raise RuntimeError("no reply") from cause
    ... except RuntimeError as error:
    ...     print([str(one) for one in causes(error)])
    ['no reply', 'cable cut']
    """
    one: BaseException | None = error
    for _ in range(_DEEPEST):
        if one is None:
            return
        yield one
        one = one.__cause__


def kind_of(error: BaseException) -> Kind:
    """Return what an error without a status tells of.

    >>> kind_of(ConnectionRefusedError()), kind_of(RuntimeError("a bug"))
    ('unreachable', 'lasting')
    """
    chain = list(causes(error))
    names = {parent.__name__ for one in chain for parent in type(one).__mro__}
    if names & _LASTING:
        return "lasting"
    if names & _LATE:
        return "late"
    if names & _DAMAGED or any(_is_damage(one) for one in chain):
        return "damaged"
    if names & _UNREACHABLE or any(isinstance(one, ConnectionError | ssl.SSLError) for one in chain):
        return "unreachable"
    return "lasting"


def _is_damage(error: BaseException) -> bool:
    words = str(error).lower()
    if type(error).__name__ == "RemoteProtocolError":  # cut off in the body, and not before the headers
        return "complete message body" in words or "chunked" in words or "illegal" in words
    return isinstance(error, KeyError | TypeError | ValueError) and any(part in words for part in _MISSING)
