from random import Random

import pytest

from llm_strategy.planner.editing import Replace, Write
from llm_strategy.planner.replies import FORMAT, Work, read_work


def files(work: Work) -> dict[str, str]:
    return {edit.path: edit.text for edit in work.edits if isinstance(edit, Write)}


def test_the_example_of_the_format_is_read_as_it_is_meant():
    work = read_work(FORMAT)

    assert work.edits == (
        Write("src/prices.py", "RATE = 0.2\n"),
        Replace("src/shop.py", "    total = sum(prices)\n", "    total = sum(prices) * (1 + RATE)\n"),
    )
    assert not work.problems
    assert not work.done
    assert len(FORMAT.splitlines()) <= 12


def test_the_bytes_of_a_block_are_kept():
    text = "1: x\n   three blanks  \n\ttab\n\n\x0cform feed\u2028\n"

    assert files(read_work(f"a.txt\n```\n{text}```")) == {"a.txt": text}


def test_the_only_block_goes_to_the_path_that_was_asked_for():
    reply = "Here it is:\n```python\nx = 1\n```\n```bash\npython m.py\n```"

    assert files(read_work(reply, default_path="./m.py", known=["m.py"])) == {"m.py": "x = 1\n"}


def test_of_several_blocks_the_one_that_may_be_that_file_goes_there():
    work = read_work("```python\nx = 1\n```\nIt prints:\n```json\n{}\n```", default_path="m.py")

    assert files(work) == {"m.py": "x = 1\n"}
    assert len(work.problems) == 1


def test_of_several_blocks_that_may_be_that_file_none_is_taken():
    work = read_work("```python\nx = 1\n```\nor\n```python\nx = 2\n```", default_path="m.py")

    assert not work.edits
    assert len(work.problems) == 2


def test_a_block_without_a_path_does_not_replace_the_file_that_has_one():
    work = read_work("m.py\n```python\nx = 1\n```\nUse it:\n```python\nimport m\n```", default_path="m.py")

    assert files(work) == {"m.py": "x = 1\n"}
    assert "'import m'" in work.problems[0]


def test_a_short_block_beside_files_is_only_shown():
    work = read_work("a.py\n```python\nx = 1\n```\nRun it:\n```\npytest\n```\nIt prints:\n```\n" + "1\n" * 9 + "```")

    assert files(work) == {"a.py": "x = 1\n"}
    assert "pytest" in work.note
    assert [one[:34] for one in work.problems] == ["The block that begins with '1' nam"]


def test_the_only_block_goes_to_the_new_file_that_the_words_name():
    reply = "I wrote the program in `calc.py`.\n```python\nx = 1\n```"

    assert files(read_work(reply, known=["other.py"])) == {"calc.py": "x = 1\n"}
    assert not read_work(reply, known=["calc.py"]).edits


@pytest.mark.parametrize("tag", ["think", "thinking", "Thought", "reasoning"])
def test_thinking_is_no_part_of_the_reply(tag):
    work = read_work(f"<{tag}>a.py\n```\nno\n```\n</{tag}>\nb.py\n```\nyes\n```")

    assert files(work) == {"b.py": "yes\n"}


def test_thinking_that_the_template_has_opened_is_no_part_of_the_reply():
    assert files(read_work("a.py\n```\nno\n```\n</think>\n\nb.py\n```\nyes\n```")) == {"b.py": "yes\n"}


def test_a_file_may_speak_of_thinking():
    code = "x = '<think>'\n</think>\n"

    assert files(read_work(f"a.py\n```\n{code}```")) == {"a.py": code}


def test_a_reply_that_ends_in_its_thinking_is_told():
    assert "ended inside its thinking" in read_work("<think>\na.py\n```\nx\n```").problems[0]


@pytest.mark.parametrize("reply", ["", " \n", "<think>x</think>\n"])
def test_an_empty_reply_is_told(reply):
    assert read_work(reply) == Work(problems=("The reply is empty.",))


def test_a_long_note_is_shortened():
    assert len(read_work("word " * 1000 + "\nDONE").note) < 700


@pytest.mark.parametrize(
    "unit", ["```python\n", "```python\n```python\n```\n", "```md\n```\n", "<<<<<<< SEARCH\n", "[{", '{"a.py": ', "**`"]
)
def test_a_reply_that_repeats_itself_comes_to_an_end(unit):
    work = read_work(unit * 20_000)

    assert work.problems
    assert not work.edits


PIECES = [
    *("a.py", "**b/c.js**", "## Code: d.md", "e.py:", "words", "", "READ: a.py", "DONE", "DELETE: a.py", "FIND: x y"),
    *(
        "```",
        "```python",
        "```python f.py",
        "````markdown",
        "````",
        "~~~",
        "   ```python",
        "```diff",
        "```bash",
        "```json",
    ),
    *("<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE", "--- a/g.py", "+++ b/g.py", "@@ -1 +1 @@", "-x", "+y", " z"),
    *(
        '{"files": {',
        '"h.py": "x"',
        "}}",
        '[{"path": "i.py",',
        '"content": "y"}]',
        "# j.py",
        "x = 1",
        "\tx  ",
        "</think>",
    ),
    *("<think>", "# ... existing code ...", "1: x", "   x", "\x0c", "\u2028x", "\\"),
]


@pytest.mark.parametrize("seed", range(300))
def test_any_reply_is_read_and_no_file_holds_what_the_reply_does_not(seed):
    chance = Random(seed)
    reply = "\n".join(chance.choice(PIECES) for _ in range(chance.randrange(60)))
    work = read_work(reply, known=["a.py", "b/c.js"], default_path=chance.choice(["", "k.py"]))

    assert work != Work()
    said = "\n".join(line.strip() for line in reply.split("\n"))
    for text in files(work).values():
        bare = "\n".join(line.strip().removeprefix("+") for line in text.split("\n"))
        assert bare.removesuffix("\n") in said or bare.strip() in said.replace("\n+", "\n")


def test_a_block_that_says_to_be_another_file_takes_no_default_place():
    work = read_work("```python\n# requirements.txt\npytest\n```", default_path="a.py")
    assert work.edits == ()
    assert work.problems


def test_a_block_may_hold_several_files_each_below_its_path():
    work = read_work("```python\n# a.py\nx = 1\n\n# tools/b.py\ny = 2\n```")
    assert [(one.path, one.text) for one in work.edits] == [
        ("a.py", "# a.py\nx = 1\n\n"),
        ("tools/b.py", "# tools/b.py\ny = 2\n"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "# a.py\nx = 1\n# b.py\ny = 2\n",
        "# a.py\nx = 1\n\n# a.py\ny = 2\n",
        "# a.py\nx = 1\n\n# see b.py\ny = 2\n",
        "# a.py\nx = 1\n\n    # b.py\ny = 2\n",
        "# a.py\nx = 1\n\n# b.css\ny = 2\n",
    ],
)
def test_a_comment_inside_a_file_begins_no_other(text):
    work = read_work(f"```python\n{text}```")
    assert [one.path for one in work.edits] == ["a.py"]
