"""The example that optimizes the planner, with a model that writes what a test tells it to."""

import importlib.util
import re
from pathlib import Path

import pytest

from llm_strategy.planner.evaluators import Evaluators
from llm_strategy.testing.scripted import ScriptedModel

PLACE = Path(__file__).parents[2] / "examples" / "optimize_planner.py"
STACK = """
class Stack:
    def __init__(self): self.items = []
    def push(self, item): self.items.append(item)
    def pop(self): return self.items.pop()
    def peek(self): return self.items[-1]
    def __len__(self): return len(self.items)
"""


@pytest.fixture(scope="module")
def example():
    spec = importlib.util.spec_from_file_location("optimize_planner", PLACE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module", autouse=True)
def sandbox():
    """Tests are run in one."""
    Evaluators(["tests"]).check()


def test_held_out_tests_tell_right_programs_from_wrong_ones(example):
    (case,) = (one for one in example.cases() if "class Stack" in one.parameters)

    assert example.accepted(case, {"stack.py": STACK}).value == 1.0
    assert example.accepted(case, {"stack.py": "class Stack: ...\n"}).value < 1.0
    assert example.accepted(case, {}).value == 0.0


def test_tests_of_the_model_are_not_counted(example):
    (case,) = (one for one in example.cases() if "class Stack" in one.parameters)
    score = example.accepted(case, {"stack.py": "class Stack: ...\n", "test_mine.py": "def test_it(): pass\n"})

    assert score.value < 0.5
    assert "test_mine" not in score.feedback


def test_settings_and_advice_are_searched_within_the_budget(example, capsys):
    def answer(messages):
        if "Write a better" in messages[0].content:
            return "Write tersely."
        if "return_value" in messages[0].content:
            return '{"return_value": ["It works."]}'
        module = re.search(r"(\w+)\.py has", messages[-1].content)
        return f"{module[1]}.py\n```python\n{STACK if module[1] == 'stack' else 'x = 1'}\n```"

    report = example.improve(ScriptedModel(answer), 8)

    assert report.rollouts <= 8
    assert {leaf.path.rpartition(":")[2] for leaf in report.leaves} >= {"turns", "brief", "writing"}
    assert "candidate 0, by seed" in capsys.readouterr().out
