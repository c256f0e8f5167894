"""From what is asked to the messages of each method."""

from typing import Any

import pytest
from pydantic import BaseModel

from llm_strategy.errors import InputError
from llm_strategy.messages import Message
from llm_strategy.prompt import Shown, StructuredPrompt, Templates
from llm_strategy.schema import output_schema
from llm_strategy.schema.fenced import Markdown, PythonCode, fence_of

METHODS = ["json_schema", "tool", "json_object", "prompt", "grammar"]


class Person(BaseModel):
    name: str
    age: int


def prompt_for(kind: Any, **parts: Any) -> StructuredPrompt[Any]:
    parts = {"signature": "find(query: str) -> Person", "instruction": "Find somebody.", **parts}
    return StructuredPrompt(output=output_schema(kind), fence=fence_of(kind), **parts)


@pytest.mark.parametrize("method", METHODS)
def test_what_never_changes_comes_first_and_the_inputs_last(method):
    prompts = [prompt_for(Person, inputs={"query": query}) for query in ("Ada", "Grace\nHopper")]
    (first, last), (same, other) = (prompt.messages(method) for prompt in prompts)

    assert first == same
    assert first.role == "system"
    assert (last, other) == (Message.user("query: Ada"), Message.user("query:\n```\nGrace\nHopper\n```"))


@pytest.mark.parametrize("method", METHODS)
def test_examples_stand_before_the_inputs_and_do_not_depend_on_them(method):
    examples = (Shown({"query": "first"}, Person(name="Eve", age=30)),)
    prompts = [prompt_for(Person, inputs={"query": query}, examples=examples) for query in ("Ada", "Grace")]
    conversations = [prompt.messages(method) for prompt in prompts]

    assert conversations[0][:-1] == conversations[1][:-1]
    assert conversations[0][1:-1] == (
        Message.user("query: first"),
        Message.assistant('{"name": "Eve", "age": 30}'),
    )


@pytest.mark.parametrize(
    ("method", "shows_schema"),
    [("json_schema", False), ("tool", False), ("json_object", True), ("prompt", True), ("grammar", True)],
)
def test_the_schema_stands_in_the_prompt_where_the_method_does_not_send_it(method, shows_schema):
    (opening, _) = prompt_for(Person, inputs={"query": "Ada"}).messages(method)

    assert ("Person {" in opening.content) is shows_schema
    assert opening.content.startswith("Act as") is shows_schema


@pytest.mark.parametrize(
    ("method", "sends_schema", "strict"),
    [
        ("json_schema", True, True),
        ("tool", True, False),
        ("json_object", False, False),
        ("prompt", False, False),
        ("grammar", True, False),
    ],
)
def test_the_form_names_the_channel_and_carries_the_schema(method, sends_schema, strict):
    form = prompt_for(Person).form(method)

    assert form.method == method
    assert (form.schema is not None, form.strict) == (sends_schema, strict)
    assert form.name == ("Person" if sends_schema else "")


def test_a_type_without_a_strict_form_is_sent_as_it_is():
    kind = dict[str, Any]
    form = prompt_for(kind).form("json_schema")

    assert (form.schema, form.strict) == (output_schema(kind).wrapped_schema, False)


@pytest.mark.parametrize("method", METHODS)
def test_text_types_are_asked_for_as_a_fenced_block_by_every_method(method):
    prompt = prompt_for(PythonCode, inputs={"task": "sort"})

    assert "one fenced block that starts with ```python" in prompt.messages(method)[0].content
    assert prompt.form(method).method == "prompt"


@pytest.mark.parametrize(
    ("kind", "value", "reply"),
    [
        pytest.param(Person, Person(name="Eve", age=3), '{"name": "Eve", "age": 3}', id="object"),
        pytest.param(list[int], [1, 2], '{"return_value": [1, 2]}', id="wrapped"),
        pytest.param(str, "é", '{"return_value": "é"}', id="text"),
        pytest.param(PythonCode, "x = 1", "```python\nx = 1\n```", id="code"),
        pytest.param(Markdown, "```\nx\n```", "````markdown\n```\nx\n```\n````", id="a fence in a fence"),
    ],
)
def test_an_example_is_the_reply_that_the_model_should_give(kind, value, reply):
    assert prompt_for(kind).reply_for(value) == reply


def test_an_example_that_is_no_value_is_refused():
    with pytest.raises(InputError):
        prompt_for(Person).reply_for(object())


@pytest.mark.parametrize("method", METHODS)
def test_without_inputs_the_instruction_is_the_turn_of_the_caller(method):
    (only,) = prompt_for(Person).messages(method)

    assert only.role == "user"
    assert "Find somebody." in only.content


def test_without_inputs_examples_are_still_shown():
    examples = (Shown({}, Person(name="Eve", age=30)),)
    roles = [(turn.role, turn.content) for turn in prompt_for(Person, examples=examples).messages("json_schema")]

    assert roles[1:] == [
        ("user", "Give the return value."),
        ("assistant", '{"name": "Eve", "age": 30}'),
        ("user", "Give the return value."),
    ]


HISTORY = (Message.system("Be brief."), Message.user("Hi"), Message.assistant("Hello"))


def test_a_prompt_continues_a_conversation_without_a_second_system_turn():
    turns = prompt_for(Person, inputs={"query": "Ada"}, history=HISTORY).messages("json_schema")

    assert turns[:3] == HISTORY
    assert [turn.role for turn in turns[3:]] == ["user"]
    assert turns[3].content.endswith("Find somebody.\n\nquery: Ada")


def test_examples_in_a_conversation_stand_behind_the_instruction():
    examples = (Shown({"query": "first"}, Person(name="Eve", age=30)),)
    turns = prompt_for(Person, inputs={"query": "Ada"}, history=HISTORY, examples=examples).messages("json_schema")

    assert [turn.role for turn in turns[3:]] == ["user", "assistant", "user"]
    assert turns[3].content.endswith("Find somebody.\n\nquery: first")
    assert turns[-1].content == "query: Ada"


def test_a_conversation_is_continued_without_inputs_too():
    turns = prompt_for(Person, history=HISTORY).messages("json_schema")

    assert turns[:3] == HISTORY
    assert turns[3].role == "user"


def test_descriptions_of_parameters_are_listed():
    prompt = prompt_for(Person, inputs={"query": "Ada"}, parameters={"query": "who is looked for"})

    assert "Parameters:\n- query: who is looked for" in prompt.messages("json_schema")[0].content


def test_templates_change_every_word():
    templates = Templates(
        task="T {instruction}", parameters="P {parameters}", schema="S {schema}", tool="C {name}", no_inputs="N"
    )
    prompt = prompt_for(int, templates=templates, parameters={"a": "b"}, examples=(Shown({}, 1),))

    assert prompt.messages("tool")[0].content == "T Find somebody.\n\nP - a: b\n\nC int"
    assert prompt.messages("prompt")[0].content.startswith("T Find somebody.\n\nP - a: b\n\nS {return_value: integer}")
    assert prompt.messages("prompt")[-1].content == "N"


def test_an_empty_template_leaves_no_blank_lines():
    prompt = prompt_for(int, templates=Templates(task="{instruction}", tool=""))

    assert prompt.messages("tool") == (Message.user("Find somebody."),)


def test_braces_in_an_instruction_and_in_inputs_are_no_slots():
    prompt = prompt_for(int, instruction="Count {these}.", signature="f(x: dict) -> int", inputs={"x": "{y}"})
    first, last = prompt.messages("json_schema")

    assert "Count {these}." in first.content
    assert last.content == "x: {y}"
