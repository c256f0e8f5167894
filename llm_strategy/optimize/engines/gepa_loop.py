"""The loop of gepa, with us as its adapter, its proposer, its observer and its logger."""

from __future__ import annotations

import contextlib
from importlib import import_module
from typing import TYPE_CHECKING, Any

from llm_strategy.optimize.engines.calling_back import Ended
from llm_strategy.optimize.engines.gepa_texts import as_texts, as_values
from llm_strategy.optimize.search.asking import note, rolled
from llm_strategy.optimize.search.candidate import Candidate, key_of
from llm_strategy.optimize.search.proposing import proposed
from llm_strategy.optimize.search.settling import settled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llm_strategy.optimize.engines.calling_back import Ask
    from llm_strategy.optimize.search.asking import Wanted
    from llm_strategy.optimize.search.orders import Order, Rollout, Split
    from llm_strategy.optimize.search.record import Record
    from llm_strategy.optimize.search.requests import Purpose
    from llm_strategy.optimize.search.run import Run

__all__ = ["GepaLoop"]


class _NothingNewError(Exception):
    """The proposer had nothing new: gepa asks once more, and goes on."""


class GepaLoop:
    """Carries out gepa's loop."""

    propose_new_texts = None

    def __init__(self, run: Run, ask: Ask) -> None:
        self._run = run
        self._ask = ask
        self._reason = "budget"
        self._child: Record | None = None
        self._slot = 0

    def carried_out(self) -> str:
        """Run the loop; return why it ended. Raises Ended where the search ended first."""
        optimize: Any = import_module("gepa.api").optimize  # untyped: its types do not fit their own documentation
        run = self._run
        writes = next(iter(run.setup.proposers), "llm")
        self._proposer = writes
        with contextlib.suppress(_Over):
            optimize(
                as_texts(run.seed.candidate.values),
                [("train", case) for case in run.setup.train],
                [("val", case) for case in run.val],
                self,
                custom_candidate_proposer=self.propose,
                reflection_minibatch_size=run.settings.minibatch,
                skip_perfect_score=run.setup.perfect is not None,
                perfect_score=1.0 if run.setup.perfect is None else run.setup.perfect,
                module_selector="all",
                use_merge="merge" in run.setup.proposers,
                stop_callbacks=[self._is_over],
                callbacks=[self],
                logger=self,
                seed=run.named("gepa"),
                track_best_outputs=False,
            )
        return self._reason

    def evaluate(
        self,
        batch: Sequence[tuple[Split, str]],
        candidate: Mapping[str, str],
        capture_traces: bool = False,  # noqa: FBT001, FBT002 (gepa passes it in either way)
    ) -> Any:
        """Carry rollouts out. gepa's adapters have this method."""
        evaluation_batch: Any = import_module("gepa.core.adapter").EvaluationBatch
        record = self._record(candidate)
        done = self._known(batch) if self._is_beginning(record, batch) else self._rolled(record, batch)
        objectives = [dict(rollout.objectives) for rollout in done]
        return evaluation_batch(
            outputs=[None for _ in done],
            scores=[rollout.score for rollout in done],
            trajectories=[rollout.order for rollout in done] if capture_traces else None,
            objective_scores=objectives if any(objectives) else None,
        )

    def make_reflective_dataset(
        self, candidate: Mapping[str, str], eval_batch: Any, components_to_update: Sequence[str]
    ) -> dict[str, list[dict[str, Order]]]:
        """Name the cases that the parent was tried at. gepa's adapters have this method."""
        del candidate
        orders: Sequence[Order] = eval_batch.trajectories
        return {name: [{"order": order} for order in orders] for name in components_to_update}

    def propose(
        self,
        candidate: Mapping[str, str],
        reflective_dataset: Mapping[str, Sequence[Mapping[str, Order]]],
        components_to_update: Sequence[str],
    ) -> dict[str, str]:
        """Ask our proposer for new values, all of them at once."""
        parent = self._record(candidate)
        orders = [row["order"] for row in reflective_dataset[components_to_update[0]]]
        shown: list[tuple[Split, str]] = [(order.split, order.case) for order in orders]
        self._slot += 1
        made = self._ask(proposed(self._run, self._proposer, (parent,), shown, self._slot))
        if self._proposer in self._run.silent or (not made and self._run.spending.over):
            raise _Over
        if not made:
            raise _NothingNewError
        return as_texts(made[0].candidate.values)

    def on_iteration_start(self, event: Mapping[str, Any]) -> None:
        """Count the steps. gepa's observers have this method."""
        del event
        self._run.step += 1
        self._run.stalled += 1
        self._slot = 0
        self._child = None

    def on_valset_evaluated(self, event: Mapping[str, Any]) -> None:
        """Take a candidate in that gepa has accepted. gepa's observers have this method."""
        record = self._record(event["candidate"])
        if record is self._run.seed:
            self._run.tell(record)
            return
        self._run.stalled = 0
        self._ask(settled(self._run, record))

    def on_candidate_rejected(self, event: Mapping[str, Any]) -> None:
        """Write down what gepa has rejected. gepa's observers have this method."""
        if self._child is not None and not self._child.pool:
            told = f"rejected: minibatch {event['new_score']:g}, its parent {event['old_score']:g}"
            self._ask(settled(self._run, self._child, told))

    def on_merge_rejected(self, event: Mapping[str, Any]) -> None:
        """Write down a merge that gepa has rejected. gepa's observers have this method."""
        if self._child is not None and not self._child.pool:
            self._ask(settled(self._run, self._child, f"rejected: {event['reason']}"))

    def log(self, message: str) -> None:
        """Say nothing: what is decided is in the log of the run."""

    def _is_over(self, state: object) -> bool:
        """Whether the loop is to end: nothing is free between two of its steps."""
        del state
        run = self._run
        if run.stalled >= run.settings.patience:
            self._reason = "patience"
            return True
        return run.spending.room(run.needed()) <= 0

    def _record(self, texts: Mapping[str, str]) -> Record:
        """Return what is known of a candidate; a merge is made by gepa, and is seen here first."""
        values = as_values(texts)
        known = self._run.by_key.get(key_of(values))
        if known is not None:
            return known
        record = self._run.add(Candidate(len(self._run.records), values, (), "merge"))
        data = {"number": record.number, "parents": list[int](), "proposer": "merge", "step": self._run.step}
        self._ask(note("candidate", data))
        return record

    def _is_beginning(self, record: Record, batch: Sequence[tuple[Split, str]]) -> bool:
        """Whether the seed is wanted at the validation cases: gepa begins with it, and it is known by then."""
        return record is self._run.seed and batch[0][0] == "val"

    def _known(self, batch: Sequence[tuple[Split, str]], record: Record | None = None) -> list[Rollout]:
        cells = (record or self._run.seed).cells
        return [rollout for split, case in batch if (rollout := cells[split][case].last) is not None]

    def _purpose(self, record: Record, batch: Sequence[tuple[Split, str]]) -> Purpose:
        if record.pool:
            return "minibatch"
        self._child = record
        return "val" if batch[0][0] == "val" else "gate"

    def _rolled(self, record: Record, batch: Sequence[tuple[Split, str]]) -> list[Rollout]:
        wanted: list[Wanted] = [(record, split, case) for split, case in batch]
        if not self._ask(rolled(self._run, wanted, self._purpose(record, batch))):
            if self._child is not None and not self._child.pool:
                self._ask(settled(self._run, self._child, "cut short: budget"))
            raise _Over
        return self._known(batch, record)


class _Over(Ended):
    """The budget ends here."""
