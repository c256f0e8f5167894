"""Secrets that are known by their form: keys of providers, tokens in headers and URLs, private keys.

Each search begins at a byte that is rare in prose, so that text without secrets costs next to nothing, and none of them
looks at a byte more often than a fixed number of times.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["spans_of_forms"]

_DASHED = re.compile(
    rb"-(?:(?<=\b[spr]k-)|(?<=\bxai-)|(?<=\bpplx-)|(?<=\btvly-)|(?<=\bnvapi-)|(?<=\bglpat-)|(?<=\bpypi-)"
    rb"|(?<=\bxox[abeoprs]-)|(?<=\bgsk-)|(?<=\bhf-)|(?<=\br8-))(?P<secret>[\w-]{8,}+)"
)
_UNDERSCORED = re.compile(
    rb"_(?:(?<=\bhf_)|(?<=\bgsk_)|(?<=\br8_)|(?<=\bgh[pousr]_)|(?<=\bgithub_pat_)|(?<=\bnpm_)|(?<=\blsv2_)|(?<=\bwhsec_)"
    rb"|(?<=\b[spr]k_)|(?<=\bxai_)|(?<=\bpplx_)|(?<=\bnvapi_))(?P<secret>[\w-]{8,}+)"
)
_GOOGLE = re.compile(rb"(?<![\w-])(?P<secret>AIza[\w-]{20,}+)")
_AMAZON = re.compile(rb"\b(?P<secret>A[KS]IA[A-Z0-9]{16})\b")
_JWT = re.compile(rb"(?<![\w-])(?P<secret>eyJ[\w-]{8,}+\.[\w-]{8,}+(?:\.[\w-]*+)?)")
_BEARER = re.compile(rb"\bbearer[\s:]{1,4}+(?P<secret>[\w.~+/=-]{8,}+)", re.IGNORECASE)
_BASIC = re.compile(rb"\bbasic\s{1,4}+(?P<secret>[\w+/-]{8,}+={0,2})", re.IGNORECASE)
_HEADER = re.compile(
    rb"\b(?:proxy-)?authorization\\{0,4}[\"']?\s{0,4}+[:=]\s{0,4}+\\{0,4}[\"']?"
    rb"(?:(?:bearer|basic|token|apikey|digest)\s{1,4}+)?(?P<secret>[\w.~+/=:-]{8,}+)",
    re.IGNORECASE,
)
_NAMED = re.compile(
    rb"api[-_]?key\\{0,4}[\"']?\s{0,4}+[:=]\s{0,4}+\\{0,4}[\"']?(?P<secret>[\w.~+/=-]{8,}+)", re.IGNORECASE
)
_IN_URL = re.compile(
    rb"[?&;](?:[a-z]{1,12}[-_]){0,3}(?:key|apikey|token|secret|password|signature|sig)="
    rb"(?P<secret>[^&\s\"'\\<>#]++)",
    re.IGNORECASE,
)
_PASSWORD_IN_URL = re.compile(rb"://(?P<secret>[^/@\s:\"'<>\\]{0,256}+:[^/@\s\"'<>\\]++)@")
_PRIVATE_KEY = re.compile(
    rb"(?P<secret>-----BEGIN [A-Z0-9 ]{0,40}?PRIVATE KEY(?: BLOCK)?-----(?:[\s\w+/=:,-]|\\+[nr])*+)"
)
_WORDS = re.compile(rb"[A-Za-z]?[a-z]{0,20}(?:[-_./][A-Za-z]?[a-z]{0,20})*+")


def spans_of_forms(data: bytes) -> list[tuple[int, int]]:
    """Return where secrets stand that are known by their form.

    >>> spans_of_forms(b"key sk-proj-abcd1234, a sk-learn-contribution")
    [(4, 20)]
    """
    return [
        _span(match)
        for pattern, accepted in _searches(data)
        for match in pattern.finditer(data)
        if accepted is None or accepted(match["secret"])
    ]


def _searches(data: bytes) -> Iterator[tuple[re.Pattern[bytes], Callable[[bytes], bool] | None]]:
    """Yield the searches that can find anything, and what they must ask of a find."""
    if b"-" in data:
        yield _DASHED, _is_random
    if b"_" in data:
        yield _UNDERSCORED, _is_random
    if b"AIza" in data:
        yield _GOOGLE, None
    if b"KIA" in data or b"SIA" in data:
        yield _AMAZON, None
    if b"eyJ" in data:
        yield _JWT, None
    if b"=" in data and (b"?" in data or b"&" in data or b";" in data):
        yield _IN_URL, None
    if b"@" in data and b"://" in data:
        yield _PASSWORD_IN_URL, None
    if b"-----BEGIN" in data:
        yield _PRIVATE_KEY, None
    yield from _named_searches(data.lower())


def _named_searches(small: bytes) -> Iterator[tuple[re.Pattern[bytes], Callable[[bytes], bool] | None]]:
    if b"bearer" in small:
        yield _BEARER, _is_no_word
    if b"basic" in small:
        yield _BASIC, _is_user_and_password
    if b"authorization" in small:
        yield _HEADER, _is_no_word
    if b"key" in small and (b":" in small or b"=" in small):
        yield _NAMED, _is_random


def _span(match: re.Match[bytes]) -> tuple[int, int]:
    """Return the place of a secret: with the prefix that tells its provider, which is no use without the rest."""
    start, end = match.span("secret")
    if match.re is _DASHED or match.re is _UNDERSCORED:
        while start > 0 and (match.string[start - 1 : start].isalnum() or match.string[start - 1] in b"-_"):
            start -= 1
    return start, end


def _is_random(text: bytes) -> bool:
    """Tell keys from names such as `hf_hub_download`: keys have digits, or capitals at any place."""
    return any(48 <= byte <= 57 for byte in text) or (len(text) >= 20 and not _is_word(text))


def _is_no_word(text: bytes) -> bool:
    return not _is_word(text)


def _is_word(text: bytes) -> bool:
    """Whether a text is an ordinary word, or several of them with dashes between."""
    return len(text) <= 40 and _WORDS.fullmatch(text.rstrip(b".=")) is not None


def _is_user_and_password(text: bytes) -> bool:
    """Tell `Basic dXNlcjpwYXNz` from "basic knowledge": it is base64 of text with a colon."""
    digits = text.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    try:
        meant = base64.b64decode(digits + b"=" * (-len(digits) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    return ":" in meant and meant.isprintable()
