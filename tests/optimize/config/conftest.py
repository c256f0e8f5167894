"""A folder with a task, cases, and a file that describes an optimization."""

import json
import sys

import pytest

TASK = """
from pydantic import BaseModel

from llm_strategy import llm_function
from llm_strategy.hyperparameters import track_hyperparameters

@track_hyperparameters
def answer(question: str, *, _tone: str = "plain", _length: int = 10) -> str:
    return f"{question} {_tone} {_length}"

def score(case, value):
    return float(case.expected in value)

class Essay(BaseModel):
    \"\"\"An essay.\"\"\"

    title: str

@llm_function
def compose(model, topic: str) -> Essay:
    \"\"\"Write an essay.\"\"\"

def plain(question):
    return question
"""

CONFIG = """
task: {module}:answer
metric: {module}:score
data: {{file: cases.jsonl, parameters: {{question: asked}}, expected: wanted}}
space:
  bounds:
    "answer:length": [5, 20]
    "answer:tone": [plain, warm]
budget: {{rollouts: 60}}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch, request):
    """A folder, with the name of its module."""
    module = f"task_{abs(hash(request.node.nodeid)) % 10**12}"
    (tmp_path / f"{module}.py").write_text(TASK)
    rows = [{"asked": f"Question {number}?", "wanted": "warm", "kind": "ab"[number % 2]} for number in range(20)]
    (tmp_path / "cases.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    (tmp_path / "essay.yaml").write_text(CONFIG.format(module=module))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    tmp_path.joinpath("module").write_text(module)
    yield tmp_path
    sys.modules.pop(module, None)


@pytest.fixture
def written(folder):
    """Write a configuration, with `{module}` in it replaced."""

    def write(text, name="other.yaml"):
        (folder / name).write_text(text.replace("{module}", (folder / "module").read_text()))
        return folder / name

    return write
