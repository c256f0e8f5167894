"""The wording around an instruction, and that of what a model is told about its reply, can be changed in a scope."""

import copy
import json
import pickle
from dataclasses import asdict

import pytest
from langchain_core.messages import AIMessage
from pydantic import BaseModel, Field

from llm_strategy import Code, Example, Templates, llm_function
from llm_strategy.errors import HyperparameterError, MalformedReplyError
from llm_strategy.hyperparameters import Hyperparameters
from llm_strategy.testing import ScriptedModel


class Essay(BaseModel):
    """An essay."""

    title: str = Field(description="A title.")
    text: str


ESSAY = {"title": "T", "text": "x"}
REPLY = json.dumps(ESSAY)


@llm_function
def write(model, topic: str = Field(description="The topic."), length: int = 3) -> Essay:
    """Write an essay."""


def texts(messages):
    return "\n".join(message.content for message in messages)


@pytest.fixture
def hparams():
    return Hyperparameters()


@pytest.mark.parametrize(
    ("name", "method"), [("task", "prompt"), ("parameters", "prompt"), ("schema", "prompt"), ("tool", "tool")]
)
def test_templates_of_the_prompt(hparams, name, method):
    before = getattr(Templates(), name)
    hparams[write].templates = {name: f"So: {before}"}
    model = ScriptedModel([json.dumps(ESSAY)], llm_strategy_methods=(method,))
    with hparams:
        write(model, "Rome")
    assert f"So: {before.partition('{')[0]}" in texts(model.asked[0])


def test_templates_of_code_and_of_calls_without_inputs(hparams):
    @llm_function
    def code(model) -> Code:
        """Code."""

    @llm_function
    def number(model) -> int:
        """A number."""

    hparams[code].templates = {"fenced": "In a block of {language}!"}
    hparams[number].templates = {"no_inputs": "Go."}
    hparams[number].examples = [Example({}, 3)]
    assert hparams[code].fields == {}
    with hparams:
        assert "In a block of" in texts(code.prompt())
        assert [message.content for message in number.prompt()[1:]] == ["Go.", '{"return_value": 3}', "Go."]


def test_templates_of_what_a_model_is_told_about_its_reply(hparams):
    hparams[write].templates = {"retry": "No: {problem}", "shorter": "Too long."}
    cut = json.dumps(ESSAY)[:12]
    model = ScriptedModel(["nothing", finished("length", cut), REPLY])
    with hparams:
        write(model, "Rome")
    assert model.asked[1][-1].content.startswith("No: ")
    assert model.asked[2][-1].content == "Too long."


def finished(reason, text):
    return AIMessage(text, response_metadata={"finish_reason": reason})


WRONG = {
    "empty": "",
    "no_value": "no idea",
    "malformed": MalformedReplyError("No JSON."),  # as the model of a user may raise it
    "invalid": '{"title": 3}',
    "unknown_tool": AIMessage("", tool_calls=[{"name": "search", "args": {"q": "x"}, "id": "1"}]),
    "oversized": '{"title": ' + "[" * 5000,
}
"""A reply of each kind."""


@pytest.mark.parametrize("name", WRONG)
def test_the_words_of_each_kind_of_problem(hparams, name):
    hparams[write].templates = {name: f"Our {name}: {{problem}}"}
    model = ScriptedModel([WRONG[name], REPLY], llm_strategy_methods=("tool",))
    with hparams:
        write(model, "Rome")
    assert model.asked[1][-1].content.startswith(f"Our {name}: ")


def test_templates_from_before_there_were_so_many_can_be_read():
    old = {name: f"Old {name}." for name in ("task", "schema", "retry", "shorter")}
    found = Hyperparameters.model_validate_json(json.dumps({write.config_name: {"templates": old}}))
    assert found[write].templates == Templates(**old)


def test_texts_that_are_not_named_stay_as_they_are(hparams):
    hparams[write].templates = {"retry": "A: {problem}"}
    hparams[write].templates = {"shorter": "B"}
    assert (hparams[write].templates.retry, hparams[write].templates.task) == ("A: {problem}", Templates().task)
    data = {"fields": {"Essay.title": "x"}, "templates": {"tool": "C"}}
    other = Hyperparameters.model_validate({write.config_name: data})[write]
    assert other.fields == {"Essay": "An essay.", "Essay.title": "x", "Essay.text": ""}
    assert other.templates == Templates(tool="C")
    own = llm_function(templates=Templates(task="{instruction}"))(write.__wrapped__)
    assert Hyperparameters.model_validate({own: data})[own].templates == Templates(task="{instruction}", tool="C")


def test_templates_of_the_entry_are_all_texts(hparams):
    data = json.loads(hparams[write].model_dump_json())
    assert data["templates"] == asdict(Templates())
    schema = write.config_model_type.model_json_schema()["properties"]
    assert set(schema["templates"]["properties"]) == set(asdict(Templates()))
    assert set(schema["fields"]["properties"]) == {"Essay", "Essay.title", "Essay.text"}
    assert schema["fields"]["additionalProperties"] is False


def test_one_text_can_be_assigned(hparams):
    hparams[write].templates.retry = "Scope: {problem}"
    model = ScriptedModel(["nothing", REPLY, "nothing", REPLY])
    with hparams:
        write(model, "Rome")
        hparams[write].templates.retry = "Later: {problem}"
        write(model, "Rome")
    assert model.asked[1][-1].content.startswith("Scope: ")
    assert model.asked[3][-1].content.startswith("Later: ")
    assert hparams[write].model_fields_set == {"templates"}
    assert Hyperparameters.model_validate_json(hparams.model_dump_json()) == hparams
    assert write.settings.templates == Templates()


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("retri", "x", r"There is no template 'retri'. Did you mean 'retry'"),
        ("retry", "{x}", "Template 'retry' has the unknown slot 'x'"),
        ("retry", 3, "Template 'retry' is 3, and no text"),
    ],
)
def test_a_wrong_text_cannot_be_assigned(hparams, name, text, words):
    with pytest.raises(HyperparameterError, match=words):
        setattr(hparams[write].templates, name, text)
    assert hparams[write].templates == Templates()


def test_templates_of_an_entry_can_be_given_to_using_and_are_copied_there(hparams):
    hparams[write].templates.task = "Ours."
    other = write.using(templates=hparams[write].templates)
    hparams[write].templates.task = "Changed."
    assert type(other.settings.templates) is Templates
    assert "Ours." in texts(other.prompt("Rome"))


def test_templates_given_to_an_entry_are_not_changed_with_it(hparams):
    given = Templates(task="Ours.")
    hparams[write].templates = given
    hparams[write].templates.task = "Changed."
    assert given.task == "Ours."
    assert hparams[write].templates != given
    assert hparams[write].templates != "Ours."


def test_templates_of_an_entry_can_be_copied_and_pickled(hparams):
    hparams[write].templates.task = "Ours."
    kept = hparams[write].templates
    for twin in (copy.copy(kept), copy.deepcopy(kept), pickle.loads(pickle.dumps(kept))):
        assert twin == kept
        twin.task = "Theirs."
    assert kept.task == "Ours."
