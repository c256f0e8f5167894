"""Our messages and langchain's, both ways."""

import pytest
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    HumanMessageChunk,
    SystemMessage,
    ToolMessage,
)
from langchain_core.messages.tool import tool_call_chunk

from llm_strategy.chat.transcript import chunks_of, from_langchain, reply_of, text_of, to_langchain
from llm_strategy.errors import InputError
from llm_strategy.messages import Chunk, Message, ToolCall, Usage

CONVERSATION = (
    Message.system("Be brief."),
    Message.user("What is the weather?"),
    Message("assistant", "", (ToolCall("weather", '{"city": "Zürich"}', "1"),)),
    Message("tool", "Rain.", tool_call_id="1"),
    Message.assistant("It rains."),
)


def test_a_conversation_survives_the_way_to_langchain_and_back():
    assert tuple(map(from_langchain, to_langchain(CONVERSATION))) == CONVERSATION


def test_each_role_has_its_class_in_langchain():
    classes = [type(message) for message in to_langchain(CONVERSATION)]

    assert classes == [SystemMessage, HumanMessage, AIMessage, ToolMessage, AIMessage]


@pytest.mark.parametrize("arguments", ['{"city": ', "", "[1]", "no JSON at all"])
def test_damaged_arguments_of_a_tool_call_survive_both_ways(arguments):
    message = Message("assistant", "text", (ToolCall("weather", arguments, "1"),))
    (there,) = to_langchain([message])

    assert there.tool_calls == []
    assert from_langchain(there) == message


def test_whole_tool_calls_come_before_damaged_ones():
    message = AIMessage(
        "",
        tool_calls=[{"name": "whole", "args": {"a": "é"}, "id": None}],
        invalid_tool_calls=[{"name": None, "args": None, "id": None, "error": None, "type": "invalid_tool_call"}],
    )

    assert from_langchain(message).tool_calls == (ToolCall("whole", '{"a": "é"}'), ToolCall("", ""))


@pytest.mark.parametrize(
    ("message", "role"),
    [
        pytest.param(HumanMessageChunk(content="x"), "user", id="piece of a human message"),
        pytest.param(AIMessageChunk(content="x"), "assistant", id="piece of a model's message"),
        pytest.param(ChatMessage(content="x", role="assistant"), "assistant", id="named role"),
        pytest.param(ChatMessage(content="x", role="developer"), "system", id="developer"),
        pytest.param(ChatMessage(content="x", role="pirate"), "user", id="unknown role"),
        pytest.param(FunctionMessage(content="x", name="f"), "tool", id="function"),
    ],
)
def test_the_role_of_every_kind_of_langchain_message_is_known(message, role):
    assert from_langchain(message) == Message(role, "x")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        pytest.param("plain", "plain", id="text"),
        pytest.param(["a", "b"], "ab", id="list of texts"),
        pytest.param([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "ab", id="blocks"),
        pytest.param(
            [{"type": "reasoning", "text": "hm"}, {"type": "text", "text": "a"}], "a", id="reasoning is left out"
        ),
        pytest.param([{"type": "thinking", "thinking": "hm"}, {"type": "tool_use"}], "", id="no text"),
        pytest.param([{"type": "text"}], "", id="a block without text"),
        pytest.param([], "", id="nothing"),
    ],
)
def test_the_text_of_a_message_is_its_text_blocks(content, text):
    assert text_of(content) == text


@pytest.mark.parametrize("kind", [HumanMessage, SystemMessage])
def test_what_a_model_is_to_read_and_is_no_text_is_refused_and_not_dropped(kind):
    message = kind(content=[{"type": "text", "text": "Who is it?"}, {"type": "image_url", "image_url": {"url": "x"}}])

    with pytest.raises(InputError, match="holds a block of type 'image_url', and a chain holds text only"):
        from_langchain(message)


def test_text_blocks_of_a_user_are_read():
    assert from_langchain(HumanMessage(content=["a", {"type": "text", "text": "b"}])) == Message.user("ab")


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        pytest.param({"finish_reason": "length"}, "length", id="OpenAI"),
        pytest.param({"stop_reason": "max_tokens"}, "max_tokens", id="Anthropic"),
        pytest.param({"stopReason": "end_turn"}, "end_turn", id="Bedrock"),
        pytest.param({"done_reason": "stop"}, "stop", id="Ollama"),
        pytest.param({"finish_reason": None, "stop_reason": "refusal"}, "refusal", id="the one that is set"),
        pytest.param(
            {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
            "max_output_tokens",
            id="OpenAI responses, cut off",
        ),
        pytest.param({"status": "completed", "incomplete_details": None}, None, id="OpenAI responses"),
        pytest.param({}, None, id="none"),
    ],
)
def test_the_reason_why_a_model_stopped_is_found_where_its_provider_puts_it(metadata, reason):
    assert reply_of(AIMessage("x", response_metadata=metadata)).finish_reason == reason
    assert chunks_of(AIMessageChunk(content="x", response_metadata=metadata))[0].finish_reason == reason


@pytest.mark.parametrize(
    ("message", "refusal"),
    [
        pytest.param(AIMessage("", additional_kwargs={"refusal": "No."}), "No.", id="OpenAI"),
        pytest.param(AIMessage([{"type": "refusal", "refusal": "No."}]), "No.", id="OpenAI responses"),
        pytest.param(AIMessage([{"type": "text", "text": "Yes."}]), None, id="blocks without one"),
        pytest.param(AIMessage("Yes.", additional_kwargs={"refusal": None}), None, id="none"),
    ],
)
def test_a_refusal_is_found_in_its_own_channel(message, refusal):
    assert reply_of(message).refusal == refusal


def test_usage_tells_cached_and_reasoning_tokens():
    message = AIMessage(
        "x",
        usage_metadata={
            "input_tokens": 100,
            "output_tokens": 20,
            "total_tokens": 120,
            "input_token_details": {"cache_read": 80},
            "output_token_details": {"reasoning": 15},
        },
    )

    assert reply_of(message).usage == Usage(100, 20, 80, 15)


def test_usage_without_details_and_no_usage_at_all_are_zeros():
    known = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}

    assert reply_of(AIMessage("x", usage_metadata=known)).usage == Usage(1, 2)
    assert reply_of(AIMessage("x")).usage == Usage()


@pytest.mark.parametrize("metadata", [{"model_name": "m-1"}, {"model": "m-1"}])
def test_a_reply_names_the_model_that_gave_it(metadata):
    assert reply_of(AIMessage("x", response_metadata=metadata)).model == "m-1"


def test_a_piece_gives_its_text_its_calls_refusal_and_usage():
    piece = AIMessageChunk(
        content="so: ",
        tool_call_chunks=[tool_call_chunk(name="f", args='{"a"', index=0), tool_call_chunk(args=None, index=0)],
        additional_kwargs={"refusal": "No"},
        usage_metadata={"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
    )

    assert chunks_of(piece) == (
        Chunk("so: "),
        Chunk('{"a"', tool="f", call=1),
        Chunk("", None, "No", Usage(1, 2), call=1),
    )
    assert chunks_of(AIMessageChunk(content="")) == ()
