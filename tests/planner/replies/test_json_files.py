import json

import pytest

from llm_strategy.planner.editing import Write
from llm_strategy.planner.replies import Work, read_work


def files(work: Work) -> dict[str, str]:
    return {edit.path: edit.text for edit in work.edits if isinstance(edit, Write)}


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
