import subprocess
import sys
from importlib import util

import pytest

from llm_strategy.errors import MissingExtraError
from llm_strategy.planner.evaluators import type_problems, types


def test_types_that_do_not_fit_are_told():
    files = {
        "src/app.py": "def double(x: int) -> int:\n    return 2 * x\n",
        "main.py": "import nowhere\nfrom app import double\n\ndouble('two')\n",
        "notes.txt": "double('two')",
    }

    (problem,) = type_problems(files)

    assert (problem.path, problem.line, problem.rule) == ("main.py", 4, "arg-type")
    assert "incompatible type" in problem.message


def test_a_plugin_of_the_workspace_is_not_loaded(tmp_path):
    mark = tmp_path / "mark"
    files = {
        "plugin.py": f"open({str(mark)!r}, 'w')\ndef plugin(version): ...\n",
        "mypy.ini": "[mypy]\nplugins = plugin\nignore_errors = True\n",
        "setup.cfg": "[mypy]\nplugins = plugin\n",
        "pyproject.toml": "[tool.mypy]\nplugins = ['plugin']\n",
        "a.py": "x: int = 'one'\n",
    }

    assert [one.path for one in type_problems(files) if one.path == "a.py"] == ["a.py"]
    assert not mark.exists()


def test_a_file_that_cannot_be_read_is_told():
    problem, *_ = type_problems({"a.py": "def f(:\n"})

    assert (problem.path, problem.line, problem.rule) == ("a.py", 1, "syntax")


def test_no_python_needs_no_mypy(monkeypatch):
    monkeypatch.setattr(subprocess, "run", None)

    assert type_problems({"a.md": ""}) == ()


def test_a_missing_mypy_is_told_by_its_extra(monkeypatch):
    monkeypatch.setattr(types, "find_spec", lambda name: None if name == "mypy" else util.find_spec(name))

    with pytest.raises(MissingExtraError, match=r"llm-strategy\[planner\]"):
        type_problems({})


def test_what_keeps_mypy_from_beginning_is_a_problem(monkeypatch):
    monkeypatch.setattr(types, "_OPTIONS", ("--no-such-option",))

    (problem,) = type_problems({"a.py": ""})

    assert problem.message.startswith("mypy gave up: ")


def test_a_mypy_that_hangs_is_a_problem(monkeypatch):
    monkeypatch.setattr(types, "_SECONDS", 0.01)

    assert [one.message for one in type_problems({"a.py": ""})] == ["mypy did not end within 0.01 s"]


def test_the_interpreter_is_that_of_this_program():
    assert type_problems({"a.py": f"import sys\nx: bool = sys.version_info >= (3, {sys.version_info.minor})\n"}) == ()
