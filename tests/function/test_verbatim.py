"""Replies that are the value as they stand."""

import pytest

from llm_strategy import ChainOfThought, Example, Templates, Verbatim, llm_function
from llm_strategy.errors import AttemptsExhaustedError
from llm_strategy.testing import ScriptedModel

REPLY = "a.py\n```python\nx = 1\n```\n\nb.py\n```python\ny = [1,\n  2]\n```"


@llm_function(templates=Templates(task="{instruction}"), examples=[Example({"task": "none"}, "DONE")])
def files(model, task: str) -> Verbatim:
    """Write the files, each with its path before it."""
    raise NotImplementedError


def test_the_reply_is_the_value_with_all_its_blocks():
    model = ScriptedModel([f"\n{REPLY}\n"])

    value = files(model, "two files")

    assert value == REPLY
    assert isinstance(value, Verbatim)


def test_nothing_but_the_instruction_asks_for_a_form_and_examples_stand_as_they_are():
    system, _, example, last = files.prompt("two files")

    assert system.content == "Write the files, each with its path before it."
    assert example.content == "DONE"
    assert last.content == "task: two files"


def test_thinking_in_front_is_no_part_of_it():
    model = ScriptedModel([f"<think>First\n```\nno\n```</think>\n{REPLY}"])

    assert files(model, "two files") == REPLY


def test_a_reply_that_holds_nothing_is_asked_for_again():
    model = ScriptedModel(["  ", REPLY])

    assert files(model, "two files") == REPLY
    with pytest.raises(AttemptsExhaustedError):
        files.using(attempts=1)(ScriptedModel([" \n "]), "two files")


def test_it_streams_as_it_grows():
    texts = list(files.stream(ScriptedModel([REPLY]), "two files"))

    assert texts[-1] == REPLY
    assert all(REPLY.startswith(str(one)) for one in texts)


def test_a_chain_of_thought_is_asked_for_in_words():
    model = ScriptedModel([REPLY])

    assert files.using(reasoning=ChainOfThought())(model, "two files") == REPLY
    assert "Think step by step" in model.asked[0][0].content
