"""Real HTTP: the fake provider of the benchmarks on the loopback interface, asked with langchain's own client."""

import asyncio
import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Literal

import pytest
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

from llm_strategy.chat import Question, ask, item_reader_for, reader_for, resolve, stream_items, stream_partials
from llm_strategy.errors import AttemptsExhaustedError, NotAModelError, RefusedError, TransportError
from llm_strategy.flow import aiterate, arun, iterate, run
from llm_strategy.prompt import StructuredPrompt
from llm_strategy.schema import output_schema

BENCH = Path(os.environ.get("LLM_STRATEGY_SHARED", Path(__file__).parents[3] / "shared")) / "bench"
METHODS = ["json_schema", "tool", "json_object", "prompt"]

pytestmark = [
    pytest.mark.loopback,
    pytest.mark.allow_hosts(["127.0.0.1"]),
    pytest.mark.skipif(not (BENCH / "fake_openai_server.py").exists(), reason=f"no fake provider in {str(BENCH)!r}"),
]


class Address(BaseModel):
    street: str
    city: str
    zip: str


class Person(BaseModel):
    name: str
    age: int
    emails: list[str]
    address: Address
    role: Literal["admin", "user"]


@pytest.fixture(scope="module")
def server():
    command = [sys.executable, str(BENCH / "fake_openai_server.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=BENCH) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.terminate()


@pytest.fixture
def provider(server, request):
    """Makes a question for one mode of the provider, and counts the requests that it made."""
    return Provider(server, request.node.name.replace("[", "-").replace("]", ""))


class Provider:
    def __init__(self, server, session):
        self.server, self.session = server, session

    def question(self, mode, method=None, kind=Person, **options):
        model = ChatOpenAI(model="m", base_url=f"{self.server}/{mode}/0/{self.session}/v1", api_key="x")
        output = output_schema(kind)
        prompt = StructuredPrompt(signature="f() -> Person", instruction="Describe somebody.", output=output)
        model_of_ours = resolve(model)
        return Question(
            where="f", model=model_of_ours, prompt=prompt, reader=reader_for(output), method=method, **options
        )

    @property
    def stats(self):
        with urllib.request.urlopen(f"{self.server}/stats/{self.session}") as response:
            return json.load(response)


def answered(question):
    return run(ask(question)).value


def aanswered(question):
    return asyncio.run(_aanswered(question))


async def _aanswered(question):
    model = question.model.model
    try:
        return (await arun(ask(question))).value
    finally:
        await model.root_async_client.close()


def partials(question):
    return list(iterate(stream_partials(question)))[-1]


def apartials(question):
    async def last():
        try:
            return [value async for value in aiterate(stream_partials(question))][-1]
        finally:
            await question.model.model.root_async_client.close()

    return asyncio.run(last())


ways = pytest.mark.parametrize("way", [answered, aanswered, partials, apartials])


@ways
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("mode", "requests"),
    [
        ("ok", 1),
        ("fenced", 1),
        ("fenced_text", 1),
        ("sloppy", 1),
        ("truncated_once", 2),
        ("wrong_once", 2),
        ("http429_twice", 3),
        ("http500_once", 2),
    ],
)
def test_a_provider_that_is_mended_gives_the_value(provider, way, method, mode, requests):
    value = way(provider.question(mode, method))

    assert isinstance(value, Person)
    assert (value.name, value.age) == ("Ada Lovelace", 42)
    assert provider.stats["requests"] == requests


@ways
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("mode", "error", "requests"),
    [
        ("truncated", AttemptsExhaustedError, 3),
        ("empty", AttemptsExhaustedError, 3),
        ("refusal", RefusedError, 1),
        ("html", NotAModelError, 1),
    ],
)
def test_a_provider_that_gives_nothing_is_a_typed_error(provider, way, method, mode, error, requests):
    with pytest.raises(error):
        way(provider.question(mode, method))
    assert provider.stats["requests"] == requests


@pytest.mark.parametrize("way", [answered, aanswered])
def test_a_connection_that_was_reset_is_made_again(provider, way):
    assert way(provider.question("reset_once")).name == "Ada Lovelace"
    assert provider.stats["requests"] == 2


def test_a_connection_that_is_always_reset_is_a_transport_error_without_a_status(provider):
    question = provider.question("reset")
    question.model.model.root_client.max_retries = 0

    with pytest.raises(TransportError, match=r"'m' gave no reply: .*Connection error") as caught:
        answered(question)
    assert caught.value.status is None


def test_a_path_that_does_not_exist_is_a_transport_error_with_its_status(provider):
    with pytest.raises(TransportError, match="simulated 404") as caught:
        answered(provider.question("nothing-of-the-kind"))
    assert caught.value.status == 404


@pytest.mark.parametrize("method", METHODS)
def test_the_form_of_the_reply_goes_over_the_wire(provider, method):
    answered(provider.question("ok", method))
    body = provider.stats["first"]

    form = body.get("response_format", {}).get("type")
    assert form == {"json_schema": "json_schema", "json_object": "json_object"}.get(method)
    assert ("tools" in body) is (method == "tool")
    assert ("Person {" in body["messages"][0]["content"]) is (method in {"json_object", "prompt"})


def test_closing_a_stream_early_gives_the_connection_back(provider):
    emails = iterate(stream_partials(provider.question("ok")))
    next(emails)
    emails.close()

    assert answered(provider.question("ok")).name == "Ada Lovelace"


def test_items_of_a_list_come_over_the_wire(provider):
    question = provider.question("ok", kind=list[int])

    assert list(iterate(stream_items(question, item_reader_for(output_schema(int))))) == []
