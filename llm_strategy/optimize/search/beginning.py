"""How a search begins: the seed is scored, and noise is measured where nobody has told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.optimize.search.asking import note, rolled

if TYPE_CHECKING:
    from llm_strategy.optimize.search.asking import Steps
    from llm_strategy.optimize.search.run import Run

__all__ = ["begun"]


def begun(run: Run) -> Steps[bool]:
    """Score the seed at the validation cases in use; whether the budget allowed it.

    Some of them are scored twice where nobody has told whether scores are noisy.
    """
    run.seed.pool = True
    cases = run.val[: run.active]
    complete = yield from rolled(run, [(run.seed, "val", case) for case in cases], "seed")
    if complete and run.setup.deterministic is None:
        run.noisy = True
        again = cases[: run.settings.measured]
        complete = yield from rolled(run, [(run.seed, "val", case) for case in again], "seed")
        run.noisy = run.noise.seen
        yield from note("noise", {"noisy": run.noisy})
    run.tell(run.seed)
    run.pool_together()
    return complete
