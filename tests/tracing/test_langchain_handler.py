"""langchain models and tools that are used directly, and through the library."""

import asyncio
import logging
import threading
from types import SimpleNamespace
from uuid import uuid4

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.globals import get_llm_cache, set_llm_cache
from langchain_core.language_models import FakeListLLM, GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, Generation, LLMResult
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool

from llm_strategy import llm_function
from llm_strategy.testing import ScriptedModel
from llm_strategy.tracing import record_score, semconv, span, trace
from llm_strategy.tracing.langchain import watch_langchain
from llm_strategy.tracing.langchain_handler import LeafHandler
from llm_strategy.tracing.recording import untraced

USAGE = {"input_tokens": 7, "output_tokens": 3, "total_tokens": 10}


@llm_function
def capital(model, country: str) -> str:
    """The capital of the country."""


def model(**fields):
    answer = AIMessage("Paris", usage_metadata=USAGE, response_metadata={"finish_reason": "stop", "id": "c-1"})
    return ScriptedModel(lambda _: answer, **fields)


def failing():
    return ScriptedModel([ValueError("no luck")])


def names(node):
    return (node.span.name, *(names(child) for child in node.children))


LEAF = ("chat ScriptedModel",)


def leaves(t):
    return [one for one in t.spans if one.kind == "chat"]


async def streamed(runnable):
    return [piece async for piece in runnable.astream("hi")]


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda one: one.invoke("hi"), id="invoke"),
        pytest.param(lambda one: asyncio.run(one.ainvoke("hi")), id="ainvoke"),
        pytest.param(lambda one: one.batch(["hi"]), id="batch"),
        pytest.param(lambda one: asyncio.run(one.abatch(["hi"])), id="abatch"),
        pytest.param(lambda one: list(one.stream("hi")), id="stream"),
        pytest.param(lambda one: asyncio.run(streamed(one)), id="astream"),
    ],
)
def test_a_plain_langchain_model_is_one_leaf_under_the_open_span(ask):
    with trace("session") as t, span("mine"):
        ask(model())

    assert names(t.tree()) == ("session", ("mine", LEAF))
    (leaf,) = leaves(t)
    assert leaf.status == "ok"
    assert leaf.data(semconv.OUTPUT_MESSAGES)[0]["parts"] == [{"type": "text", "content": "Paris"}]
    assert leaf.data(semconv.INPUT_MESSAGES)[0]["role"] == "user"
    assert (t.totals.input_tokens, t.totals.output_tokens, t.totals.chats) == (7, 3, 1)


@pytest.mark.parametrize("way", ["batch", "abatch"])
def test_a_batch_has_a_leaf_each(way):
    with trace("session") as t:
        if way == "batch":
            model().batch(["a", "b", "c", "d"])
        else:
            asyncio.run(model().abatch(["a", "b", "c", "d"]))

    assert names(t.tree()) == ("session", LEAF, LEAF, LEAF, LEAF)


def test_a_call_through_the_library_has_no_second_leaf():
    with trace("session") as t:
        capital(ScriptedModel(['{"return_value": "Paris"}']), "France")
        asyncio.run(capital.amap(ScriptedModel(lambda _: '{"return_value": "Paris"}'), ["a", "b"]))
        list(capital.stream(ScriptedModel(['{"return_value": "Paris"}']), "France"))

    assert len(leaves(t)) == t.totals.chats == 4


def test_a_model_that_asks_another_one_inside_the_library_has_one_leaf():
    outer = ScriptedModel(lambda messages: model().invoke(messages))

    with trace() as t:
        capital(outer, "France")

    assert len(leaves(t)) == 1


def test_a_library_call_in_a_langchain_chain_belongs_to_the_open_span():
    chain = RunnableLambda(lambda country: capital(ScriptedModel(['{"return_value": "Paris"}']), country)) | str

    with trace("session") as t:
        chain.invoke("France")

    assert names(t.tree()) == ("session", ("capital", ("prompt", ("attempt 1", LEAF))))


def test_a_tool_is_a_span_with_what_happens_in_it():
    @tool
    def look_up(country: str) -> str:
        """Look a capital up."""
        record_score(0.5)
        chain = RunnableLambda(lambda text: model().invoke(text).content)
        return chain.invoke(country) + capital(ScriptedModel(['{"return_value": "!"}']), country)

    with trace("session") as t:
        assert look_up.invoke({"country": "France"}) == "Paris!"
        assert look_up.invoke({"name": "look_up", "args": {"country": "F"}, "id": "c-7", "type": "tool_call"}).content
        model().invoke("after")

    inside = ("execute_tool look_up", LEAF, ("capital", ("prompt", ("attempt 1", LEAF))))
    assert names(t.tree()) == ("session", inside, inside, LEAF)
    tool_span, called = (one for one in t.spans if one.kind == "tool")
    assert called.text(semconv.TOOL_CALL_ID) == "c-7"
    assert semconv.TOOL_CALL_ID not in tool_span.attributes
    assert tool_span.kind == "tool"
    assert tool_span.text(semconv.TOOL_RESULT) == "Paris!"
    assert tool_span.data(semconv.TOOL_ARGUMENTS) == {"country": "France"}
    assert [event.name for event in tool_span.events] == [semconv.EVALUATION]


def test_an_async_tool_is_a_span_with_what_happens_in_it():
    @tool
    async def look_up(country: str) -> dict:
        """Look a capital up."""
        with span("inside"):
            return {"capital": (await model().ainvoke(country)).content}

    with trace("session") as t:
        asyncio.run(look_up.ainvoke({"country": "France"}))

    assert names(t.tree()) == ("session", ("execute_tool look_up", ("inside", LEAF)))
    assert t.spans[1].data(semconv.TOOL_RESULT) == {"capital": "Paris"}


def test_a_tool_in_a_tool_is_inside_of_it():
    @tool
    def inner(x: int) -> int:
        """Add one."""
        with span("adding"):
            return x + 1

    @tool
    def outer(x: int) -> int:
        """Add two."""
        return inner.invoke({"x": inner.invoke({"x": x})})

    with trace("session") as t:
        outer.invoke({"x": 1})

    once = ("execute_tool inner", ("adding",))
    assert names(t.tree()) == ("session", ("execute_tool outer", once, once))


def test_a_trace_inside_of_a_tool_is_inside_of_its_span():
    @tool
    def traced(x: int) -> int:
        """Trace."""
        with trace("inner"), span("adding"):
            return x + 1

    with trace("session") as t:
        traced.invoke({"x": 1})

    assert names(t.tree()) == ("session", ("execute_tool traced", ("inner", ("adding",))))


def test_tools_and_chains_that_fail_are_told():
    @tool
    def broken(x: int) -> int:
        """Break."""
        return RunnableLambda(lambda y: 1 // y).invoke(0)

    with trace() as t, pytest.raises(ZeroDivisionError):
        broken.invoke({"x": 1})

    assert [(one.status, one.message) for one in t.spans if one.kind == "tool"] == [
        ("error", "ZeroDivisionError: integer division or modulo by zero")
    ]


def test_a_model_that_fails_is_a_failed_leaf():
    with trace() as t, pytest.raises(ValueError, match="no luck"):
        failing().invoke("hi")

    (leaf,) = leaves(t)
    assert (leaf.status, leaf.message) == ("error", "ValueError: no luck")
    assert t.totals.errors == 1


def test_a_stream_that_is_not_read_to_its_end_is_told():
    with trace() as t:
        pieces = model(chunk_characters=1).stream("hi")
        next(pieces)
        pieces.close()

    (leaf,) = leaves(t)
    assert (leaf.status, leaf.message) == ("unset", "closed before its end")
    assert leaf.attributes[semconv.CANCELLED] is True


def test_a_stream_tells_when_its_first_piece_came():
    with trace() as t:
        list(model().stream("hi"))

    (leaf,) = leaves(t)
    assert leaf.attributes[semconv.STREAMED] is True
    assert 0 <= leaf.attributes[semconv.FIRST_CHUNK] < 60


def test_the_first_piece_is_the_first_with_anything_in_it():
    handler, run = LeafHandler(), uuid4()
    calling = ChatGenerationChunk(message=next(_tool_pieces()))
    with trace() as t:
        handler.on_chat_model_start({}, [[HumanMessage("hi")]], run_id=run)
        handler.on_llm_new_token("", run_id=run)
        assert semconv.FIRST_CHUNK not in t.spans[-1].attributes
        assert t.spans[-1].attributes[semconv.STREAMED] is True
        handler.on_llm_new_token("", run_id=run, chunk=calling)
        assert semconv.FIRST_CHUNK in t.spans[-1].attributes
        handler.on_llm_end(LLMResult(generations=[]), run_id=run)


def _tool_pieces():
    call = AIMessage("", tool_calls=[{"name": "f", "args": {"x": 1}, "id": "1", "type": "tool_call"}])
    return ScriptedModel([])._pieces(call)


def test_a_completion_model_is_a_leaf_too():
    with trace("session") as t:
        FakeListLLM(responses=["Paris"]).invoke("The capital of France is")

    (leaf,) = leaves(t)
    assert leaf.name == "chat FakeListLLM"
    assert leaf.data(semconv.OUTPUT_MESSAGES)[0]["parts"][0]["content"] == "Paris"


def test_usage_of_a_completion_model_stands_elsewhere():
    handler, run = LeafHandler(), uuid4()
    told = {"token_usage": {"prompt_tokens": 5, "completion_tokens": 2}}
    with trace() as t:
        handler.on_llm_start({"id": ["a", "Cheap"]}, ["hi"], run_id=run)
        handler.on_llm_end(LLMResult(generations=[[Generation(text="ho")]], llm_output=told), run_id=run)

    assert (t.totals.input_tokens, t.totals.output_tokens) == (5, 2)


def test_what_langchain_has_in_its_cache_costs_nothing():
    before = get_llm_cache()
    set_llm_cache(InMemoryCache())
    try:
        with trace() as t:
            asked = model()
            asked.invoke("hi")
            asked.invoke("hi")
    finally:
        set_llm_cache(before)

    assert (t.totals.chats, t.totals.cache_hits, t.totals.input_tokens) == (2, 1, 7)
    assert len(asked.asked) == 1


def test_a_whole_conversation_with_tool_calls_is_told():
    call = {"name": "look_up", "args": {"country": "Fränkreich"}, "id": "1", "type": "tool_call"}
    turns = [SystemMessage("Be brief."), HumanMessage("Capital?"), AIMessage("", tool_calls=[call])]
    answer = AIMessage("Paris", usage_metadata={**USAGE, "input_token_details": {"cache_read": 4}})

    with trace() as t:
        GenericFakeChatModel(messages=iter([answer])).invoke([*turns, ToolMessage("Paris", tool_call_id="1")])

    (leaf,) = leaves(t)
    told = leaf.data(semconv.INPUT_MESSAGES)
    assert [turn["role"] for turn in told] == ["system", "user", "assistant", "tool"]
    assert told[2]["parts"][0]["arguments"] == '{"country": "Fränkreich"}'
    assert told[3]["parts"][0] == {"type": "tool_call_response", "id": "1", "response": "Paris"}
    assert t.totals.cached_tokens == 4


def test_outside_of_a_trace_langchain_is_told_of_no_handler():
    seen = []

    class Spy(BaseCallbackHandler):
        def on_chat_model_start(self, *_, **__):
            seen.append(True)

    with trace() as t, untraced():
        model().invoke("hi", config={"callbacks": [Spy()]})
    model().invoke("hi")

    assert seen == [True]
    assert leaves(t) == []


def test_a_handler_that_is_handed_on_by_hand_finds_its_parent_in_a_bare_thread():
    @tool
    def threaded(x: int, callbacks=None) -> str:
        """Ask in a thread."""
        found = []
        thread = threading.Thread(
            target=lambda: found.append(model().invoke("hi", config={"callbacks": callbacks}).content)
        )
        thread.start()
        thread.join()
        return found[0]

    with trace("session") as t:
        assert threaded.invoke({"x": 1}) == "Paris"

    assert names(t.tree()) == ("session", ("execute_tool threaded", LEAF))


def test_it_is_registered_once_however_many_ask_for_it():
    threads = [threading.Thread(target=watch_langchain) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with trace() as t:
        model().invoke("hi")

    assert len(leaves(t)) == 1


def test_runs_that_nobody_saw_the_beginning_of_are_left_alone(caplog):
    handler, run = LeafHandler(), uuid4()
    result = LLMResult(generations=[[ChatGeneration(message=AIMessage("late"))]])
    with trace() as t, caplog.at_level(logging.WARNING):
        handler.on_llm_new_token("late", run_id=run)
        handler.on_llm_end(result, run_id=run)
        handler.on_llm_error(ValueError(), run_id=run)
        handler.on_tool_end("late", run_id=run)
        handler.on_tool_error(ValueError(), run_id=run)
        handler.on_chain_end({}, run_id=run)
    handler.on_chat_model_start({}, [], run_id=run)  # outside of a trace
    handler.on_tool_start({}, "x", run_id=run)

    assert len(t.spans) == 1
    assert not caplog.records


def test_the_result_of_a_tool_may_be_a_message():
    handler, run = LeafHandler(), uuid4()
    with trace() as t:
        handler.on_tool_start({"name": "f"}, "x", run_id=run)
        handler.on_tool_end(SimpleNamespace(content="Paris"), run_id=run)

    assert t.spans[-1].text(semconv.TOOL_RESULT) == "Paris"
    assert t.spans[-1].text(semconv.TOOL_ARGUMENTS) == "x"
