"""Langchain models as `ChatModel`: replies, streams, failures."""

import asyncio
import gc
import weakref

import pytest
from langchain_core.language_models.llms import LLM
from langchain_core.messages import AIMessage
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from llm_strategy.chat.completion import CompletionChat, as_text
from llm_strategy.chat.langchain import LangchainChat
from llm_strategy.errors import DamagedReplyError, NotAModelError, ReplayError, TransportError, UnsupportedError
from llm_strategy.flow import ChatModel, ChatRequest, OutputFormat, Sampling
from llm_strategy.messages import Message
from llm_strategy.testing import FakeLLM, ScriptedModel

METHODS = ("json_schema", "tool", "json_object", "prompt")
SCHEMA = {"type": "object", "properties": {}}


class HttpError(Exception):
    """An error with a status, as the libraries of providers raise."""

    def __init__(self, message, status_code=None):
        super().__init__(message)
        self.status_code = status_code


class FailingLLM(LLM):
    failure: Exception = RuntimeError("down")

    @property
    def _llm_type(self):
        return "failing"

    def _call(self, prompt, stop=None, run_manager=None, **kwargs):
        raise self.failure


def request(model, method="prompt", **sampling):
    form = OutputFormat(method, "Answer", "", SCHEMA if method in {"json_schema", "tool"} else None)
    return ChatRequest(model, (Message.user("Hi"),), form, Sampling(**sampling))


def replied(adapter, asked):
    return adapter.reply(asked)


def areplied(adapter, asked):
    return asyncio.run(adapter.areply(asked))


def streamed(adapter, asked):
    return "".join(chunk.text for chunk in adapter.stream(asked))


def astreamed(adapter, asked):
    async def collect():
        return "".join([chunk.text async for chunk in adapter.astream(asked)])

    return asyncio.run(collect())


ways = pytest.mark.parametrize("way", [replied, areplied, streamed, astreamed])


def text(answer):
    return answer if isinstance(answer, str) else answer.message.content


@ways
@pytest.mark.parametrize(
    "adapter",
    [lambda: LangchainChat(ScriptedModel(["Hello."])), lambda: CompletionChat(FakeLLM(texts={"HiHello."}))],
    ids=["chat", "completion"],
)
def test_an_adapter_gives_the_models_reply_in_every_way(adapter, way):
    chat = adapter()

    assert isinstance(chat, ChatModel)
    assert text(way(chat, request(chat))) == "Hello."


@ways
def test_settings_of_the_draw_and_the_form_are_arguments_of_the_call(way):
    model = ScriptedModel(["{}"], llm_strategy_methods=METHODS)
    way(LangchainChat(model), request(None, "json_object", temperature=0.5, max_tokens=9))

    assert model.arguments == [{"temperature": 0.5, "max_tokens": 9, "response_format": {"type": "json_object"}}]


@ways
@pytest.mark.parametrize("message", ["not on the tape"])
def test_our_own_errors_pass_unchanged(way, message):
    chat = LangchainChat(ScriptedModel([ReplayError(message)]))
    completion = CompletionChat(FakeLLM())

    with pytest.raises(ReplayError, match=message):
        way(chat, request(chat))
    with pytest.raises(ReplayError, match="FakeLLM knows no text"):
        way(completion, request(completion))


@ways
def test_any_other_failure_is_a_transport_error_with_its_cause(way):
    chat = LangchainChat(ScriptedModel([RuntimeError("cable\ncut")]))
    completion = CompletionChat(FailingLLM())

    with pytest.raises(TransportError, match="'ScriptedModel' gave no reply: RuntimeError: cable cut") as caught:
        way(chat, request(chat))
    assert caught.value.status is None
    assert isinstance(caught.value.__cause__, RuntimeError)
    with pytest.raises(TransportError, match="'FailingLLM' gave no reply: RuntimeError: down"):
        way(completion, request(completion))


def test_a_failure_without_words_says_so():
    chat = LangchainChat(ScriptedModel([RuntimeError()]))

    with pytest.raises(TransportError, match="RuntimeError: no message"):
        chat.reply(request(chat))


def test_a_transport_error_holds_the_status():
    chat = LangchainChat(ScriptedModel([HttpError("overloaded", 503)]))

    with pytest.raises(TransportError, match="overloaded") as caught:
        chat.reply(request(chat))
    assert caught.value.status == 503


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        pytest.param(HttpError("<html><body>Log in</body></html>"), NotAModelError, id="a page"),
        pytest.param(HttpError("<!DOCTYPE html><title>x</title>", 404), NotAModelError, id="a page that is missing"),
        pytest.param(TypeError("Received response with null value for 'choices'."), DamagedReplyError, id="other JSON"),
        pytest.param(ValueError("No generation chunks were returned"), NotAModelError, id="no stream of events"),
        pytest.param(HttpError("<html>Bad gateway</html>", 502), TransportError, id="a gateway that is down"),
    ],
)
def test_what_answers_and_is_no_model_is_told_from_a_model_that_is_down(failure, kind):
    chat = LangchainChat(ScriptedModel([failure]))

    with pytest.raises(TransportError) as caught:
        chat.reply(request(chat))
    assert type(caught.value) is kind
    assert ("Check its base URL" in str(caught.value)) is (kind is NotAModelError)


TURNED_DOWN = [
    pytest.param("json_schema", "'response_format' of type 'json_schema' is not supported", 400, id="schema"),
    pytest.param("tool", "No endpoints found that support tool use", 404, id="tool"),
    pytest.param("json_object", "Unknown parameter: response_format", 422, id="JSON mode"),
    pytest.param("json_schema", "This model does not support Structured Outputs", 400, id="capitals"),
]


@ways
@pytest.mark.parametrize(("method", "words", "status"), TURNED_DOWN)
def test_a_method_that_a_server_turns_down_is_unsupported_and_remembered(way, method, words, status):
    model = ScriptedModel([HttpError(words, status)], llm_strategy_methods=METHODS)
    chat = LangchainChat(model)

    with pytest.raises(UnsupportedError, match=f"turned the structured-output method '{method}' down"):
        way(chat, request(chat, method))
    assert method not in chat.profile.methods
    assert LangchainChat(model).profile == chat.profile


@pytest.mark.parametrize(
    ("method", "words", "status"),
    [
        pytest.param("prompt", "response_format is not supported", 400, id="no form was asked for"),
        pytest.param("json_schema", "response_format is broken", 500, id="a failing server"),
        pytest.param("json_schema", "context length exceeded", 400, id="another complaint"),
        pytest.param("json_schema", "This model's context is too small", 400, id="too, not tool"),
        pytest.param("json_schema", "The model `tool-7b` does not exist", 404, id="the name of the model"),
    ],
)
def test_other_complaints_do_not_count_against_a_method(method, words, status):
    class Named(ScriptedModel):
        model_name: str = "tool-7b"

    chat = LangchainChat(Named([HttpError(words, status)], llm_strategy_methods=METHODS))

    with pytest.raises(TransportError) as caught:
        chat.reply(request(chat, method))
    assert caught.value.status == status
    assert chat.profile.methods == METHODS


def test_a_schema_that_a_server_declines_does_not_count_against_its_method():
    failure = HttpError("Invalid schema for response_format 'Answer': 'oneOf' is not permitted", 400)
    chat = LangchainChat(ScriptedModel([failure], llm_strategy_methods=METHODS))

    with pytest.raises(UnsupportedError, match="'oneOf' is not permitted"):
        chat.reply(request(chat, "json_schema"))
    assert chat.profile.methods == METHODS


KEY = "abcd1234-secret"


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(f"Incorrect API key provided: {KEY}.", id="the model's own key"),
        pytest.param("Incorrect API key provided: sk-proj-wxyz9876-hidden.", id="a key of OpenAI's form"),
        pytest.param("Incorrect key AIzaSywxyz9876-hidden_wxyz", id="a key of Google's form"),
        pytest.param("headers: Authorization: Bearer wxyz9876-hidden", id="a bearer token"),
        pytest.param("GET https://host/v1?key=wxyz9876-hidden&x=1", id="a key in a URL"),
        pytest.param("GET https://user:wxyz9876-hidden@host/v1", id="a password in a URL"),
        pytest.param("Authorization: Basic YWJjZDEyMzQtc2VjcmV0OnB3", id="the model's own key in base64"),
        pytest.param("token environment-wxyz-9876-hidden", id="a key of the environment"),
        pytest.param(f"{'x' * 490} {KEY}", id="a key at the place where the words are cut"),
    ],
)
@pytest.mark.parametrize(("method", "status"), [("prompt", 401), ("json_schema", 400)])
def test_secrets_are_not_in_the_words_of_an_error(words, method, status, monkeypatch):
    monkeypatch.setenv("OTHER_API_KEY", "environment-wxyz-9876-hidden")

    class Keyed(ScriptedModel):
        api_key: SecretStr = SecretStr(KEY)
        other_key: SecretStr = SecretStr("")

    failure = HttpError(f"response_format {words}", status)
    chat = LangchainChat(Keyed([failure], llm_strategy_methods=METHODS))

    with pytest.raises((TransportError, UnsupportedError)) as caught:
        chat.reply(request(chat, method))
    assert not any(part in str(caught.value) for part in ("abcd", "secret", "wxyz", "hidden", "YWJjZDEyMzQtc2VjcmV0"))
    assert "***" in str(caught.value) or "xxx" in words


def test_a_short_placeholder_for_a_key_is_no_secret():
    class Keyed(ScriptedModel):
        api_key: SecretStr = SecretStr("x")

    chat = LangchainChat(Keyed([HttpError("exceeded maximum", 429)]))

    with pytest.raises(TransportError, match="exceeded maximum"):
        chat.reply(request(chat))


def test_closing_a_stream_early_closes_the_models_own_stream():
    closed = []

    class Talker(ScriptedModel):
        def _stream(self, *args, **kwargs):
            try:
                yield from super()._stream(*args, **kwargs)
            finally:
                closed.append("sync")

        async def _astream(self, *args, **kwargs):
            try:
                async for piece in super()._astream(*args, **kwargs):
                    yield piece
            finally:
                closed.append("async")

    chat = LangchainChat(Talker(["a long reply"] * 2, chunk_characters=1))

    stream = chat.stream(request(chat))
    assert next(stream).text == "a"
    stream.close()
    assert closed == ["sync"]

    async def close():
        stream = chat.astream(request(chat))
        assert (await anext(stream)).text == "a"
        await stream.aclose()

    asyncio.run(close())
    assert closed == ["sync", "async"]


def test_a_model_that_does_not_stream_gives_its_tool_call_at_once():
    class Whole(ScriptedModel):
        disable_streaming: bool = True

    call = {"name": "Answer", "args": {"value": 1}, "id": "1"}
    chat = LangchainChat(Whole([AIMessage("", tool_calls=[call])], llm_strategy_methods=("tool",)))

    assert streamed(chat, request(chat, "tool")) == '{"value": 1}'


def test_streamed_arguments_of_a_tool_call_are_the_text_of_the_stream():
    call = {"name": "Answer", "args": {"value": 1}, "id": "1"}
    chat = LangchainChat(ScriptedModel([AIMessage("", tool_calls=[call])], llm_strategy_methods=("tool",)))

    assert streamed(chat, request(chat, "tool")) == '{"value": 1}'


@pytest.mark.parametrize(
    ("fields", "name"),
    [({"model_name": "m-1"}, "m-1"), ({"model": "m-2"}, "m-2"), ({"model_name": ""}, "Named"), ({}, "ScriptedModel")],
    ids=str,
)
def test_a_chat_model_is_called_by_its_own_name_or_its_class(fields, name):
    kind = type("Named", (ScriptedModel,), {"__annotations__": dict.fromkeys(fields, str), **fields})

    assert LangchainChat(kind() if fields else ScriptedModel()).name == name


def test_a_completion_model_is_called_by_its_own_name_or_its_class():
    class Named(FakeLLM):
        model_name: str = "m-1"

    assert CompletionChat(Named()).name == "m-1"
    assert CompletionChat(FakeLLM()).name == "FakeLLM"


def test_a_completion_model_is_asked_in_the_prompt_only():
    assert CompletionChat(FakeLLM()).profile.methods == ("prompt",)


def test_a_conversation_is_one_text_for_a_completion_model_and_shows_who_speaks():
    conversation = (Message.system("Add."), Message.user("1 + 1"), Message.assistant("3"), Message.user("No."))

    assert as_text(conversation) == "Add.\n\n1 + 1\n\nReply: 3\n\nNo."


def test_what_a_server_turned_down_is_forgotten_with_the_model():
    from llm_strategy.chat.langchain import _TURNED_DOWN

    gc.collect()
    before = len(_TURNED_DOWN)
    model = ScriptedModel([])
    LangchainChat(model)
    gone = weakref.ref(model)
    assert len(_TURNED_DOWN) == before + 1

    del model
    gc.collect()

    assert gone() is None
    assert len(_TURNED_DOWN) == before


def test_a_hosted_model_has_its_own_name():
    assert LangchainChat(ChatOpenAI(model="m-3", api_key="x", base_url="http://nowhere.invalid")).name == "m-3"


@pytest.mark.parametrize(("field", "limit"), [("max_tokens", 50), ("num_predict", 60), ("other", None)])
def test_the_limit_of_replies_that_a_model_is_set_to_is_told(field, limit):
    class Limited(ScriptedModel):
        max_tokens: int | None = None
        num_predict: int | None = None
        other: int | None = None

    assert LangchainChat(Limited(**{field: limit or 70})).max_tokens == limit
