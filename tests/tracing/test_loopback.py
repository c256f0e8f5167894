"""Totals against what a provider on the loopback interface counted itself: 100 tokens in and 50 out for each reply."""

import asyncio
import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.globals import get_llm_cache, set_llm_cache
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

from llm_strategy import SelfConsistency, llm_function, retrying
from llm_strategy.errors import AttemptsExhaustedError, RefusedError
from llm_strategy.flow.retries import Backoff
from llm_strategy.tracing import Price, RecordedTrace, trace

BENCH = Path(os.environ.get("LLM_STRATEGY_SHARED", Path(__file__).parents[3] / "shared")) / "bench"

pytestmark = [
    pytest.mark.loopback,
    pytest.mark.allow_hosts(["127.0.0.1"]),
    pytest.mark.skipif(not (BENCH / "fake_openai_server.py").exists(), reason=f"no fake provider in {str(BENCH)!r}"),
]


class Person(BaseModel):
    name: str
    age: int


@llm_function
def extract(model, text: str) -> Person:
    """Extract the person."""


@llm_function
async def aextract(model, text: str) -> Person:
    """Extract the person."""


@pytest.fixture(scope="module")
def server():
    command = [sys.executable, str(BENCH / "fake_openai_server.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=BENCH) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.terminate()


@pytest.fixture
def provider(server, request):
    return Provider(server, "trace-" + request.node.name.replace("[", "-").replace("]", ""))


class Provider:
    def __init__(self, server, session):
        self.server, self.session = server, session

    def model(self, mode="ok", **options):
        return ChatOpenAI(model="m", base_url=f"{self.server}/{mode}/0/{self.session}/v1", api_key="x", **options)

    @property
    def stats(self):
        with urllib.request.urlopen(f"{self.server}/stats/{self.session}") as response:
            return json.load(response)

    def check(self, t, replies=None, without=0):
        """The totals are the bill: of all requests, or of those that brought a reply."""
        replies = self.stats["requests"] - without if replies is None else replies
        assert (t.totals.input_tokens, t.totals.output_tokens) == (100 * replies, 50 * replies)
        assert t.totals.chats - t.totals.cache_hits == self.stats["requests"] - without
        assert t.totals.cost == pytest.approx(replies * 200e-6)
        assert t.recorded().totals == t.totals
        if t.path is not None:
            assert RecordedTrace.read(t.path).totals == t.totals


PRICES = {"m": Price(1, 2)}


async def amany(model, count):
    try:
        return await asyncio.gather(*(aextract(model, str(number)) for number in range(count)))
    finally:
        await model.root_async_client.close()


def test_plain_calls(provider, tmp_path):
    with trace(prices=PRICES, directory=tmp_path) as t:
        for _ in range(3):
            assert extract(provider.model(), "Ada").name == "Ada Lovelace"

    provider.check(t, 3)
    assert (t.totals.calls, t.totals.retries, t.totals.unpriced) == (3, 0, 0)
    assert t.spans[-1].attributes["gen_ai.response.id"] == "chatcmpl-1"


@pytest.mark.parametrize("mode", ["wrong_once", "truncated_once"])
def test_a_reply_that_is_of_no_use_was_paid_for(provider, mode):
    with trace(prices=PRICES) as t:
        extract(provider.model(mode), "Ada")

    provider.check(t, 2)
    assert (t.totals.retries, t.totals.errors) == (1, 1)


@pytest.mark.parametrize(
    ("mode", "error", "replies"), [("empty", AttemptsExhaustedError, 3), ("refusal", RefusedError, 1)]
)
def test_so_was_one_without_a_value(provider, mode, error, replies):
    with trace(prices=PRICES) as t, pytest.raises(error):
        extract(provider.model(mode), "Ada")

    provider.check(t, replies)


@pytest.mark.parametrize(("mode", "declined"), [("http429_twice", 2), ("http500_once", 1)])
def test_what_was_sent_again_is_counted_and_an_error_of_the_server_costs_nothing(provider, mode, declined):
    with trace(prices=PRICES) as t, retrying(backoff=Backoff(base=0)):
        extract(provider.model(mode), "Ada")

    provider.check(t, 1)
    assert (t.totals.retries, t.totals.unpriced) == (declined, 0)


def test_what_a_cache_has_was_not_paid_for(provider):
    before = get_llm_cache()
    set_llm_cache(InMemoryCache())
    try:
        with trace(prices=PRICES) as t:
            model = provider.model()
            for _ in range(3):
                extract(model, "Ada")
            model.invoke("hi")
            model.invoke("hi")
    finally:
        set_llm_cache(before)

    provider.check(t, 2)
    assert (t.totals.cache_hits, t.totals.chats, provider.stats["requests"]) == (3, 5, 2)


@pytest.mark.parametrize("way", ["stream", "astream"])
def test_streams(provider, way):
    model = provider.model()

    async def partials():
        try:
            return [part async for part in extract.astream(model, "Ada")]
        finally:
            await model.root_async_client.close()

    with trace(prices=PRICES) as t:
        parts = list(extract.stream(model, "Ada")) if way == "stream" else asyncio.run(partials())

    assert parts[-1].name == "Ada Lovelace"
    provider.check(t, 1)
    assert provider.stats["first"]["stream_options"] == {"include_usage": True}


def test_a_stream_that_is_retried(provider):
    with trace(prices=PRICES) as t:
        list(extract.stream(provider.model("wrong_once"), "Ada"))

    provider.check(t, 2)
    assert t.totals.retries == 1


def test_many_calls_at_once(provider, tmp_path):
    with trace(prices=PRICES, directory=tmp_path) as t:
        results = extract.map(provider.model(), [str(number) for number in range(24)], limit=8)

    assert all(result.error is None for result in results)
    provider.check(t, 24)


def test_many_tasks_at_once(provider, tmp_path):
    with trace(prices=PRICES, directory=tmp_path) as t:
        asyncio.run(amany(provider.model(), 24))

    provider.check(t, 24)
    assert t.totals.calls == 24


def test_samples_of_one_call(provider):
    with trace(prices=PRICES) as t:
        extract.using(reasoning=SelfConsistency(4))(provider.model(), "Ada")

    provider.check(t, 4)
    assert t.totals.calls == 1


def test_langchain_used_directly_beside_the_library(provider):
    model = provider.model(stream_usage=True)
    with trace(prices=PRICES) as t:
        extract(model, "Ada")
        model.invoke("hi")
        list(model.stream("hi"))
        model.batch(["a", "b"])

    provider.check(t, 5)


def test_a_trace_inside_of_another_one_is_billed_to_both_once(provider):
    with trace(prices=PRICES) as outer:
        extract(provider.model(), "Ada")
        with trace("inner") as inner:
            extract(provider.model(), "Ada")

    provider.check(outer, 2)
    assert (inner.totals.input_tokens, inner.totals.cost) == (100, pytest.approx(200e-6))
