"""The models that say what a test tells them to."""

import asyncio
import threading

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from pydantic import ValidationError

from llm_strategy.errors import ReplayError
from llm_strategy.testing import FakeChatModel, FakeLLM, ScriptedModel


def invoked(model, text):
    return model.invoke(text)


def ainvoked(model, text):
    return asyncio.run(model.ainvoke(text))


def streamed(model, text):
    pieces = list(model.stream(text))
    return sum(pieces[1:], pieces[0])


def astreamed(model, text):
    async def collect():
        return [piece async for piece in model.astream(text)]

    pieces = asyncio.run(collect())
    return sum(pieces[1:], pieces[0])


ways = pytest.mark.parametrize("ask", [invoked, ainvoked, streamed, astreamed])


@ways
def test_replies_come_in_order_and_end_as_a_models_do(ask):
    model = ScriptedModel(["a longer reply", "b"])

    first, second = ask(model, "1"), ask(model, "2")

    assert (first.content, second.content) == ("a longer reply", "b")
    assert first.response_metadata["finish_reason"] == "stop"


@ways
def test_what_was_asked_is_kept(ask):
    model = ScriptedModel(["a"])
    ask(model, "question")

    assert model.asked == [[HumanMessage("question")]]


def test_the_arguments_of_a_call_are_kept():
    model = ScriptedModel(["a"])
    model.invoke("question", temperature=0.5)

    assert model.arguments == [{"temperature": 0.5}]


@ways
def test_a_whole_message_is_given_with_all_that_belongs_to_it(ask):
    message = AIMessage(
        "text",
        tool_calls=[{"name": "f", "args": {"a": "x" * 20}, "id": "1"}, {"name": "g", "args": {}, "id": "2"}],
        response_metadata={"finish_reason": "length"},
        additional_kwargs={"refusal": "No."},
        usage_metadata={"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
    )

    reply = ask(ScriptedModel([message]), "question")

    assert (reply.content, reply.tool_calls) == (message.content, message.tool_calls)
    assert reply.response_metadata["finish_reason"] == "length"
    assert reply.additional_kwargs == {"refusal": "No."}
    assert reply.usage_metadata == message.usage_metadata


@ways
@pytest.mark.parametrize("error", [ValueError("bad"), KeyboardInterrupt()], ids=repr)
def test_an_error_is_raised(ask, error):
    with pytest.raises(type(error)):
        ask(ScriptedModel([error]), "question")


@ways
def test_a_function_of_the_messages_may_stand_for_the_replies(ask):
    model = ScriptedModel(lambda messages: messages[-1].content.upper())

    assert [ask(model, "a").content, ask(model, "b").content] == ["A", "B"]


@ways
def test_a_call_too_many_is_an_error_that_shows_it(ask):
    model = ScriptedModel(["a"])
    ask(model, "1")

    with pytest.raises(ReplayError, match=r"has 1 replies and was asked 2 times\. The last message was 'two'"):
        ask(model, "two")


def test_a_single_text_is_one_reply():
    assert ScriptedModel("Hello.").replies == ["Hello."]


@pytest.mark.parametrize(("characters", "pieces"), [(1, 5), (2, 3), (100, 1)])
def test_a_streamed_reply_comes_in_pieces_of_the_length_asked_for(characters, pieces):
    model = ScriptedModel(["abcde"], chunk_characters=characters)

    assert len([piece for piece in model.stream("x") if piece.content]) == pieces


def test_pieces_of_no_length_are_refused():
    with pytest.raises(ValidationError, match="chunk_characters"):
        ScriptedModel([], chunk_characters=0)


def test_each_of_many_threads_gets_a_reply_of_its_own():
    model = ScriptedModel([str(number) for number in range(100)])
    replies = []

    def ask():
        replies.extend(model.invoke("x").content for _ in range(10))

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(replies, key=int) == [str(number) for number in range(100)]


def test_scripted_models_do_not_share_what_they_were_asked():
    first, second = ScriptedModel(["a"]), ScriptedModel(["b"])
    first.invoke("x")

    assert second.asked == []


def test_every_double_tells_its_kind():
    assert {model._llm_type for model in (ScriptedModel(), FakeLLM(), FakeChatModel())} == {
        "scripted",
        "fake-completion",
        "fake-chat",
    }


def test_a_completion_model_continues_what_it_knows():
    model = FakeLLM(texts={"foobar", "other"})

    assert model.invoke("foo") == "bar"
    assert model.invoke("foobar") == ""


def test_of_several_continuations_the_first_in_order_is_given():
    assert FakeLLM(texts={"foo b", "foo a"}).invoke("foo") == " a"


def test_a_continuation_ends_before_the_first_stop_mark():
    model = FakeLLM(texts={"a\nb\n\nc"})

    assert model.invoke("a\n", stop=["\n\n", "c"]) == "b"
    assert model.invoke("a\n", stop=["nowhere"]) == "b\n\nc"


def test_a_prompt_that_no_text_begins_with_is_an_error():
    with pytest.raises(ReplayError, match="FakeLLM knows no text that begins with 'foo'"):
        FakeLLM(texts={"bar"}).invoke("foo")


CONVERSATION = [HumanMessage("Hi"), AIMessage("Hello"), HumanMessage("Bye"), AIMessage("See you")]


@ways
def test_a_chat_model_gives_the_turn_that_follows(ask):
    model = FakeChatModel.from_messages([[HumanMessage("Ho"), AIMessage("no")], CONVERSATION])

    assert ask(model, "Hi").content == "Hello"
    assert ask(model, CONVERSATION[:3]).content == "See you"


@pytest.mark.parametrize("asked", ["Ho", CONVERSATION, [AIMessage("Hi")]], ids=["unknown", "at the end", "other role"])
def test_a_conversation_that_is_not_known_is_an_error(asked):
    with pytest.raises(ReplayError, match="FakeChatModel knows no conversation that begins with"):
        FakeChatModel.from_messages([CONVERSATION]).invoke(asked)
