"""Text that was asked for as one fenced block."""

from typing import Annotated

import pytest
from pydantic import Field, TypeAdapter

from llm_strategy.errors import EmptyReplyError, InvalidValueError, TruncatedError
from llm_strategy.parsing.fenced import FencedReader, read_fenced
from llm_strategy.schema.fenced import Code, PythonCode


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        pytest.param("```python\nx = 1\n```", "x = 1", id="the block alone"),
        pytest.param("```\nx = 1\n```", "x = 1", id="no language"),
        pytest.param("Sure!\n\n```python\nx = 1\n```\n\nLet me know.", "x = 1", id="prose around"),
        pytest.param("~~~\nx = 1\n~~~", "x = 1", id="tildes"),
        pytest.param("x = 1\n", "x = 1", id="no fence at all"),
        pytest.param("use `x` here", "use `x` here", id="a fence of one backtick is none"),
        pytest.param("```python\nx = 1\n\n    y\n```", "x = 1\n\n    y", id="blank lines and indents are kept"),
        pytest.param("```python x = 1```", "x = 1", id="all on one line"),
        pytest.param("```python\nx = 1```", "x = 1", id="the closing fence behind the last line"),
        pytest.param("```\na\n```\nand\n```\nlonger one\n```", "longer one", id="the longest block"),
        pytest.param("```\r\na\r\nb\r\n```\r\n", "a\nb", id="line ends of Windows"),
        pytest.param("```\na\x0cb\u2028c\x85d\n```", "a\x0cb\u2028c\x85d", id="other line breaks belong to the text"),
        pytest.param("````\na\n```\nb\n```\n````", "a\n```\nb\n```", id="shorter fences inside"),
        pytest.param("````\na\n~~~~\n````", "a\n~~~~", id="the other kind of fence inside"),
        pytest.param(
            "```markdown\n# A\n```python\nx\n```\nend\n```", "# A\n```python\nx\n```\nend", id="a named block inside"
        ),
        pytest.param(
            '```python\ns = """\n```json\n"""\n```', 's = """\n```json\n"""', id="an opening fence alone inside"
        ),
        pytest.param(
            '```python\ndef f():\n    """\n    ```\n    f()\n    ```\n    """\n```',
            'def f():\n    """\n    ```\n    f()\n    ```\n    """',
            id="deeper fences inside",
        ),
        pytest.param("1. So:\n   ```\n   a\n     b\n   ```", "a\n  b", id="a block in a list is moved to the left"),
        pytest.param("```\nx = 1\n```\n```\n", "x = 1", id="a stray fence at the end"),
        pytest.param("<think>\n```\na longer draft\n```\n</think>\n```\nb\n```", "b", id="drafts in a thinking block"),
        pytest.param("```\n<think>\n</think>\n```", "<think>\n</think>", id="tags inside the block belong to it"),
        pytest.param("<p>text</p>", "<p>text</p>", id="a text that begins with another tag"),
    ],
)
def test_the_text_of_the_block_is_read(reply, text):
    assert read_fenced(reply) == text


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param("```python\nx = 1\ny =", id="the only block"),
        pytest.param("For example\n```\nx\n```\nAll of it:\n```\nx = 1\ny =", id="the longest block"),
        pytest.param("```markdown\n# A\n```python\nx\n```\nand then", id="behind a block inside"),
        pytest.param("<think>\nlet me see ```\na\n```", id="the thinking"),
    ],
)
def test_a_block_that_was_cut_off_is_an_error(reply):
    with pytest.raises(TruncatedError, match=r"Reply again|reply with") as caught:
        read_fenced(reply)
    assert caught.value.reply == reply


@pytest.mark.parametrize("reply", ["", " \n", "```\n```", "```python\n\n```", "<think>so</think>"])
def test_no_text_is_an_error(reply):
    with pytest.raises(EmptyReplyError, match="Reply with the value in a fenced block") as caught:
        read_fenced(reply)
    assert caught.value.reply == reply


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param("Sure:\n```python\ndef f():\n    return 1\n```\nDone.", id="in prose"),
        pytest.param("````\na\n```\nb\n````", id="with a fence inside"),
        pytest.param("<think>```\nno\n```</think>\n```\nx = 1\n```", id="behind thinking"),
        pytest.param("~~~py\nx = 1\n~~~", id="with tildes"),
    ],
)
def test_the_beginning_of_a_reply_grows_to_its_text_and_shows_no_fence(reply):
    whole = read_fenced(reply)
    shown = [read_fenced(reply[:end], partial=True) for end in range(len(reply) + 1)]
    in_block = [text for text in shown if whole.startswith(text)]

    assert shown[-1] == whole
    assert in_block == sorted(in_block, key=len)
    assert all(whole.startswith(text) or "`" not in text for text in shown)


def test_the_beginning_of_a_reply_without_a_fence_is_the_text_so_far():
    assert read_fenced("x = 1\ny", partial=True) == "x = 1\ny"


def test_a_block_is_read_as_a_value_of_the_type():
    reader = FencedReader(TypeAdapter(PythonCode))
    value = reader.read("```python\nx = 1\n```").value

    assert (value, type(value)) == ("x = 1", Code)
    assert reader.read("```python\nx =", partial=True).value == "x ="


def test_a_text_that_does_not_fit_the_type_is_an_error_in_words():
    reader = FencedReader(TypeAdapter(Annotated[str, Field(max_length=3)]))

    with pytest.raises(
        InvalidValueError, match="The text does not fit: String should have at most 3 characters"
    ) as caught:
        reader.read("```\nlonger\n```")
    assert caught.value.problems == ("String should have at most 3 characters",)
    assert caught.value.reply == "```\nlonger\n```"
