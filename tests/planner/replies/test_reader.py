import json
from random import Random

import pytest

from llm_strategy.planner.editing import Delete, Patch, Replace, Write, edited
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


@pytest.mark.parametrize(
    "line",
    [
        "app/x.py",
        "./app/x.py",
        "`app/x.py`",
        "**app/x.py**",
        "**`app/x.py`**",
        "**`app/x.py`:**",
        "### app/x.py",
        "### 1. `app/x.py` (new)",
        "#### `app/x.py`: the entry point",
        "2) app/x.py:",
        "- **app/x.py** - the entry point",
        "File: app/x.py",
        "**File: `app/x.py`**",
        "**File:** `app/x.py`",
        "Filename: app/x.py",
        "## Code: app/x.py",
        "## Rewrite Code: app/x.py",
        "Create the file `app/x.py`",
        "Update app/x.py:",
        "\U0001f4c4 app/x.py",
        "=== app/x.py ===",
        "--- app/x.py ---",
        "app/x.py\n",
        "Let us begin with the `app/x.py` file:",
        "### `app/x.py`\n\nThis holds the answer, which is short.",
    ],
)
def test_a_path_is_found_on_the_lines_above_a_block(line):
    assert files(read_work(f"I do this.\n\n{line}\n```python\nx = 1\n```\nThat is it.")) == {"app/x.py": "x = 1\n"}


@pytest.mark.parametrize(
    "info",
    [
        "python app/x.py",
        "app/x.py",
        "python:app/x.py",
        'python title="app/x.py"',
        "python {file='app/x.py'}",
        "python filename=app/x.py",
        "python (app/x.py)",
    ],
)
def test_a_path_is_found_in_the_info_of_a_fence(info):
    assert files(read_work(f"Here:\n```{info}\nx = 1\n```")) == {"app/x.py": "x = 1\n"}


@pytest.mark.parametrize(
    ("language", "path", "comment"),
    [
        ("python", "app/x.py", "# app/x.py"),
        ("python", "app/x.py", "## app/x.py"),
        ("python", "app/x.py", "# File: app/x.py"),
        ("js", "x.js", "// x.js"),
        ("html", "x.html", "<!-- x.html -->"),
        ("css", "a/x.css", "/* a/x.css */"),
        ("sql", "x.sql", "-- x.sql"),
        ("Code", "game.py", "## game.py"),
        ("", "app/x.py", "#!/usr/bin/env python\n# app/x.py"),
    ],
)
def test_a_path_is_found_in_the_first_comment_which_stays(language, path, comment):
    work = read_work(f"```{language}\n{comment}\nrest\n```")

    assert work.edits == (Write(path, f"{comment}\nrest\n"),)


def test_the_info_of_a_fence_counts_more_than_the_line_above_and_that_more_than_a_comment():
    assert files(read_work("b.py\n```python a.py\n# c.py\n```")) == {"a.py": "# c.py\n"}
    assert files(read_work("b.py\n```python\n# c.py\n```")) == {"b.py": "# c.py\n"}


@pytest.mark.parametrize(
    "words",
    [
        "This goes with `a.py` and `b.py`:",
        "Have a look at `a.py`.",
        "In Node.js:",
        "and/or",
        "See https://example.com/a.py",
        "## Development Engineer",
        "Change these lines of `a.py`:\n1. Here",
    ],
)
def test_words_are_no_path(words):
    work = read_work(f"{words}\n```python\nx = 1\n```", known=["a.py"])

    assert not work.edits
    assert "The block that begins with 'x = 1' names no file" in work.problems[0]


def test_a_fragment_in_a_list_below_a_heading_is_not_taken_for_the_file():
    work = read_work("## Review: main.py\n1. Write this:\n   ```python\n   return True\n   ```\n")

    assert not work.edits
    assert "'return True'" in work.problems[0]


def test_a_block_of_another_language_is_not_what_a_sentence_announces():
    assert not read_work("Run `tests/test_a.py`:\n```text\npytest\n```", known=["tests/test_a.py"]).edits
    assert not read_work("This is in `a.py`:\n```json\n{}\n```").edits


def test_commands_for_the_shell_are_words():
    work = read_work("a.py\n```python\nx = 1\n```\nRun it:\n```bash\npython a.py\n```\n```console\n$ ls\n```")

    assert files(work) == {"a.py": "x = 1\n"}
    assert work.note == "Run it: python a.py $ ls"
    assert not work.problems


def test_a_script_with_a_path_is_a_file():
    assert files(read_work("run.sh\n```bash\nls\n```\n```bash bin/go.sh\ncd\n```")) == {
        "run.sh": "ls\n",
        "bin/go.sh": "cd\n",
    }


def test_commands_under_the_path_of_a_program_do_not_become_the_program():
    work = read_work("### app.py\n```bash\npython app.py\n```")

    assert not work.edits
    assert "marked as 'bash'" in work.problems[0]


def test_a_file_may_be_empty():
    assert files(read_work("pkg/__init__.py\n```python\n```")) == {"pkg/__init__.py": ""}


@pytest.mark.parametrize("name", ["Makefile", "Dockerfile", ".gitignore", ".env.example", "LICENSE"])
def test_some_files_have_no_ending(name):
    assert files(read_work(f"{name}\n```\nx\n```")) == {name: "x\n"}


def test_known_files_need_no_ending_and_may_have_blanks():
    assert files(read_work("bin/go\n```\nx\n```\nmy notes\n```\ny\n```", known=["bin/go", "my notes"])) == {
        "bin/go": "x\n",
        "my notes": "y\n",
    }


def test_a_path_with_blanks_has_to_be_in_quotes():
    assert files(read_work("`Chapter 1.md`\n```\nx\n```")) == {"Chapter 1.md": "x\n"}
    assert not read_work("This is chapter 1.md\n```\nx\n```").edits


def test_a_path_that_leaves_the_workspace_is_for_the_store_to_refuse():
    assert files(read_work("../x.py\n```\nx\n```")) == {"../x.py": "x\n"}


def test_a_file_that_is_written_twice_is_written_twice_in_order():
    assert read_work("a.py\n```\n1\n```\na.py\n```\n2\n```").edits == (Write("a.py", "1\n"), Write("a.py", "2\n"))


# Blocks without a path


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


def test_the_only_block_goes_to_the_new_file_that_the_words_name():
    reply = "I wrote the program in `calc.py`.\n```python\nx = 1\n```"

    assert files(read_work(reply, known=["other.py"])) == {"calc.py": "x = 1\n"}
    assert not read_work(reply, known=["calc.py"]).edits


# Blocks in blocks, and blocks without an end


def test_longer_fences_hold_shorter_ones():
    readme = "# T\n```bash\nls\n```\n```\nx\n```\nend\n"

    assert files(read_work(f"README.md\n````markdown\n{readme}````\na.py\n```\nx\n```")) == {
        "README.md": readme,
        "a.py": "x\n",
    }
    assert files(read_work(f"README.md\n~~~\n{readme}~~~")) == {"README.md": readme}


def test_blocks_with_a_language_stand_in_a_markdown_file():
    readme = "# T\n```bash\nls\n```\nend\n`a.py`:\n```python\nx\n```\n"
    reply = f"README.md\n```markdown\n{readme}```\n\na.py\n```python\nx = 1\n```\nRun it:\n```bash\npython a.py\n```"

    assert files(read_work(reply)) == {"README.md": readme, "a.py": "x = 1\n"}


def test_one_fence_too_many_at_the_end_does_no_harm():
    assert files(read_work("a.py\n```python\nx\n```\n```")) == {"a.py": "x\n"}
    assert files(read_work("a.md\n```markdown\nx\n```\n```\n")) == {"a.md": "x\n"}
    assert not read_work("a.py\n```python\nx\n```\n```").problems


def test_a_markdown_file_whose_end_cannot_be_told_is_not_written_but_the_next_file_is():
    work = read_work("README.md\n```markdown\n# T\n```\nls\n```\nend\n```\n\na.py\n```python\nx = 1\n```")

    assert files(work) == {"a.py": "x = 1\n"}
    assert "told where the block for 'README.md' ends" in work.problems[0]
    assert "four backticks (````)" in work.problems[0]


def test_a_torn_block_at_the_end_is_told():
    work = read_work("README.md\n```markdown\n# T\n```\nls\n```\nend\n```\n")

    assert not work.edits
    assert "four backticks" in work.problems[0]


def test_an_example_in_a_docstring_stands_in_its_block():
    code = '"""Use it.\n\n```python\nf()\n```\n"""\n'

    assert files(read_work(f"a.py\n```python\n{code}```\nb.py\n```python\nx\n```")) == {"a.py": code, "b.py": "x\n"}


def test_a_block_that_was_cut_off_is_not_written_and_the_others_are():
    work = read_work("a.py\n```python\nx = 1\n```\nb.py\n```python\ndef half(")

    assert files(work) == {"a.py": "x = 1\n"}
    assert work.problems == (
        "The block for 'b.py' has no closing fence: it was cut off. It is not written: send it again, whole.",
    )


def test_a_block_whose_end_was_forgotten_does_not_swallow_the_next_file():
    work = read_work("a.py\n```python\nx = 1\n\nb.py\n\n```python\ny = 2\n```\n```python\nz\n```")
    other = read_work("a.py\n```python\nx = 1\n```python b.py\ny = 2\n```")

    assert files(work) == {"b.py": "y = 2\n"}
    assert files(other) == {"b.py": "y = 2\n"}
    assert "'a.py' has no closing fence" in work.problems[0]
    assert "'a.py' has no closing fence" in other.problems[0]


def test_a_fence_that_names_a_file_is_no_path_for_the_next_one():
    work = read_work("```a.py\n```\n```b.py\n```python c.py\nx\n```")

    assert files(work) == {"a.py": "", "c.py": "x\n"}
    assert "'b.py' has no closing fence" in work.problems[0]


def test_a_block_whose_end_was_forgotten_ends_before_the_next_fence():
    work = read_work("a.py\n```python\nx = 1\nRun it:\n```bash\nls\n```\n")

    assert not work.edits
    assert len(work.problems) == 1
    assert work.note == "ls"


def test_a_cut_block_without_a_path_is_quoted():
    assert "'x = 1'" in read_work("```python\nx = 1").problems[0]


def test_an_indented_block_loses_the_indent_of_its_fence_only():
    reply = "1. `a.py`\n   ```python\n   if x:\n       y\n  z\n   ```\n"

    assert files(read_work(reply)) == {"a.py": "if x:\n    y\nz\n"}


def test_a_reply_in_crlf_gives_files_in_lf():
    work = read_work("a.py\r\n```python\r\nx = 1\r\n```\r\nREAD: b.py\r\n")

    assert files(work) == {"a.py": "x = 1\n"}
    assert work.read == ("b.py",)


def test_a_file_in_crlf_keeps_its_line_ends():
    assert files(read_work("a.txt\n```\nx\r\n```")) == {"a.txt": "x\r\n"}


# Changes


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


# Diffs


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


# JSON


@pytest.mark.parametrize(
    "value",
    [
        {"files": {"a.py": "x\n", "b/c.py": "y"}},
        {"a.py": "x\n", "b/c.py": "y"},
        [{"path": "a.py", "content": "x\n"}, {"filename": "b/c.py", "code": "y"}],
        {"files": [{"file_path": "./a.py", "text": ["x", ""]}, {"path": "b/c.py", "content": "y"}]},
        {
            "files_and_contents": [
                {"file_path": "a.py", "file_contents": "x\n"},
                {"file_path": "b/c.py", "content": "y"},
            ]
        },
        {"name": "write", "arguments": json.dumps({"files": {"a.py": "x\n", "b/c.py": "y"}})},
    ],
)
def test_files_come_as_json(value):
    expected = {"a.py": "x\n", "b/c.py": "y"}

    assert files(read_work(json.dumps(value))) == expected
    assert files(read_work(f"Here they are.\n```json\n{json.dumps(value, indent=1)}\n```")) == expected


def test_one_file_comes_as_json():
    assert read_work('{"path": "a.py", "content": ""}').edits == (Write("a.py", ""),)


@pytest.mark.parametrize(
    "value", ['{"a": 1}', "[1, 2]", '{"answer": "x"}', '{"files": "none"}', "[]", "{}", '{"files": {"a": 1}}']
)
def test_other_json_is_no_file(value):
    work = read_work(value)

    assert not work.edits
    assert work.problems


def test_json_with_a_path_is_a_file_itself():
    assert files(read_work('package.json\n```json\n{"files": {"a.py": "x"}}\n```')) == {
        "package.json": '{"files": {"a.py": "x"}}\n'
    }


def test_unescaped_line_breaks_and_backslashes_are_what_they_look_like():
    assert files(read_work('[{"path": "a.py", "content": "re.match(\'\\d\\\\s\')\n\tx\n"}]')) == {
        "a.py": "re.match('\\d\\s')\n\tx\n"
    }


def test_a_backslash_at_the_end_of_a_line_of_json_continues_it():
    text = '[{"path": "a.py", "content": "\\\nimport os\\n\\\nx = 1\\n"}]'

    assert files(read_work(text)) == {"a.py": "import os\nx = 1\n"}


@pytest.mark.parametrize(
    ("before", "cut"),
    [
        (
            '{"files_and_contents": [{"file_path": "a.py", "file_contents": "x"},',
            ' {"file_path": "b.py", "file_contents": "ab',
        ),
        ('[{"path": "a.py", "content": "x"},', '{"path": "b.py", "content": "ab\\'),
        ('{"files": {"a.py": "x",', ' "b.py": "ab'),
        ('{"a.py": "x"', ', "b.py": "ab'),
    ],
)
def test_json_that_was_cut_off_gives_the_files_before_the_cut(before, cut):
    work = read_work(before + cut)

    assert files(work) == {"a.py": "x"}
    assert work.problems == ("The JSON of the file 'b.py' was cut off. It is not written: send it again, whole.",)
    assert files(read_work(f"```json\n{before}{cut}")) == {"a.py": "x"}


def test_json_that_was_cut_off_in_its_first_file_is_told():
    work = read_work('{"files_and_contents": [{"file_path": "b.py", "file_contents": "ab')

    assert not work.edits
    assert "'b.py' was cut off" in work.problems[0]


def test_json_with_a_quote_too_many_is_not_guessed():
    work = read_work('[{"path": "a.py", "content": "x"}, {"path": "b.py", "content": "say "hello""}]')

    assert files(work) == {"a.py": "x"}
    assert "is not valid" in work.problems[0]


def test_json_that_nests_too_deep_is_told_and_raises_nothing():
    assert read_work('{"a": ' + "[" * 100_000).problems
    assert read_work("[" * 100_000).problems


# Lines that ask


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


# Thinking, and nothing


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
