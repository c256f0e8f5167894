"""What a provider says about waiting: every form of it, and everything that is none."""

import pytest

from llm_strategy.flow.retries.retry_after import retry_after

_NOW = 784111777.0
"""Sun, 06 Nov 1994 08:49:37 GMT"""


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        ("1.5", 1.5),
        ("2.", 2.0),
        (".5", 0.5),
        (" 3 ", 3.0),
        ("36000", 36000.0),
        ("Sun, 06 Nov 1994 08:49:47 GMT", 10.0),
        ("Sunday, 06-Nov-94 08:49:47 GMT", 10.0),
        ("Sun Nov  6 08:49:47 1994", 10.0),
        ("Sun, 06 Nov 1994 09:49:47 +0100", 10.0),
        ("Sun, 06 Nov 1994 08:00:00 GMT", 0.0),
    ],
)
def test_seconds_and_dates_are_read(said: str, seconds: float) -> None:
    assert retry_after({"Retry-After": said}, _NOW) == seconds


@pytest.mark.parametrize(
    "said",
    [
        "",
        "-1",
        "-0.5",
        "+1",
        "nan",
        "inf",
        "-inf",
        "1e5",
        "1_000",
        "\u0661",  # a digit to Python, and none to HTTP
        "1, 2",
        "9" * 5000,
        "0x10",
        "soon",
        "1 s",
        "a, b c d e",
        "Sun, 99 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 99999999 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 +9999999999",
        "\x00",
        "\ud800",
    ],
)
def test_what_is_no_time_counts_as_nothing_said(said: str) -> None:
    assert retry_after({"Retry-After": said}, _NOW) is None


def test_milliseconds_are_more_exact_than_seconds() -> None:
    assert retry_after({"Retry-After": "1", "Retry-After-Ms": "20"}, _NOW) == 0.02


def test_milliseconds_that_cannot_be_read_leave_the_seconds() -> None:
    assert retry_after({"retry-after": "1", "retry-after-ms": "nan"}, _NOW) == 1.0


def test_a_date_is_read_by_the_clock_of_the_server() -> None:
    theirs = {"Date": "Sun, 06 Nov 1994 05:00:00 GMT", "Retry-After": "Sun, 06 Nov 1994 05:00:04 GMT"}
    assert retry_after(theirs, _NOW) == 4.0


def test_a_server_without_a_readable_clock_is_taken_at_our_time() -> None:
    assert retry_after({"Date": "noon", "Retry-After": "Sun, 06 Nov 1994 08:49:41 GMT"}, _NOW) == 4.0


@pytest.mark.parametrize(
    ("text", "seconds"), [("1s", 1.0), ("6m0.5s", 360.5), ("20ms", 0.02), ("1h2m3s", 3723.0), ("500us", 0.0005)]
)
def test_a_limit_that_is_used_up_says_when_it_begins_anew(text: str, seconds: float) -> None:
    headers = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": text}
    assert retry_after(headers, _NOW) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "1", "-1s", "1 s", "nans", "1d", "s", "1s;"])
def test_a_reset_that_is_no_duration_counts_as_nothing_said(text: str) -> None:
    assert retry_after({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": text}, _NOW) is None


def test_a_limit_that_is_not_used_up_does_not_stop_us() -> None:
    assert retry_after({"x-ratelimit-remaining-tokens": "12", "x-ratelimit-reset-tokens": "6m"}, _NOW) is None


def test_of_two_limits_that_are_used_up_the_later_one_counts() -> None:
    headers = {f"x-ratelimit-remaining-{kind}": "0" for kind in ("requests", "tokens")}
    headers |= {"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "3s"}
    assert retry_after(headers, _NOW) == 3.0


@pytest.mark.parametrize(
    ("moment", "seconds"), [("1994-11-06T08:49:42Z", 5.0), ("1994-11-06T08:49:42", 5.0), ("tomorrow", None), ("", None)]
)
def test_a_limit_may_name_the_moment(moment: str, seconds: float | None) -> None:
    headers = {"anthropic-ratelimit-requests-remaining": "0", "anthropic-ratelimit-requests-reset": moment}
    assert retry_after(headers, _NOW) == seconds


def test_what_the_server_asks_for_counts_more_than_its_limits() -> None:
    headers = {"retry-after": "2", "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m"}
    assert retry_after(headers, _NOW) == 2.0
