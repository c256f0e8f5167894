"""`engine="optuna"` and `engine="random"`: one proposer is asked again and again, everything it says is tried."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from llm_strategy.errors import MissingExtraError
from llm_strategy.optimize.search.asking import rolled
from llm_strategy.optimize.search.beginning import begun
from llm_strategy.optimize.search.finish import finished
from llm_strategy.optimize.search.proposing import proposed
from llm_strategy.optimize.search.run import Run
from llm_strategy.optimize.search.settling import settled

if TYPE_CHECKING:
    from llm_strategy.optimize.search.asking import Steps
    from llm_strategy.optimize.search.requests import Search
    from llm_strategy.optimize.search.setup import SearchSetup

__all__ = ["optuna_search", "random_search"]


def optuna_search(setup: SearchSetup) -> Search:
    """Search with the proposer `optuna` alone: its sampler chooses numbers, switches and choices; texts stay.

    Raises:
        MissingExtraError: Optuna is not installed.
    """
    if find_spec("optuna") is None:
        raise MissingExtraError("optimize", "engine='optuna'")
    return _sampled(setup, "optuna")


def random_search(setup: SearchSetup) -> Search:
    """Search with the proposer `random` alone: what any search has to beat."""
    return _sampled(setup, "random")


def _sampled(setup: SearchSetup, proposer: str) -> Search:
    run = Run(setup)
    complete = yield from begun(run)
    reason = (yield from _trials(run, proposer)) if complete else "budget"
    return (yield from finished(run, reason))


def _trials(run: Run, proposer: str) -> Steps[str]:
    """Try what is proposed, each at the same validation cases."""
    while run.stalled < run.settings.patience:
        run.step += 1
        run.stalled += 1
        for child in (yield from proposed(run, proposer, (run.seed,), (), 0)):
            run.stalled = 0
            cases = run.val[: run.active]
            if not (yield from rolled(run, [(child, "val", case) for case in cases], "val")):
                yield from settled(run, child, "cut short: budget")
                return "budget"
            yield from settled(run, child)
        if proposer in run.silent or run.spending.over:
            return "budget"
    return "nothing to search" if len(run.records) == 1 else "everything was tried"
