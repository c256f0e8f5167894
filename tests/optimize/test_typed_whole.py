"""Whole optimizations by a model that reflects: no run is reflected on twice, with any number of workers, and resumed."""

import json
import re
import threading
from collections import Counter

import pytest

from llm_strategy.function import llm_function
from llm_strategy.optimize import Case, Score, optimize, search_space
from llm_strategy.optimize.metric import metric
from llm_strategy.optimize.store import OptimizationRecord
from llm_strategy.testing import ScriptedModel

TEXTS = ["Write nicely.", "Say the mood.", "Say the mood: pos or neg.", "Say the mood: pos or neg. Mind irony."]
CASES = [
    Case({"text": f"{word} {number}"}, wanted, group=word)
    for number in range(20)
    for word, wanted in {"good": "pos", "bad": "neg", "oh good": "neg"}.items()
]


@llm_function
def label(model, text: str) -> str:
    """Label the text."""


def answer(messages):
    instruction, text = messages[0].content, messages[-1].content
    if "mood" not in instruction:
        return '"?"'
    return '"neg"' if "bad" in text or ("oh" in text and "irony" in instruction) else '"pos"'


class Optimizer:
    """Writes the texts one after the other; what it is asked again, it answers as before."""

    def __init__(self):
        self.asked = Counter()
        self.runs = Counter()
        self._lock = threading.Lock()

    def __call__(self, messages):
        prompt = "\n".join(str(one.content) for one in messages)
        name = re.search(r"^(?:\w+\.)?(\w+)\(", prompt, re.MULTILINE)[1]
        with self._lock:
            self.asked[name] += 1
            if name == "reflect_on_task_run":
                self.runs[re.sub(r"data-[0-9a-f]{16}", "", prompt)] += 1
        return json.dumps({"return_value": getattr(self, f"_{name}")(prompt)})

    def _reflect_on_task_run(self, prompt):
        missing = "A word limit." if "good" in prompt else "No way to bound the length."
        told = {"feedback": "f", "evaluation": "e", "hyperparameter_suggestion": "s"}
        return {**told, "hyperparameter_missing": missing, "hypothesis": "names no mood"}

    def _suggest_next_optimization_step(self, prompt):
        tried = prompt.count('"hypothesis": "text ')
        text = TEXTS[min(tried, len(TEXTS) - 1)]
        made_up = [{"text": f"good made up {tried}"}]
        return {
            "suggestion": "Try.",
            "hyperparameter_suggestions": [{"label": {"instruction": text}}],
            "hypotheses": [f"text {tried}"],
            "task_parameters_suggestions": made_up,
        }

    def _probability_for_improvement(self, _):
        return {"considerations": [], "probability": 0.7}


@metric(deterministic=True, perfect=1.0)
def right(case, value):
    return Score(float(value == case.expected), f"It is {case.expected}.")


def optimized(model, **options):
    return optimize(
        label,
        CASES,
        model=ScriptedModel(model),
        task_model=ScriptedModel(answer),
        space=search_space(label, include=["*:instruction"]),
        **{"budget": 200, "metric": right, **options},
    )


def log(place):
    with OptimizationRecord(place) as record:
        return record.log()


def test_no_run_is_reflected_on_twice_and_logs_are_the_same_with_any_number_of_workers(tmp_path):
    logs = []
    for workers in (1, 8):
        model = Optimizer()
        report = optimized(model, workers=workers, store=tmp_path / f"{workers}.db")
        assert max(model.runs.values()) == 1
        assert model.asked["suggest_next_optimization_step"] > 2
        logs.append(log(tmp_path / f"{workers}.db"))
    assert logs[0] == logs[1]
    assert not report.is_seed


@pytest.mark.parametrize("at", [30, 60, 100])
def test_a_run_that_was_broken_off_reflects_on_nothing_again(tmp_path, at):
    scored = []

    @metric(deterministic=True, perfect=1.0)
    def dying(case, value):
        scored.append(case.id)
        if len(scored) == at:
            raise KeyboardInterrupt
        return right(case, value)

    whole, again = Optimizer(), Optimizer()
    with pytest.raises(KeyboardInterrupt):
        optimized(again, metric=dying, store=tmp_path / "run.db")
    optimized(again, metric=dying, store=tmp_path / "run.db")
    scored.clear()
    scored.extend(["passed"] * at)
    optimized(whole, metric=dying, store=tmp_path / "whole.db")

    assert again.runs == whole.runs
    assert log(tmp_path / "run.db") == log(tmp_path / "whole.db")
