import pytest

from llm_strategy.planner.editing import Delete, Write
from llm_strategy.planner.replies import read_work


def test_lines_ask_for_files_words_and_an_end():
    work = read_work(
        "First I look.\nREAD: a.py, `b/c.py`\n- **READ:** d.py\nFIND: total price\nDELETE: old.py\nCONTINUE"
    )

    assert work.read == ("a.py", "b/c.py", "d.py")
    assert work.search == ("total price",)
    assert work.edits == (Delete("old.py"),)
    assert work.more
    assert not work.done
    assert work.note == "First I look."
    assert not work.problems


@pytest.mark.parametrize("line", ["DONE", "DONE.", "**DONE**", "- DONE", "`DONE`", "\nDONE\n"])
def test_it_says_that_it_is_done(line):
    assert read_work(line).done


@pytest.mark.parametrize(
    "line",
    ["Done with this.", "Read the file first.", "Find: the answer.", "READ: all of it", "FIND:", "I have DONE it."],
)
def test_words_ask_for_nothing(line):
    work = read_work(line)

    assert (work.read, work.search, work.done, work.more) == ((), (), False, False)
    assert "asks for nothing that can be read" in work.problems[0]


def test_lines_that_ask_count_in_a_block_of_their_own():
    work = read_work("```\nREAD: a.py\nDONE\n```")

    assert (work.read, work.done) == (("a.py",), True)


def test_lines_that_ask_are_content_in_a_file():
    work = read_work("notes.md\n```\nDONE\nDELETE: a.py\n```")

    assert work.edits == (Write("notes.md", "DONE\nDELETE: a.py\n"),)
    assert not work.done


def test_a_known_name_is_read_whatever_it_looks_like():
    assert read_work("READ: my notes", known=["my notes"]).read == ("my notes",)
    assert read_work('FIND: "total price"').search == ("total price",)
