"""Conversations with calls of tools over real HTTP, with langchain's client of OpenAI and around langchain."""

import asyncio
import json

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_openai import ChatOpenAI

from llm_strategy.chat import read_turn, resolve
from llm_strategy.errors import ReplyError, UnsupportedError
from llm_strategy.flow import ChatRequest, NextChunk, OpenStream, OutputFormat, arun, run
from llm_strategy.flow.pieces import PiecesSoFar
from llm_strategy.messages import Message
from llm_strategy.tools import call_tool, tool, tool_named
from llm_strategy.tracing import trace

pytestmark = [pytest.mark.loopback, pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]


@tool
def add(a: int, b: int = 1) -> int:
    """The sum."""
    return a + b


@tool
def now() -> str:
    """The time."""
    return "12:00"


TOOLS = (add, now)


def call(name, arguments, id_="", index=None):
    function = {"name": name, "arguments": arguments}
    return {"type": "function", "function": function} | ({"id": id_} if id_ else {}) | _at(index)


def _at(index):
    return {} if index is None else {"index": index}


def reply(content=None, calls=(), reason=None):
    message = {"role": "assistant", "content": content} | ({"tool_calls": list(calls)} if calls else {})
    reason = reason or ("tool_calls" if calls else "stop")
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    choice = {"index": 0, "message": message, "finish_reason": reason}
    return {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}


def events(one):
    """The same reply in events: the content, then each call in a head and two halves."""
    message = one["choices"][0]["message"]
    deltas = [{"role": "assistant", "content": message["content"] or ""}]
    calls = message.get("tool_calls", ())
    for index, each in enumerate(calls):
        text = each["function"]["arguments"] or ""
        head = {**each, "index": index, "function": {"name": each["function"]["name"], "arguments": text[:3]}}
        deltas += [{"tool_calls": [head]}, {"tool_calls": [{"index": index, "function": {"arguments": text[3:]}}]}]
    return stream([*deltas, one["choices"][0]["finish_reason"]], usage=one["usage"])


def stream(deltas, usage=None):
    *deltas, reason = deltas
    shared = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    bodies = [{**shared, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    bodies.append({**shared, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
    if usage:
        bodies.append({**shared, "choices": [], "usage": usage})
    return "".join(f"data: {json.dumps(body)}\n\n" for body in bodies) + "data: [DONE]\n\n"


class Provider:
    """Gives scripted replies, whole or in pieces as it is asked; keeps what it was sent."""

    def __init__(self, serve, respond):
        self._serve, self._respond = serve, respond

    def model(self, *replies, **options):
        def answer(connection, number):
            one = replies[min(number, len(replies)) - 1]
            if isinstance(one, tuple):
                connection.sendall(self._respond(json.dumps(one[1]).encode(), status=one[0]))
            elif self.server.bodies[number - 1].get("stream"):
                text = one if isinstance(one, str) else events(one)
                connection.sendall(self._respond(text.encode(), kind="text/event-stream"))
            else:
                connection.sendall(self._respond(json.dumps(one).encode()))

        self.server = self._serve(answer)
        return ChatOpenAI(model="m", base_url=self.server.url, api_key="x", max_retries=0, **options)

    @property
    def bodies(self):
        return self.server.bodies


@pytest.fixture
def provider(serve, respond):
    return Provider(serve, respond)


def asked(request, *, streamed):
    if not streamed:
        return (yield request)
    opened, so_far = (yield OpenStream(request)), PiecesSoFar()
    while (chunk := (yield NextChunk(opened))) is not None:
        so_far.add(chunk)
    return so_far.reply()


def talk(model, *, streamed=False, must_call=False):
    """What a method of reasoning does: ask, call, tell, until the model speaks."""
    messages = (Message.user("Go."),)
    form = OutputFormat(tools=tuple(one.spec for one in TOOLS), must_call=must_call)
    while True:
        came = yield from asked(ChatRequest(model, messages, form), streamed=streamed)
        turn = read_turn(came, form.tools, messages)
        messages = (*messages, turn.message)
        if not turn.calls:
            return turn.text, messages
        for one in turn.calls:
            try:
                value = yield from call_tool(tool_named(TOOLS, one.name), one.arguments, tainted=False, call_id=one.id)
            except ReplyError as error:
                value = f"Error: {error}"
            messages = (*messages, Message.tool(str(value), one.id))


def awaited(flow, model):
    async def whole():
        try:
            return await arun(flow)
        finally:
            await model.root_async_client.close()

    return asyncio.run(whole())


WAYS = {
    "sync": lambda model, **options: run(talk(resolve(model), **options)),
    "async": lambda model, **options: awaited(talk(resolve(model), **options), model),
    "sync stream": lambda model, **options: run(talk(resolve(model), streamed=True, **options)),
    "async stream": lambda model, **options: awaited(talk(resolve(model), streamed=True, **options), model),
}
ways = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
paths = pytest.mark.parametrize("options", [{}, {"callbacks": [BaseCallbackHandler()]}], ids=["direct", "langchain"])


def sent(body):
    """What stands in a request of calls and their answers, as `(role, ids, arguments)`."""
    told = []
    for message in body["messages"]:
        calls = message.get("tool_calls") or ()
        ids = [one["id"] for one in calls] or [message.get("tool_call_id", "")]
        told.append((message["role"], ids, [json.loads(one["function"]["arguments"]) for one in calls]))
    return told


@ways
@paths
def test_tools_are_offered_called_at_once_and_answered_in_order(provider, way, options):
    model = provider.model(
        reply("I look.", [call("add", '{"a": 2, "b": 3}', "id-1"), call("now", "{}", "id-2")]),
        reply("It is 5."),
        **options,
    )
    text, messages = way(model)

    assert text == "It is 5."
    assert [message.content for message in messages] == ["Go.", "I look.", "5", "12:00", "It is 5."]
    first, second = provider.bodies
    assert [one["function"]["name"] for one in first["tools"]] == ["add", "now"]
    assert first["tools"][0]["function"]["parameters"]["properties"]["b"] == {"type": "integer", "default": 1}
    assert "tool_choice" not in first
    assert sent(second)[1:] == [
        ("assistant", ["id-1", "id-2"], [{"a": 2, "b": 3}, {}]),
        ("tool", ["id-1"], []),
        ("tool", ["id-2"], []),
    ]
    assert [one["content"] for one in second["messages"][2:]] == ["5", "12:00"]


@ways
@paths
def test_a_call_may_be_required(provider, way, options):
    way(provider.model(reply(calls=[call("now", "{}", "id-1")]), reply("Noon."), **options), must_call=True)
    assert provider.bodies[0]["tool_choice"] == "required"


@ways
@paths
def test_damaged_arguments_unknown_tools_and_missing_ids_are_told_to_the_model(provider, way, options):
    model = provider.model(
        reply(
            calls=[call("add", '{"a": 2, "b"'), call("subtract", '{"a": 1}'), call("add", "{'a': 4,}"), call("now", "")]
        ),
        reply("Sorry."),
        **options,
    )
    text, messages = way(model)

    assert text == "Sorry."
    calls = messages[1].tool_calls  # langchain puts damaged ones behind the others
    answers = dict(zip([one.arguments for one in calls], [one.content for one in messages[2:6]], strict=True))
    assert answers['{"a": 4}'] == "5"
    assert answers["{}"] == "12:00"
    assert "There is no tool 'subtract'" in answers['{"a": 1}']
    assert answers['{"unreadable": "{\\"a\\": 2, \\"b\\""}'].startswith("Error: ")
    ids = [one.id for one in messages[1].tool_calls]
    assert [len(one) for one in ids] == [9] * 4
    assert len(set(ids)) == 4
    assert [told[0:2] for told in sent(provider.bodies[1])[2:]] == [("tool", [one]) for one in ids]


@ways
@paths
def test_calls_that_stand_in_the_text_are_calls(provider, way, options):
    model = provider.model(
        reply('Adding. <tool_call>{"name": "add", "arguments": {"a": 2}}</tool_call>'), reply("3."), **options
    )
    text, messages = way(model)
    assert text == "3."
    assert [message.content for message in messages[1:3]] == ["Adding.", "3"]
    assert sent(provider.bodies[1])[1][2] == [{"a": 2}]


@paths
@pytest.mark.parametrize("way", [WAYS["sync stream"], WAYS["async stream"]])
@pytest.mark.parametrize(
    "deltas",
    [
        pytest.param(
            [
                {"tool_calls": [call("add", '{"a"', "id-1", 0)]},
                {"tool_calls": [call("now", "", "id-2", 1)]},
                {"tool_calls": [{"index": 0, "function": {"arguments": ": 2}"}}]},
                {"tool_calls": [{"index": 1, "function": {"arguments": "{}"}}]},
            ],
            id="interleaved",
        ),
        pytest.param(
            [{"tool_calls": [call("add", '{"a": 2}', "id-1", 0), call("now", "{}", "id-2", 1)]}], id="in one event"
        ),
        pytest.param(
            [
                {"tool_calls": [call("add", '{"a"', "id-1", 0)]},
                {"tool_calls": [call("add", ": 2}", "id-1", 0)]},
                {"tool_calls": [call("now", "{}", "id-2", 1)]},
            ],
            id="names repeated",
        ),
    ],
)
def test_streams_of_several_calls_are_kept_apart(provider, way, options, deltas):
    model = provider.model(stream([*deltas, "tool_calls"]), reply("Done."), **options)
    _, messages = way(model)
    assert [(one.name, one.arguments, one.id) for one in messages[1].tool_calls] == [
        ("add", '{"a": 2}', "id-1"),
        ("now", "{}", "id-2"),
    ]
    assert [message.content for message in messages[2:4]] == ["3", "12:00"]


def test_whole_calls_without_an_index_are_kept_apart_around_langchain(provider):
    deltas = [{"tool_calls": [call("add", '{"a": 2}')]}, {"tool_calls": [call("now", "{}")]}]
    _, messages = WAYS["sync stream"](provider.model(stream([*deltas, "tool_calls"]), reply("Done.")))
    assert [message.content for message in messages[2:4]] == ["3", "12:00"]


@ways
def test_a_server_without_tools_is_unsupported_and_remembered(provider, way):
    model = provider.model((400, {"error": {"message": "tools are not supported by this model"}}))
    with pytest.raises(UnsupportedError, match="turned tools down"):
        way(model)
    assert "tool" not in resolve(model).profile.methods


def test_ids_that_come_again_are_made_different(provider):
    again = reply(calls=[call("now", "{}", "call_0")])
    _, messages = WAYS["sync"](provider.model(again, again, reply("Noon.")))
    ids = [one.id for message in messages for one in message.tool_calls]
    assert ids[0] == "call_0"
    assert len(set(ids)) == 2


def test_offers_and_calls_are_seen_in_a_trace(provider):
    model = provider.model(reply(calls=[call("add", '{"a": 2}', "id-1")]), reply("3."))
    with trace(content=True) as session:
        WAYS["sync"](model)
    chats = [span for span in session.spans if span.kind == "chat"]
    offered = json.loads(chats[0].attributes["gen_ai.tool.definitions"])
    assert [(one["type"], one["name"]) for one in offered] == [("function", "add"), ("function", "now")]
    (part,) = json.loads(chats[0].attributes["gen_ai.output.messages"])[0]["parts"]
    assert (part["type"], part["name"], part["id"]) == ("tool_call", "add", "id-1")
    (used,) = [span for span in session.spans if span.kind == "tool"]
    assert used.attributes["gen_ai.tool.call.id"] == "id-1"
