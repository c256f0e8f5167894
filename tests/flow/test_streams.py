"""Streams of a flow: who reads them, who closes them, in both drivers."""

import asyncio
from contextlib import closing
from dataclasses import dataclass, field

import pytest

from llm_strategy.flow import (
    ChatModel,
    ChatRequest,
    CloseStream,
    Emit,
    NextChunk,
    OpenStream,
    Parallel,
    Profile,
    Sampling,
    Stream,
    arun,
    layered,
)
from llm_strategy.messages import Chunk, Message, Reply


@dataclass
class Talker:
    """A `ChatModel` that writes down what becomes of its streams."""

    pieces: tuple[str, ...] = ("a", "b", "c")
    log: list[str] = field(default_factory=list)
    failure: Exception | None = None
    name: str = "talker"
    profile: Profile = field(default_factory=Profile)

    def reply(self, request):
        return Reply(Message.assistant("".join(self.pieces)))

    async def areply(self, request):
        return self.reply(request)

    def stream(self, request):
        self.log.append("opened")
        try:
            for piece in self.pieces:
                self.log.append(piece)
                yield Chunk(piece)
        finally:
            self.log.append("closed")
            if self.failure is not None:
                raise self.failure

    async def astream(self, request):
        with closing(self.stream(request)) as chunks:
            for chunk in chunks:
                await asyncio.sleep(0)
                yield chunk

    @property
    def request(self):
        return ChatRequest(self, (Message.user("?"),))


def texts(talker):
    stream = yield OpenStream(talker.request)
    while (chunk := (yield NextChunk(stream))) is not None:
        yield Emit(chunk.text)
    return "whole"


def test_a_test_double_of_the_seam_is_a_chat_model():
    assert isinstance(Talker(), ChatModel)


def test_a_chat_request_is_answered_with_a_reply(driver):
    def flow():
        return (yield Talker().request)

    assert driver.run(flow()).message.content == "abc"


def test_the_pieces_of_a_stream_are_read_one_by_one(driver):
    talker = Talker()

    assert driver.first(texts(talker), 2) == ["a", "b"]
    assert talker.log[:3] == ["opened", "a", "b"]
    assert "c" not in talker.log


def test_the_end_of_a_stream_is_none_and_stays_none(driver):
    def flow():
        stream = yield OpenStream(Talker(("a",)).request)
        return (yield NextChunk(stream)), (yield NextChunk(stream)), (yield NextChunk(stream))

    assert driver.run(flow()) == (Chunk("a"), None, None)


def test_a_stream_of_no_pieces_is_at_its_end(driver):
    def flow():
        stream = Stream()
        chunk = yield NextChunk(stream)
        yield CloseStream(stream)
        return chunk

    assert driver.run(flow()) is None


def test_closing_an_iterator_closes_the_streams_of_its_flow_after_the_flow(driver):
    talker = Talker()

    def flow():
        try:
            yield from texts(talker)
        finally:
            talker.log.append("flow closed")

    driver.first(flow(), 1)

    assert talker.log == ["opened", "a", "flow closed", "closed"]


def test_an_error_of_the_flow_closes_its_streams(driver):
    talker = Talker()

    def flow():
        stream = yield OpenStream(talker.request)
        yield NextChunk(stream)
        raise ValueError("unreadable")

    with pytest.raises(ValueError, match="unreadable"):
        driver.run(flow())
    assert talker.log == ["opened", "a", "closed"]


def test_a_stream_that_fails_to_close_does_not_keep_others_open(driver):
    good, bad = Talker(), Talker(failure=OSError("cannot close"))

    def flow():
        for talker in (good, bad):
            stream = yield OpenStream(talker.request)
            yield NextChunk(stream)

    with pytest.raises(OSError, match="cannot close"):
        driver.run(flow())
    assert good.log[-1] == bad.log[-1] == "closed"


def test_a_flow_may_close_a_stream_before_it_goes_on(driver):
    talker = Talker()

    def flow():
        stream = yield OpenStream(talker.request)
        yield NextChunk(stream)
        yield CloseStream(stream)
        talker.log.append("goes on")

    driver.run(flow())

    assert talker.log == ["opened", "a", "closed", "goes on"]


def test_cancelling_a_task_closes_the_streams_of_all_its_flows():
    talker = Talker()

    class Wait:
        async def aperform(self):
            await asyncio.Event().wait()

    def branch():
        stream = yield OpenStream(talker.request)
        yield NextChunk(stream)
        yield Wait()

    def flow():
        yield Parallel((branch(), branch()))

    async def cancel():
        task = asyncio.ensure_future(arun(flow()))
        for _ in range(6):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert talker.log.count("opened") == talker.log.count("closed") == 2


def test_a_stream_of_pieces_that_are_there_already_is_read_in_both_drivers(driver):
    def flow():
        stream = Stream.of([Chunk("a"), Chunk("b")])
        return (yield NextChunk(stream)), (yield CloseStream(stream)), stream

    assert driver.run(flow())[:2] == (Chunk("a"), None)


def remembering(request, path, onward):
    if isinstance(request, OpenStream):
        return Stream.of([Chunk("remembered")])
    return (yield from onward(request))


def test_a_layer_may_answer_with_a_stream_of_its_own(driver):
    with layered(remembering):
        assert driver.first(texts(Talker()), 1) == ["remembered"]


def onward_only(request, path, onward):
    return (yield from onward(request))


def test_a_stream_that_was_opened_through_a_layer_can_be_read_and_is_closed(driver):
    talker = Talker()

    with layered(onward_only), layered(onward_only):
        assert driver.first(texts(talker), 2) == ["a", "b"]
    assert talker.log == ["opened", "a", "b", "closed"]


def test_a_layer_that_opens_two_streams_hands_one_over_and_the_other_is_closed(driver):
    first, second = Talker(), Talker()

    def trying_both(request, path, onward):
        if not isinstance(request, OpenStream):
            return (yield from onward(request))
        stream = yield from onward(OpenStream(first.request))
        yield NextChunk(stream)
        return (yield from onward(OpenStream(second.request)))

    with layered(trying_both):
        assert driver.first(texts(first), 1) == ["a"]
    assert first.log == second.log == ["opened", "a", "closed"]


@pytest.mark.parametrize("keep_errors", [False, True])
def test_streams_that_parallel_flows_return_belong_to_the_flow_that_asked(driver, keep_errors):
    talkers = Talker(), Talker()

    def opening(talker):
        return (yield OpenStream(talker.request))

    def flow():
        opened = yield Parallel(tuple(opening(talker) for talker in talkers), keep_errors=keep_errors)
        streams = [one.unwrap() for one in opened] if keep_errors else opened
        for stream in streams:
            yield Emit((yield NextChunk(stream)).text)

    assert driver.first(flow(), 2) == ["a", "a"]
    assert [talker.log[-1] for talker in talkers] == ["closed", "closed"]


def test_settings_of_the_draw_are_named_only_where_they_differ_from_the_models_own():
    assert Sampling().arguments() == {}
    assert Sampling(temperature=0.0, seed=7).arguments() == {"temperature": 0.0, "seed": 7}
