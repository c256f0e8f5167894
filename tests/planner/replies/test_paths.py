import pytest

from llm_strategy.planner.editing import Write
from llm_strategy.planner.replies import Work, read_work


def files(work: Work) -> dict[str, str]:
    return {edit.path: edit.text for edit in work.edits if isinstance(edit, Write)}


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
        "app/x.py (updated):",
        "### app/x.py - the entry point",
        "2. app/x.py: this is the entry point",
        "Path: app/x.py\nContent:",
        "**app/x.py**\n\nFull code:",
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


def test_the_line_above_counts_more_than_a_comment():
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


@pytest.mark.parametrize(
    "words",
    ["Add this to `a.py`:", "In `a.py`, change the second line:", "Modify `a.py`:", "a.py: line 3 fails", "Edit a.py:"],
)
def test_a_part_of_a_file_does_not_replace_the_file(words):
    reply = f"{words}\n```python\nx = 1\n```"

    assert "names no file" in read_work(reply, known=["a.py"]).problems[0]


def test_all_of_a_file_replaces_it():
    reply = "Here is the updated `a.py`:\n```python\nx = 1\n```"

    assert files(read_work(reply, known=["a.py"])) == {"a.py": "x = 1\n"}


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


def test_of_two_texts_for_one_file_none_is_written():
    work = read_work("a.py\n```\n1\n```\nb.py\n```\n1\n```\nExample:\n```\n# a.py\n2\n```")

    assert files(work) == {"b.py": "1\n"}
    assert ["'a.py' several times" in one for one in work.problems] == [True]
    assert files(read_work("a.py\n```\n1\n```\na.py\n```\n1\n```")) == {"a.py": "1\n"}


def test_a_fence_that_names_another_file_than_the_line_above_is_told():
    work = read_work("b.py\n```python a.py\nx\n```")

    assert not work.edits
    assert "'a.py' in its fence and 'b.py' above it" in work.problems[0]


@pytest.mark.parametrize(("above", "info"), [("app.py", "python src/app.py"), ("src/app.py", "python app.py")])
def test_the_longer_of_two_names_of_a_file_counts(above, info):
    assert files(read_work(f"{above}\n```{info}\nx\n```")) == {"src/app.py": "x\n"}


@pytest.mark.parametrize("name", ["Dockerfile", "Makefile", "Gemfile", "justfile", "README"])
def test_a_language_with_the_name_of_a_file_is_no_path(name):
    language = name.lower()
    reply = f"back/{name}\n```{language}\n1\n```\n{name}:\n```{language}\n2\n```\n```{language} web/{name}\n3\n```"

    assert files(read_work(reply)) == {f"back/{name}": "1\n", name: "2\n", f"web/{name}": "3\n"}
    assert not read_work(f"```{language}\n1\n```").edits
    assert files(read_work(f"```{language}:{name}\n1\n```")) == {name: "1\n"}


@pytest.mark.parametrize("path", ["bin/run", "cmd", "tools/do-it"])
def test_a_path_without_an_ending_is_taken_where_it_is_called_a_file(path):
    told = read_work(
        f"`{path}`\n```bash\n#!/bin/sh\n```\nb.py\n```\nx\n```\nSo `{path}`:\n```sql\nx\n```\nSeed:\n```sql\ny\n```"
    )

    assert files(told) == {"b.py": "x\n"}
    assert f"if '{path}' is its path, write 'File: {path}' above it" in told.problems[0]
    assert not any("File:" in one for one in told.problems[1:])
    for line in (f"File: {path}", f"**File:** `{path}`", f"### Path: `{path}`"):
        assert files(read_work(f"{line}\n```bash\nls\n```")) == {path: "ls\n"}


@pytest.mark.parametrize("path", ["gradlew", ".htaccess", ".gitmodules", "web/.htpasswd"])
def test_names_that_programs_want_are_paths(path):
    assert files(read_work(f"{path}\n```\nx\n```")) == {path: "x\n"}


@pytest.mark.parametrize(
    "line", ["File: none", "Path: N/A", "File: the main one", "Path: https://x.y/z", "Profile: x1"]
)
def test_no_path_is_no_path(line):
    assert not read_work(f"{line}\n```text\nls\n```").edits


def test_a_second_file_of_a_name_is_told():
    work = read_work("app.py\n```\nx\n```\n__init__.py\n```\n\n```", known=["src/app.py", "src/__init__.py"])

    assert files(work) == {"app.py": "x\n", "__init__.py": "\n"}
    assert ["there is 'src/app.py'" in one for one in work.problems] == [True]
