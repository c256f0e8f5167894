import subprocess
from pathlib import Path

import pytest

from llm_strategy.errors import MissingExtraError
from llm_strategy.planner.evaluators import fatal_problems, lint


def test_names_that_are_not_there_are_found_in_any_folder():
    found = fatal_problems({"src/a.py": "print(nothing)\n", "b.py": "import os\n", "c.txt": "print(nothing)"})

    assert [(one.path, one.line, one.rule) for one in found] == [("src/a.py", 1, "F821")]


def test_settings_in_the_files_cannot_turn_a_rule_off():
    files = {
        "a.py": "# ruff: noqa\nprint(nothing)  # noqa: F821\n",
        "ruff.toml": "[lint]\nignore = ['F821']\n",
        "pyproject.toml": "[tool.ruff]\nexclude = ['a.py']\n",
        ".gitignore": "a.py\n",
    }

    assert [one.rule for one in fatal_problems(files)] == ["F821"]


def test_matters_of_taste_are_not_looked_at():
    assert fatal_problems({"a.py": "import os, sys\nl = 1\nx=lambda:0\n"}) == ()


def test_no_python_needs_no_ruff(monkeypatch):
    monkeypatch.setattr(subprocess, "run", None)

    assert fatal_problems({"a.md": "# x"}) == ()


def test_a_missing_ruff_is_told_by_its_extra(monkeypatch):
    monkeypatch.setattr(lint, "which", lambda _name: None)
    monkeypatch.setattr(Path, "exists", lambda _path: False)

    with pytest.raises(MissingExtraError, match=r"llm-strategy\[planner\]"):
        fatal_problems({"a.py": ""})
