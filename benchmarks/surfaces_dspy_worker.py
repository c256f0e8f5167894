"""DSPy's optimizers on surfaces. Runs in an interpreter of its own, which has dspy and needs nothing of this library.

Reads one JSON line a job from stdin: {"surface": name, "seed": n, "sizes": [...], "draw": n or null, "method": name,
"budget": n}; answers with the values that were found. All values are one text, in an instruction: DSPy knows no others.
The language model is simulated: it solves a case as the surface says, and proposes what its reflector proposes. Once
the budget is spent, every further answer is wrong, so that nothing is learnt beyond it.
"""

# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUntypedBaseClass=false, reportUnknownParameterType=false
# pyright: reportMissingParameterType=false

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import random
import re
import sys
import warnings
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

os.environ["DSPY_CACHEDIR"] = os.environ.get("DSPY_CACHEDIR", os.devnull)
warnings.simplefilter("ignore")

import dspy  # noqa: E402

from benchmarks.surfaces_meter import Meter, Spent  # noqa: E402
from benchmarks.surfaces_named import surface_of  # noqa: E402
from benchmarks.surfaces_surface import Drawn, Point, Surface, case_ids  # noqa: E402

VALUES = re.compile(r"<<(\{.*?\})>>", re.DOTALL)
CASE = re.compile(r"\b(train|val) (\d{3})\b")
FIELD = re.compile(r"\[\[ ## (\w+) ## \]\]")


class Task(dspy.Signature):
    """Solve the case."""

    case: str = dspy.InputField()
    answer: str = dspy.OutputField()


class Simulated(dspy.BaseLM):
    """A language model that is as good as the surface says."""

    def __init__(self, surface: Surface, budget: int) -> None:
        super().__init__(model="simulated", temperature=0.0, max_tokens=100, cache=False)
        self.surface, self.meter, self.proposed = surface, Meter(surface, budget), 0
        self.draws = random.Random(surface.seed)

    def forward(self, prompt: str | None = None, messages: Any = None, **options: Any) -> Any:
        del options
        text = "\n".join(str(message["content"]) for message in messages or [{"content": prompt}])
        asked = FIELD.findall(text.rpartition("Respond with")[2])
        fields = {name: "nothing to say" for name in asked if name != "completed"}
        if "answer" in fields:
            fields["answer"] = self.solved(text)
        if "proposed_instruction" in fields:
            fields["proposed_instruction"] = shown(self.reflected())
        told = "\n\n".join(f"[[ ## {name} ## ]]\n{value}" for name, value in fields.items())
        message = SimpleNamespace(content=f"{told}\n\n[[ ## completed ## ]]", tool_calls=None, reasoning_content=None)
        choice = SimpleNamespace(message=message, finish_reason="stop", logprobs=None, index=0)
        usage = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
        return SimpleNamespace(choices=[choice], usage=usage, model="simulated", _hidden_params={})

    def solved(self, text: str) -> str:
        split, case = CASE.findall(text)[-1]
        try:
            return str(int(self.meter.score(read(text), split, case)))
        except Spent:
            return "0"

    def reflected(self) -> dict[str, Any]:
        """A proposal of a method that proposes before it has scored anything: from the seed, at three cases."""
        cases = self.draws.sample(case_ids(self.surface.sizes.train), 3)
        try:
            runs = self.meter.scores(self.surface.seed_values, "train", cases)
        except Spent:
            return self.surface.seed_values
        return self.proposal(self.surface.seed_values, runs)

    def proposal(self, values: Point, runs: Sequence[Drawn]) -> dict[str, Any]:
        self.proposed += 1
        return self.surface.reflect(values, runs, (self.surface.seed << 24) + self.proposed).values


def shown(values: Point) -> str:
    return f"<<{json.dumps(dict(values), sort_keys=True)}>>"


def read(text: str) -> dict[str, Any]:
    """The values in a text, the first ones: the instruction comes first."""
    found = VALUES.search(text)
    return json.loads(found.group(1)) if found else {}


def metric(gold: Any, pred: Any, trace: Any = None, pred_name: Any = None, pred_trace: Any = None) -> Any:
    del gold, trace, pred_trace
    score = float(pred.answer == "1")
    return score if pred_name is None else dspy.Prediction(score=score, feedback=f"score {score}")


def examples(split: str, count: int) -> list[Any]:
    return [dspy.Example(case=f"{split} {case}", answer="1").with_inputs("case") for case in case_ids(count)]


def optimized(job: Mapping[str, Any]) -> dict[str, Any]:
    """The values that an optimizer of DSPy finds."""
    surface = surface_of(job["surface"], job["seed"], job["sizes"], job["draw"])
    lm = Simulated(surface, job["budget"])
    dspy.configure(lm=lm, disable_history=True)
    student = dspy.Predict(Task.with_instructions(shown(surface.seed_values)))
    sizes = surface.sizes
    train, val = examples("train", sizes.train), examples("val", sizes.val)
    found = (_gepa if job["method"] == "gepa" else _mipro)(lm, student, train, val)
    return {"values": read(found.signature.instructions) or surface.seed_values, "used": lm.meter.used}


def _gepa(lm: Simulated, student: Any, train: list[Any], val: list[Any]) -> Any:
    def proposer(
        candidate: dict[str, str], reflective_dataset: Mapping[str, Any], components_to_update: list[str]
    ) -> dict[str, str]:
        (name,) = components_to_update
        runs = [
            Drawn(CASE.findall(str(row["Inputs"]))[-1][1], float("1.0" in row["Feedback"]))
            for row in reflective_dataset[name]
        ]
        return {name: shown(lm.proposal(read(candidate[name]), runs))}

    optimizer = dspy.GEPA(
        metric=metric,
        max_metric_calls=lm.meter.budget,
        instruction_proposer=proposer,
        num_threads=1,
        seed=lm.surface.seed,
        warn_on_score_mismatch=False,
    )
    return optimizer.compile(student, trainset=train, valset=val)


def _mipro(lm: Simulated, student: Any, train: list[Any], val: list[Any]) -> Any:
    """Instructions alone; as many trials as the budget has room for, with the usual full evaluation after each five."""
    trials = max(1, (lm.meter.budget - len(val) - 30) // (15 + len(val) // 5))
    optimizer = dspy.MIPROv2(
        metric=metric,
        prompt_model=lm,
        task_model=lm,
        max_bootstrapped_demos=0,
        max_labeled_demos=0,
        auto=None,
        num_candidates=min(12, max(3, trials)),
        num_threads=1,
        seed=lm.surface.seed,
        track_stats=False,
    )
    return optimizer.compile(
        student,
        trainset=train,
        valset=val,
        num_trials=trials,
        minibatch_size=15,
        program_aware_proposer=False,
        data_aware_proposer=False,
        fewshot_aware_proposer=False,
        tip_aware_proposer=False,
    )


def main() -> None:
    logging.disable(logging.CRITICAL)
    dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=False)
    out = sys.stdout
    for line in sys.stdin:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            try:
                told = optimized(json.loads(line))
            except Exception as error:
                told = {"error": f"{type(error).__name__}: {error}"}
        out.write(json.dumps(told) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
