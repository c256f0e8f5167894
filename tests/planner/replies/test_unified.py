import pytest

from llm_strategy.planner.editing import Delete, Patch, Write, edited
from llm_strategy.planner.replies import Work, read_work


def files(work: Work) -> dict[str, str]:
    return {edit.path: edit.text for edit in work.edits if isinstance(edit, Write)}


def test_a_diff_names_its_files():
    diff = "diff --git a/x.py b/x.py\nindex 1..2 100644\n--- a/x.py\n+++ b/x.py\n@@ -1,9 +1,9 @@\n-a\n+b\n"
    more = "--- y.py\t2024\n+++ y.py\t2024\n@@ -1 +1 @@\n-c\n+d\n--- a/old.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-q\n"
    work = read_work(f"Here:\n```diff\n{diff}{more}```")

    assert work.edits == (
        Patch("x.py", "@@ -1,9 +1,9 @@\n-a\n+b\n"),
        Patch("y.py", "@@ -1 +1 @@\n-c\n+d\n"),
        Delete("old.py"),
    )
    assert edited(work.edits[0], "a\nz\n") == "b\nz\n"


def test_a_diff_of_a_new_file_is_the_file():
    assert read_work("```diff\n--- /dev/null\n+++ main.py\n@@ -0,0 +1,2 @@\n+x\n+\n```").edits == (
        Write("main.py", "x\n\n"),
    )


def test_a_diff_is_known_by_its_beginning_and_may_be_named_above():
    hunk = "@@ -1 +1 @@\n-a\n+b\n"

    assert read_work(f"```\n--- x.py\n+++ x.py\n{hunk}```").edits == (Patch("x.py", hunk),)
    assert read_work(f"x.py\n```diff\n{hunk}```").edits == (Patch("x.py", hunk),)
    assert read_work(f"```diff\n{hunk}```", default_path="x.py").edits == (Patch("x.py", hunk),)
    assert read_work(f"```patch\n{hunk}```", default_path="x.py").edits == (Patch("x.py", hunk),)


@pytest.mark.parametrize(
    ("diff", "problem"),
    [
        ("@@ -1 +1 @@\n-a\n+b\n", "names no file"),
        ("--- a/x.py\n+++ b/y.py\n@@ -1 +1 @@\n-a\n+b\n", "renames 'x.py' to 'y.py'"),
        ("-a\n+b\n", "has no hunk"),
        ("--- a/x.py\n+++ b/x.py\n", "of 'x.py' has no hunk"),
    ],
)
def test_a_diff_that_cannot_be_applied_is_told(diff, problem):
    work = read_work(f"```diff\n{diff}```")

    assert not work.edits
    assert problem in work.problems[0]


def test_a_patch_that_is_a_file_is_a_file():
    assert files(read_work("fix.patch\n```diff\n--- a\n+++ b\n```")) == {"fix.patch": "--- a\n+++ b\n"}
