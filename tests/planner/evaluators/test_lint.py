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


def test_a_file_is_looked_at_again_only_where_it_was_changed(monkeypatch):
    commands = []
    run = subprocess.run
    files = {"./seen/a.py": "print(nothing_here)\n", "seen/b.py": "print(nor_here)\n"}

    def counted(command, **options):
        commands.append(sorted(path.name for path in options["cwd"].rglob("*.py")))
        return run(command, **options)

    monkeypatch.setattr(subprocess, "run", counted)
    first, again = fatal_problems(files), fatal_problems(files)
    changed = fatal_problems({**files, "seen/b.py": "print(not_there)\n"})
    other = fatal_problems(files, rules=["F63"])

    assert commands == [["a.py", "b.py"], ["b.py"], ["a.py", "b.py"]]
    assert first == again
    assert [one.path for one in first] == ["seen/a.py", "seen/b.py"]
    assert [one.message for one in changed] == ["Undefined name `nothing_here`", "Undefined name `not_there`"]
    assert other == ()


def test_what_is_known_of_files_does_not_grow_for_ever(monkeypatch):
    monkeypatch.setattr(lint, "_known", {("old.py", "", ()): ()})
    monkeypatch.setattr(lint, "_MOST_KNOWN", 1)
    found = fatal_problems({"a.py": "print(nothing)\n"})

    assert [one.rule for one in found] == ["F821"]
    assert [path for path, _, _ in lint._known] == ["a.py"]


def test_no_python_needs_no_ruff(monkeypatch):
    monkeypatch.setattr(subprocess, "run", None)

    assert fatal_problems({"a.md": "# x"}) == ()


def test_a_missing_ruff_is_told_by_its_extra(monkeypatch):
    monkeypatch.setattr(lint, "which", lambda _name: None)
    monkeypatch.setattr(Path, "exists", lambda _path: False)

    with pytest.raises(MissingExtraError, match=r"llm-strategy\[planner\]"):
        fatal_problems({"a.py": "new = 1\n"})
