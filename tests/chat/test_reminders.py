"""What a model is told about a reply that could not be read: one text for each kind of problem."""

import pytest

from llm_strategy.chat import Question, reader_for, resolve
from llm_strategy.chat.attempts import Attempts, Tally
from llm_strategy.errors import (
    EmptyReplyError,
    InvalidValueError,
    MalformedReplyError,
    NoValueError,
    OversizedReplyError,
    ReplyError,
    UnknownToolError,
)
from llm_strategy.prompt import StructuredPrompt, Templates
from llm_strategy.schema import output_schema
from llm_strategy.testing import ScriptedModel


def question(templates):
    output = output_schema(int)
    prompt = StructuredPrompt(
        signature="find(query: str)", instruction="Find.", output=output, inputs={"query": "Ada"}, templates=templates
    )
    return Question(where="shop.find", model=resolve(ScriptedModel([])), prompt=prompt, reader=reader_for(output))


REMINDED = {
    "empty": EmptyReplyError("P."),
    "no_value": NoValueError("P.", reply="hm"),
    "malformed": MalformedReplyError("P.", reply="{"),
    "invalid": InvalidValueError("P.", reply="{}", problems=["`a`: missing", "`b`: missing"]),
    "unknown_tool": UnknownToolError("P.", reply="hm"),
    "oversized": OversizedReplyError("P.", reply="[[["),
}


def reminder(error, templates):
    asked = question(templates)
    attempts = Attempts(asked, "prompt", Tally(asked, 0.0))
    attempts.failed(error)
    return attempts.request().messages[-1].content


@pytest.mark.parametrize("name", REMINDED)
def test_each_kind_of_problem_has_words_of_its_own_inside_the_reminder(name):
    others = {other: "Never." for other in REMINDED if other != name}
    templates = Templates(retry="<{problem}>", shorter="Never.", **{**others, name: "So: {problem}"})
    assert reminder(REMINDED[name], templates) == "<So: P.>"
    assert reminder(REMINDED[name], Templates()) == Templates().retry.format(problem="P.")


def test_the_places_that_do_not_fit_can_be_told_without_more_words():
    templates = Templates(retry="{problem}", invalid="{problems}")
    assert reminder(REMINDED["invalid"], templates) == "`a`: missing\n`b`: missing"
    assert reminder(InvalidValueError("All of it."), templates) == "All of it."
    assert len(reminder(InvalidValueError("Many.", problems=["x" * 79] * 1000), templates)) == 4000


def test_braces_in_a_problem_are_no_slots():
    assert reminder(NoValueError("{retry} {0}"), Templates(retry="{problem}")) == "{retry} {0}"


def test_a_problem_of_another_kind_is_told_as_it_is():
    assert reminder(ReplyError("Odd."), Templates(retry="<{problem}>")) == "<Odd.>"
