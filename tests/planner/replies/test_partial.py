import pytest

from llm_strategy.planner.editing import Write
from llm_strategy.planner.replies import read_work

PARTS = [
    "### a.py (add at the end)\n```python\n",
    "**a.py** (only the changed part)\n```python\n",
    "`a.py` - new method:\n```python\n",
    "Add this method:\n```python a.py\n",
    "Add to the end of it:\n```python\n# a.py\n",
    "Update a.py like so:\n```python\n",
    "Next, insert this:\n\n### a.py\n\n```python\n",
    "The missing import:\na.py\n```\n",
    "a.py (lines 3 to 9)\n```\n",
    "Here are only the changed lines:\na.py\n```\n",
]


@pytest.mark.parametrize("before", PARTS)
def test_a_part_that_is_announced_does_not_replace_the_file(before):
    work = read_work(f"{before}x = 1\n```", known=["a.py"])

    assert not work.edits
    assert work.problems


@pytest.mark.parametrize("before", PARTS[:5] + PARTS[6:])
def test_a_new_file_may_be_announced_so(before):
    assert isinstance(read_work(f"{before}x = 1\n```").edits[0], Write)


@pytest.mark.parametrize(
    "before",
    [
        "Here is the updated code:\na.py",
        "Here is the fixed function:\na.py",
        "I'll add the rate to fix the failing test.\n\n### a.py",
        "### a.py (updated)",
        "**a.py** - adds and subtracts numbers, read-only",
        "Add a new module:\na.py",
        "### 1. `a.py` (fixed)",
        "Let me write all of it again:\n`a.py`",
    ],
)
def test_a_file_that_is_there_is_replaced_by_a_whole_one(before):
    work = read_work(f"{before}\n```python\nx = 1\n```", known=["a.py"])

    assert work.edits == (Write("a.py", "x = 1\n"),)
    assert not work.problems


def test_a_part_is_told_with_the_way_out():
    work = read_work("a.py (add at the end)\n```\nx = 1\n```", known=["a.py"])

    assert "announced as a part of it ('a.py (add at the end)')" in work.problems[0]
    assert "SEARCH and REPLACE" in work.problems[0]


def test_a_part_without_a_path_does_not_replace_the_default_file():
    assert not read_work("Add this method:\n```python\nx\n```", known=["a.py"], default_path="a.py").edits
    assert read_work("Add this method:\n```python\nx\n```", default_path="a.py").edits
