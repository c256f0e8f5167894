"""Conversations that can be continued and branched."""

import asyncio

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from pydantic import BaseModel

from llm_strategy import ChatChain, Message, use_model
from llm_strategy.errors import (
    AttemptsExhaustedError,
    DefinitionError,
    EmptyReplyError,
    FilteredError,
    InputError,
    NoModelError,
    RefusedError,
    TransportError,
    TruncatedError,
)
from llm_strategy.flow import Sampling
from llm_strategy.schema.fenced import PythonCode
from llm_strategy.testing import FakeChatModel, ScriptedModel


class Person(BaseModel):
    name: str
    age: int


def query(chain, *args, **options):
    return chain.query(*args, **options)


def aquery(chain, *args, **options):
    return asyncio.run(chain.aquery(*args, **options))


def structured(chain, *args, **options):
    return chain.structured_query(*args, **options)


def astructured(chain, *args, **options):
    return asyncio.run(chain.astructured_query(*args, **options))


queries = pytest.mark.parametrize("ask", [query, aquery], ids=["sync", "async"])
structured_queries = pytest.mark.parametrize("ask", [structured, astructured], ids=["sync", "async"])


@queries
def test_a_query_returns_the_reply_and_the_chain_that_holds_it(ask):
    chain = ChatChain(ScriptedModel(["Goethe."]))

    reply, longer = ask(chain, "Who wrote Faust?")

    assert reply == longer.response == "Goethe."
    assert longer.messages == (Message.user("Who wrote Faust?"), Message.assistant("Goethe."))
    assert chain.messages == ()


def test_a_chain_cannot_be_changed():
    with pytest.raises(AttributeError):
        ChatChain().messages = ()


def test_the_model_sees_the_whole_conversation():
    model = ScriptedModel(["Goethe.", "In 1749."])
    _, chain = ChatChain(model).query("Who wrote Faust?")
    chain.query("When was he born?")

    assert [turn.content for turn in model.asked[-1]] == ["Who wrote Faust?", "Goethe.", "When was he born?"]


def test_one_chain_can_be_continued_in_two_directions():
    stem = ChatChain(ScriptedModel(["left", "right"])).append("Where to?")

    _, left = stem.query("a")
    _, right = stem.branch().query("b")

    assert [turn.content for turn in left.messages] == ["Where to?", "a", "left"]
    assert [turn.content for turn in right.messages] == ["Where to?", "b", "right"]
    assert stem.branch() == stem


@pytest.mark.parametrize(
    ("turns", "messages"),
    [
        pytest.param("Hi", (Message.user("Hi"),), id="a text"),
        pytest.param(Message.system("Hi"), (Message.system("Hi"),), id="a message of ours"),
        pytest.param(SystemMessage("Hi"), (Message.system("Hi"),), id="a message of langchain"),
        pytest.param(["a", AIMessage("b")], (Message.user("a"), Message.assistant("b")), id="a list"),
        pytest.param(("a", Message.user("b")), (Message.user("a"), Message.user("b")), id="a tuple"),
        pytest.param([], (), id="nothing"),
    ],
)
def test_turns_of_every_kind_can_be_appended(turns, messages):
    start = ChatChain(messages=(Message.system("Be brief."),))

    assert start.append(turns).messages == (start + turns).messages == (*start.messages, *messages)
    assert ChatChain(messages=turns).messages == messages
    assert start.messages == (Message.system("Be brief."),)


def test_turns_may_come_from_any_iterable():
    assert ChatChain().append(text for text in ("a", "b")).messages == (Message.user("a"), Message.user("b"))
    assert ChatChain().append({"a": 1}.keys()).messages == (Message.user("a"),)


@pytest.mark.parametrize(
    "turn",
    [3, None, {"role": "user", "content": "Hi"}, [3], ChatChain(), object()],
    ids=["number", "None", "dict", "list", "chain", "object"],
)
def test_what_is_no_turn_is_refused_in_words(turn):
    with pytest.raises(InputError, match=r"is no turn of a conversation\. Append a text, a llm_strategy\.Message or a"):
        ChatChain().append(turn)


def test_an_image_is_refused_and_not_dropped():
    with pytest.raises(InputError, match="'image_url'"):
        ChatChain().append(HumanMessage(content=[{"type": "image_url", "image_url": {"url": "x"}}]))


def test_the_response_is_the_text_of_the_last_turn():
    assert ChatChain().response == ""
    assert ChatChain().append("Hi").response == "Hi"


@queries
@pytest.mark.parametrize(
    ("reply", "error"),
    [
        pytest.param(AIMessage("", additional_kwargs={"refusal": "No."}), RefusedError, id="refused"),
        pytest.param(
            AIMessage("", response_metadata={"finish_reason": "content_filter"}), FilteredError, id="filtered"
        ),
        pytest.param(AIMessage("So", response_metadata={"finish_reason": "length"}), TruncatedError, id="cut off"),
        pytest.param("", EmptyReplyError, id="empty"),
        pytest.param(RuntimeError("cable cut"), TransportError, id="no reply"),
    ],
)
def test_a_query_without_a_usable_reply_is_a_typed_error(ask, reply, error):
    with pytest.raises(error):
        ask(ChatChain(ScriptedModel([reply])), "Hi")


def test_the_draw_is_set_for_a_chain_and_for_one_query():
    model = ScriptedModel(["a"] * 3)
    chain = ChatChain(model, sampling=Sampling(temperature=0.1, seed=1))

    _, chain = chain.query("x", temperature=0.9, max_tokens=5)
    _, chain = chain.query("y")
    chain.query("z", seed=None)

    assert model.arguments == [
        {"temperature": 0.9, "max_tokens": 5, "seed": 1},
        {"temperature": 0.1, "seed": 1},
        {"temperature": 0.1},
    ]


def test_a_setting_that_does_not_exist_is_an_error():
    with pytest.raises(TypeError, match="top_q"):
        ChatChain(ScriptedModel(["a"])).query("x", top_q=1)


def test_a_chain_without_a_model_asks_the_default_one(monkeypatch):
    monkeypatch.delenv("LLM_STRATEGY_MODEL", raising=False)
    with use_model(ScriptedModel(["yes"])):
        assert ChatChain().query("Hi")[0] == "yes"
    with pytest.raises(NoModelError):
        ChatChain().query("Hi")


@structured_queries
def test_a_structured_query_returns_the_value_and_the_chain_that_holds_the_reply(ask):
    model = ScriptedModel(['{"name": "Goethe", "age": 82}'])
    chain = ChatChain(model).append([Message.system("Be brief."), "Who wrote Faust?", Message.assistant("Goethe.")])

    value, longer = ask(chain, "Describe him.", Person)

    assert value == Person(name="Goethe", age=82)
    assert longer.messages[:3] == chain.messages
    assert longer.messages[3].content.startswith("Describe him.\n\nReply with only the return value, as JSON")
    assert longer.response == '{"name": "Goethe", "age": 82}'
    assert [turn.type for turn in model.asked[0]] == ["system", "human", "ai", "human"]


def test_a_structured_query_says_nothing_about_functions_and_may_be_empty():
    model = ScriptedModel(["3", "4"], llm_strategy_methods=("json_schema",))
    ChatChain(model).structured_query("How many {things}?", int)
    ChatChain(model).append("How many?").structured_query("", int, method="prompt")

    assert [turn.content for turn in model.asked[0]] == ["How many {things}?"]
    assert model.asked[1][-1].content.startswith("Reply with only the return value")


@structured_queries
def test_failed_attempts_are_not_part_of_the_chain(ask):
    model = ScriptedModel(["no idea", "3"])

    value, chain = ask(ChatChain(model), "How many?", int)

    assert (value, len(chain.messages), chain.response) == (3, 2, "3")


@structured_queries
def test_the_attempts_and_the_method_of_a_structured_query_can_be_chosen(ask):
    model = ScriptedModel(["no idea", "3"])

    with pytest.raises(AttemptsExhaustedError, match=r"ChatChain\.structured_query got no usable reply in 1 attempt"):
        ask(ChatChain(model), "How many?", int, attempts=1, method="json_schema")
    assert model.arguments[0]["response_format"]["type"] == "json_schema"


@structured_queries
def test_a_type_that_cannot_be_asked_for_is_an_error(ask):
    with pytest.raises(DefinitionError, match="the type of a structured query"):
        ask(ChatChain(ScriptedModel()), "What?", type("Opaque", (), {"__init__": lambda self, x: None}))


def test_code_can_be_asked_for():
    model = ScriptedModel(["```python\nx = 1\n```"])

    assert ChatChain(model).structured_query("Set x.", PythonCode)[0] == "x = 1"


def test_a_structured_query_draws_as_its_chain():
    model = ScriptedModel(["3"])
    ChatChain(model, sampling=Sampling(temperature=0.0)).structured_query("How many?", int)

    assert model.arguments == [{"temperature": 0.0}]


def test_a_chain_runs_along_a_known_conversation():
    known = [HumanMessage("Hi"), AIMessage("Hello"), HumanMessage("Bye"), AIMessage("See you")]
    model = FakeChatModel.from_messages([known])

    reply, chain = ChatChain(model).query("Hi")
    assert reply == "Hello"
    assert chain.query("Bye")[0] == "See you"
