"""Models that stand in for each other."""

import asyncio
import pickle

import pytest
from langchain_core.messages import AIMessage
from pydantic import BaseModel

from llm_strategy import ChatChain, SelfConsistency, fallback, llm_function, trace, use_model
from llm_strategy.chat import resolve
from llm_strategy.chat.fallback import Fallback
from llm_strategy.errors import (
    AttemptsExhaustedError,
    ConfigurationError,
    NoModelAnsweredError,
    RefusedError,
    ReplyError,
    TransportError,
    UnknownModelError,
    UnsupportedError,
)
from llm_strategy.flow import ChatRequest, OutputFormat, Profile
from llm_strategy.flow.fingerprint import identity_of
from llm_strategy.messages import Chunk, Message, Reply
from llm_strategy.schema.partial import growth
from llm_strategy.testing import ScriptedModel


@llm_function
def double(model, number: int) -> int:
    """Double the number."""
    raise NotImplementedError


@llm_function
async def adouble(model, number: int) -> int:
    """Double the number."""
    raise NotImplementedError


class Person(BaseModel):
    name: str


@llm_function
def describe(model, text: str) -> Person:
    """Describe the person."""
    raise NotImplementedError


def call(model, number=2):
    return double(model, number)


def acall(model, number=2):
    return asyncio.run(adouble(model, number))


ways = pytest.mark.parametrize("way", [call, acall])


class Named:
    """A model of our own with a script of replies, errors and streams."""

    profile = Profile(("prompt",))

    def __init__(self, name, *script, methods=("prompt",)):
        self.name, self.script, self.asked = name, list(script), []
        self.profile = Profile(methods)

    def reply(self, request):
        self.asked.append(request)
        given = self.script.pop(0)
        if isinstance(given, Exception):
            raise given
        return Reply(Message.assistant(given), model=self.name)

    async def areply(self, request):
        return self.reply(request)

    def stream(self, request):
        self.asked.append(request)
        for piece in self.script.pop(0):
            if isinstance(piece, Exception):
                raise piece
            yield Chunk(piece)

    async def astream(self, request):
        for chunk in self.stream(request):
            yield chunk


def down(name="The server is down."):
    return TransportError(name, status=503)


@ways
def test_the_next_model_is_asked_where_one_gives_no_reply(way):
    assert way(fallback(Named("a", down()), Named("b", "4"))) == 4


@ways
def test_the_next_model_is_asked_where_one_is_of_no_use(way):
    assert way(fallback(Named("a", "I am small."), Named("b", "4"))) == 4


def test_the_next_model_is_not_shown_what_the_one_before_it_said():
    second = Named("b", "4")

    double(fallback(Named("a", "I am small."), second), 2)

    assert not any("small" in message.content for message in second.asked[0].messages)


def test_a_model_gets_as_many_chances_as_it_is_given():
    first, second = Named("a", "no", "nor now"), Named("b", "4")

    assert double(fallback(first, second, escalate=2), 2) == 4
    assert len(first.asked) == 2
    assert first.asked[1].messages[-2].content == "no"


def test_a_model_may_keep_all_chances():
    first, second = Named("a", "no", "no", "4"), Named("b")

    assert double(fallback(first, second, escalate=None), 2) == 4
    assert second.asked == []


def test_attempts_are_counted_over_all_models():
    models = Named("a", "no"), Named("b", "no"), Named("c", "no", "4")

    with pytest.raises(AttemptsExhaustedError, match="in 3 attempts") as raised:
        double(fallback(*models), 2)

    assert [error.reply for error in raised.value.errors] == ["no"] * 3


def test_each_model_is_asked_in_the_form_that_suits_it():
    first, second = Named("a", "no", methods=("json_schema",)), Named("b", '{"return_value": 4}', methods=("tool",))

    assert double(fallback(first, second), 2) == 4
    assert (first.asked[0].output.method, second.asked[0].output.method) == ("json_schema", "tool")


def test_a_model_that_turns_its_forms_down_is_passed_over():
    first = Named("a", UnsupportedError("no tools"), UnsupportedError("no JSON"), methods=("tool", "json_object"))

    assert double(fallback(first, Named("b", "4")), 2) == 4


@ways
def test_the_errors_of_all_models_are_kept_where_none_answers(way):
    models = Named("a", down("a is down.")), Named("b", "no"), Named("c", UnsupportedError("c can nothing."))

    with pytest.raises(NoModelAnsweredError) as raised:
        way(fallback(*models))

    assert isinstance(raised.value.errors[0], TransportError)
    assert isinstance(raised.value.errors[1], ReplyError)
    assert isinstance(raised.value.errors[2], UnsupportedError)
    assert "  a: TransportError: a is down." in str(raised.value)
    assert "from any of 3 models" in str(raised.value)
    assert isinstance(raised.value.__cause__, UnsupportedError)
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)


def test_the_error_of_one_model_is_raised_as_it_is():
    with pytest.raises(TransportError, match="down") as raised:
        double(fallback(Named("a", down())), 2)

    assert not isinstance(raised.value, NoModelAnsweredError)


def refusing():
    return ScriptedModel([AIMessage("", additional_kwargs={"refusal": "I can't."})])


@pytest.mark.parametrize("last", [ScriptedModel(["4"])])
def test_a_refusal_is_final_unless_it_is_said_otherwise(last):
    with pytest.raises(RefusedError):
        double(fallback(refusing(), last), 2)

    assert double(fallback(refusing(), last, refusals=True), 2) == 4


def test_a_refusal_of_the_last_attempt_is_raised():
    with pytest.raises(RefusedError):
        double.using(attempts=1)(fallback(refusing(), ScriptedModel(["4"]), refusals=True), 2)


def test_fallbacks_work_inside_each_other():
    inner = fallback(Named("a", down()), Named("b", "no"))

    assert double(fallback(inner, Named("c", "4")), 2) == 4
    assert double(fallback(Named("c", "no"), fallback(Named("a", "no"), Named("b", "4"))), 2) == 4


def test_a_fallback_is_a_model_wherever_one_is_wanted():
    assert double.using(model=fallback(Named("a", down()), Named("b", "4")))(None, 2) == 4
    with use_model(fallback(Named("a", down()), Named("b", "4"))):
        assert double(None, 2) == 4
    assert [one.unwrap() for one in double.map(fallback(Named("a", down()), Named("b", "4")), [2])] == [4]


@pytest.mark.parametrize("query", [lambda chain: chain.query("2 * 2?"), lambda chain: asyncio.run(chain.aquery("?"))])
def test_a_chain_asks_the_next_model(query):
    text, chain = query(ChatChain(fallback(Named("a", down()), Named("b", "4"))))

    assert text == "4"
    assert isinstance(chain.model, Fallback)


def test_a_chain_keeps_the_errors_of_all_models():
    with pytest.raises(NoModelAnsweredError):
        ChatChain(fallback(Named("a", down()), Named("b", down()))).query("2 * 2?")


def test_methods_of_reasoning_ask_the_next_model():
    first = Named("a", *[down()] * 3)
    second = Named("b", *['{"reasoning": "so", "return_value": 4}'] * 3)

    assert double.using(reasoning=SelfConsistency(3))(fallback(first, second), 2) == 4


def streamed(model):
    return list(describe.stream(model, "Ada"))


def astreamed(model):
    async def collect():
        return [value async for value in describe.astream(model, "Ada")]

    return asyncio.run(collect())


streams = pytest.mark.parametrize("way", [streamed, astreamed])
WHOLE = ['{"name": ', '"Ada"}']


@streams
def test_the_next_model_streams_where_one_does_not_begin(way):
    assert way(fallback(Named("a", [down()]), Named("b", WHOLE)))[-1] == Person(name="Ada")


@streams
def test_the_next_model_streams_where_one_breaks_off(way):
    first = Named("a", ['{"name": "E', TransportError("cut", retryable=True)], ["never"])

    values = way(fallback(first, Named("b", WHOLE)))

    assert [growth(value).attempt for value in values[:-1]] == [1, 2]
    assert values[-1] == Person(name="Ada")


@streams
def test_the_next_model_streams_where_one_is_of_no_use(way):
    assert way(fallback(Named("a", ['{"nam', 'e": 3']), Named("b", WHOLE)))[-1] == Person(name="Ada")


def test_a_trace_shows_which_model_answered():
    with trace("calls") as t:
        double(fallback(Named("a", down()), Named("b", "4")), 2)

    assert [span.name for span in t.spans if span.kind == "chat"] == ["chat a", "chat b"]


REQUEST = ChatRequest(Named("x"), (Message.user("2 * 2?"),), OutputFormat())


def areply(model):
    return asyncio.run(model.areply(REQUEST)).message.content


def stream(model):
    return "".join(chunk.text for chunk in model.stream(REQUEST))


def astream(model):
    async def collect():
        return "".join([chunk.text async for chunk in model.astream(REQUEST)])

    return asyncio.run(collect())


def reply(model):
    return model.reply(REQUEST).message.content


@pytest.mark.parametrize(
    ("way", "bad", "good"),
    [(reply, down(), "4"), (areply, down(), "4"), (stream, [down()], ["4"]), (astream, [down()], ["4"])],
)
def test_a_fallback_answers_requests_by_itself(way, bad, good):
    assert way(fallback(Named("a", bad), Named("b", good))) == "4"
    with pytest.raises(NoModelAnsweredError, match="The request got no answer"):
        way(fallback(Named("a", bad), Named("b", bad)))


@pytest.mark.parametrize("way", [stream, astream])
def test_a_stream_that_began_is_not_begun_anew_below_the_flow(way):
    with pytest.raises(TransportError, match="down"):
        way(fallback(Named("a", ["4", down()]), Named("b", ["4"])))


def test_a_fallback_is_known_by_its_models():
    model = fallback(Named("a"), Named("b", methods=("tool",)), "local")

    assert model.name == "a, b, local"
    assert repr(model) == "fallback(a, b, local)"
    assert model.profile.methods == ("prompt",)
    assert resolve(model) is model
    assert identity_of(fallback(Named("a"), Named("b"))) == {"fallback": [{"name": "a"}, {"name": "b"}], "escalate": 1}


def test_a_fallback_can_be_pickled_where_its_models_can():
    model = fallback("openai:gpt-4o-mini", "local")

    assert pickle.loads(pickle.dumps(model)) == model


def test_what_is_no_fallback_is_refused():
    with pytest.raises(ConfigurationError, match="no model to ask"):
        fallback()
    for number in (0, True, 1.5):
        with pytest.raises(ConfigurationError, match="no number of replies"):
            fallback("local", escalate=number)
    with pytest.raises(UnknownModelError):
        double(fallback(3), 2)
