"""The span of a call: what was asked, how, and what came of it."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Annotated

import pytest
from langchain_core.messages import AIMessage
from pydantic import Field

from llm_strategy import ChainOfThought, ChatChain, Example, SelfConsistency, Templates, llm_function
from llm_strategy.errors import AttemptsExhaustedError
from llm_strategy.function import configuration, recorded
from llm_strategy.hyperparameters import Hyperparameters
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


def shaping(function_, *scopes, reply='{"return_value": "Paris"}', **options):
    """What the span of a call says of its settings."""
    with ExitStack() as stack, trace(**options) as t:
        for scope in scopes:
            stack.enter_context(scope)
        function_(ScriptedModel([reply] * 3), "France")
    (one,) = [one for one in t.spans if one.kind == "function"]
    return one.data(semconv.SETTINGS)


def test_a_call_that_nothing_shapes_says_so_by_silence():
    as_it_is = Hyperparameters()
    as_it_is[capital].instruction = "The capital of the country."
    as_it_is[capital].parameters["country"] = ""
    for scopes in ((), (Hyperparameters(),), (as_it_is,)):
        assert shaping(capital, *scopes) is None


def test_options_and_scopes_together_are_what_shaped_a_call():
    outer, inner = Hyperparameters(), Hyperparameters()
    outer[capital].parameters["country"] = "Outer."
    outer[capital].temperature = 0.5
    inner[capital].parameters["year"] = "Inner."
    inner[capital].templates.retry = "Inner."
    own = capital.using(instruction="Using.", temperature=1.0, templates=Templates(task="Using {instruction}"))
    assert shaping(own, outer, inner) == {
        "instruction": "Using.",
        "parameters": {"country": "Outer.", "year": "Inner."},
        "templates": {"task": "Using {instruction}", "retry": "Inner."},
        "temperature": 0.5,
    }
    assert shaping(own)["temperature"] == 1.0
    assert shaping(capital, outer) == {"parameters": {"country": "Outer."}, "temperature": 0.5}


def test_every_kind_of_setting_is_told():
    options = {
        "fields": {"return_value": "A city."},
        "examples": [Example({"country": "Italy"}, "Rome")],
        "attempts": 2,
        "method": "prompt",
        "max_tokens": 9,
        "seed": 4,
    }
    told = shaping(capital.using(**options))
    assert told == {**options, "examples": [{"inputs": {"country": "Italy"}, "value": "Rome", "reasoning": ""}]}
    thought = shaping(capital.using(reasoning=ChainOfThought()), reply='{"reasoning": "", "return_value": "Paris"}')
    assert thought["reasoning"]["method"] == "ChainOfThought"


def test_a_method_of_reasoning_that_nobody_made_known_is_described():
    @dataclass
    class Odd:
        times: int = 2

        def solve(self, question): ...

    told = capital.using(reasoning=Odd())._implementation.configuration.differing
    assert "Odd(times=2)" in json.loads(told)["reasoning"]


def test_a_description_that_was_taken_out_is_told_as_empty():
    @llm_function
    def town(model, country: Annotated[str, Field(description="Where.")]) -> str:
        """A town."""

    hparams = Hyperparameters()
    del hparams[town].parameters["country"]
    assert shaping(town, hparams) == {"parameters": {"country": ""}}


def test_settings_are_masked_and_without_content_have_no_words():
    own = capital.using(instruction="Say sk-abcdefghijklmnopqrstuvwxyz0123456789.", temperature=1.0)
    assert "sk-abc" not in shaping(own)["instruction"]
    assert shaping(own, content=False) == {"instruction": "[text not recorded]", "temperature": 1.0}


def test_what_is_told_of_settings_is_worked_out_once(monkeypatch):
    made = []
    monkeypatch.setattr(configuration, "differing", lambda *_arguments: made.append(1) or '{"seed": 4}')
    own = capital.using(seed=4)
    with trace() as t, Hyperparameters():
        for _ in range(3):
            own(ScriptedModel(['{"return_value": "Paris"}']), "France")
    assert len(made) == 1
    assert [one.data(semconv.SETTINGS) for one in t.spans if one.kind == "function"] == [{"seed": 4}] * 3
