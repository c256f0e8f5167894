import pytest

from llm_strategy.planner.editing import Delete, EditError, Patch, Replace, Write, edited

PROGRAM = """\
def first():
    x = 1
    return x


def second():
    x = 1
    return x
"""


def test_a_whole_file_is_kept_to_the_byte():
    text = "1: x\n   three blanks\r\n\ttab\n\n"

    assert edited(Write("a", text), None) == text
    assert edited(Write("a", text), "before") == text


def test_a_deleted_file_is_gone():
    assert edited(Delete("a"), "text") is None


@pytest.mark.parametrize("edit", [Delete("a.py"), Replace("a.py", "x", "y")])
def test_a_file_that_is_not_there_cannot_be_changed(edit):
    with pytest.raises(EditError, match=r"no file 'a\.py'"):
        edited(edit, None)


def test_lines_that_are_there_once_are_replaced():
    changed = edited(Replace("a", "def second():\n    x = 1\n", "def second():\n    x = 2\n"), PROGRAM)

    assert changed == PROGRAM.replace("second():\n    x = 1", "second():\n    x = 2")


def test_lines_that_are_there_twice_are_refused_with_their_numbers():
    with pytest.raises(EditError, match=r"2 times \(lines 2, 7\)"):
        edited(Replace("a", "    x = 1", "    x = 2"), PROGRAM)


def test_blanks_at_line_ends_may_differ():
    assert edited(Replace("a", "x = 1  \ny = 2", "z = 3"), "x = 1\ny = 2 \nw\n") == "z = 3\nw\n"


@pytest.mark.parametrize(
    ("search", "replacement"),
    [("if a:\n    b()", "if a:\n    c()"), ("        if a:\n            b()", "        if a:\n            c()")],
)
def test_a_block_that_is_quoted_with_another_margin_gets_the_one_of_the_file(search, replacement):
    text = "def f():\n    if a:\n        b()\n    return\n"

    assert edited(Replace("a", search, replacement), text) == "def f():\n    if a:\n        c()\n    return\n"


def test_one_place_that_is_nearly_the_same_is_taken():
    text = "import os\n\ndef greet(name):\n    # says hello to somebody\n    print('hello', name)\n    return name\n"
    search = "def greet(name):\n    # say hello to somebody\n    print('hello', name)\n    return name"

    assert edited(Replace("a", search, "def greet(): ..."), text) == "import os\n\ndef greet(): ...\n"


def test_of_several_places_that_are_nearly_the_same_none_is_taken():
    block = "def f{0}(name):\n    print('hello there', name)\n    return name\n"
    search = "def f3(name):\n    print('hello there', name)\n    return name"

    with pytest.raises(EditError, match="most like it begin at line 1"):
        edited(Replace("a", search, "x"), block.format(1) + block.format(2))


def test_lines_that_are_not_there_are_answered_with_those_most_like_them():
    with pytest.raises(EditError, match=r"'a': .*not in the file") as failed:
        edited(Replace("a", "def third():\n    y = 2\n    return x", "x"), PROGRAM)

    assert "def first():" in str(failed.value)


def test_an_empty_search_is_refused():
    with pytest.raises(EditError, match="empty"):
        edited(Replace("a", "\n  \n", "x"), PROGRAM)


def test_a_replacement_that_was_made_before_changes_nothing():
    done = edited(Replace("a", "def second():\n    x = 1", "def second():\n    x = 2"), PROGRAM)

    assert edited(Replace("a", "def second():\n    x = 1", "def second():\n    x = 2"), done) == done


def test_line_ends_of_the_file_are_kept():
    assert edited(Replace("a", "b\n", "c\nd\n"), "a\r\nb\r\ne\r\n") == "a\r\nc\r\nd\r\ne\r\n"


def test_lines_can_be_taken_out():
    assert edited(Replace("a", "b\n", ""), "a\nb\nc\n") == "a\nc\n"


def test_a_file_without_a_last_line_end_stays_so():
    assert edited(Replace("a", "b", "c"), "a\nb") == "a\nc"


def test_a_diff_is_applied_where_its_lines_are_whatever_its_numbers_say():
    diff = "--- a/a.py\n+++ b/a.py\n@@ -90,3 +90,3 @@\n def second():\n-    x = 1\n+    x = 2\n     return x\n"

    assert edited(Patch("a", diff), PROGRAM) == PROGRAM.replace("second():\n    x = 1", "second():\n    x = 2")


def test_numbers_decide_between_places_that_fit_equally():
    diff = "@@ -6,2 +6,2 @@\n-    x = 1\n+    x = 2\n     return x\n"

    assert edited(Patch("a", diff), PROGRAM) == PROGRAM.replace("second():\n    x = 1", "second():\n    x = 2")


def test_several_hunks_are_applied_all_or_none():
    good = "@@ -1,2 +1,3 @@\n def first():\n+    '''One.'''\n     x = 1\n@@ -6,2 +7,3 @@\n def second():\n+    y = 2\n     x = 1\n"
    changed = edited(Patch("a", good), PROGRAM)

    assert changed == PROGRAM.replace("first():\n", "first():\n    '''One.'''\n").replace(
        "second():\n", "second():\n    y = 2\n"
    )
    with pytest.raises(EditError, match="Hunk 2 of 2"):
        edited(Patch("a", good.replace("second", "third")), PROGRAM)


def test_a_line_that_is_only_quoted_keeps_its_blanks():
    text = "def f():   \n    a = 1\n"

    assert edited(Patch("a", "@@\n def f():\n-    a = 1\n+    a = 2\n"), text) == "def f():   \n    a = 2\n"


def test_a_diff_makes_a_new_file():
    diff = "--- /dev/null\n+++ b/a.py\n@@ -0,0 +1,2 @@\n+x = 1\n+y = 2\n"

    assert edited(Patch("a.py", diff), None) == "x = 1\ny = 2\n"


def test_lines_are_added_behind_the_line_that_the_head_names():
    assert edited(Patch("a", "@@ -1,0 +2,1 @@\n+b\n"), "a\nc\n") == "a\nb\nc\n"


@pytest.mark.parametrize(
    ("diff", "told"),
    [("", "no hunk"), ("just words", "no hunk"), ("@@\n+x\n", "none of the file"), ("@@ -1 +1 @@\n-q\n+r\n", "not in")],
)
def test_a_diff_that_fits_nowhere_is_refused(diff, told):
    with pytest.raises(EditError, match=told):
        edited(Patch("a", diff), PROGRAM)


@pytest.mark.parametrize("lines", [4, 90, 5_000])
def test_a_quote_that_is_not_in_a_long_file_is_refused(lines):
    text = "\n".join(f"line {number} of many" for number in range(4_000))
    quote = "\n".join(f"line {number} of none" for number in range(lines))

    with pytest.raises(EditError, match="not in the file"):
        edited(Replace("a", quote, "x"), text)
