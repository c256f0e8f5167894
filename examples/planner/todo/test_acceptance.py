"""What the to-do list has to do, seen from outside: only what the task says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[1] / "todo.py"


@pytest.fixture
def todo(tmp_path):
    """Runs the program in a new folder; returns its lines."""

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, str(PROGRAM), *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return [line.strip() for line in done.stdout.splitlines() if line.strip()]

    return run


def test_a_task_that_was_added_is_listed(todo):
    todo("add", "milk")
    assert todo("list") == ["1. [ ] milk"]


def test_tasks_are_listed_in_the_order_of_adding(todo):
    for task in ("milk", "eggs", "apples"):
        todo("add", task)
    assert todo("list") == ["1. [ ] milk", "2. [ ] eggs", "3. [ ] apples"]


def test_a_task_is_marked_as_done(todo):
    todo("add", "milk")
    todo("done", "1")
    assert todo("list") == ["1. [x] milk"]


def test_other_tasks_stay_open(todo):
    for task in ("milk", "eggs", "apples"):
        todo("add", task)
    todo("done", "2")
    assert todo("list") == ["1. [ ] milk", "2. [x] eggs", "3. [ ] apples"]


def test_a_task_may_have_several_words(todo):
    todo("add", "call the dentist at 9")
    assert todo("list") == ["1. [ ] call the dentist at 9"]


def test_nothing_is_listed_before_anything_was_added(todo):
    assert not [line for line in todo("list") if re.match(r"\d+\. \[", line)]


def test_tasks_are_kept_in_a_file_of_the_current_folder(todo, tmp_path):
    todo("add", "milk")
    assert "milk" in (tmp_path / "tasks.json").read_text("utf-8")


def test_each_folder_has_its_own_tasks(todo, tmp_path):
    todo("add", "milk")
    (tmp_path / "tasks.json").unlink()
    todo("add", "eggs")
    assert todo("list") == ["1. [ ] eggs"]
