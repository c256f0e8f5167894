"""The layer that sends requests again, in both drivers; its waits are answered by hand."""

import gc

import pytest

from llm_strategy.errors import (
    CircuitOpenError,
    EmptyReplyError,
    NotAModelError,
    RateLimitedError,
    TimedOutError,
    TransportError,
    UnsupportedError,
)
from llm_strategy.flow import ChatRequest, NextChunk, OpenStream, Stream, layered
from llm_strategy.flow.retries import Backoff, CircuitBreaker, Retries, RetryPolicy
from llm_strategy.flow.waiting import Sleep
from llm_strategy.messages import Chunk, Message

AT_ONCE = Backoff(base=0.0)


def down(text="The server is down.", **fields):
    return TransportError(text, status=503, retryable=True, **fields)


def slower(seconds):
    return RateLimitedError("Slower.", status=429, retryable=True, retry_after=seconds)


def policy(**rules):
    return RetryPolicy(**{"backoff": AT_ONCE, "breaker": None, **rules})


def request(model, **fields):
    return ChatRequest(model, (Message.user("hi"),), **fields)


def asking(model, **fields):
    reply = yield request(model, **fields)
    return reply.message.content


def streaming(model, **fields):
    stream = yield OpenStream(request(model, **fields))
    texts = []
    while (chunk := (yield NextChunk(stream))) is not None:
        texts.append(chunk.text)
    return texts


def waits(rules, model, clock, took=0.0):
    """Drive the layer by hand: answer its requests as the model says, and collect how long it wants to wait."""

    def onward(sent):
        return (yield sent)

    flow = Retries(rules)(request(model), (), onward)
    asked, answer, error = [], None, None
    while True:
        try:
            wanted = flow.throw(error) if error else flow.send(answer)
        except StopIteration as done:
            return asked, done.value
        answer, error = None, None
        if isinstance(wanted, Sleep):
            asked.append(wanted.seconds)
            clock.now += wanted.seconds
            continue
        clock.now += took
        try:
            answer = wanted.model.reply(wanted)
        except TransportError as failure:
            error = failure


# What is sent again.


def test_a_request_is_sent_again_until_a_reply_comes(driver, failing):
    model = failing(down(), down(), "fine")

    with layered(Retries(policy())):
        assert driver.run(asking(model)) == "fine"
    assert [sent.retry for sent in model.asked] == [0, 1, 2]


def test_retries_stand_without_any_scope(driver, failing, monkeypatch):
    monkeypatch.setattr("llm_strategy.flow.retries.backoff.Backoff.seconds", lambda self, retry: 0.0)
    model = failing(down(), down(), down(), "fine")

    assert driver.run(asking(model)) == "fine"


def test_the_first_request_is_sent_as_it_is(driver, failing):
    model = failing("fine")
    sent = request(model)

    def flow():
        return (yield sent)

    with layered(Retries(policy())):
        driver.run(flow())
    assert model.asked[0] is sent


@pytest.mark.parametrize(
    "final",
    [
        TransportError("No such key.", status=401),
        NotAModelError("A login page."),
        UnsupportedError("No such form."),
        EmptyReplyError("Nothing."),
        KeyError("a mistake"),
        CircuitOpenError("Left alone.", retryable=True),
    ],
)
def test_what_another_attempt_cannot_help_is_raised_at_once(driver, failing, final):
    model = failing(final, "never")

    with layered(Retries(policy(breaker=CircuitBreaker()))), pytest.raises(type(final)):
        driver.run(asking(model))
    assert len(model.asked) == 1


def test_requests_are_never_more_than_the_attempts(driver, failing):
    model = failing(*[down(f"Down for the {number}. time.") for number in range(1, 4)], "too late")

    with layered(Retries(policy(attempts=3))), pytest.raises(TransportError) as caught:
        driver.run(asking(model))
    assert len(model.asked) == 3
    assert str(caught.value) == (
        "Down for the 3. time. It was attempt 3 of 3.\n2 attempts before it:\n"
        "  1. TransportError: Down for the 1. time.\n  2. TransportError: Down for the 2. time."
    )


def test_the_last_error_is_raised_with_its_reply_and_those_before(driver, failing):
    errors = [down(reply="one"), slower(0.0), down(reply="three")]
    model = failing(*errors)

    with layered(Retries(policy(attempts=3))), pytest.raises(TransportError) as caught:
        driver.run(asking(model))
    assert caught.value is errors[2]
    assert (caught.value.reply, caught.value.earlier) == ("three", (errors[0], errors[1]))


def test_an_error_that_ends_the_attempts_early_tells_those_before(driver, failing):
    model = failing(down(), TransportError("No such key.", status=401))

    with layered(Retries(policy())), pytest.raises(TransportError, match="No such key") as caught:
        driver.run(asking(model))
    assert [error.status for error in caught.value.earlier] == [503]


def test_one_attempt_switches_retries_off(driver, failing):
    model = failing(down(), "never")

    with layered(Retries(policy(attempts=1))), pytest.raises(TransportError) as caught:
        driver.run(asking(model))
    assert str(caught.value) == "The server is down."


def test_other_requests_pass(driver, tell):
    def flow():
        return (yield tell(3))

    with layered(Retries(policy())):
        assert driver.run(flow()) == 3


# How long is waited.


def test_the_waits_double(failing, clock):
    rules = policy(attempts=4, backoff=Backoff(base=1.0, cap=3.0, random=lambda: 1.0), clock=clock)

    assert waits(rules, failing(down(), down(), down(), "fine"), clock)[0] == [1.0, 2.0, 3.0]


def test_no_wait_is_shorter_than_the_provider_asks_for(failing, clock):
    rules = policy(attempts=4, backoff=Backoff(base=1.0, random=lambda: 1.0), clock=clock)

    assert waits(rules, failing(slower(7.0), slower(0.1), slower(None), "fine"), clock)[0] == [7.0, 2.0, 4.0]


def test_a_wait_of_hours_is_not_taken(failing, clock):
    with pytest.raises(RateLimitedError, match="in 36000 s, and no wait may be longer than 120 s") as caught:
        waits(policy(clock=clock), failing(slower(36000.0), "never"), clock)
    assert caught.value.retry_after == 36000.0


def test_how_long_a_wait_may_be_can_be_set(failing, clock):
    assert waits(policy(longest_wait=36000, clock=clock), failing(slower(36000.0), "fine"), clock)[0] == [36000.0]


def test_with_a_deadline_the_time_that_is_left_decides(failing, clock):
    rules = policy(deadline=1000, clock=clock)

    assert waits(rules, failing(slower(600.0), "fine"), clock)[0] == [600.0]
    with pytest.raises(RateLimitedError, match=r"400 s are left of the deadline, and .* in 600 s"):
        waits(rules, failing(slower(600.0), slower(600.0), "never"), clock)


def test_no_wait_outlasts_the_deadline(failing, clock):
    rules = policy(deadline=10, backoff=Backoff(base=4.0, random=lambda: 1.0), clock=clock)
    model = failing(down(), down(), "never")

    with pytest.raises(TransportError, match=r"not sent again: 0 s are left of the deadline\."):
        waits(rules, model, clock, took=3.0)
    assert len(model.asked) == 2


# Time.


def test_the_deadline_counts_from_the_question(driver, failing, clock):
    model = failing("fine", "fine")

    with layered(Retries(policy(deadline=30, clock=clock))), pytest.raises(TimedOutError, match="was not asked"):
        driver.run(asking(model, began=-40.0))
    assert model.asked == []


def test_each_attempt_knows_its_time_and_the_deadline(failing, clock):
    sent = []

    def onward(one):
        sent.append(one)
        raise down()
        yield

    for _ in Retries(policy(attempts=2, deadline=60, timeout=5, clock=clock))(request(failing()), (), onward):
        break

    assert [(one.timeout, one.deadline) for one in sent] == [(5, 1060.0)]


@pytest.mark.parametrize(("own", "told"), [(3.0, 3.0), (9.0, 5)])
def test_the_shorter_time_counts(failing, clock, own, told):
    sent = []

    def onward(one):
        sent.append(one)
        return
        yield

    layer = Retries(policy(deadline=60, timeout=5, clock=clock))
    for _ in layer(request(failing(), timeout=own, deadline=1010.0), (), onward):
        pass

    assert [(one.timeout, one.deadline) for one in sent] == [(told, 1010.0)]


# Streams.


def test_a_stream_that_fails_before_its_first_words_is_asked_for_again(driver, failing):
    model = failing(down(), ["", "", down()], ["a", "b"])

    with layered(Retries(policy())):
        assert driver.run(streaming(model)) == ["a", "b"]
    assert ([sent.retry for sent in model.asked], model.closed) == ([0, 1, 2], 3)


def test_no_piece_of_a_stream_is_lost_or_doubled(driver, failing):
    model = failing(["", "", "a", "", "b"])

    with layered(Retries(policy())):
        assert driver.run(streaming(model)) == ["", "", "a", "", "b"]


def test_a_stream_that_breaks_off_later_is_left_to_who_reads_it(driver, failing):
    model = failing(["a", down("Lost.")], ["never"])

    with layered(Retries(policy())), pytest.raises(TransportError, match="Lost") as caught:
        driver.run(streaming(model))
    assert (caught.value.retryable, len(model.asked)) == (True, 1)


def test_an_empty_stream_is_a_stream(driver, failing):
    with layered(Retries(policy())):
        assert driver.run(streaming(failing([]))) == []


def test_a_stream_that_a_layer_below_answers_is_read_in_either_driver(driver, failing):
    def stored(request, path, onward):
        if isinstance(request, OpenStream):
            return Stream.of([Chunk("a"), Chunk("b")])
        return (yield from onward(request))

    stored.rank = 99
    with layered(stored), layered(Retries(policy())):
        assert driver.run(streaming(failing())) == ["a", "b"]


def test_a_stream_without_pieces_is_one(driver, failing):
    def empty(request, path, onward):
        return Stream() if isinstance(request, OpenStream) else (yield from onward(request))

    empty.rank = 99
    with layered(empty), layered(Retries(policy())):
        assert driver.run(streaming(failing())) == []


def test_streams_end_after_so_many_attempts_too(driver, failing):
    model = failing(*[down()] * 5)

    with layered(Retries(policy(attempts=2))), pytest.raises(TransportError, match="attempt 2 of 2"):
        driver.run(streaming(model))
    assert len(model.asked) == 2


# The circuit breaker.


def breaking(clock, failures=2):
    return policy(attempts=2, breaker=CircuitBreaker(failures, pause=10, lasting=0, clock=clock))


@pytest.mark.parametrize("how", [asking, streaming])
def test_with_an_open_circuit_nothing_is_sent(driver, failing, clock, how):
    model = failing(down(), down(), "never")

    with layered(Retries(breaking(clock))):
        with pytest.raises(TransportError, match="down"):
            driver.run(how(model))
        with pytest.raises(CircuitOpenError, match="'m' was not asked"):
            driver.run(how(model))
    assert len(model.asked) == 2


@pytest.mark.parametrize("how", [asking, streaming])
def test_a_circuit_that_opens_between_attempts_ends_them(driver, failing, clock, how):
    model = failing(down("First."), "never")

    with layered(Retries(breaking(clock, failures=1))), pytest.raises(CircuitOpenError) as caught:
        driver.run(how(model))
    assert [error.args[0] for error in caught.value.earlier] == ["First."]


@pytest.mark.parametrize("how", [asking, streaming])
def test_the_pause_over_one_answer_closes_the_circuit(driver, failing, clock, how):
    model = failing(down(), down(), ["fine"], ["fine"])

    with layered(Retries(breaking(clock))):
        with pytest.raises(TransportError, match="down"):
            driver.run(how(model))
        clock.now += 10
        assert "".join(driver.run(how(model))) == "fine"
        assert "".join(driver.run(how(model))) == "fine"


def test_streams_that_always_break_off_open_it(driver, failing, clock):
    model = failing(["a", down()], ["a", down()], "never")

    with layered(Retries(breaking(clock))):
        for _ in range(2):
            with pytest.raises(TransportError, match="down"):
                driver.run(streaming(model))
        with pytest.raises(CircuitOpenError):
            driver.run(streaming(model))


def test_a_stream_that_nobody_wants_to_the_end_is_an_answer(driver, failing, clock):
    model = failing(["a", down()], ["a", "b"], ["a", down()], ["fine"])

    def first_only():
        stream = yield OpenStream(request(model))
        return (yield NextChunk(stream)).text

    with layered(Retries(breaking(clock))):
        with pytest.raises(TransportError):
            driver.run(streaming(model))
        assert driver.run(first_only()) == "a"
        with pytest.raises(TransportError):
            driver.run(streaming(model))
        assert driver.run(streaming(model)) == ["fine"]


def test_a_model_that_declines_the_form_is_there(driver, failing, clock):
    model = failing(down(), UnsupportedError("No such form."), down(), "fine")

    with layered(Retries(breaking(clock))):
        with pytest.raises(UnsupportedError):
            driver.run(asking(model))
        assert driver.run(asking(model)) == "fine"


def test_a_trial_that_is_cancelled_does_not_hold_the_circuit(failing, clock):
    rules = breaking(clock)
    layer = Retries(rules)
    model = failing(down(), down(), "fine")

    def onward(sent):
        return (yield sent)

    with pytest.raises(TransportError):
        waits(rules, model, clock)
    clock.now += 10
    flow = layer(request(model), (), onward)
    next(flow)
    flow.close()

    assert waits(rules, model, clock)[1].message.content == "fine"


def test_a_message_without_an_end_gets_one(failing, clock):
    with pytest.raises(TransportError, match=r"^Down\. It was attempt 2 of 2\.\n"):
        waits(policy(attempts=2, clock=clock), failing(down("Down"), down("Down")), clock)


def test_a_circuit_is_forgotten_with_its_model(driver, failing, clock, own_garbage):
    breaker = CircuitBreaker(1, pause=10, lasting=0, clock=clock)
    with layered(Retries(policy(attempts=1, breaker=breaker))):
        for _ in range(50):  # ids are given again
            with pytest.raises(TransportError, match=r"^The server is down\.$"):
                driver.run(asking(failing(down())))
            gc.collect()


def test_adapters_of_one_model_share_its_circuit(driver, failing, clock):
    model = failing()

    class Adapter(failing):
        lasting = model

    breaker = CircuitBreaker(1, pause=10, lasting=0, clock=clock)
    with layered(Retries(policy(attempts=1, breaker=breaker))):
        with pytest.raises(TransportError, match="down"):
            driver.run(asking(Adapter(down())))
        with pytest.raises(CircuitOpenError):
            driver.run(asking(Adapter("never")))


def test_a_model_that_cannot_be_followed_has_a_circuit_all_the_same(driver, clock):
    class Slotted:
        __slots__ = ()
        name = "m"
        profile = None

        def reply(self, request):
            raise down()

        async def areply(self, request):
            raise down()

    model = Slotted()
    with layered(Retries(breaking(clock, failures=1))), pytest.raises(CircuitOpenError):
        driver.run(asking(model))
