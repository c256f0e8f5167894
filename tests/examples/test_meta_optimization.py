import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from llm_strategy.chat.resolve import _OPENED, SCHEMES
from llm_strategy.testing import ScriptedModel

EXAMPLE = Path(__file__).parents[2] / "examples" / "meta_optimization.py"


def answer(messages):
    """Answer as a model would that finds its essays too short."""
    text = "\n".join(str(message.content) for message in messages)
    if "suggest_next_optimization_step(" in text:
        point = {"write_essay": {"instruction": "Write an essay of three paragraphs."}}
        told = {"suggestion": "Longer.", "hyperparameter_suggestions": [point], "hypotheses": ["too short"]}
        return json.dumps({"return_value": {**told, "task_parameters_suggestions": [{"essay_topic": "Bees"}]}})
    if "probability_for_improvement(" in text:
        return '{"return_value": {"considerations": [], "probability": 0.7}}'
    if "reflect_on_task_run(" in text:
        long = "three paragraphs" in text
        told = dict.fromkeys(["feedback", "evaluation", "hyperparameter_suggestion"], "...")
        told["hyperparameter_missing"] = "The number of sources."
        return json.dumps({"return_value": {**told, "grade": 0.9 if long else 0.2}})
    return '{"return_value": "An essay."}'


@pytest.fixture
def example(monkeypatch):
    """Load the example; its model is the scripted one."""
    opener = ModuleType("opener_of_essays")
    opener.open_model = lambda _rest: ScriptedModel(answer)
    monkeypatch.setitem(sys.modules, "opener_of_essays", opener)
    monkeypatch.setitem(SCHEMES, "essays", "opener_of_essays:open_model")
    _OPENED.clear()
    spec = importlib.util.spec_from_file_location("example_meta_optimization", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


def test_the_essay_task_is_improved_and_told_about(example, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["meta_optimization.py", "--model", "essays:all"])
    example.main()
    printed = capsys.readouterr().out
    assert "reflect_on_task_run" in printed  # in the trace
    assert "3 runs (1 at made-up inputs, 0 failed), 1 suggestion" in printed
    assert "chosen by: self-evaluation" in printed
    assert "1. number of sources (3 of 3 runs" in printed
    assert "The instruction now reads: Write an essay of three paragraphs." in printed
