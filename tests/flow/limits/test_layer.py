"""What waits for what: at the gate, under rates, after a pause."""

import pytest

from llm_strategy.errors import (
    BudgetExceededError,
    RateLimitedError,
    TimedOutError,
    TransportError,
    UnsupportedError,
)
from llm_strategy.flow import CloseStream, Stream
from llm_strategy.flow.limits.rates import Rates


def refused(**options):
    return RateLimitedError("slower", status=429, retryable=True, **options)


def test_as_many_are_under_way_as_may_be_and_the_first_goes_next(bench, said):
    limits = bench(concurrency=2)
    first, second, third, fourth = [limits.ask() for _ in range(4)]

    assert [one.sent for one in (first, second, third, fourth)] == [True, True, False, False]

    second.go(said())
    assert third.settle().sent
    assert not fourth.settle().sent

    first.go(TransportError("down", status=500))
    assert fourth.settle().sent


def test_who_is_told_to_end_gives_its_place_back(bench, said):
    limits = bench(concurrency=1)
    first, second, third = [limits.ask() for _ in range(3)]

    second.close()
    first.close()

    assert third.settle().sent
    third.go(said())
    assert limits.account.gate.idle


def test_other_requests_pass(bench):
    limits = bench(concurrency=1)
    limits.ask()
    other = CloseStream(Stream())
    flow = limits.layer(other, (0,), lambda request: (yield request))

    assert next(flow) is other


def test_the_standing_limits_leave_models_alone_that_no_provider_counts(bench, served):
    limits = bench(standing=True, model=served(account=""))
    many = [limits.ask() for _ in range(100)]

    assert all(one.sent for one in many)


def test_the_standing_limits_hold_for_models_of_providers(bench):
    limits = bench(standing=True)
    many = [limits.ask() for _ in range(100)]

    assert sum(one.sent for one in many) == 64


def test_no_minute_has_more_requests_than_its_rate(bench, said, hand):
    limits = bench(Rates(requests=2))
    first, second, third = [limits.ask() for _ in range(3)]
    for one in (first, second):
        one.go(said())

    assert not third.sent
    hand.now += 60
    third.go(False)
    assert not third.sent
    hand.now += third.waits
    assert 1_061 <= hand.now <= 1_061.5
    third.go(False)
    assert third.sent


def test_those_who_wait_for_their_time_go_in_order(bench, said, hand):
    limits = bench(Rates(requests=1))
    first, second, third = [limits.ask() for _ in range(3)]
    first.go(said())
    hand.now += 62

    assert third.settle().waits is not None
    second.go(False)
    assert second.sent
    assert not third.settle().sent


def test_tokens_are_counted_by_an_estimate_until_the_bill_is_there(bench, said):
    limits = bench(Rates(tokens=3_000))
    first = limits.ask()
    second = limits.ask()
    third = limits.ask()

    assert [one.sent for one in (first, second, third)] == [True, True, False]  # 28 + 1,024 each
    first.go(said(10, 20))
    assert third.settle().sent


def test_what_is_learned_of_replies_is_used(bench, said):
    limits = bench(Rates(tokens=3_000))
    limits.ask().go(said(10, 100))

    many = [limits.ask() for _ in range(20)]

    assert sum(one.sent for one in many) == 13  # 110 are spent; each may cost 10 + 200


def test_max_tokens_bound_what_a_request_may_cost(bench):
    limits = bench(Rates(tokens=100))
    many = [limits.ask(max_tokens=22) for _ in range(3)]

    assert [one.sent for one in many] == [True, True, False]


def test_a_request_of_more_tokens_than_a_minute_has_is_sent_alone(bench, hand):
    limits = bench(Rates(tokens=500))
    first, second = limits.ask(), limits.ask()

    assert first.sent
    assert not second.sent
    hand.now += 62
    second.go(False)
    assert second.sent


def test_a_reply_out_of_a_cache_counts_for_nothing(bench, said):
    limits = bench(Rates(tokens=1_100))
    limits.ask().go(said(10, 20, cached=True))

    assert limits.ask().sent


def test_a_failure_gives_back_what_its_reply_would_have_cost(bench):
    limits = bench(Rates(tokens=1_100))
    limits.ask().go(TransportError("down", status=500))

    assert limits.ask().sent


def test_a_failure_that_may_have_been_billed_gives_nothing_back(bench):
    limits = bench(Rates(tokens=1_100))
    limits.ask().go(TimedOutError("too late"))

    assert not limits.ask().sent


def test_nothing_is_sent_before_the_provider_wants_it(bench, hand):
    limits = bench()
    first, second = limits.ask(), limits.ask()
    first.go(refused(retry_after=30))
    third = limits.ask()

    assert third.waits == 30
    second.go(refused(retry_after=10))
    hand.now += 29
    third.go(False)
    assert third.waits == 1
    hand.now += 1
    third.go(False)
    assert third.sent


def test_all_layers_of_a_process_keep_to_a_pause(bench, served):
    one = bench()
    other = bench(concurrency=5, accounts=one.layer._accounts)
    one.ask().go(refused(retry_after=30))

    assert not other.ask().sent


def test_another_account_is_not_paused(bench, served):
    one = bench()
    other = bench(model=served(account="provider:other"), accounts=one.layer._accounts)
    one.ask().go(refused(retry_after=30))

    assert other.ask().sent


def test_a_pause_that_is_too_long_is_an_error_at_once(bench):
    limits = bench()
    limits.ask().go(refused(retry_after=36_000))

    late = limits.ask()
    assert isinstance(late.error, RateLimitedError)
    assert late.error.retry_after == 36_000
    assert "wants no request for another 36000 s" in str(late.error)
    assert limits.account.gate.idle


def test_a_pause_beyond_the_deadline_is_an_error_at_once(bench, hand):
    limits = bench()
    limits.ask().go(refused(retry_after=30))

    assert isinstance(limits.ask(deadline=hand.now + 29).error, RateLimitedError)
    assert limits.ask(deadline=hand.now + 31).waits == 30


@pytest.mark.parametrize("limit", [{"concurrency": 1}, {"rates": Rates(requests=1)}])
def test_who_gets_no_place_in_time_has_timed_out(bench, hand, limit):
    limits = bench(**limit)
    holder = limits.ask()
    late, later = [limits.ask(deadline=hand.now + 5) for _ in range(2)]

    hand.now += 5
    for one in (late, later):
        one.go(False)
        assert isinstance(one.error, TimedOutError)
        assert "left no place" in str(one.error)
    assert holder.sent


def test_who_waits_looks_at_the_time_before_its_deadline(bench, hand):
    limits = bench(concurrency=1)
    many = [limits.ask(), *(limits.ask(deadline=hand.now + seconds) for seconds in (0.5, 5)), limits.ask()]

    assert [one.settle().waits for one in many[1:]] == [0.5, 5, None]


@pytest.mark.parametrize(
    "error",
    [refused(), TransportError("busy", status=503), TransportError("busy", status=529), TimedOutError("too late")],
)
def test_an_account_that_is_overloaded_gets_fewer_requests_at_once(bench, error):
    limits = bench()
    limits.ask().go(error)

    assert limits.account.gate.limit.allowed < 64


@pytest.mark.parametrize(
    "error",
    [
        RateLimitedError("no money left", status=429),
        TransportError("broken", status=500),
        UnsupportedError("no"),
        BudgetExceededError("no"),
    ],
)
def test_other_failures_say_nothing_of_how_many_may_be_under_way(bench, error):
    limits = bench()
    limits.ask().go(error)

    assert limits.account.gate.limit.allowed == 64


def test_a_stream_holds_its_place_to_its_end(bench, pieces):
    limits = bench(concurrency=1)
    reader = limits.stream()
    reader.go(Stream(pieces()))
    waiting = limits.ask()

    assert [chunk.text for chunk in reader.value.chunks] == ["Hel", "lo."]
    assert waiting.settle().sent


def test_a_stream_that_is_closed_early_gives_its_place_back(bench, pieces):
    limits = bench(concurrency=1)
    reader = limits.stream()
    reader.go(Stream(pieces()))
    next(reader.value.chunks)
    waiting = limits.ask()
    assert not waiting.settle().sent

    reader.value.close()
    assert waiting.settle().sent


def test_a_stream_that_fails_is_a_failure(bench):
    def failing():
        raise refused(retry_after=5)
        yield

    limits = bench(concurrency=1)
    reader = limits.stream()
    reader.go(Stream(failing()))
    with pytest.raises(RateLimitedError):
        next(reader.value.chunks)

    assert limits.ask().waits == 5
    assert limits.account.gate.limit.allowed < 64


def test_a_stream_that_cannot_be_opened_is_a_failure(bench):
    limits = bench(concurrency=1)
    limits.stream().go(refused(retry_after=5))

    assert limits.ask().waits == 5


def test_who_reads_a_stream_may_ask_for_something_else_meanwhile(bench, pieces, hand):
    limits = bench(concurrency=1)
    reader = limits.stream()
    reader.go(Stream(pieces()))
    next(reader.value.chunks)
    inner = limits.ask()

    assert inner.settle().waits == 0.25
    hand.now += 0.25
    inner.go(False)
    assert inner.settle().sent


def test_a_stream_whose_reader_waits_for_it_keeps_its_place(bench, pieces, hand):
    limits = bench(concurrency=1)
    reader = limits.stream()
    reader.go(Stream(pieces()))
    next(reader.value.chunks)
    limits.account.gate.reads(next(iter(limits.account.gate._places)))
    other = limits.ask().settle()

    hand.now += 1
    other.go(False)
    assert not other.settle().sent


def test_the_bill_of_a_stream_is_counted(bench, pieces):
    limits = bench(Rates(tokens=1_100))
    reader = limits.stream()
    reader.go(Stream(pieces(10, 20)))
    list(reader.value.chunks)

    assert limits.ask().sent
