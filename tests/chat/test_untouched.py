"""What users put in the place of methods and clients is called."""

import asyncio
from functools import wraps
from unittest.mock import MagicMock, Mock

import pytest
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_openai import ChatOpenAI
from openai.resources.chat.completions import AsyncCompletions, Completions
from openai.types.chat import ChatCompletion

from llm_strategy.chat import resolve
from llm_strategy.chat.clients import clients_of
from llm_strategy.flow import ChatRequest
from llm_strategy.messages import Message

BODY = {
    "id": "c-1",
    "object": "chat.completion",
    "created": 1,
    "model": "m-1",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "yes"}, "finish_reason": "stop"}],
}
MOCKED = AIMessage("mocked")
RESULT = ChatResult(generations=[ChatGeneration(message=MOCKED)])


def text(model):
    return resolve(model).reply(ChatRequest(resolve(model), (Message.user("hi"),))).message.content


def counting(original, calls):
    @wraps(original)
    def wrapped(*args, **kwargs):
        calls.append(original.__qualname__)
        return original(*args, **kwargs)

    return wrapped


@pytest.fixture(params=[False, True], ids=["fresh", "used"])
def server_and_model(request, playing):
    server = playing(BODY)
    model = server.model()
    if request.param:
        text(model)
    server.requests.clear()
    return server, model


@pytest.mark.parametrize(("name", "value"), [("_generate", RESULT), ("invoke", MOCKED)])
def test_a_mock_in_the_class_answers(server_and_model, monkeypatch, name, value):
    server, model = server_and_model
    monkeypatch.setattr(ChatOpenAI, name, Mock(return_value=value))

    assert text(model) == "mocked"
    assert server.requests == []


def test_a_method_of_the_object_answers(server_and_model):
    server, model = server_and_model
    object.__setattr__(model, "_generate", lambda *_args, **_kwargs: RESULT)

    assert text(model) == "mocked"
    assert server.requests == []


def test_a_client_that_is_a_mock_answers(server_and_model):
    server, model = server_and_model
    whole = ChatCompletion.model_validate(
        {**BODY, "choices": [{**BODY["choices"][0], "message": {"role": "assistant", "content": "mocked"}}]}
    )
    model.client = MagicMock()
    model.client.with_raw_response.create.return_value.parse.return_value = whole

    assert text(model) == "mocked"
    assert server.requests == []


def test_a_wrapper_around_the_methods_of_all_clients_is_called(server_and_model, monkeypatch):
    _, model = server_and_model
    calls = []
    for kind in (Completions, AsyncCompletions):
        monkeypatch.setattr(kind, "create", counting(kind.create, calls))
    request = ChatRequest(resolve(model), (Message.user("hi"),))

    assert text(model) == "yes"
    assert asyncio.run(resolve(model).areply(request)).message.content == "yes"
    assert calls == ["Completions.create", "AsyncCompletions.create"]


@pytest.mark.parametrize("later", [False, True])
def test_a_wrapper_around_the_method_of_one_client_is_called(server_and_model, later):
    _, model = server_and_model
    calls = []
    if later:
        assert model.client.with_raw_response is not None
        model.client.with_raw_response.create = counting(model.client.with_raw_response.create, calls)
    else:
        model.client.create = counting(model.client.create, calls)

    assert text(model) == "yes"
    assert calls == ["Completions.create"]
    assert clients_of(model).sync is None
    assert resolve(model).account


def test_what_was_put_back_is_as_before(playing):
    server = playing(BODY)
    model = server.model()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ChatOpenAI, "_generate", Mock(return_value=RESULT))
        first = text(model)

    assert (first, text(model)) == ("mocked", "yes")
    assert "x-stainless-raw-response" not in server.requests[0].headers  # not through langchain
