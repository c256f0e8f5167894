"""How long a provider wants us to wait, read from the headers of its answer.

Headers are untrusted: a number that is negative, not finite or absurdly long to write counts as nothing said.

Covered: `retry-after-ms`; `Retry-After` in seconds, whole or decimal, and as a date in the three forms of RFC 9110; a
server whose clock differs from ours, where it tells its `Date`; `x-ratelimit-reset-*` and `anthropic-ratelimit-*-reset`
of what is used up. Not covered: waits that only the body of an answer tells, and vendors' other headers.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["retry_after"]

_LONGEST_TEXT = 64
"""No header that says a time is longer; what is longer is not read."""
_NUMBER = re.compile(r"[0-9]{1,12}(?:\.[0-9]{0,12})?|\.[0-9]{1,12}")
_STEP = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,12})?)(ms|us|h|m|s)")
_DURATION = re.compile(r"(?:[0-9]{1,12}(?:\.[0-9]{1,12})?(?:ms|us|h|m|s))+")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "us": 0.000001}
_COUNTED = ("requests", "tokens", "input-tokens", "output-tokens")


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return how many seconds from the answer on the provider wants us to wait; None where it does not say.

    The most exact header that can be read counts: milliseconds, then `Retry-After`, then the limits that are used up.
    A time that is over already is 0. No value is too long to be returned: what is too long to wait is for the caller
    to decide.

    Args:
        headers: of the answer, in any spelling.
        now: the time, in seconds since 1970 (`time.time()`); a `Date` among the headers counts more.

    Examples:
        >>> retry_after({"Retry-After": "1.5"}, now=0.0)
        1.5
        >>> retry_after({"retry-after-ms": "20", "retry-after": "1"}, now=0.0)
        0.02
        >>> retry_after({"Retry-After": "Thu, 01 Jan 1970 00:01:00 GMT"}, now=10.0)
        50.0
        >>> [retry_after({"Retry-After": text}, now=0.0) for text in ("-1", "nan", "soon", "36000")]
        [None, None, None, 36000.0]
    """
    known = {name.lower(): value.strip() for name, value in headers.items() if len(value) <= _LONGEST_TEXT}
    milliseconds = _number(known.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    said = known.get("retry-after", "")
    seconds = _number(said)
    if seconds is not None:
        return seconds
    moment = _moment(said)
    return _until(moment, known, now) if moment is not None else _reset(known, now)


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def _until(moment: float, known: Mapping[str, str], now: float) -> float:
    """Return the seconds to a moment by the server's clock; it may differ from ours by hours."""
    theirs = _moment(known.get("date", ""))
    return max(0.0, moment - (now if theirs is None else theirs))


def _moment(text: str) -> float | None:
    """Return the moment that an HTTP date names."""
    if not text:
        return None
    from email.utils import parsedate_to_datetime  # loads sockets and more; most answers name no date

    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _reset(known: Mapping[str, str], now: float) -> float | None:
    """Return when the last of the limits that are used up begins anew; the others do not stop us."""
    waits = [
        wait
        for counted in _COUNTED
        for wait in (_openai_reset(known, counted), _anthropic_reset(known, counted, now))
        if wait is not None
    ]
    return max(waits, default=None)


def _openai_reset(known: Mapping[str, str], counted: str) -> float | None:
    """Read `x-ratelimit-reset-requests: 6m0.5s`."""
    text = known.get(f"x-ratelimit-reset-{counted}", "")
    if known.get(f"x-ratelimit-remaining-{counted}") != "0" or not _DURATION.fullmatch(text):
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in _STEP.findall(text))


def _anthropic_reset(known: Mapping[str, str], counted: str, now: float) -> float | None:
    """Read `anthropic-ratelimit-requests-reset: 2026-11-21T10:00:00Z`."""
    if known.get(f"anthropic-ratelimit-{counted}-remaining") != "0":
        return None
    try:
        moment = datetime.fromisoformat(known.get(f"anthropic-ratelimit-{counted}-reset", ""))
        return _until((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp(), known, now)
    except (ValueError, OverflowError):
        return None
