"""Finding the code in what a model said, however it wraps it up."""

from contextlib import suppress

import pytest

from llm_strategy.errors import MalformedReplyError, NoValueError
from llm_strategy.reasoning.code_act.code_reply import find_code, made_up_from

FOUND = [
    pytest.param("```python\nx = 1\n```", "x = 1", id="python"),
    pytest.param("```py\nx = 1\n```", "x = 1", id="py"),
    pytest.param("```Python\r\nx = 1\r\n```\r\n", "x = 1", id="carriage-returns"),
    pytest.param("```\nx = 1\n```", "x = 1", id="no-language"),
    pytest.param("~~~python\nx = 1\n~~~", "x = 1", id="tildes"),
    pytest.param("````python\ny = '```'\n````", "y = '```'", id="longer-fence"),
    pytest.param("``` python title='a.py'\nx = 1\n```", "x = 1", id="title"),
    pytest.param("First I look.\n\n```python\nx = 1\n```\n\nThen we see.", "x = 1", id="text-around"),
    pytest.param("1. Look:\n   ```python\n   if x:\n       y()\n   ```", "if x:\n    y()", id="indented"),
    pytest.param("```python print(3) ```", "print(3)", id="one-line"),
    pytest.param("<execute>print(1)</execute>", "print(1)", id="tag"),
    pytest.param("Look: \n<execute>\nprint(1)\nprint(2)\n</execute>\nDone.", "print(1)\nprint(2)", id="tag-of-lines"),
    pytest.param("<execute>\nprint(1)", "print(1)", id="open-tag"),
    pytest.param("<execute>x = 1\nprint(x)</execute>", "x = 1\nprint(x)", id="tag-glued"),
    pytest.param("```python\nx = 1\n```\nand\n```python\ny = 2\n```", "x = 1\ny = 2", id="two-blocks"),
    pytest.param("```python\nx = 1\n```\nand\n```\nprint(x)\n```", "x = 1\nprint(x)", id="second-without-language"),
    pytest.param('```json\n{"a": 1}\n```\n```python\nx = 1\n```', "x = 1", id="other-block-first"),
    pytest.param("```python\nx = 1\n```\n```bash\nls\n```", "x = 1", id="other-block-behind"),
    pytest.param("```python\nprint(1)", "print(1)", id="unclosed"),
    pytest.param("```python\nprint(1)```", "print(1)", id="closed-on-last-line"),
    pytest.param("print(1)\nprint(2)", "print(1)\nprint(2)", id="pure-code"),
    pytest.param("I am done.\nfinish(3)", "finish(3)", id="finish-in-prose"),
    pytest.param("So:\n  finish([\n    1,\n  ])\nThat is it.", "finish([\n    1,\n  ])", id="finish-over-lines"),
    pytest.param("```python\nx = 3\n```\nSo:\nfinish(x)", "x = 3\nfinish(x)", id="finish-behind-block"),
    pytest.param(
        "```python\ntext = '''\n```\nsh\n```\n'''\nprint(text)\n```",
        "text = '''\n```\nsh\n```\n'''\nprint(text)",
        id="fence-in-text",
    ),
    pytest.param(
        "```python\nx = = 1\n```\nOr\n```python\ny\n```", "x = = 1\ny", id="broken-code-is-run-to-see-its-error"
    ),
]


@pytest.mark.parametrize(("reply", "code"), FOUND)
def test_code_is_found_however_it_is_wrapped_up(reply, code):
    found = find_code(reply)
    assert found.code == code
    assert not found.invented
    assert found.kept == reply


INVENTED = [
    "Observation: 3",
    "Observation:\n3",
    "**Observation:** 3",
    "Output:\n```\n3\n```",
    "### Output",
    "Execution result: 3",
    "```output\n3\n```",
    "```\n3\n```",
    "```text\nall is well\n```",
    "Observation: 3\n\n```python\nfinish(3)\n```",
    "Observation: 3\nfinish(3)",
    "<observation>3</observation>",
    "<tool_response>3</tool_response>",
    "[TOOL_RESULTS] 3",
    "User: 3\n\n```python\nfinish(3)\n```",
    "<|im_start|>user\n3",
]


@pytest.mark.parametrize("behind", INVENTED)
def test_what_a_model_makes_up_behind_its_code_is_not_read(behind):
    head = "I look.\n```python\nprint(x)\n```"
    found = find_code(f"{head}\n{behind}")
    assert (found.code, found.kept, found.invented) == ("print(x)", head, True)


@pytest.mark.parametrize(
    "text", ["The output is a table.", "Resulting in 3.", "I made this observation", "Observations matter"]
)
def test_prose_about_output_is_no_made_up_observation(text):
    assert not find_code(f"```python\nx\n```\n{text}").invented


def test_a_label_before_the_code_is_prose():
    assert find_code("Output:\n```python\nprint(1)\n```").code == "print(1)"


@pytest.mark.parametrize(
    "reply", ["Done", "I think so.", "42", "[1, 2]", "The answer is 3.", "finish(", "Use print(x)."]
)
def test_prose_is_no_code(reply):
    with pytest.raises(NoValueError, match="no code block"):
        find_code(reply)


def test_a_block_in_another_language_is_named():
    with pytest.raises(NoValueError, match="marked as 'bash'"):
        find_code("```bash\nls\n```")


def test_whole_blocks_before_one_that_breaks_off_are_run():
    whole = "```python\nx = 1\n```\nand\n```python\ny = 2\n```"
    found = find_code(f"{whole}\nand\n```python\nfor z in range(3")
    assert (found.code, found.kept, found.unclosed) == ("x = 1\ny = 2", f"{whole}\nand", True)
    assert not find_code(whole).unclosed


def test_an_unclosed_block_that_is_no_whole_code_is_not_run():
    with pytest.raises(MalformedReplyError, match="nothing was run") as caught:
        find_code("```python\nfor x in range(3")
    assert caught.value.reply == "```python\nfor x in range(3"


@pytest.mark.parametrize(
    "hostile",
    [
        "```" * 20_000,
        "```python\n" * 5_000,
        "```python\n" + "(" * 15_000,
        "-" * 19_000 + "1",
        "finish(" * 2_000,
        "finish(\n" * 2_000,
        "```python " + " " * 100_000 + "x",
        "<execute>" * 5_000,
        "<execute>\n" + "</execut>" * 5_000,
        "```python\nx = '''\n" + "```\n" * 3_000,
        "```python\nx\n```\n" + "#" * 50_000,
        "```python\nx\n```\n" + " " * 50_000 + "x",
    ],
)
def test_replies_that_are_built_to_be_slow_are_read_or_refused(hostile):
    with suppress(NoValueError, MalformedReplyError):
        find_code(hostile)


def test_the_place_from_which_on_something_is_made_up():
    assert made_up_from("a\nb\nOutput: 1", 2) == 4
    assert made_up_from("a\nb", 0) is None
