"""Whatever shapes an LLM function is a hyperparameter: changing it changes the next prompt, schema or request."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict
from typing import Annotated, TypeVar

import pytest
from pydantic import BaseModel, Field

from llm_strategy import (
    ChainOfThought,
    Direct,
    Example,
    SelfConsistency,
    Templates,
    llm_function,
)
from llm_strategy.errors import HyperparameterError
from llm_strategy.function.configuration import FunctionHyperparameters
from llm_strategy.hyperparameters import Hyperparameters
from llm_strategy.testing import SchemaModel, ScriptedModel

T = TypeVar("T")


class Essay(BaseModel):
    """An essay."""

    title: str = Field(description="A title.")
    text: str


ESSAY = {"title": "T", "text": "x"}
REPLY = json.dumps(ESSAY)


@llm_function
def write(model, topic: str = Field(description="The topic."), length: int = 3) -> Essay:
    """Write an essay."""


def shown(function, *args, model=None):
    if model is not None:
        function(model, *args)
        return model.asked[-1]
    return function.prompt(*args)


def texts(messages):
    return "\n".join(message.content for message in messages)


@pytest.fixture
def hparams():
    return Hyperparameters()


def test_the_defaults_are_what_the_code_says(hparams):
    entry = hparams[write]
    assert isinstance(entry, FunctionHyperparameters)
    assert type(entry).__name__ == "WriteHyperparameters"
    assert write.config_name == f"{__name__}.write"
    assert entry.model_dump() == {
        "instruction": "Write an essay.",
        "parameters": {"topic": "The topic.", "length": ""},
        "fields": {"Essay": "An essay.", "Essay.title": "A title.", "Essay.text": ""},
        "examples": (),
        "templates": asdict(Templates()),
        "attempts": 3,
        "method": None,
        "reasoning": None,
        "temperature": None,
        "max_tokens": None,
        "seed": None,
    }
    assert not entry.model_fields_set


def test_every_hyperparameter_is_described():
    properties = write.config_model_type.model_json_schema()["properties"]
    assert all(part.get("description") for part in properties.values())
    assert write.config_model_type.__doc__ == f"Hyperparameters of {__name__}.write."


def test_the_defaults_are_those_of_the_decorator_and_of_using(hparams):
    warm = llm_function(instruction="Draft.", temperature=1.5, fields={"Essay.text": "Long."})(write.__wrapped__)
    assert (hparams[warm].instruction, hparams[warm].temperature) == ("Draft.", 1.5)
    assert hparams[warm].fields["Essay.text"] == "Long."
    assert hparams[warm.using(temperature=0.5, parameters={"topic": "Any."})].parameters["topic"] == "Any."


def test_a_call_collects_what_it_used(hparams):
    with hparams:
        write.using(attempts=7)(ScriptedModel([REPLY]), "Rome")
    assert hparams[write].attempts == 7
    assert json.loads(hparams.model_dump_json())[write.config_name]["attempts"] == 7
    with hparams:  # what was collected is not applied
        write(ScriptedModel([REPLY]), "Rome")
    assert hparams[write].attempts == 3


def test_the_instruction_takes_the_place_of_the_docstring(hparams):
    hparams[write].instruction = "Write a limerick."
    with hparams:
        assert "Write a limerick." in texts(write.prompt("Rome"))
        assert "Write an essay." not in texts(write.prompt("Rome"))
    assert "Write an essay." in texts(write.prompt("Rome"))


def test_descriptions_of_parameters(hparams):
    hparams[write].parameters["length"] = "In pages."
    with hparams:
        assert "- topic: The topic.\n- length: In pages." in texts(write.prompt("Rome"))
    hparams[write].parameters = {"topic": "", "length": ""}
    with hparams:
        assert "Parameters" not in texts(write.prompt("Rome"))


def test_descriptions_of_fields_change_the_schema_that_is_sent(hparams):
    hparams[write].fields["Essay.title"] = "At most three words."
    hparams[write].fields["Essay"] = "A text of an expert."
    for method in ("json_schema", "tool"):
        model = ScriptedModel([REPLY], llm_strategy_methods=(method,))
        with hparams:
            write(model, "Rome")
        sent = json.dumps(model.arguments[0])
        assert "At most three words." in sent
        assert "A text of an expert." in sent
        assert "A title." not in sent
    with hparams:
        assert "title: string  // At most three words." in texts(write.prompt("Rome"))


def test_examples(hparams):
    hparams[write].examples = [Example({"topic": "Bees"}, Essay(**ESSAY))]
    with hparams:
        messages = write.prompt("Rome")
    assert [message.role for message in messages] == ["system", "user", "assistant", "user"]
    assert json.loads(messages[2].content) == ESSAY
    assert hparams[write].examples[0].value == Essay(**ESSAY)


def test_the_number_of_attempts(hparams):
    hparams[write].attempts = 1
    model = ScriptedModel(["nothing", REPLY])
    with hparams, pytest.raises(Exception, match="in 1 attempt:"):
        write(model, "Rome")
    assert len(model.asked) == 1


def test_the_method(hparams):
    hparams[write].method = "tool"
    model = ScriptedModel([REPLY], llm_strategy_methods=("json_schema", "tool"))
    with hparams:
        write(model, "Rome")
    assert "tools" in model.arguments[0]


def test_the_method_of_reasoning(hparams):
    hparams[write].reasoning = ChainOfThought(description="Steps first.")
    hparams[write].fields["Essay.text"] = "One paragraph."
    model = ScriptedModel([json.dumps({"reasoning": "Hm.", "return_value": ESSAY})])
    with hparams:
        assert write(model, "Rome") == Essay(**ESSAY)
    sent = texts(model.asked[0])
    assert "reasoning: string  // Steps first." in sent
    assert "text: string  // One paragraph." in sent
    hparams[write].reasoning = {"method": "SelfConsistency", "samples": 2, "inner": {"method": "Direct"}}
    assert hparams[write].reasoning == SelfConsistency(2, inner=Direct())
    votes = ScriptedModel([REPLY, REPLY])
    with hparams:
        write(votes, "Rome")
    assert len(votes.asked) == 2
    hparams[write].reasoning = None
    with hparams:
        assert write(ScriptedModel([REPLY]), "Rome") == Essay(**ESSAY)


def test_words_for_a_bare_value_survive_reasoning(hparams):
    @llm_function(reasoning=ChainOfThought())
    def age(model, name: str) -> Annotated[int, Field(description="in years")]:
        """The age."""

    assert hparams[age].fields == {"return_value": "in years"}
    assert "return_value: integer  // in years" in texts(age.prompt("Ada"))
    hparams[age].fields["return_value"] = "in full years"
    with hparams:
        assert "return_value: integer  // in full years" in texts(age.prompt("Ada"))


def test_sampling(hparams):
    hparams[write].temperature = 0.25
    hparams[write].max_tokens = 99
    hparams[write].seed = 4
    model = ScriptedModel([REPLY])
    with hparams:
        write(model, "Rome")
    assert {"temperature": 0.25, "max_tokens": 99, "seed": 4}.items() <= model.arguments[0].items()


def test_a_scope_wins_over_options_and_not_over_arguments(hparams):
    hparams[write].instruction = "Scope."
    with hparams:
        assert "Scope." in texts(write.using(instruction="Option.").prompt("Rome"))
        assert "length: 8" in texts(write.prompt("Rome", length=8))


def test_using_inside_a_scope_takes_over_nothing_of_it(hparams):
    hparams[write].instruction = "Scope."
    with hparams:
        other = write.using(temperature=1.0)
        bound = write.bind(ScriptedModel([REPLY]))
    assert other.settings.instruction is None
    assert "Write an essay." in texts(other.prompt("Rome"))
    assert "Write an essay." in texts(bound.prompt("Rome"))


WRONG = [
    (
        "parameters",
        {"topc": "x"},
        r"has no parameter 'topc' to describe. Did you mean 'topic'\? It has 'topic', 'length'",
    ),
    ("fields", {"Essay.titel": "x"}, r"has no field 'Essay.titel' to describe. Did you mean 'Essay.title'"),
    ("fields", {"Essay.title": 3}, "the description of 'Essay.title' is 3, and no text"),
    ("fields", "x", "'x' is no mapping from names to descriptions"),
    ("templates", {"retri": "x"}, r"There is no template 'retri'. Did you mean 'retry'\?"),
    ("templates", {"retry": "{x}"}, "Template 'retry' has the unknown slot 'x'"),
    ("templates", {"retry": 3}, "Template 'retry' is 3, and no text"),
    ("templates", "x", "'x' is no Templates"),
    ("attempts", 0, "greater than or equal to 1"),
    ("attempts", None, "valid integer"),
    ("max_tokens", 0, "greater than or equal to 1"),
    ("temperature", -1, "greater than or equal to 0"),
    ("temperature", float("inf"), "finite"),
    ("seed", "a", "valid integer"),
    ("method", "xml", "'json_schema', 'tool'"),
    ("instruction", 3, "valid string"),
    ("reasoning", {"method": "ChainOfThougt"}, r"Did you mean 'ChainOfThought'\?.*register_reasoning"),
    ("reasoning", ChainOfThought, "Use an instance"),
    ("examples", "x", "'x' is no list of examples"),
    ("examples", [3], "example 1' is 3, and no example of a call"),
    ("examples", [{"inputs": {"topic": "x"}}], "and no example of a call"),
    ("examples", [{"inputs": {"topik": "x"}, "value": ESSAY}], "example 1' does not fit the signature: .* no 'topik'"),
    ("examples", [Example({"topic": "x"}, {"title": "x"})], r"its value at \['text'\] does not fit its type"),
    ("examples", [Example({"topic": 3}, ESSAY)], "topic does not fit its type"),
]


@pytest.mark.parametrize(("name", "value", "words"), WRONG)
def test_a_wrong_value_is_refused_at_once(hparams, name, value, words):
    with pytest.raises(HyperparameterError, match=words) as caught:
        setattr(hparams[write], name, value)
    assert write.config_name in str(caught.value)
    if not isinstance(value, (type, float)) and "Example" not in repr(value):
        with pytest.raises(HyperparameterError, match=words):
            Hyperparameters.model_validate_json(json.dumps({write.config_name: {name: value}}))


def test_a_wrong_name_is_refused_in_place(hparams):
    with pytest.raises(HyperparameterError, match=r"no parameter 'topc' to describe. Did you mean 'topic'\?"):
        hparams[write].parameters["topc"] = "x"
    with pytest.raises(KeyError):
        hparams[write].fields.update({"Essay.titel": "x"})
    with pytest.raises(HyperparameterError, match="has no hyperparameter 'temprature'"):
        hparams[write].temprature = 1


def every_way(function, model):
    """Every way to ask one function, as (name, messages that were asked)."""

    async def asynchronously():
        await function.amap(model, ["a"])
        async for _ in function.astream(model, "a"):
            pass

    function(model, "a")
    function.map(model, ["a", "b"])
    for _ in function.stream(model, "a"):
        pass
    function.chat(model, "a")
    function.bind(model)("a")
    asyncio.run(asynchronously())


def test_every_way_to_call_a_function_follows_the_scope(hparams):
    @llm_function
    def title(model, topic: str) -> Essay:
        """The title."""

    hparams[title].instruction = "Scope."
    model = ScriptedModel(lambda _messages: REPLY)
    with hparams:
        every_way(title, model)
    assert len(model.asked) == 8
    assert all("Scope." in texts(asked) for asked in model.asked)


def test_asynchronous_and_streaming_functions_follow_the_scope(hparams):
    @llm_function
    async def later(model, topic: str) -> Essay:
        """Later."""

    @llm_function
    def items(model, topic: str) -> Iterator[Essay]:
        """Items."""

    @llm_function
    async def later_items(model, topic: str) -> AsyncIterator[Essay]:
        """Later items."""

    async def asynchronously():
        await later(model, "a")
        async for _ in await later_items(model, "a"):
            pass

    for function in (later, items, later_items):
        hparams[function].fields["Essay.title"] = "Scope."
    assert "return_value" in hparams[items].fields
    model = ScriptedModel(lambda messages: json.dumps([ESSAY]) if "items(" in messages[0].content else REPLY)
    with hparams:
        streamed = items(model, "a")
        asyncio.run(asynchronously())
    assert list(streamed) == [Essay(**ESSAY)]  # the scope of the call counts, not that of the loop
    assert len(model.asked) == 3
    assert all("Scope." in texts(asked) for asked in model.asked)


def test_a_search_space_is_a_type_that_a_model_can_answer_with(hparams):
    space = Hyperparameters.schema_of(write)

    @llm_function
    def propose(model, goal: str) -> space:
        """Propose better hyperparameters."""

    entry = {**json.loads(hparams[write].model_dump_json()), "instruction": "Better.", "temperature": 0.5}
    entry["fields"]["Essay.title"] = "Catchy."
    entry["examples"] = [{"inputs": {"topic": "a", "length": 1}, "value": ESSAY, "reasoning": ""}]
    for method in ("json_schema", "prompt"):
        model = ScriptedModel([json.dumps({write.config_name: entry})], llm_strategy_methods=(method,))
        found = propose(model, "shorter")
        with Hyperparameters(found):
            told = write.prompt("Rome")
        assert "Better." in told[0].content
        assert "// Catchy." in told[0].content
        assert json.loads(told[2].content) == ESSAY
    with Hyperparameters(propose(SchemaModel(), "shorter")):
        assert write.prompt("Rome")


def test_a_value_in_json_that_does_not_fit_names_the_place(hparams):
    examples = [{"inputs": {"topic": "x"}, "value": {"title": 3, "text": "x"}}]
    with pytest.raises(HyperparameterError, match="title: Input should be a valid string, got 3"):
        Hyperparameters.model_validate_json(json.dumps({write.config_name: {"examples": examples}}))
