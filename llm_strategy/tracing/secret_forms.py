"""Secrets that are known by their form: keys of providers, tokens in headers and URLs, private keys.

Each search begins at a byte that is rare in prose, so that text without secrets costs next to nothing, and none of them
looks at a byte more often than a fixed number of times.
"""

from __future__ import annotations

import base64
import binascii
import re
from string import ascii_letters, digits
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["spans_of_forms"]

_DASHED = re.compile(
    rb"-(?:(?<=\b[spr]k-)|(?<=\bxai-)|(?<=\bpplx-)|(?<=\btvly-)|(?<=\bnvapi-)|(?<=\bglpat-)|(?<=\bpypi-)"
    rb"|(?<=\bxox[abeoprs]-)|(?<=\bgsk-)|(?<=\bhf-)|(?<=\br8-))(?P<secret>[\w-]{8,}+)"
)
_UNDERSCORED = re.compile(
    rb"_(?:(?<=\b[spr]k_)(?=(?:live|test)_|[A-Za-z0-9]{24})"
    rb"|(?:(?<=\bhf_)|(?<=\bgsk_)|(?<=\br8_)|(?<=\bnpm_))(?=[A-Za-z0-9]{16})"
    rb"|(?<=\bgh[pousr]_)|(?<=\bgithub_pat_)|(?<=\blsv2_)|(?<=\bwhsec_)|(?<=\bxai_)|(?<=\bpplx_)|(?<=\bnvapi_))"
    rb"(?P<secret>[\w-]{8,}+)"
)
_GOOGLE = re.compile(rb"(?<![\w-])(?P<secret>AIza[\w-]{20,}+)")
_AMAZON = re.compile(rb"\b(?P<secret>A[KS]IA[A-Z0-9]{16})\b")
_JWT = re.compile(rb"(?<![\w-])(?P<secret>eyJ[\w-]{17,}+\.[\w-]{8,}+(?:\.[\w-]*+)?)")
_BEARER = re.compile(rb"bearer(?<=\bbearer)[\s:]{1,4}+(?P<secret>[\w.~+/=-]{8,}+)")
_BASIC = re.compile(rb"basic(?<=\bbasic)\s{1,4}+(?P<secret>[\w+/-]{8,}+={0,2})")
_HEADER = re.compile(
    rb"authorization\\{0,4}[\"']?\s{0,4}+[:=]\s{0,4}+\\{0,4}[\"']?"
    rb"(?:(?:bearer|basic|token|apikey|digest)\s{1,4}+)?(?P<secret>[\w.~+/=:-]{8,}+)"
)
_NAMED = re.compile(
    rb"key(?:(?<=api[-_]key)|(?<=apikey))\\{0,4}[\"']?\s{0,4}+[:=]\s{0,4}+\\{0,4}[\"']?(?P<secret>[\w.~+/=-]{8,}+)"
)
_IN_URL = re.compile(
    rb"=(?:(?<=key=)|(?<=token=)|(?<=secret=)|(?<=password=)|(?<=signature=)|(?<=sig=))(?P<secret>[^&?;\s\"'\\<>#]++)"
)
_PARAMETER = re.compile(rb"[?&;](?:[a-z]{1,12}[-_]){0,3}(?:api)?(?:key|token|secret|password|signature|sig)=\Z")
_PASSWORD_IN_URL = re.compile(rb"://(?P<secret>[^/@\s:\"'<>\\]{0,256}+:[^/@\s\"'<>\\]++)@")
_PRIVATE_KEY = re.compile(
    rb"(?P<secret>-----BEGIN [A-Z0-9 ]{0,40}?PRIVATE KEY(?: BLOCK)?-----"
    rb"(?:(?!-----END)(?:[\sA-Za-z0-9+/=:,-]|\\+[nr]))*+(?:-----END [A-Z0-9 ]{0,40}?PRIVATE KEY(?: BLOCK)?-----)?)"
)
_LONG = b"b" * 20
"""The shortest run of digits in keys of Google and Amazon, and in web tokens."""
_NAME = frozenset((ascii_letters + digits + "-_").encode())
_WORDS = re.compile(rb"[A-Za-z]?[a-z]{0,20}(?:[-_./][A-Za-z]?[a-z]{0,20})*+")


def spans_of_forms(data: bytes, kinds: bytes) -> list[tuple[int, int]]:
    """Return where secrets stand that are known by their form.

    >>> text = b"key sk-proj-abcd1234, a sk-learn-contribution"
    >>> spans_of_forms(text, text)
    [(4, 20)]

    Args:
        data: the text.
        kinds: the same text with `b` in the place of each letter, digit and sign of base64: tells where keys may stand.
    """
    small = data.lower()
    return [
        _span(match)
        for pattern, accepted, text in _searches(data, kinds, small)
        for match in pattern.finditer(text)
        if accepted is None or accepted(data, *match.span("secret"))
    ]


def _searches(
    data: bytes, kinds: bytes, small: bytes
) -> Iterator[tuple[re.Pattern[bytes], Callable[[bytes, int, int], bool] | None, bytes]]:
    """Yield the searches that can find anything, what they must ask of a find, and where they look."""
    if b"-" in data:
        yield _DASHED, _is_random, data
    if b"_" in data:
        yield _UNDERSCORED, _is_random, data
    if _LONG in kinds:
        yield _GOOGLE, None, data
        yield _AMAZON, None, data
        yield _JWT, None, data
    if b"@" in data and b"://" in data:
        yield _PASSWORD_IN_URL, None, data
    if b"bearer" in small:
        yield _BEARER, _is_no_word, small
    if b"basic" in small:
        yield _BASIC, _is_user_and_password, small
    yield from _assigned(data, small)


def _assigned(
    data: bytes, small: bytes
) -> Iterator[tuple[re.Pattern[bytes], Callable[[bytes, int, int], bool] | None, bytes]]:
    """Yield the searches for what stands behind a name and a sign."""
    if b":" in data or b"=" in data:
        yield _HEADER, _is_no_word, small
        yield _NAMED, _is_random, small
    if b"=" in data:
        yield _IN_URL, _is_parameter, small
    if b"-----" in data:
        yield _PRIVATE_KEY, None, data


def _span(match: re.Match[bytes]) -> tuple[int, int]:
    """Return the place of a secret: with the prefix that tells its provider, which is no use without the rest."""
    start, end = match.span("secret")
    if match.re is _DASHED or match.re is _UNDERSCORED:
        while start > 0 and match.string[start - 1] in _NAME:
            start -= 1
    return start, end


def _is_random(data: bytes, start: int, end: int) -> bool:
    """Tell keys from names such as `hf_hub_download`: keys have digits, or capitals at any place."""
    text = data[start:end]
    return any(48 <= byte <= 57 for byte in text) or (len(text) >= 20 and not _is_word(text))


def _is_no_word(data: bytes, start: int, end: int) -> bool:
    return not _is_word(data[start:end])


def _is_word(text: bytes) -> bool:
    """Whether a text is an ordinary word, or several of them with dashes between."""
    return len(text) <= 40 and _WORDS.fullmatch(text.rstrip(b".=")) is not None


def _is_user_and_password(data: bytes, start: int, end: int) -> bool:
    """Tell `Basic dXNlcjpwYXNz` from "basic knowledge": it is base64 of text with a colon."""
    text = data[start:end].rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    try:
        meant = base64.b64decode(text + b"=" * (-len(text) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    return ":" in meant and meant.isprintable()


def _is_parameter(data: bytes, start: int, end: int) -> bool:
    """Tell `?api_key=...` in an address from an assignment in code."""
    return end > start and _PARAMETER.search(data[max(0, start - 60) : start].lower()) is not None
