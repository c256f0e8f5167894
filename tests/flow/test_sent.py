"""Seeing whether a request goes to its model, following streams, and counting what was replayed."""

import pytest

from llm_strategy.flow import ChatRequest, OpenStream, Profile, Stream, layered
from llm_strategy.flow.followed import follow
from llm_strategy.flow.replayed import charge_replayed
from llm_strategy.flow.sent import noting_sent
from llm_strategy.messages import Chunk, Message, Reply


class Model:
    name, profile = "m", Profile()

    def reply(self, request):
        return Reply(Message.assistant("Hello."))

    async def areply(self, request):
        return self.reply(request)


REQUEST = ChatRequest(Model(), (Message.user("Hello."),))


def test_a_request_that_goes_to_its_model_is_noted(driver, tell):
    log = []

    def flow():
        first = yield tell("first")
        log.append(first)
        return (yield REQUEST)

    reply = driver.run(noting_sent(flow(), lambda: log.append("sent")))
    assert reply.message.content == "Hello."
    assert log == ["first", "sent"]


def test_opening_a_stream_is_noted():
    log = []

    def flow():
        yield OpenStream(REQUEST)

    next(noting_sent(flow(), lambda: log.append("sent")))
    assert log == ["sent"]


def test_the_flow_below_may_recover_from_an_error(driver, tell):
    def flow():
        try:
            yield tell(ValueError("no"))
        except ValueError:
            return "recovered"

    assert driver.run(noting_sent(flow(), lambda: None)) == "recovered"


def test_the_flow_below_is_closed_with_it(tell):
    log = []

    def flow():
        try:
            yield tell(1)
        finally:
            log.append("closed")

    noting = noting_sent(flow(), lambda: None)
    next(noting)
    noting.close()
    assert log == ["closed"]


class Log(list):
    def asked(self):
        self.append("asked")

    def saw(self, chunk):
        self.append(chunk.text)

    def over(self, error):
        self.append(error if error is None else type(error).__name__)


def chunks(error=None):
    yield Chunk("a")
    if error is not None:
        raise error


async def achunks(error=None):
    for chunk in chunks(error):
        yield chunk


def opened(log, error=None):
    stream = Stream(chunks(error), achunks(error))
    follow(stream, log)
    return stream


async def _all(chunks):
    return [chunk async for chunk in chunks]


@pytest.fixture(params=["sync", "async"])
def read(request):
    """Reads a stream to its end, or closes it."""
    import asyncio

    if request.param == "sync":
        return lambda stream: list(stream.chunks), lambda stream: stream.close()
    return lambda stream: asyncio.run(_all(stream.achunks)), lambda stream: asyncio.run(stream.aclose())


def test_a_stream_is_followed_to_its_end(read):
    log = Log()
    stream = opened(log)
    to_end, close = read
    to_end(stream)
    close(stream)
    assert log == ["asked", "a", "asked", None]


def test_a_stream_is_followed_to_its_failure(read):
    log = Log()
    stream = opened(log, ValueError("no"))
    to_end, close = read
    with pytest.raises(ValueError, match="no"):
        to_end(stream)
    close(stream)
    assert log == ["asked", "a", "asked", "ValueError"]


def test_a_stream_that_is_closed_early_is_told_of(read):
    log = Log()
    read[1](opened(log))
    assert log == ["GeneratorExit"]


def test_a_stream_that_cannot_be_closed_is_closed_all_the_same(read):
    log = Log()
    stream = Stream(iter([Chunk("a")]), Async())
    follow(stream, log)
    read[1](stream)
    assert log == ["GeneratorExit"]


class Async:
    def __aiter__(self):
        return self

    async def __anext__(self):
        raise StopAsyncIteration


def test_a_stream_for_nobody_is_not_followed():
    stream = Stream()
    follow(stream, Log())
    assert (stream.chunks, stream.achunks) == (None, None)


def test_what_is_replayed_is_told_to_all_layers_that_count():
    class Counting(Log):
        def __call__(self, request, path, onward):
            return onward(request)

        def replayed(self, request, reply):
            self.append(reply)

    outer, inner = Counting(), Counting()
    with layered(outer), layered(lambda request, path, onward: onward(request)), layered(inner):
        charge_replayed(REQUEST, None)

    assert outer == inner == [None]
