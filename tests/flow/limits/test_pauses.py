"""Lifting a pause that is too long to be meant."""

import pytest

from llm_strategy import limited
from llm_strategy.errors import RateLimitedError
from llm_strategy.flow import layered
from llm_strategy.flow.limits import forget_pauses
from llm_strategy.flow.limits.layer import SHARED_ACCOUNTS
from llm_strategy.flow.limits.rates import Rates
from llm_strategy.flow.limits.shared_books import SharedBooks


def refused():
    return RateLimitedError("slower", retryable=True, retry_after=36_000)


def test_an_account_is_asked_again(bench):
    limits = bench(accounts=SHARED_ACCOUNTS)
    limits.ask().go(refused())
    assert isinstance(limits.ask().error, RateLimitedError)

    forget_pauses()
    again = limits.ask()
    assert again.sent
    again.close()


def test_who_waits_goes_on_at_once(bench, hand):
    limits = bench(concurrency=3)
    limits.ask().go(refused())
    waiting = limits.ask(deadline=hand.now + 100_000)
    assert waiting.waits == 36_000

    with layered(limits.layer):
        forget_pauses()
    assert waiting.settle().sent
    waiting.close()


def test_the_file_of_a_scope_forgets_too(bench, tmp_path):
    path = tmp_path / "limits.sqlite"
    books = SharedBooks(path)
    limits = bench(Rates(requests=100), books=books)
    limits.ask().go(refused())
    assert books.paused(limits.model.account) > 0
    books.close()

    other = SharedBooks(path)
    with limited(requests_per_minute=100, shared=path):
        forget_pauses()
    assert other.paused(limits.model.account) == 0
    other.close()


@pytest.fixture(autouse=True)
def _no_pause_is_left():
    yield
    SHARED_ACCOUNTS.books.forget_pauses()
