"""The span of a call: what was asked, how, and what came of it."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from langchain_core.messages import AIMessage

from llm_strategy import ChainOfThought, ChatChain, SelfConsistency, llm_function
from llm_strategy.errors import AttemptsExhaustedError
from llm_strategy.function import recorded
from llm_strategy.testing import ScriptedModel
from llm_strategy.tracing import semconv, trace


@llm_function
def capital(model, country: str, year: int = 2024) -> str:
    """The capital of the country."""


@llm_function
def cities(model, country: str) -> Iterator[str]:
    """Cities of the country."""


@llm_function
def acities(model, country: str) -> AsyncIterator[str]:
    """Cities of the country."""


def listing():
    return ScriptedModel(lambda _: '{"return_value": ["Paris", "Lyon", "Lille"]}', chunk_characters=4)


def function(t):
    (one,) = [one for one in t.spans if one.kind == "function"]
    return one


def test_it_tells_the_function_its_arguments_and_its_value():
    with trace() as t:
        capital(ScriptedModel(['{"return_value": "Paris"}']), "France")

    one = function(t)
    assert one.name == "capital"
    assert one.text(semconv.FUNCTION) == f"{__name__}.capital"
    assert one.data(semconv.ARGUMENTS) == {"country": "France", "year": 2024}
    assert one.data(semconv.RESULT) == "Paris"
    assert one.text(semconv.REASONING) == "Direct"


@pytest.mark.parametrize(
    ("reasoning", "name"), [(ChainOfThought(), "ChainOfThought"), (SelfConsistency(1), "SelfConsistency")]
)
def test_it_tells_the_method_of_reasoning(reasoning, name):
    with trace() as t:
        capital.using(reasoning=reasoning)(ScriptedModel(['{"reasoning": "Hm.", "return_value": "Paris"}']), "France")

    assert function(t).text(semconv.REASONING) == name
    assert function(t).data(semconv.RESULT) == "Paris"


def test_the_items_of_a_stream_are_its_value():
    with trace() as t:
        list(cities(listing(), "France"))
    assert function(t).data(semconv.RESULT) == ["Paris", "Lyon", "Lille"]


def test_so_are_those_of_an_async_one():
    async def go():
        return [city async for city in acities(listing(), "France")]

    with trace() as t:
        asyncio.run(go())
    assert function(t).data(semconv.RESULT) == ["Paris", "Lyon", "Lille"]


def test_of_very_many_items_the_first_are_kept(monkeypatch):
    monkeypatch.setattr(recorded, "_KEPT_ITEMS", 2)
    with trace() as t:
        assert len(list(cities(listing(), "France"))) == 3
    assert function(t).data(semconv.RESULT) == ["Paris", "Lyon"]


def test_of_a_growing_value_the_last_is_kept():
    with trace() as t:
        list(capital.stream(ScriptedModel(['{"return_value": "Paris"}'], chunk_characters=2), "France"))
    assert function(t).data(semconv.RESULT) == "Paris"


def test_a_stream_that_fails_keeps_what_its_caller_has_got():
    replies = ['{"return_value": ["Paris", "Lyon", 3', "no", "no"]
    with trace() as t, pytest.raises(AttemptsExhaustedError):
        list(cities(ScriptedModel(replies), "France"))

    assert function(t).status == "error"
    assert function(t).data(semconv.RESULT)[:2] == ["Paris", "Lyon"]


def test_a_call_that_fails_has_no_value():
    with trace() as t, pytest.raises(AttemptsExhaustedError):
        cities(ScriptedModel(["no"] * 3), "France").__next__()
    assert semconv.RESULT not in function(t).attributes


def test_a_chain_is_recorded_with_and_without_a_function():
    model = ScriptedModel(['{"return_value": "Paris"}', AIMessage("2 million")])
    with trace() as t:
        _, chain = capital.chat(ChatChain(model), "France")
        chain.query("How many live there?")

    assert function(t).data(semconv.RESULT) == "Paris"
    assert [one.kind for one in t.spans] == ["session", "function", "prompt", "attempt", "chat", "chat"]
    assert t.spans[-1].parent == t.spans[0].span
