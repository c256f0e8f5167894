"""What stands on the leaf of a request."""

import json

import pytest

from llm_strategy.messages import Message, Reply, ToolCall, Usage
from llm_strategy.tracing import Price, semconv, trace
from llm_strategy.tracing.chat_span import chat_span, note_messages, note_reply
from llm_strategy.tracing.recording import current_span


@pytest.fixture
def noted():
    """Notes a reply on a leaf, and returns the span as it was recorded."""

    def note(reply, messages=(), provider="", **options):
        with trace(prices={"known": Price(1, 2)}, **options) as t:
            leaf = chat_span(current_span(), "known", provider, {"temperature": 0.5, "seed": 7})
            note_messages(leaf, messages)
            note_reply(leaf, reply)
            leaf.end()
        return t.spans[1]

    return note


def said(text="Paris", **more):
    return Reply(Message.assistant(text), "stop", **more)


def test_the_names_are_those_of_the_conventions(noted):
    leaf = noted(
        said(usage=Usage(100, 50, 20, 10), model="known-2024-08-06", id="chatcmpl-1"), provider="openai"
    ).attributes

    assert leaf["gen_ai.operation.name"] == "chat"
    assert leaf["gen_ai.provider.name"] == "openai"
    assert (leaf["gen_ai.request.model"], leaf["gen_ai.response.model"]) == ("known", "known-2024-08-06")
    assert (leaf["gen_ai.request.temperature"], leaf["gen_ai.request.seed"]) == (0.5, 7)
    assert leaf["gen_ai.response.id"] == "chatcmpl-1"
    assert leaf["gen_ai.response.finish_reasons"] == ("stop",)
    assert [leaf[f"gen_ai.usage.{name}"] for name in ("input_tokens", "output_tokens")] == [100, 50]
    assert leaf["gen_ai.usage.cache_read.input_tokens"] == 20
    assert leaf["gen_ai.usage.reasoning.output_tokens"] == 10
    assert leaf["llm_strategy.cost.usd"] == pytest.approx(200e-6)


def test_what_is_not_told_is_not_there(noted):
    leaf = noted(Reply(Message.assistant("Paris"))).attributes

    for name in (semconv.INPUT_TOKENS, semconv.COST, semconv.RESPONSE_ID, semconv.RESPONSE_MODEL):
        assert name not in leaf
    assert semconv.FINISH_REASONS not in leaf
    assert semconv.PROVIDER not in leaf


@pytest.mark.parametrize("name", ["run-1234", "run--1234", "lc_run--1234"])
def test_an_id_that_langchain_made_up_is_none_of_the_provider(noted, name):
    assert semconv.RESPONSE_ID not in noted(said(id=name)).attributes


def test_a_reply_out_of_a_cache_costs_nothing(noted):
    leaf = noted(said(cached=True, usage=Usage(100, 50))).attributes

    assert leaf[semconv.CACHE_HIT] is True
    assert semconv.INPUT_TOKENS not in leaf
    assert semconv.COST not in leaf


def test_a_conversation_has_parts(noted):
    call = ToolCall("look_up", '{"country": "Fränkreich"}', "1")
    messages = [
        Message.system("Be brief."),
        Message.user("Capital?"),
        Message("assistant", "Wait.", (call,)),
        Message("tool", "Paris", tool_call_id="1"),
    ]
    leaf = noted(said(refusal="No."), messages)

    told = leaf.data(semconv.INPUT_MESSAGES)
    assert [turn["role"] for turn in told] == ["system", "user", "assistant", "tool"]
    assert told[2]["parts"] == [
        {"type": "text", "content": "Wait."},
        {"type": "tool_call", "id": "1", "name": "look_up", "arguments": '{"country": "Fränkreich"}'},
    ]
    assert told[3]["parts"] == [{"type": "tool_call_response", "id": "1", "response": "Paris"}]
    assert leaf.data(semconv.OUTPUT_MESSAGES) == [
        {
            "role": "assistant",
            "parts": [{"type": "text", "content": "Paris"}, {"type": "refusal", "content": "No."}],
            "finish_reason": "stop",
        }
    ]


def test_a_text_without_bytes_is_told_by_its_escape(noted):
    leaf = noted(said("\ud83d"))
    assert json.loads(leaf.text(semconv.OUTPUT_MESSAGES))[0]["parts"][0]["content"] == "\ud83d"


def test_without_content_there_are_no_messages(noted):
    leaf = noted(said(), [Message.user("Capital?")], content=False).attributes
    assert semconv.INPUT_MESSAGES not in leaf
    assert semconv.OUTPUT_MESSAGES not in leaf
    assert semconv.FINISH_REASONS in leaf
