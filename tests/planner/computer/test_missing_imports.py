"""Undefined names: a writer is told where they come from."""

import pytest

from llm_strategy.planner import Domain, Instruction, Program, generate_custom
from llm_strategy.planner.computer.missing_imports import missing_imports
from llm_strategy.planner.evaluators import Problem
from llm_strategy.testing import ScriptedModel


@pytest.mark.parametrize(
    ("name", "files", "hint"),
    [
        ("Item", {"app/items.py": "class Item: ...\n"}, "from app.items import Item"),
        ("Item", {"src/app/__init__.py": "class Item: ...\n"}, "from app import Item"),
        ("json", {}, "import json"),
    ],
)
def test_it_is_told_where_a_name_comes_from(name, files, hint):
    problem = Problem("store.py", 3, f"Undefined name `{name}`", "F821")

    assert missing_imports([problem, problem], files) == [f"store.py lacks the line: {hint}"]


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"a.py": "class Item: ...\n", "b.py": "class Item: ...\n"},
        {"a.py": "class Box:\n    def Item(self): ...\n"},
        {"store.py": "class Item: ...\n"},
    ],
)
def test_nothing_is_said_where_that_is_not_sure(files):
    assert missing_imports([Problem("store.py", 3, "Undefined name `Item`", "F821")], files) == []


def test_the_writer_reads_it_behind_the_finding(tmp_path):
    wrong = "a.py\n```\nclass Item: ...\n```\n\nb.py\n```\nitem = Item()\n```"
    model = ScriptedModel([wrong, "b.py\n```\nfrom a import Item\n\nitem = Item()\n```"])
    generate_custom(
        Domain("code", "a codebase", evaluators=("lint",)),
        "A tool.",
        model,
        workspace=tmp_path / "made",
        program=Program("A tool.", instructions=(Instruction("1", "Write both."),)),
    )

    assert "b.py lacks the line: from a import Item" in model.asked[1][-1].content


def test_fixtures_of_pytest_are_parameters():
    assert missing_imports([Problem("test_a.py", 3, "Undefined name `capsys`", "F821")], {"test_a.py": ""}) == [
        "test_a.py: make capsys a parameter of each test that uses it; pytest fills it."
    ]
