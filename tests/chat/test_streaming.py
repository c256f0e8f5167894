"""Values that arrive piece by piece, in both drivers."""

import asyncio
from enum import IntEnum
from typing import Annotated, Any

import pytest
from langchain_core.messages import AIMessage
from pydantic import BaseModel, Field

from llm_strategy.chat import Question, item_reader_for, reader_for, resolve, stream_items, stream_partials
from llm_strategy.errors import AttemptsExhaustedError, RefusedError, TransportError
from llm_strategy.flow import CloseStream, Emit, NextChunk, OpenStream, Profile, aiterate, iterate
from llm_strategy.flow.forgetting import Forget
from llm_strategy.messages import Chunk
from llm_strategy.prompt import StructuredPrompt
from llm_strategy.schema import output_schema
from llm_strategy.schema.fenced import PythonCode, fence_of
from llm_strategy.schema.partial import Partial, growth
from llm_strategy.testing import ScriptedModel


class Person(BaseModel):
    name: str
    age: int


ADA, EVE = Person(name="Ada", age=36), Person(name="Eve", age=1)
PEOPLE = '{"return_value": [{"name": "Ada", "age": 36}, {"name": "Eve", "age": 1}]}'


def question_for(model, kind: Any, **options):
    output = output_schema(kind)
    prompt = StructuredPrompt(signature="f()", instruction="Do.", output=output, fence=fence_of(kind))
    return Question(where="shop.f", model=resolve(model), prompt=prompt, reader=reader_for(output), **options)


def items_of(model, kind: Any, **options):
    return stream_items(question_for(model, list[kind], **options), item_reader_for(output_schema(kind)))


def everything(flow):
    return list(iterate(flow))


def aeverything(flow):
    async def collect():
        return [value async for value in aiterate(flow)]

    return asyncio.run(collect())


drivers = pytest.mark.parametrize("collect", [everything, aeverything], ids=["sync", "async"])


class Counting(ScriptedModel):
    """Counts the pieces that were pulled from it, and the streams that it has open."""

    pulled: int = 0
    open_streams: int = 0
    most_open: int = 0

    def _stream(self, *args, **kwargs):
        self.open_streams += 1
        self.most_open = max(self.most_open, self.open_streams)
        try:
            for piece in super()._stream(*args, **kwargs):
                self.pulled += 1
                yield piece
        finally:
            self.open_streams -= 1

    async def _astream(self, *args, **kwargs):
        for piece in self._stream(*args, **kwargs):
            yield piece


@drivers
def test_all_items_are_emitted_in_order(collect):
    assert collect(items_of(ScriptedModel([PEOPLE]), Person)) == [ADA, EVE]


@drivers
@pytest.mark.parametrize(
    ("kind", "reply", "values"),
    [
        pytest.param(int, '{"return_value": [1, 2, 3]}', [1, 2, 3], id="numbers"),
        pytest.param(str, '["a, b", "c]"]', ["a, b", "c]"], id="texts, without the key"),
        pytest.param(list[int], '{"return_value": [[1], []]}', [[1], []], id="lists"),
        pytest.param(int, '{"return_value": []}', [], id="none"),
        pytest.param(str, "['a, b', 'c]']", ["a, b", "c]"], id="single quotes"),
        pytest.param(int, "Sure! The numbers are [1, 2].", [1, 2], id="in a sentence"),
        pytest.param(str, '["one", \'a, b\', "c"]', ["one", "a, b", "c"], id="single quotes later"),
        pytest.param(
            PythonCode, '{"return_value": ["x = 1", "y\\n= 2"]}', ["x = 1", "y\n= 2"], id="code, which has no fence"
        ),
        pytest.param(str, '["<think>", "</think> so"]', ["<think>", "</think> so"], id="tags in texts"),
        pytest.param(str, '["{\\"return_value\\": 1}"]', ['{"return_value": 1}'], id="JSON in a text"),
        pytest.param(int, "<think>[7, 8]?</think>[1, 2]", [1, 2], id="behind thinking"),
    ],
)
def test_items_are_right_however_the_reply_is_written(collect, kind, reply, values):
    assert collect(items_of(ScriptedModel([reply], chunk_characters=3), kind)) == values


def test_an_item_is_emitted_before_the_model_has_written_the_rest():
    model = Counting([PEOPLE], chunk_characters=1)
    items = iterate(items_of(model, Person))

    assert next(items) == ADA
    assert model.pulled == PEOPLE.index("}") + 2
    assert next(items) == EVE
    assert model.pulled < len(PEOPLE)
    assert list(items) == []


def test_an_item_is_emitted_before_the_model_has_written_the_rest_in_the_async_driver():
    model = Counting([PEOPLE], chunk_characters=1)

    async def first():
        items = aiterate(items_of(model, Person))
        assert await anext(items) == ADA
        assert model.pulled == PEOPLE.index("}") + 2
        await items.aclose()

    asyncio.run(first())
    assert model.open_streams == 0


def test_closing_early_closes_the_models_stream():
    model = Counting([PEOPLE], chunk_characters=1)
    items = iterate(items_of(model, Person))
    next(items)
    assert model.open_streams == 1

    items.close()

    assert model.open_streams == 0


@drivers
def test_an_item_that_does_not_fit_is_asked_for_again_without_emitting_the_others_twice(collect):
    model = Counting([PEOPLE.replace("1}", '"unknown"}, {"name": "Bob", "age": 5}'), PEOPLE], chunk_characters=1)

    assert collect(items_of(model, Person)) == [ADA, EVE]
    shown, problem = model.asked[1][-2:]
    assert shown.content.endswith('"unknown"},')
    assert "`age`" in problem.content


@drivers
def test_the_model_is_not_asked_again_while_it_still_writes_the_first_reply(collect):
    model = Counting(['{"return_value": ["x", 1, 2, 3, 4, 5]}', '{"return_value": [1]}'], chunk_characters=1)

    assert collect(items_of(model, int)) == [1]
    assert model.most_open == 1


@drivers
def test_a_list_that_was_cut_off_is_asked_for_again_without_emitting_items_twice(collect):
    model = ScriptedModel(['{"return_value": [1, 2, 3', '{"return_value": [1, 2, 3, 4]}'])

    assert collect(items_of(model, int)) == [1, 2, 3, 4]


@drivers
def test_a_shorter_second_reply_takes_nothing_back(collect):
    model = ScriptedModel(['{"return_value": [1, 2, "x"]}', '{"return_value": [1]}'])

    assert collect(items_of(model, int)) == [1, 2]


def test_items_before_the_last_failure_are_emitted_and_then_the_error_is_raised():
    items = iterate(items_of(ScriptedModel(['{"return_value": [1, "x"]}'] * 2), int, attempts=2))

    assert next(items) == 1
    with pytest.raises(AttemptsExhaustedError, match="in 2 attempts"):
        next(items)


@drivers
def test_a_limit_of_the_whole_list_is_checked_at_its_end(collect):
    kind = Annotated[list[int], Field(max_length=1)]
    model = ScriptedModel(['{"return_value": [1, 2]}', '{"return_value": [1]}'])
    question = question_for(model, kind)

    assert collect(stream_items(question, item_reader_for(output_schema(int)))) == [1, 2]
    assert len(model.asked) == 2


@drivers
def test_the_next_method_is_tried_where_the_first_is_turned_down(collect):
    class DeclinedError(Exception):
        status_code = 400

    model = ScriptedModel([DeclinedError("no json_schema"), PEOPLE], llm_strategy_methods=("json_schema", "prompt"))

    assert collect(items_of(model, Person)) == [ADA, EVE]


@drivers
@pytest.mark.parametrize("stream", [items_of, lambda model, kind: stream_partials(question_for(model, kind))])
def test_a_failing_transport_reaches_who_pulls(collect, stream):
    with pytest.raises(TransportError, match="cable cut"):
        collect(stream(ScriptedModel([RuntimeError("cable cut")]), int))


def test_a_refusal_in_pieces_is_put_together():
    flow = items_of(ScriptedModel(), int)
    assert isinstance(next(flow), OpenStream)
    wanted = flow.send("stream")
    for chunk in (Chunk(refusal="I "), Chunk(refusal="can't.", finish_reason="stop")):
        assert wanted == NextChunk("stream")
        wanted = flow.send(chunk)
    closing = flow.send(None)

    assert closing.stream == "stream"
    assert isinstance(flow.send(None), Forget)
    with pytest.raises(RefusedError, match="I can't"):
        flow.send(None)


@drivers
@pytest.mark.parametrize("stream", [items_of, lambda model, kind: stream_partials(question_for(model, kind))])
def test_after_an_empty_stream_the_reply_is_asked_for_as_a_whole(collect, stream):
    class DropsRefusals(ScriptedModel):
        def _stream(self, *args, **kwargs):
            for piece in super()._stream(*args, **kwargs):
                piece.message.additional_kwargs.clear()
                yield piece

        async def _astream(self, *args, **kwargs):
            for piece in self._stream(*args, **kwargs):
                yield piece

    model = DropsRefusals([AIMessage("", additional_kwargs={"refusal": "I can't."})] * 2)

    with pytest.raises(RefusedError, match="I can't"):
        collect(stream(model, int))
    assert len(model.asked) == 2


@drivers
def test_items_of_a_reply_that_was_asked_for_as_a_whole_are_emitted_too(collect):
    assert collect(items_of(ScriptedModel(["", PEOPLE]), Person)) == [ADA, EVE]


def partials_of(model, kind: Any, **options):
    return stream_partials(question_for(model, kind, **options))


@drivers
def test_a_value_grows_and_ends_whole_and_valid(collect):
    values = collect(partials_of(ScriptedModel(['{"name": "Ada Lovelace", "age": 36}'], chunk_characters=5), Person))

    names = [value.name for value in values[:-1] if value.name]
    assert all(isinstance(value, Partial[Person]) and not isinstance(value, Person) for value in values[:-1])
    assert names == sorted(names, key=len)
    assert all("Ada Lovelace".startswith(name) for name in names)
    assert len(names) > 1
    assert values[-1] == Person(name="Ada Lovelace", age=36)


@drivers
def test_a_growing_value_is_emitted_only_where_it_has_changed(collect):
    values = collect(partials_of(ScriptedModel(['{"return_value":      [1,     2]}'], chunk_characters=1), list[int]))

    assert values == [[], [1], [1, 2]]
    assert [growth(value).whole for value in values] == [False, False, True]


@drivers
def test_a_value_that_never_fits_is_shown_to_the_model_and_grows_anew(collect):
    model = ScriptedModel(['{"name": "Eve", "age": "unknown"}', '{"name": "Ada", "age": 36}'])

    values = collect(partials_of(model, Person))

    assert values[-1] == ADA
    assert "`age`" in model.asked[1][-1].content


class Level(IntEnum):
    LOW = 1


@drivers
def test_the_last_value_is_of_the_type_even_where_it_equals_the_one_before(collect):
    values = collect(partials_of(ScriptedModel(['{"return_value": 1}'], chunk_characters=1), Level))

    assert type(values[-1]) is Level


@drivers
def test_nothing_is_a_value_too(collect):
    assert collect(partials_of(ScriptedModel(['{"return_value": null}']), int | None)) == [None]


@drivers
def test_code_grows_without_its_fence(collect):
    values = collect(partials_of(ScriptedModel(["```python\nx = 1\ny = 2\n```"], chunk_characters=4), PythonCode))

    assert values[-1] == "x = 1\ny = 2"
    assert not any("`" in value for value in values)
    assert len(values) > 2


def test_pieces_without_text_are_not_read_again():
    flow = partials_of(ScriptedModel(), str)
    next(flow)
    flow.send("stream")

    assert isinstance(flow.send(Chunk("a")), Emit)
    assert isinstance(flow.send(None), NextChunk)
    assert isinstance(flow.send(Chunk(finish_reason="stop")), NextChunk)
    with pytest.raises(StopIteration):
        flow.send(None)


def test_a_value_that_grows_anew_says_of_which_answer_it_is():
    model = ScriptedModel(['{"name": "Eve", "age": "unknown"}', '{"name": "Ada", "age": 36}'], chunk_characters=4)

    values = list(iterate(partials_of(model, Person)))

    attempts = [growth(value).attempt for value in values[:-1]]
    assert attempts == sorted(attempts)
    assert {growth(value).attempt for value in values if isinstance(value, Partial) and value.name == "Eve"} == {1}
    assert {growth(value).attempt for value in values if isinstance(value, Partial) and value.name == "Ada"} == {2}


@drivers
def test_the_items_of_a_second_answer_are_emitted_unless_they_were(collect):
    model = ScriptedModel(['{"return_value": [1, 2, "x"]}', '{"return_value": [2, 3, 2]}'])

    assert collect(items_of(model, int)) == [1, 2, 3, 2]


class Breaks:
    """A model whose streams break off, each after some pieces."""

    name = "breaking"
    profile = Profile(("prompt",))

    def __init__(self, *streams):
        self.streams = list(streams)

    def stream(self, request):
        for piece in self.streams.pop(0):
            if isinstance(piece, Exception):
                raise piece
            yield Chunk(piece)

    async def astream(self, request):
        for chunk in self.stream(request):
            yield chunk

    def reply(self, request):
        raise NotImplementedError

    areply = reply


def cut(**options):
    return TransportError("The connection was cut.", **options)


@drivers
def test_a_stream_that_breaks_off_in_its_middle_is_begun_anew(collect):
    model = Breaks(['{"name": "Ad', cut(retryable=True)], ['{"name": "Ada",', ' "age": 36}'])

    values = collect(partials_of(model, Person))

    assert values[-1] == ADA
    assert [growth(value).attempt for value in values[:-1]] == [1, 2]


@drivers
def test_items_of_a_stream_that_breaks_off_are_not_emitted_twice(collect):
    model = Breaks(['{"return_value": [1, 2,', cut(retryable=True)], ['{"return_value": [1, 2, 3]}'])

    assert collect(items_of(model, int)) == [1, 2, 3]


@drivers
def test_streams_that_break_off_count_as_attempts(collect):
    model = Breaks(*(['{"name": "Ad', cut(retryable=True)] for _ in range(3)))

    with pytest.raises(TransportError, match="cut") as raised:
        collect(partials_of(model, Person, attempts=2))

    assert len(raised.value.earlier) == 1
    assert len(model.streams) == 1


@drivers
@pytest.mark.parametrize("stream", [[cut()], ['{"name"', cut()]], ids=["at once", "for good"])
def test_what_asking_again_cannot_mend_is_raised(collect, stream):
    model = Breaks(stream, ["never asked"])

    with pytest.raises(TransportError, match="cut"):
        collect(partials_of(model, Person))

    assert len(model.streams) == 1


def fed(flow, *chunks):
    """What a flow emits for the pieces of one stream, and what it wants then."""
    next(flow)
    wanted, emitted = flow.send("stream"), []
    for chunk in (*chunks, None):
        while isinstance(wanted, Emit):
            emitted.append(wanted.value)
            wanted = flow.send(None)
        wanted = flow.send(chunk)
    while isinstance(wanted, Emit):
        emitted.append(wanted.value)
        wanted = next(flow, None)
    return emitted, wanted


class ToolModel(Breaks):
    profile = Profile(("tool",))


def test_a_call_of_a_tool_that_does_not_exist_is_found_in_a_stream():
    emitted, wanted = fed(partials_of(ToolModel(), int), Chunk(tool="grep"), Chunk('{"return_value": 1}'))

    assert isinstance(wanted, CloseStream)
    assert emitted == []


def test_of_several_calls_the_first_one_counts_and_what_is_said_before_it_does_not():
    chunks = (
        Chunk("I call [0]: "),
        Chunk('{"return_value": [1,', tool="list_int"),
        Chunk(" 2]}"),
        Chunk("{}", tool="f"),
    )

    for flow in (items_of(ToolModel(), int), partials_of(ToolModel(), list[int])):
        emitted, wanted = fed(flow, *chunks)
        assert wanted is None or isinstance(wanted, CloseStream)
        assert emitted[-1] in (2, [1, 2], [1])


@drivers
def test_a_reply_beyond_all_limits_is_not_read_to_its_end(collect, monkeypatch):
    monkeypatch.setattr("llm_strategy.chat.streaming.MAX_CHARACTERS", 10)

    with pytest.raises(AttemptsExhaustedError, match="longer than 10 characters"):
        collect(partials_of(Breaks(['{"name": "', "a" * 20, "never pulled"]), Person, attempts=1))
