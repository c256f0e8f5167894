"""How long is waited between attempts."""

import pytest

from llm_strategy.errors import ConfigurationError
from llm_strategy.flow.retries import Backoff


def test_the_longest_wait_doubles_up_to_the_cap():
    backoff = Backoff(base=1.0, cap=5.0, random=lambda: 1.0)

    assert [backoff.seconds(retry) for retry in range(1, 6)] == [1.0, 2.0, 4.0, 5.0, 5.0]


def test_the_wait_is_any_part_of_it():
    draws = iter([0.0, 0.25, 0.999])
    backoff = Backoff(base=8.0, cap=8.0, random=lambda: next(draws))

    assert [backoff.seconds(1) for _ in range(3)] == [0.0, 2.0, 7.992]


def test_no_number_of_retries_overflows():
    assert Backoff(base=0.5, cap=1e300, random=lambda: 1.0).seconds(10**9) == 0.5 * 2.0**60


def test_by_itself_it_draws_between_nothing_and_the_cap():
    waits = [Backoff().seconds(9) for _ in range(200)]

    assert 0 <= min(waits) < max(waits) <= 8.0


@pytest.mark.parametrize("bad", [{"base": -1.0}, {"cap": float("nan")}, {"cap": float("inf")}])
def test_what_is_no_time_is_an_error(bad):
    with pytest.raises(ConfigurationError, match=next(iter(bad))):
        Backoff(**bad)
