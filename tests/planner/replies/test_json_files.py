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


ALICE = '{"id": 3, "name": "Alice", "code": "abc123"}'
PEOPLE = '[{"name": "Alice", "text": "hi"}, {"name": "b.py", "text": "yo"}]'
SERVED = '{"files": {"b.py": "y"}}'


@pytest.mark.parametrize("value", [ALICE, PEOPLE, SERVED, '{"path": "b.py", "content": "y"}', f"{SERVED[:-6]}"])
def test_json_beside_files_is_only_shown(value):
    for reply in (
        f"a.py\n```\nx\n```\nIt answers:\n```json\n{value}\n```",
        f"```json\n{value}\n```\na.py\n```\nx\n```",
    ):
        assert files(read_work(reply)) == {"a.py": "x\n"}


@pytest.mark.parametrize(
    "value",
    [
        ALICE,
        PEOPLE,
        '{"name": "DONE", "text": "y"}',
        '{"name": "b.py", "text": "y"}',
        '{"name": "b.py", "content": "y", "email": "z"}',
        '{"path": "/users/1", "content": "y"}',
        '{"path": "the users", "content": "y"}',
        '{"files": [{"name": "Alice", "text": "y"}]}',
        '[{"path": "b.py", "content": "y"}, {"id": 1}]',
    ],
)
def test_json_with_names_and_texts_is_no_file(value):
    assert not read_work(value).edits
    assert not read_work(f"Here it is:\n```json\n{value}\n```").edits


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ('{"name": "b.py", "content": "y"}', "b.py"),
        ('{"filename": "b.py", "code": "y", "language": "python"}', "b.py"),
        ('{"files": [{"name": "b.py", "text": "y", "id": 1}]}', "b.py"),
        ('{"path": "bin/run", "content": "y"}', "bin/run"),
        ('{"path": "gradlew", "content": "y", "why": "z"}', "gradlew"),
    ],
)
def test_json_that_means_a_file_is_one(value, path):
    assert files(read_work(value)) == {path: "y"}


DESCRIBED = '{"a.py": "the server", "b.py": "the data"}'


def test_a_description_of_files_that_are_there_replaces_none():
    work = read_work(f"Structure:\n```json\n{DESCRIBED}\n```", known=["a.py"])

    assert not work.edits
    assert "names no file" in work.problems[0]
    assert files(read_work(DESCRIBED, known=["a.py"])) == {"a.py": "the server", "b.py": "the data"}
    assert files(read_work(f'So:\n```json\n{{"files": {DESCRIBED}}}\n```', known=["a.py"]))
    assert not read_work(f"Structure:\n```json\n{DESCRIBED[:-3]}", known=["a.py"]).edits
