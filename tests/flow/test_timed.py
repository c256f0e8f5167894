"""What takes too long ends, whatever the model does."""

import asyncio
import threading
import time
from contextvars import ContextVar

import pytest

from llm_strategy import retrying
from llm_strategy.errors import TimedOutError
from llm_strategy.flow import ChatRequest, CloseStream, NextChunk, OpenStream, Profile, run
from llm_strategy.flow.step import Cancelled
from llm_strategy.flow.stopping import current_stop, stoppable
from llm_strategy.flow.timed import TimedChunks, in_time
from llm_strategy.messages import Chunk, Message, Reply

FINE = Reply(Message.assistant("fine"))
SOON = 0.02
LONG = 60.0
NAMES = ContextVar("names", default="nobody")


class Slow:
    """Answers only when it is told to; tells when its stream was closed."""

    name = "slow"
    profile = Profile()

    def __init__(self, pieces=(), silent=True):
        self.pieces = pieces
        self.silent = silent
        self.answer = threading.Event()
        self.closed = threading.Event()
        self.asked = []
        self.stops = []
        self.threads = set()

    def reply(self, request):
        self.asked.append(request)
        self.threads.add(threading.get_ident())
        stop = current_stop()
        if stop is not None:
            self.stops.append(stop)
            stop.on_set(self.answer.set)
        if self.silent:
            self.answer.wait()
        return FINE

    async def areply(self, request):
        self.asked.append(request)
        if self.silent:
            await asyncio.Event().wait()
        return FINE

    def stream(self, request):
        self.asked.append(request)
        try:
            for piece in self.pieces:
                self.threads.add(threading.get_ident())
                yield Chunk(piece)
            if self.silent:
                self.answer.wait()
        finally:
            self.closed.set()

    async def astream(self, request):
        try:
            for piece in self.pieces:
                yield Chunk(piece)
            if self.silent:
                await asyncio.Event().wait()
        finally:
            self.closed.set()


@pytest.fixture
def slow():
    models = []

    def make(*arguments, **options):
        models.append(Slow(*arguments, **options))
        return models[-1]

    yield make
    for model in models:
        model.answer.set()


def request(model, **fields):
    return ChatRequest(model, (Message.user("hi"),), **fields)


def asking(model, **fields):
    return (yield request(model, **fields)).message.content


def streaming(model, **fields):
    stream = yield OpenStream(request(model, **fields))
    texts = []
    while (chunk := (yield NextChunk(stream))) is not None:
        texts.append(chunk.text)
    return texts


def soon(kind):
    return {"timeout": SOON} if kind == "timeout" else {"deadline": time.monotonic() + SOON}


@pytest.fixture(autouse=True)
def _without_retries():
    with retrying(attempts=1, breaker=None):
        yield


@pytest.mark.parametrize("kind", ["timeout", "deadline"])
@pytest.mark.parametrize("how", [asking, streaming])
def test_a_model_that_says_nothing_is_left(driver, slow, kind, how):
    with pytest.raises(TimedOutError, match=r"'slow' gave no whole reply within 0\.0") as caught:
        driver.run(how(slow(), **soon(kind)))
    assert caught.value.retryable


def test_a_stream_that_stays_silent_in_its_middle_is_left(driver, slow):
    model = slow("ab")

    with pytest.raises(TimedOutError):
        driver.run(streaming(model, timeout=SOON))
    model.answer.set()
    assert model.closed.wait(LONG)


@pytest.mark.parametrize("how", [asking, streaming])
def test_what_comes_in_time_is_not_changed(driver, slow, how):
    assert "".join(driver.run(how(slow(["fi", "ne"], silent=False), timeout=LONG))) == "fine"


@pytest.mark.parametrize("how", [asking, streaming])
def test_a_request_whose_time_is_over_is_not_sent(driver, slow, how):
    model = slow()

    with pytest.raises(TimedOutError, match="was not asked"):
        driver.run(how(model, timeout=LONG, deadline=time.monotonic() - 1))
    assert model.asked == []


def test_a_model_is_told_the_time_that_is_left(driver, slow):
    model = slow(silent=False)
    driver.run(asking(model, timeout=LONG, deadline=time.monotonic() + LONG / 2))

    assert 0 < model.asked[0].timeout <= LONG / 2


def test_without_a_limit_the_model_answers_in_the_thread_that_asks(slow):
    model = slow(silent=False)
    run(asking(model))

    assert model.threads == {threading.get_ident()}


@pytest.mark.parametrize("how", [asking, streaming])
def test_a_model_that_keeps_time_is_trusted(slow, how):
    model = slow("a", silent=False)
    model.keeps_time = True
    run(how(model, timeout=LONG))

    assert model.threads == {threading.get_ident()}


def test_an_abandoned_call_is_told_to_end(slow):
    model = slow()
    with pytest.raises(TimedOutError):
        run(asking(model, timeout=SOON))

    assert [stop.is_set() for stop in model.stops] == [True]


def test_a_call_ends_when_the_work_around_it_does(slow):
    class Deaf(Slow):
        def reply(self, request):
            self.answer.wait()

    model = Deaf()
    with stoppable() as stop:
        threading.Timer(SOON, stop.set).start()
        with pytest.raises(Cancelled):
            run(asking(model, timeout=LONG))
    model.answer.set()


def test_what_a_model_raises_itself_stays_as_it_is(driver):
    class Strict(Slow):
        def reply(self, request):
            raise TimedOutError("My own.")

        async def areply(self, request):
            return self.reply(request)

    with pytest.raises(TimedOutError, match=r"My own\."):
        driver.run(asking(Strict(), timeout=LONG))


def test_a_stream_that_fails_by_itself_is_closed(driver):
    class Broken(Slow):
        def stream(self, request):
            yield Chunk("a")
            raise TimedOutError("My own.")

        async def astream(self, request):
            yield Chunk("a")
            raise TimedOutError("My own.")

    with pytest.raises(TimedOutError, match=r"My own\."):
        driver.run(streaming(Broken(), timeout=LONG))


def test_a_stream_can_be_closed_at_any_time(driver, slow):
    untouched, begun = slow("ab"), slow("ab")

    def flow():
        stream = yield OpenStream(request(untouched, timeout=LONG))
        yield CloseStream(stream)
        stream = yield OpenStream(request(begun, timeout=LONG))
        yield NextChunk(stream)
        yield CloseStream(stream)
        yield CloseStream(stream)
        return begun.closed.is_set()

    assert driver.run(flow()) is True


def test_pieces_of_a_plain_iterator_are_timed_too():
    chunks = TimedChunks(iter("ab"), time.monotonic() + LONG, TimeoutError)

    assert [*chunks, *chunks] == ["a", "b"]
    unread = TimedChunks(iter("ab"), time.monotonic() + LONG, TimeoutError)
    unread.close()
    assert list(unread) == []


def test_the_work_aside_sees_the_context_of_the_call():
    NAMES.set("Ada")

    assert in_time(NAMES.get, LONG, TimeoutError) == "Ada"


def test_all_pieces_are_made_in_one_context():
    def pieces():
        token = NAMES.set("inside")
        yield NAMES.get()
        NAMES.reset(token)  # fails in any other context
        yield NAMES.get()

    NAMES.set("outside")
    assert list(TimedChunks(pieces(), time.monotonic() + LONG, TimeoutError)) == ["inside", "outside"]


def test_a_stream_that_does_not_let_itself_be_closed_is_left(monkeypatch):
    monkeypatch.setattr("llm_strategy.flow.timed._CLOSING", SOON)
    release = threading.Event()

    def stubborn():
        try:
            yield "a"
        finally:
            release.wait()

    chunks = TimedChunks(stubborn(), time.monotonic() + LONG, TimeoutError)
    next(chunks)
    chunks.close()
    release.set()


def test_no_time_is_too_long():
    assert in_time(lambda: "fine", 1e300, TimeoutError) == "fine"
