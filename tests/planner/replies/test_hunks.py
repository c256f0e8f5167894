import pytest

from llm_strategy.planner.editing import Delete, Replace, Write
from llm_strategy.planner.replies import Work, read_work


def files(work: Work) -> dict[str, str]:
    return {edit.path: edit.text for edit in work.edits if isinstance(edit, Write)}


def test_changes_may_stand_together_in_a_fence_or_in_none():
    hunks = "<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n\n<<<<<<< SEARCH\nc\n=======\n>>>>>>> REPLACE\n"
    expected = (Replace("x.py", "a\n", "b\n"), Replace("x.py", "c\n", ""))

    assert read_work(f"x.py\n```python\n{hunks}```").edits == expected
    assert read_work(f"```python\nx.py\n{hunks}```").edits == expected
    assert read_work(f"```python\n# x.py\n{hunks}```").edits == expected
    assert read_work(f"x.py\n{hunks}").edits[0] == expected[0]


def test_a_change_keeps_its_fences():
    work = read_work("README.md\n```\n<<<<<<< SEARCH\n```bash\nls\n```\n=======\n```\n>>>>>>> REPLACE\n```\n")

    assert work.edits == (Replace("README.md", "```bash\nls\n```\n", "```\n"),)


def test_a_change_that_was_cut_off_is_told_and_those_before_it_count():
    reply = "x.py\n```\n<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n<<<<<<< SEARCH\nc\n=======\nd\n"
    work = read_work(reply)

    assert work.edits == (Replace("x.py", "a\n", "b\n"),)
    assert "The change of 'x.py' has no line '>>>>>>> REPLACE'" in work.problems[0]


def test_a_change_without_a_path_is_for_the_file_that_can_be_meant():
    hunk = "```\n<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n```"

    assert read_work(hunk, known=["x.py"]).edits == (Replace("x.py", "a\n", "b\n"),)
    assert read_work(hunk, known=["x.py", "y.py"], default_path="y.py").edits == (Replace("y.py", "a\n", "b\n"),)
    assert "searches 'a' names no file" in read_work(hunk, known=["x.py", "y.py"]).problems[0]


def test_a_change_that_searches_nothing_makes_a_new_file():
    hunk = "x.py\n<<<<<<< SEARCH\n=======\nb\n>>>>>>> REPLACE"

    assert read_work(hunk).edits == (Write("x.py", "b\n"),)
    assert read_work(hunk, known=["x.py"]).edits == (Replace("x.py", "", "b\n"),)


def test_a_line_of_seven_equal_signs_in_a_change_needs_another_mark():
    middle = "Title\n=======\n"
    torn = read_work(f"x.rst\n<<<<<<< SEARCH\n{middle}=======\nb\n>>>>>>> REPLACE")
    told = read_work(f"x.rst\n<<<<<<<< SEARCH\n{middle}========\nb\n>>>>>>>> REPLACE")

    assert "several lines '======='" in torn.problems[0]
    assert told.edits == (Replace("x.rst", middle, "b\n"),)


def test_a_file_is_found_where_its_folder_was_left_out():
    hunk = "shop.py\n<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\nDELETE: old.py\nREAD: c.py"
    work = read_work(hunk, known=["src/shop.py", "src/old.py", "src/c.py", "test/c.py"])

    assert work.edits == (Replace("src/shop.py", "a\n", "b\n"), Delete("src/old.py"))
    assert work.read == ("c.py",)


@pytest.mark.parametrize(
    "comment",
    [
        "# ... existing code ...",
        "# ... rest of the code remains the same",
        "    // ... existing methods ...",
        "# (rest of the file unchanged)",
        "<!-- existing content -->",
        "# The rest of the code above stays",
    ],
)
def test_a_file_that_leaves_code_out_does_not_replace_the_one_that_has_it(comment):
    reply = f"a.py\n```\nx = 1\n{comment}\n```"

    assert "leaves code out" in read_work(reply, known=["a.py"]).problems[0]
    assert read_work(reply).edits


def test_an_ordinary_comment_leaves_nothing_out():
    code = "# The same code is used by both.\n# existing customers only\n# ...\n# other parts\n"

    assert files(read_work(f"a.py\n```python\n{code}```", known=["a.py"])) == {"a.py": code}
