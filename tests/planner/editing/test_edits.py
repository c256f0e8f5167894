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


def test_a_number_decides_between_places_that_fit_equally_where_it_names_one_exactly():
    diff = "@@ -7,2 +7,2 @@\n-    x = 1\n+    x = 2\n     return x\n"

    assert edited(Patch("a", diff), PROGRAM) == PROGRAM.replace("second():\n    x = 1", "second():\n    x = 2")
    with pytest.raises(EditError, match=r"2 times \(lines 2, 7\)"):
        edited(Patch("a", diff.replace("-7,2", "-6,2")), PROGRAM)


def test_the_numbers_of_later_hunks_count_the_lines_of_the_file_before():
    diff = "@@ -1,1 +1,2 @@\n def first():\n+    y = 1\n@@ -7,2 +8,2 @@\n-    x = 1\n+    x = 2\n     return x\n"

    assert edited(Patch("a", diff), PROGRAM).endswith("second():\n    x = 2\n    return x\n")


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


@pytest.mark.parametrize(("head", "changed"), [("@@ -0,0 +1,1 @@", "b\na\nc\n"), ("@@ -2,0 +3,1 @@", "a\nc\nb\n")])
def test_lines_without_others_around_them_are_added_at_the_beginning_or_the_end(head, changed):
    assert edited(Patch("a", f"{head}\n+b\n"), "a\nc\n") == changed


@pytest.mark.parametrize("head", ["@@ -1,0 +2,1 @@", "@@ -1 +1,2 @@", "@@ -2 +2,2 @@", "@@ -9,0 +9,1 @@", "@@"])
def test_lines_without_others_around_them_are_added_nowhere_else(head):
    with pytest.raises(EditError, match="none of the file"):
        edited(Patch("a", f"{head}\n+b\n"), "a\nc\n")


SPACED = "import sys\ndef f():\n    return 1\n\n\ndef g():\n    return 2\n"


@pytest.mark.parametrize("head", ["@@ -1,2 +1,3 @@", "@@ -3,2 +3,3 @@", "@@ -5,2 +5,3 @@", "@@ -90,2 +90,3 @@", "@@"])
def test_blank_lines_that_are_quoted_have_to_be_where_the_head_says(head):
    with pytest.raises(EditError, match="all blank"):
        edited(Patch("a", f"{head}\n \n+import os\n \n"), SPACED)


def test_lines_between_blank_lines_go_where_these_are_and_nothing_else_goes_away():
    assert edited(Patch("a", "@@ -4,2 +4,3 @@\n \n+X = 1\n \n"), SPACED) == SPACED.replace("\n\n\n", "\n\nX = 1\n\n")
    assert edited(Patch("a", "@@ -4,1 +3,0 @@\n-\n"), SPACED) == SPACED.replace("\n\n\n", "\n\n")


def test_lines_of_a_diff_may_hold_other_marks_of_line_ends():
    diff = "@@ -1,2 +1,2 @@\n x = '\x0c\u2028\x85'\n-y = 1\n+y = '\x0b\u2029'\n"

    assert edited(Patch("a", diff), "x = '\x0c\u2028\x85'\ny = 1\n") == "x = '\x0c\u2028\x85'\ny = '\x0b\u2029'\n"
    assert edited(Patch("a", "@@\r\n-a\r\n+b\r\n"), "a\n") == "b\n"


def test_lines_that_look_like_the_head_of_a_file_are_changed():
    diff = "@@ -1,3 +1,3 @@\n--- old comment\n select 1\n select 2\n+++ x\n"

    assert edited(Patch("a", diff), "-- old comment\nselect 1\nselect 2\n") == "select 1\nselect 2\n++ x\n"
    assert edited(Patch("a", "@@ -1 +1 @@\n--- a\n+++ b\n"), "-- a\n") == "++ b\n"
    assert edited(Patch("a", "@@\n--- a/a\n+++ b/a\n@@\n-1\n+2\n"), "1\n") == "2\n"


def test_a_line_without_the_blank_before_it_is_quoted_all_the_same():
    diff = "@@\nindex = 5\n-x = 1\n+x = 2\n\\section{a}\n\\ No newline at end of file\n"
    text = "x = 1\n\\section{a}\nindex = 5\nx = 1\n\\section{a}\n"

    assert edited(Patch("a", diff), text) == text[:-18] + "x = 2\n\\section{a}\n"


def test_a_diff_that_quotes_lines_needs_a_file():
    with pytest.raises(EditError, match=r"no file 'a\.py'"):
        edited(Patch("a.py", "@@ -1 +1 @@\n-x\n+y\n"), None)


METHOD = "class A:\n    def area(self):\n        total = self.width * self.height\n        return total\n"


def test_a_place_that_is_nearly_the_same_gives_its_margin_to_the_lines():
    edit = Replace("a", "total = self.width * self.heigth\nreturn total\n", "if x:\n    y = 1\nreturn y\n")

    assert edited(edit, METHOD) == METHOD[: METHOD.index("        total")] + (
        "        if x:\n            y = 1\n        return y\n"
    )


@pytest.mark.parametrize(
    ("search", "text"),
    [
        ("total = self.width * self.heigth\n    return total\n", METHOD),
        ("limit = 10\n", "limit = 100\nother = 3\n"),
        ("limit = 10\nother = 3\n", "limit = 100\nother = 3\n"),
        ("def f():\n    return balance + amount\n", "def f():\n    return balance - amount\n"),
        ("    from_account.balance.change(amount)\n", "    from_accounts.balance.change(amount)\n"),
        ("first_name = 1\nsecond_name = 2\n", "first_names = 1\nsecond_names = 2\n"),
        ("a = first\nb = second\nc = third\nd = fourth\n", "a = first\nb = second\nc = third\nprint(d, e)\n"),
        ("a = first\n\nb = second\n", "a = first\n#\nb = second\n"),
    ],
)
def test_a_place_is_not_nearly_the_same(search, text):
    with pytest.raises(EditError, match="not in the file"):
        edited(Replace("a", search, "x\n"), text)


def test_a_line_that_is_misquoted_is_answered_with_the_one_that_is_there():
    with pytest.raises(EditError, match="most like it begin at line 2:\n    from_accounts"):
        edited(Replace("a", "    from_account.change(amount)", "x"), "y = 1\n    from_accounts.change(amount)\n")


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


@pytest.mark.parametrize(("width", "lines"), [(200_000, 1), (600, 20_000), (60, 20_000)])
def test_lines_that_are_alike_by_the_thousand_are_refused_before_long(width, lines):
    text = "\n".join(["ab" * (width // 2)] * lines)

    with pytest.raises(EditError, match="not in the file"):
        edited(Replace("a", "ba" * (width // 2), "x"), text)
