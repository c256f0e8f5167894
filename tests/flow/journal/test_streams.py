"""Streams in a durable run: replayed piece by piece, as far as the program read them."""

import pytest

from llm_strategy import durable
from llm_strategy.errors import JournalError, ProgramChangedError, StoredDataError, TransportError
from llm_strategy.flow import CloseStream, Emit, NextChunk, OpenStream
from llm_strategy.flow.requests import ChatRequest
from llm_strategy.messages import Chunk, Message


def test_a_stream_comes_in_the_same_pieces_again(driver, model, journal, stream):
    with durable(journal) as once:
        said = driver.run(stream(model(), "tell"))
    nobody = model(dies_at=1)
    with durable(journal) as again:
        assert driver.run(stream(nobody, "tell")) == said == ["one ", "two ", "three #1", ""]

    assert nobody.asked == []
    assert again.totals.cost == once.totals.cost > 0
    assert (once.replayed, again.replayed) == (0, 1)


def test_a_stream_that_broke_off_with_the_program_is_asked_for_again(driver, model, killed, journal, stream):
    def program(asked):
        said = yield from stream(asked, "tell", 2)
        raise killed(said)

    first, second = model(), model()
    with pytest.raises(killed), durable(journal):
        driver.run(program(first))
    with durable(journal) as run:
        driver.run(stream(second, "tell"))
    assert second.asked == ["tell"]
    assert len(run.in_flight) == 1


class Breaking:
    """A model whose stream ends in an error."""

    def __init__(self, asked):
        self.asked = asked

    def __getattr__(self, name):
        return getattr(self.asked, name)

    def stream(self, request):
        yield Chunk("one ")
        self.asked.take(request)
        raise TransportError("cut off")

    async def astream(self, request):
        for chunk in self.stream(request):
            yield chunk


def test_a_stream_that_failed_is_asked_for_again(driver, model, journal, stream):
    with pytest.raises(TransportError), durable(journal):
        driver.run(stream(Breaking(model()), "tell"))
    second = model()
    with durable(journal) as run:
        assert len(driver.run(stream(second, "tell"))) == 4
    assert (second.asked, run.in_flight) == (["tell"], ())


def emitting(asked):
    opened = yield OpenStream(ChatRequest(asked, (Message.user("tell"),)))
    while (chunk := (yield NextChunk(opened))) is not None:
        yield Emit(chunk.text)
    yield Emit("end")


def test_a_stream_that_the_program_closed_is_replayed_as_far(driver, model, journal):
    with durable(journal):
        taken = driver.first(emitting(model()), 2)
    nobody = model(dies_at=1)
    with durable(journal) as run:
        assert driver.first(emitting(nobody), 2) == taken == ["one ", "two "]
    assert nobody.asked == []
    assert run.replayed == 1


def test_who_wants_more_of_a_closed_stream_is_told_how_to_get_it(driver, model, journal):
    with durable(journal):
        driver.first(emitting(model()), 2)
    with pytest.raises(JournalError, match=r"closed after 2 pieces.*Run the program again"), durable(journal):
        driver.first(emitting(model()), 3)
    second = model()
    with durable(journal):
        assert driver.first(emitting(second), 3)[:2] == ["one ", "two "]
    assert second.asked == ["tell"]


def test_a_program_that_dies_while_it_reads_has_not_closed_the_stream(driver, model, killed, journal):

    def mistaken():
        with durable(journal):
            raise KeyError(f"a mistake, after {driver.first(emitting(model()), 2)}")

    with pytest.raises(KeyError):
        mistaken()
    second = model()
    with durable(journal):
        assert driver.first(emitting(second), 5)[-1] == "end"
    assert second.asked == ["tell"]


def test_a_stream_that_was_closed_in_the_middle_of_a_flow_is_replayed_in_it(driver, model, journal, ask):
    def program(asked):
        opened = yield OpenStream(ChatRequest(asked, (Message.user("tell"),)))
        first = yield NextChunk(opened)
        yield CloseStream(opened)
        return first.text, *(yield from ask(asked, "next"))

    with durable(journal):
        said = driver.run(program(model()))
    with durable(journal):
        assert driver.run(program(model(dies_at=1))) == said


def test_a_stream_that_nobody_reads_is_never_answered(driver, model, journal):
    def program(asked):
        yield OpenStream(ChatRequest(asked, (Message.user("tell"),)))

    with durable(journal) as run:
        driver.run(program(model()))
    assert run.totals.calls == 0


def test_the_same_words_as_a_whole_are_another_request_than_in_pieces(driver, model, journal, stream, ask):
    with durable(journal):
        driver.run(stream(model(), "tell"))

    def whole(asked):
        return (yield ChatRequest(asked, (Message.user("tell"),)))

    with pytest.raises(ProgramChangedError, match=r"-\[stream\]"), durable(journal):
        driver.run(whole(model()))


def test_an_iterator_that_outlives_the_run_goes_on_unrecorded(model, journal):
    from llm_strategy.flow import iterate

    with durable(journal):
        values = iterate(emitting(model()))
        next(values)
    with pytest.raises(JournalError, match="is closed"):
        list(values)


def test_pieces_that_are_none_are_told(driver, model, journal, stream, forge):
    with durable(journal):
        driver.run(stream(model(), "tell"))
    forge(journal, '{"text": "no list"}')
    with pytest.raises(StoredDataError, match="no pieces of a stream"), durable(journal):
        driver.run(stream(model(), "tell"))
