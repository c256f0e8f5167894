"""gepa on a surface: its own loop with its defaults; only who proposes is ours, and the same as for every method."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from benchmarks.surfaces_meter import Meter, Spent, Tracked
from benchmarks.surfaces_surface import Drawn, Surface, case_ids

__all__ = ["gepa"]


def gepa(surface: Surface, budget: int, options: Mapping[str, Any]) -> dict[str, Any] | None:
    """The values that gepa finds; None where it is not installed."""
    if find_spec("gepa") is None:
        return None
    optimize: Any = import_module("gepa.api").optimize

    adapter = _Adapter(surface, budget)
    with contextlib.suppress(Spent):
        optimize(
            adapter.as_texts(surface.seed_values),
            list(case_ids(surface.sizes.train)),
            [f"val {case}" for case in case_ids(surface.sizes.val)],
            adapter,
            custom_candidate_proposer=adapter.propose,
            callbacks=[adapter],
            max_metric_calls=budget,
            logger=adapter,
            seed=surface.seed,
            track_best_outputs=False,
            **options,
        )
    return adapter.best.values


class _Adapter:
    """Adapter, proposer, observer and logger in one."""

    propose_new_texts = None

    def __init__(self, surface: Surface, budget: int) -> None:
        self.surface, self.meter, self.proposed = surface, Meter(surface, budget), 0
        self.best = Tracked(surface.seed_values)
        self.is_text = {path: isinstance(value, str) for path, value in surface.seed_values.items()}

    def as_texts(self, values: Mapping[str, Any]) -> dict[str, str]:
        """Texts are all that gepa knows."""
        return {path: value if self.is_text[path] else json.dumps(value) for path, value in values.items()}

    def as_values(self, texts: Mapping[str, str]) -> dict[str, Any]:
        return {path: text if self.is_text[path] else json.loads(text) for path, text in texts.items()}

    def evaluate(self, batch: list[str], candidate: dict[str, str], capture_traces: bool = False) -> Any:
        evaluation_batch: Any = import_module("gepa.core.adapter").EvaluationBatch
        values = self.as_values(candidate)
        split = "val" if batch and batch[0].startswith("val ") else "train"
        runs = self.meter.scores(values, split, [case.removeprefix("val ") for case in batch])
        return evaluation_batch(
            outputs=[None for _ in runs],
            scores=[run.score for run in runs],
            trajectories=[run._asdict() for run in runs] if capture_traces else None,
        )

    def make_reflective_dataset(
        self, candidate: dict[str, str], eval_batch: Any, components_to_update: list[str]
    ) -> dict[str, list[dict[str, Any]]]:
        del candidate
        return {name: list(eval_batch.trajectories) for name in components_to_update}

    def propose(
        self,
        candidate: dict[str, str],
        reflective_dataset: Mapping[str, Sequence[Mapping[str, Any]]],
        components_to_update: list[str],
    ) -> dict[str, str]:
        """All components at once: what a reflection changes does not depend on whose turn it is."""
        self.proposed += 1
        runs = [Drawn(run["case"], run["score"]) for run in reflective_dataset[components_to_update[0]]]
        stream = (self.surface.seed << 24) + self.proposed
        return self.as_texts(self.surface.reflect(self.as_values(candidate), runs, stream).values)

    def on_valset_evaluated(self, event: Mapping[str, Any]) -> None:
        self.best.judged(self.as_values(event["candidate"]), event["average_score"])

    def log(self, message: str) -> None:
        """Say nothing."""
