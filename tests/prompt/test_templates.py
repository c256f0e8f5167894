"""The wording of prompts, and its slots."""

from dataclasses import fields, replace

import pytest

from llm_strategy.errors import DefinitionError
from llm_strategy.prompt import Templates

NAMES = [field.name for field in fields(Templates)]


def test_the_default_wording_is_valid():
    assert Templates() == Templates()


@pytest.mark.parametrize("name", NAMES)
def test_every_template_may_do_without_its_slots(name):
    assert getattr(Templates(**{name: "plain words"}), name) == "plain words"


@pytest.mark.parametrize("name", NAMES)
def test_literal_braces_are_written_twice(name):
    assert getattr(Templates(**{name: "{{}}"}), name).format() == "{}"


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_slot_is_refused_when_it_is_written(name):
    with pytest.raises(DefinitionError, match=rf"Template '{name}' has the unknown slot 'colour'\."):
        Templates(**{name: "{colour}"})


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        pytest.param(
            "task", "{signature} {nope}", r"Slots it may use: \{act\}, \{instruction\}, \{signature\}\.", id="named"
        ),
        pytest.param("no_inputs", "{x}", r"Slots it may use: none\.", id="a template without slots"),
        pytest.param("schema", "{}", "unknown slot ''", id="a slot without a name"),
        pytest.param("schema", "{0}", "unknown slot '0'", id="a numbered slot"),
        pytest.param("schema", "{schema.x}", "unknown slot 'schema.x'", id="an attribute of a slot"),
        pytest.param("schema", '{"a": 1}', "unknown slot '\"a\"'.*Write literal braces as {{ and }}", id="JSON"),
        pytest.param("schema", "{schema", "no valid format string.*Write literal braces as {{ and }}", id="unclosed"),
        pytest.param("schema", "a } b", "no valid format string", id="a closing brace alone"),
        pytest.param("schema", "{schema:d}", "no valid format string", id="a format for numbers"),
        pytest.param("schema", "{schema:{width}}", "no valid format string", id="a slot inside a format"),
        pytest.param("schema", "{schema!x}", "no valid format string", id="an unknown conversion"),
    ],
)
def test_what_is_wrong_with_a_template_is_told_in_words(name, text, words):
    with pytest.raises(DefinitionError, match=words):
        Templates(**{name: text})


def test_a_changed_template_is_checked_too():
    with pytest.raises(DefinitionError, match="unknown slot 'value'"):
        replace(Templates(), retry="{value}")
