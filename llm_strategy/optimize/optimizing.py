"""`optimize`: from a task and cases to better hyperparameters, and a report of what they gain."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from llm_strategy.errors import ConfigurationError
from llm_strategy.optimize.beforehand import check_beforehand
from llm_strategy.optimize.budget import OptimizationLedger
from llm_strategy.optimize.checked_options import checked_options
from llm_strategy.optimize.driving import CAUTIONS, drive
from llm_strategy.optimize.engines import engine_search
from llm_strategy.optimize.inputs import Inputs, checked_inputs
from llm_strategy.optimize.live_data import LiveData
from llm_strategy.optimize.metric import Judge, noise_of_rollouts
from llm_strategy.optimize.missing import missing_report
from llm_strategy.optimize.openings import Openings, counting_openings
from llm_strategy.optimize.portfolio import portfolio
from llm_strategy.optimize.proposers.llm import LLMProposer
from llm_strategy.optimize.proposers.llm_estimate import LLMEstimate
from llm_strategy.optimize.proposers.response import surrogate_in
from llm_strategy.optimize.report.making import RunFacts, report_of
from llm_strategy.optimize.report.of_store import keep_draft, keep_report
from llm_strategy.optimize.report.traced import note_report
from llm_strategy.optimize.rollouts import Books, Rollouts, Runner
from llm_strategy.optimize.rollouts.task_call import TaskCall
from llm_strategy.optimize.search.candidate import key_of
from llm_strategy.optimize.search.setup import SearchSetup
from llm_strategy.optimize.store import Identity, OptimizationStore, code_digest, search_digest
from llm_strategy.optimize.synthetic import SyntheticCases, common_type
from llm_strategy.tracing.recording import opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from llm_strategy.optimize.data import Dataset
    from llm_strategy.optimize.options import OptimizeOptions
    from llm_strategy.optimize.proposers import Proposer
    from llm_strategy.optimize.report.report import OptimizationReport

__all__ = ["optimize"]

_DEFAULTS: Mapping[str, Any] = {"engine": "llm-strategy", "seed": 0, "synthetic": 0, "retries": 0}
"""What decides about a search besides its settings."""


def optimize(
    task: Callable[..., Any],
    train: Iterable[Any] | Dataset,
    val: Iterable[Any] | Dataset | None = None,
    test: Iterable[Any] | Dataset | None = None,
    **options: Unpack[OptimizeOptions],
) -> OptimizationReport:
    """Search for hyperparameters with which a task does better, within a budget that is never exceeded.

    Candidates are proposed by a model that reads runs, by a response surface or Optuna where there are numbers and
    choices, by merging what works. Where scores are the same each time, one has to do better at cases that its parent
    failed at, and then at validation cases, before others are made from it; where they are noisy, candidates race;
    where there is a response surface, it judges by all rollouts together. The test cases are touched once, at the end,
    for the winner and what the search began with. Where the interval of the gain includes zero, the hyperparameters
    that it began with are returned, and the report says so.

    Args:
        task: what is optimized: an LLM function, a method of an LLM strategy, or any callable of the parameters.
        train: cases to learn from: `Case(parameters, expected)`, or whatever the task is called with.
        val: cases to choose by; None takes them out of `train`.
        test: cases to judge by; None for none, or for a part of `train` where there is no `val` either.
        **options: see `OptimizeOptions`.

    Returns:
        What was found: `report.scope()` puts it into force, `report.gain` is what it gains, with its interval.

    Raises:
        ConfigurationError: an option is wrong; the budget is too small to score what the search begins with.
        HyperparameterError: there is nothing to search.
        InputError: there are no cases, or a case is in two splits.
        NoModelError: nobody can be asked to propose, or to judge.
        StoredDataError: the store is that of another search; the error names what differs.
        Exception: what the metric raises, with a note that says at which case. All that was done is kept.

    Examples:
        >>> from pydantic import Field
        >>> from llm_strategy.optimize.case import Case
        >>> from llm_strategy.optimize.metric import metric
        >>> from llm_strategy.hyperparameters import track_hyperparameters
        >>> @track_hyperparameters
        ... def rounded(number: float, *, _digits: int = Field(0, ge=0, le=5)) -> float:
        ...     return round(number, _digits)
        >>> cases = [Case(number / 64, number / 64) for number in range(1, 60)]
        >>> def near(case, value):
        ...     return 1 - abs(case.expected - value)
        >>> found = optimize(rounded, cases, metric=metric(near, deterministic=True), budget=300)
        >>> with found.scope():
        ...     rounded(0.28125)
        0.28125

    Source:
        The typed loop is that of llm-strategy; the Pareto front of candidates by example is that of GEPA (Agrawal et
        al. 2025, arXiv:2507.19457). Differences: dominated candidates are dropped before one is drawn, validation cases
        grow, a race for noisy scores, a response surface for numbers and choices, leaders are scored again before one
        is chosen, and a test that is opened once.
    """
    given = checked_options(options)
    return _Optimization(checked_inputs(task, (train, val, test), given), given).carried_out()


class _Optimization:
    def __init__(self, inputs: Inputs, options: OptimizeOptions) -> None:
        self._inputs = inputs
        self._options = options
        self._synthetic = _synthetic(inputs, options)
        self._openings: Openings | None = None

    def carried_out(self) -> OptimizationReport:
        place = self._options.get("store")
        with closing(OptimizationStore(None if place is None else Path(place))) as store:
            ledger = OptimizationLedger(self._inputs.budget, prices=self._options.get("prices"))
            proposers = portfolio(self._inputs, self._options, store, self._synthetic)
            setup = self._search(proposers)
            identity = self._identity(setup)
            store.begin(identity)
            keep_draft(store, self._inputs.space, self._facts(store, ledger, proposers, identity))
            check_beforehand(self._inputs, proposers, self._options)
            self._openings = Openings(store)
            engine = engine_search(self._options.get("engine", "llm-strategy"), setup)
            with opened("step", "optimize") as span:
                outcome = drive(
                    counting_openings(engine, setup, self._openings),
                    store,
                    self._rollouts(store, ledger),
                    proposers,
                    ledger,
                    estimate=self._estimate(proposers),
                    watch=self._options.get("watch"),
                )
                report = report_of(outcome, self._inputs.space, self._facts(store, ledger, proposers, identity))
                note_report(span, report, {one.candidate.number: one.candidate.key for one in outcome.members})
            keep_report(store, report)
            return report

    def _search(self, proposers: Mapping[str, Proposer]) -> SearchSetup:
        inputs, facts = self._inputs, self._inputs.scorer.facts
        return SearchSetup(
            inputs.space.seed,
            inputs.data["train"].ids,
            inputs.data["val"].ids,
            inputs.data["test"].ids,
            {
                f"{split}/{one}": data.group(one)
                for split, data in inputs.data.items()
                for one in data
                if data.group(one)
            },
            tuple(proposers),
            self._options.get("seed", 0),
            inputs.settings,
            deterministic=facts.deterministic,
            perfect=facts.perfect,
            rollouts=inputs.budget.rollouts,
            surrogate=surrogate_in(proposers),
        )

    def _identity(self, setup: SearchSetup) -> Identity:
        options = self._options
        named: dict[str, Any] = {name: options.get(name, default) for name, default in _DEFAULTS.items()}
        models: dict[str, Any] = {
            name: str(options.get(name)) for name in ("model", "task_model") if isinstance(options.get(name), str)
        }
        judged = options.get("metric", options.get("judge"))
        code = {"task": self._inputs.task, "metric": judged, "proposing": options.get("proposing")}
        return Identity(
            {
                **setup.settings.model_dump(mode="json"),
                **named,
                **models,
                "proposers": list(setup.proposers),
                "pool": [key_of(one) for one in options.get("pool", ())],
            },
            {name: data.digest for name, data in self._inputs.data.items() if len(data)},
            self._inputs.space.digest,
            {name: code_digest(one) for name, one in code.items() if one is not None} | _searched(self._inputs),
            search_digest(),
        )

    def _rollouts(self, store: OptimizationStore, ledger: OptimizationLedger) -> Rollouts:
        options = self._options
        runner = Runner(
            self._inputs.task,
            self._inputs.space,
            LiveData(self._inputs.data, self._synthetic),
            self._inputs.scorer,
            options.get("task_model"),
            options.get("seed", 0),
            options.get("retries", 0),
            Books((ledger.task,), (ledger.metric,)),
        )
        return Rollouts(runner, workers=options.get("workers", 1), executor=options.get("executor"), runs=store)

    def _estimate(self, proposers: Mapping[str, Proposer]) -> Any:
        """Ask whoever proposes how probable an improvement is; nobody where no model does."""
        asked = any(isinstance(one, LLMProposer) for one in proposers.values())
        return LLMEstimate(self._inputs.space, self._options.get("model")) if asked else None

    def _facts(
        self,
        store: OptimizationStore,
        ledger: OptimizationLedger,
        proposers: Mapping[str, Proposer],
        identity: Identity,
    ) -> RunFacts:
        answers = [one for proposer in proposers.values() for one in getattr(proposer, "missing", ())]
        facts = self._inputs.scorer.facts
        return RunFacts(
            task=TaskCall(self._inputs.task).name,
            books=ledger.view(),
            rollouts=store.rollouts(),
            missing=missing_report(answers, worst=facts.failing, best=facts.perfect or 1.0) if answers else None,
            synthetic=[] if self._synthetic is None else self._synthetic.records(),
            self_evaluated=self._inputs.scorer.self_evaluated,
            judge_noise=_noise(store) if isinstance(self._inputs.scorer, Judge) else None,
            warnings=store.get(CAUTIONS) or (),
            judged_before=0 if self._openings is None else self._openings.before,
            engine=self._options.get("engine", "llm-strategy"),
            random_seed=self._options.get("seed", 0),
            hashes={"space": identity.space, "search": identity.search, **identity.data, **identity.code},
            settings=identity.configuration,
        )


def _noise(store: OptimizationStore) -> float | None:
    """Return how much the scores of a judge differ where it was asked again; None where it never was."""
    noise = noise_of_rollouts(store.rollouts())
    return noise.deviation if noise.cases else None


def _searched(inputs: Inputs) -> dict[str, str]:
    """Return digests of the functions that are searched, but for the task itself."""
    task: object = inputs.task
    return {one.config_name: code_digest(one) for one in inputs.space.functions if one is not task}


def _synthetic(inputs: Inputs, options: OptimizeOptions) -> SyntheticCases | None:
    count = options.get("synthetic", 0)
    if not count:
        return None
    if options.get("metric") is not None:
        raise ConfigurationError(
            f"optimize(synthetic={count}): nobody knows what is expected of inputs that a model makes up, and a metric "
            "asks for it. Give a judge instead, or neither."
        )
    known = [data.parameters(one) for data in inputs.data.values() for one in data]
    call, proposing = TaskCall(inputs.task, options.get("task_model")), options.get("proposing")
    named = Any if proposing is None else proposing.parameters_type
    kind = common_type(known) if named is Any else named
    return SyntheticCases(kind, known=known, limit=count, check_call=call.arguments)
