"""Which models are in the network."""

import json

import httpx
import pytest
from langchain_core.language_models import BaseChatModel, FakeListChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_openai import ChatOpenAI, OpenAI

from llm_strategy.chat import resolve
from llm_strategy.errors import NetworkBlockedError
from llm_strategy.models import record
from llm_strategy.testing import HttpTape, SchemaModel, ScriptedModel
from llm_strategy.testing.network import block_network, is_in_network


class Own(BaseChatModel):
    @property
    def _llm_type(self):
        return "own"

    def _generate(self, messages, stop=None, run_manager=None, **kwargs):
        return ChatResult(generations=[ChatGeneration(message=AIMessage("x"))])


class Derived(ChatOpenAI):
    """A user's own version of a hosted model."""


def openai(kind=ChatOpenAI, **fields):
    return kind(model="gpt-4o-mini", api_key="sk-none", **fields)


@pytest.mark.parametrize(
    "make",
    [
        lambda tmp: openai(),
        lambda tmp: openai(Derived),
        lambda tmp: openai(OpenAI),
        lambda tmp: openai(base_url="https://api.example.com/v1"),
        lambda tmp: openai(base_url="http://127.0.0.1.example.com/v1"),
        lambda tmp: openai(http_client=httpx.Client(transport=httpx.HTTPTransport())),
        lambda tmp: openai(http_client=httpx.Client(transport=HttpTape(tmp / "new", record=httpx.HTTPTransport()))),
    ],
)
def test_hosted_models_are(make, tmp_path, monkeypatch):
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    model = resolve(make(tmp_path))
    assert is_in_network(model)
    assert is_in_network(record(model, tmp_path / "tape.jsonl"))
    with pytest.raises(NetworkBlockedError, match=r"'gpt-4o-mini', a model in the network.*llm_cassette.*llm_network"):
        block_network(model)


@pytest.mark.parametrize(
    "make",
    [
        lambda tmp: ScriptedModel(),
        lambda tmp: SchemaModel(),
        lambda tmp: FakeListChatModel(responses=["x"]),
        lambda tmp: Own(),
        lambda tmp: openai(base_url="http://localhost:11434/v1"),
        lambda tmp: openai(base_url="http://127.0.0.2:8000/v1"),
        lambda tmp: openai(base_url="http://[::1]:8000/v1"),
        lambda tmp: openai(http_client=httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200)))),
        lambda tmp: openai(http_client=httpx.Client(transport=HttpTape(tmp / "tape"))),
    ],
)
def test_doubles_and_models_of_this_machine_are_not(make, tmp_path):
    (tmp_path / "tape").write_text(json.dumps({}) and "")
    model = resolve(make(tmp_path))
    assert not is_in_network(model)
    block_network(model)


def test_the_address_may_stand_in_the_environment(monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:8000/v1")
    assert not is_in_network(resolve(openai()))


def test_an_adapter_without_a_model_is_not():
    class Named:
        name = "mine"
        model = "mine"

    assert not is_in_network(Named())
    loop = Named()
    loop.model = loop
    assert not is_in_network(loop)
