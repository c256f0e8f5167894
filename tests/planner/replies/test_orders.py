import pytest

from llm_strategy.planner.editing import Delete, Write
from llm_strategy.planner.replies import read_work


def test_lines_ask_for_files_words_and_an_end():
    work = read_work(
        "First I look.\nREAD: a.py, `b/c.py`\n- **READ:** d.py\nFIND: total price\nDELETE: old.py\nCONTINUE",
        known=["src/old.py"],
    )

    assert work.read == ("a.py", "b/c.py", "d.py")
    assert work.search == ("total price",)
    assert work.edits == (Delete("src/old.py"),)
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


API = "- DELETE /links/{code}\n`DELETE /links/1`\nREAD books/1\nDELETE links/1"


def test_lines_of_a_web_service_ask_for_nothing():
    work = read_work(f"a.py\n```\nx\n```\nThe service has:\n{API}\n```\nDELETE /links/1\n```\nDONE")

    assert work.edits == (Write("a.py", "x\n"),)
    assert (work.read, work.done, work.problems) == ((), True, ())
    assert "DELETE /links/1" in work.note


def test_a_file_goes_by_its_full_order_only():
    work = read_work("DELETE a.py\nREAD a.py\nDELETE: gone.py, /etc/x\nDELETE: a.py", known=["a.py"])

    assert work.edits == (Delete("a.py"),)
    assert work.read == ("a.py",)
    assert [one.partition(":")[0] for one in work.problems] == [
        "'a.py' is not deleted",
        "'DELETE",
        "'DELETE",
    ]


def test_a_file_that_the_reply_makes_can_go_again():
    assert read_work("a.py\n```\nx\n```\nDELETE: a.py").edits == (Write("a.py", "x\n"), Delete("a.py"))


def test_a_block_of_words_without_colons_asks_for_nothing():
    assert read_work("```\nREAD a.py\n```\nDONE", known=["a.py"]).read == ()
