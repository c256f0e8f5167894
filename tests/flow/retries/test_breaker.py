"""Circuits: when they open, what goes through, and when they close."""

import threading

import pytest

from llm_strategy.errors import CircuitOpenError, ConfigurationError, RateLimitedError, TransportError
from llm_strategy.flow.retries import CircuitBreaker

DOWN = TransportError("The server is down.", status=503, retryable=True)


def opened(clock, **options):
    """A breaker with an open circuit for the account "a"."""
    breaker = CircuitBreaker(failures=2, pause=10, lasting=0, clock=clock, **options)
    for _ in range(2):
        breaker.failed("a", DOWN)
    return breaker


def is_open(breaker, account="a"):
    try:
        breaker.admit(account, "m")
    except CircuitOpenError:
        return True
    return False


def test_a_circuit_opens_after_so_many_failures_in_a_row(clock):
    breaker = CircuitBreaker(failures=3, lasting=0, clock=clock)
    states = []
    for _ in range(3):
        breaker.failed("a", DOWN)
        states.append(is_open(breaker))

    assert states == [False, False, True]


def test_an_answer_starts_the_count_anew(clock):
    breaker = CircuitBreaker(failures=2, lasting=0, clock=clock)
    for _ in range(5):
        breaker.failed("a", DOWN)
        breaker.answered("a")

    assert not is_open(breaker)


@pytest.mark.parametrize(
    "alive", [RateLimitedError("Slower.", status=429, retryable=True), TransportError("No such key.", status=401)]
)
def test_an_error_that_shows_that_the_model_is_there_starts_the_count_anew(clock, alive):
    breaker = CircuitBreaker(failures=2, lasting=0, clock=clock)
    for _ in range(5):
        breaker.failed("a", DOWN)
        breaker.failed("a", alive)

    assert not is_open(breaker)


@pytest.mark.parametrize("unsent", [RateLimitedError("Paused.", retryable=True), TransportError("No time was left.")])
def test_a_request_that_was_not_sent_tells_nothing(clock, unsent):
    breaker = CircuitBreaker(failures=2, lasting=0, clock=clock)
    for error in (DOWN, unsent, DOWN):
        breaker.failed("a", error)

    assert is_open(breaker)


def test_a_trial_that_was_not_sent_makes_room_for_another(clock):
    breaker = opened(clock)
    clock.now += 10
    breaker.failed("a", TransportError("No time was left."), probe=breaker.admit("a", "m"))

    assert breaker.admit("a", "m") is True


def test_many_failures_at_once_are_no_outage_where_they_must_last(clock):
    breaker = CircuitBreaker(failures=3, lasting=30, clock=clock)
    for _ in range(100):
        breaker.failed("a", DOWN)
    before = is_open(breaker)
    clock.now += 30
    breaker.failed("a", DOWN)

    assert (before, is_open(breaker)) == (False, True)


def test_accounts_have_circuits_of_their_own(clock):
    breaker = opened(clock)

    assert (is_open(breaker), is_open(breaker, "b")) == (True, False)


def test_the_error_names_the_last_failure_and_when_it_closes(clock):
    breaker = opened(clock)
    clock.now += 4

    with pytest.raises(CircuitOpenError, match=r"'m' was not asked.*TransportError: The server is down\.") as caught:
        breaker.admit("a", "m")
    assert (caught.value.retry_after, caught.value.retryable) == (6.0, True)


def test_after_the_pause_one_request_goes_through(clock):
    breaker = opened(clock)
    clock.now += 10

    assert breaker.admit("a", "m") is True
    assert is_open(breaker)


def test_the_answer_to_it_closes_the_circuit(clock):
    breaker = opened(clock)
    clock.now += 10
    breaker.admit("a", "m")
    breaker.answered("a")

    assert [breaker.admit("a", "m") for _ in range(2)] == [False, False]


def test_its_failure_opens_it_for_another_pause(clock):
    breaker = opened(clock)
    clock.now += 10
    breaker.failed("a", DOWN, probe=breaker.admit("a", "m"))
    clock.now += 9.9
    before = is_open(breaker)
    clock.now += 0.1

    assert (before, breaker.admit("a", "m")) == (True, True)


def test_a_late_failure_of_another_request_does_not_lengthen_the_pause(clock):
    breaker = opened(clock)
    clock.now += 9
    breaker.failed("a", DOWN)
    clock.now += 1

    assert breaker.admit("a", "m") is True


def test_where_it_is_cancelled_the_next_one_goes_through(clock):
    breaker = opened(clock)
    clock.now += 10
    breaker.ended("a", probe=breaker.admit("a", "m"))

    assert breaker.admit("a", "m") is True


def test_where_it_never_tells_its_end_another_one_goes_through_after_a_pause(clock):
    breaker = opened(clock)
    clock.now += 10
    breaker.admit("a", "m")
    clock.now += 10

    assert breaker.admit("a", "m") is True


def test_the_end_of_any_other_request_lets_nothing_through(clock):
    breaker = opened(clock)
    clock.now += 10
    breaker.admit("a", "m")
    breaker.ended("a", probe=False)
    breaker.ended("unknown", probe=True)

    assert is_open(breaker)


def test_without_a_pause_there_is_still_one_request_at_a_time(clock):
    breaker = CircuitBreaker(failures=1, pause=0, lasting=0, clock=clock)
    breaker.failed("a", DOWN)

    assert breaker.admit("a", "m") is True
    assert is_open(breaker)


def test_only_one_of_many_threads_goes_through(clock):
    breaker = opened(clock)
    clock.now += 10
    through, start = [], threading.Barrier(8)

    def ask():
        start.wait()
        if not is_open(breaker):
            through.append(1)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(through) == 1


@pytest.mark.parametrize(
    "bad",
    [{"failures": 0}, {"failures": True}, {"failures": 2.5}, {"pause": -1}, {"pause": float("inf")}, {"lasting": -1}],
)
def test_what_cannot_be_is_an_error(bad):
    with pytest.raises(ConfigurationError, match=next(iter(bad))):
        CircuitBreaker(**bad)
