import pytest

from llm_strategy.planner.editing import Write
from llm_strategy.planner.replies import Work, read_work


def files(work: Work) -> dict[str, str]:
    return {edit.path: edit.text for edit in work.edits if isinstance(edit, Write)}


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


def test_many_pages_with_many_blocks_are_all_read():
    inner = "".join(f"```python\nprint({number})\n```\n" for number in range(20))
    work = read_work("".join(f"c{page}.md\n```markdown\n# Page\n{inner}```\n" for page in range(60)))

    assert [edit.path for edit in work.edits] == [f"c{page}.md" for page in range(60)]
    assert not work.problems


def test_a_reply_with_more_fences_than_are_looked_at_is_told():
    work = read_work("a.py\n```\nx\n```\nb.md\n```markdown\n" + "```python\n" * 30_000 + "```\n" * 30_001)

    assert [edit.path for edit in work.edits] == ["a.py"]
    assert ["'b.md' and all behind it are not read" in one for one in work.problems] == [True]


@pytest.mark.parametrize(
    "behind", ["", "b.py\n```python\ny\n```\n", "It prints:\n```\n1\n```\nb.py\n```python\ny\n```"]
)
def test_a_bare_fence_in_a_file_that_leaves_another_alone_tears_the_block(behind):
    work = read_work(f"a.py\n```python\nT = '''\n```\n'''\nx = 1\n```\nThat is all.\n{behind}")

    assert "a.py" not in [edit.path for edit in work.edits]
    assert "cannot be told where the block for 'a.py' ends" in work.problems[0]


@pytest.mark.parametrize("behind", ["", "```\n", "It prints:\n```\n1\n```\nSo\n```text\n2\n```\n", "```bash\npytest"])
def test_other_blocks_behind_a_file_do_it_no_harm(behind):
    assert [edit.path for edit in read_work(f"a.py\n```python\nx\n```\nb.py\n```\ny\n```\n{behind}").edits] == [
        "a.py",
        "b.py",
    ]


def test_hundreds_of_blocks_without_a_name_are_all_looked_at():
    work = read_work("```python\nx\n```\n" * 300 + "a.py\n```\nx\n```")

    assert files(work) == {"a.py": "x\n"}
    assert len(work.problems) == 300
