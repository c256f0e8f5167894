"""langchain's own cache: a user's works through our models, and ours works under langchain."""

import asyncio
import json
import sqlite3

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.globals import set_llm_cache
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, Generation

from llm_strategy import caching, llm_function, trace
from llm_strategy.chat.langchain_cache import LangchainCache
from llm_strategy.flow.cache.entry import digest_of
from llm_strategy.flow.cache.shared import _OPEN
from llm_strategy.testing import FakeLLM, ScriptedModel


@pytest.fixture
def path(tmp_path):
    return tmp_path / "calls.db"


@pytest.fixture
def cache(path):
    made = LangchainCache(path)
    set_llm_cache(made)
    yield made
    set_llm_cache(None)
    made.close()
    assert path not in _OPEN


@llm_function
def capital(model, country: str) -> str:
    """Name the capital."""
    raise NotImplementedError


def whole(**fields):
    return AIMessage(
        **{
            "content": "Paris",
            "response_metadata": {"finish_reason": "stop", "model_name": "m-1"},
            "usage_metadata": {"input_tokens": 10, "output_tokens": 2, "total_tokens": 12},
            **fields,
        }
    )


def rows(path):
    connection = sqlite3.connect(path)
    found = connection.execute("SELECT kind, asker, data FROM replies").fetchall()
    connection.close()
    return found


# --- a cache of the user's own


def test_a_cache_of_langchain_works_through_our_functions():
    model = ScriptedModel([whole()])
    set_llm_cache(InMemoryCache())
    try:
        with trace() as t:
            assert [capital(model, "France") for _ in range(2)] == ["Paris", "Paris"]
    finally:
        set_llm_cache(None)
    assert len(model.asked) == 1
    assert (t.totals.cache_hits, t.totals.input_tokens) == (1, 10)


def test_what_langchain_has_already_is_not_kept_twice(path):
    model = ScriptedModel([whole()])
    set_llm_cache(InMemoryCache())
    try:
        capital(model, "France")
        with caching(path):
            assert capital(model, "France") == "Paris"
    finally:
        set_llm_cache(None)
    assert rows(path) == []
    assert len(model.asked) == 1


# --- ours


def test_a_model_is_asked_once(cache, path):
    model = ScriptedModel([whole()])
    first, second = model.invoke("France?"), model.invoke("France?")
    assert (first.content, second.content, len(model.asked)) == ("Paris", "Paris", 1)
    assert second.response_metadata == {"finish_reason": "stop", "model_name": "m-1"}
    assert second.usage_metadata["output_tokens"] == 2
    assert second.usage_metadata["total_cost"] == 0
    assert [(kind, asker) for kind, asker, _ in rows(path)] == [("langchain", "langchain")]


def test_a_model_is_asked_once_in_an_event_loop(cache):
    model = ScriptedModel([whole()])

    async def twice():
        return [(await model.ainvoke("France?")).content for _ in range(2)]

    assert asyncio.run(twice()) == ["Paris", "Paris"]
    assert len(model.asked) == 1


def test_it_works_through_our_functions_and_is_told(cache):
    model = ScriptedModel([whole()])
    with trace() as t:
        assert [capital(model, "France") for _ in range(2)] == ["Paris", "Paris"]
    assert len(model.asked) == 1
    assert t.totals.cache_hits == 1


def test_it_lives_in_one_file_with_ours(cache, path):
    model = ScriptedModel([whole(), whole(content="Lyon")])
    with caching(path):
        assert [capital(model, "France") for _ in range(2)] == ["Paris", "Paris"]
    assert sorted(kind for kind, _, _ in rows(path)) == ["langchain", "reply"]
    cache.clear()
    assert [kind for kind, _, _ in rows(path)] == ["reply"]
    assert model.invoke("France?").content == "Lyon"


def test_a_completion_model_is_cached_too(cache, path):
    model = FakeLLM(texts={"The capital: Paris"})
    assert model.invoke("The capital:") == " Paris"
    model.texts = {"The capital: Lyon"}
    assert json.loads(rows(path)[0][2])["generations"][0]["chat"] is False
    assert cache.lookup("The capital:", "other settings") is None


def test_calls_of_tools_come_back(cache):
    calls = [{"name": "f", "args": {"a": 1}, "id": "1", "type": "tool_call"}]
    model = ScriptedModel([whole(content="", tool_calls=calls)])
    model.invoke("France?")
    assert model.invoke("France?").tool_calls == calls


@pytest.mark.parametrize(
    "message",
    [
        whole(response_metadata={"finish_reason": "length"}),
        whole(content=""),
        whole(additional_kwargs={"refusal": "No."}),
        whole(additional_kwargs={"audio": {"data": "x"}}),
        whole(content=[{"type": "reasoning", "text": "hm"}, {"type": "text", "text": "Paris"}]),
        whole(response_metadata={"finish_reason": "stop", "logprobs": {"content": []}} | {"logprobs": {"a": 1}}),
    ],
    ids=["cut off", "empty", "refused", "audio", "reasoning", "probabilities"],
)
def test_what_would_lose_something_or_is_not_whole_is_not_kept(cache, path, message):
    model = ScriptedModel([message, message])
    model.invoke("France?")
    model.invoke("France?")
    assert len(model.asked) == 2


@pytest.mark.parametrize(
    "generations",
    [
        [],
        [Generation(text="")],
        [Generation(text="x", generation_info={"logprobs": [1]})],
        [Generation(text="x", generation_info={"finish_reason": "length"})],
        [ChatGeneration(message=whole()), Generation(text="")],
    ],
    ids=["none", "empty", "probabilities", "cut off", "one of two"],
)
def test_generations_that_are_not_whole_are_not_kept(cache, generations):
    cache.update("prompt", "settings", generations)
    asyncio.run(cache.aupdate("prompt", "settings", generations))
    assert cache.lookup("prompt", "settings") is None


def test_several_choices_are_kept(cache):
    cache.update("prompt", "settings", [Generation(text="a"), ChatGeneration(message=whole(content="b"))])
    assert [one.text for one in cache.lookup("prompt", "settings")] == ["a", "b"]


@pytest.mark.parametrize(
    "data",
    [
        "",
        "[]",
        "{}",
        '{"generations": 3}',
        '{"generations": [3]}',
        '{"generations": [{"chat": true}]}',
        '{"generations": [{"chat": 1, "reply": {}}]}',
        '{"generations": [{"lc": 1, "type": "constructor", "id": ["os", "system"], "kwargs": {"command": "true"}}]}',
    ],
)
def test_what_is_stored_makes_nothing_but_generations(cache, path, data):
    cache.update("prompt", "settings", [Generation(text="a")])
    other = sqlite3.connect(path)
    ((key,),) = other.execute("SELECT key FROM replies").fetchall()
    other.execute("UPDATE replies SET data = ?, digest = ?", (data, digest_of(key, data)))
    other.commit()
    other.close()
    assert cache.lookup("prompt", "settings") is None
    cache.close()
    assert rows(path) == []


def test_a_reply_is_good_for_a_while(path):
    cache = LangchainCache(path, ttl=60)
    cache.update("prompt", "settings", [Generation(text="a")])
    assert cache.lookup("prompt", "settings")
    other = sqlite3.connect(path)
    other.execute("UPDATE replies SET created = created - 61")
    other.commit()
    other.close()
    assert cache.lookup("prompt", "settings") is None
    cache.close()


def test_clearing_in_an_event_loop(cache):
    async def cleared():
        await cache.aupdate("prompt", "settings", [Generation(text="a")])
        found = await cache.alookup("prompt", "settings")
        await cache.aclear()
        return found, await cache.alookup("prompt", "settings")

    found, after = asyncio.run(cleared())
    assert (found[0].text, after) == ("a", None)


def test_a_cache_that_was_closed_opens_again(cache):
    cache.update("prompt", "settings", [Generation(text="a")])
    cache.close()
    cache.close()
    assert cache.lookup("prompt", "settings")[0].text == "a"
