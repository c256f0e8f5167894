"""`engine="gepa"`: the loop of gepa over our typed space.

Their loop decides: which parent, which minibatch, which gate, when all validation cases. All that costs something is
asked for as by our own search: rollouts, so that budget and store see each of them, and proposals, so that our typed
proposer writes. Values that are no texts are JSON texts to gepa. Its own files, a pickle among them, are never written.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from llm_strategy.errors import MissingExtraError
from llm_strategy.optimize.engines.calling_back import called_back
from llm_strategy.optimize.search.beginning import begun
from llm_strategy.optimize.search.finish import finished
from llm_strategy.optimize.search.run import Run

if TYPE_CHECKING:
    from llm_strategy.optimize.engines.calling_back import Ask
    from llm_strategy.optimize.search.requests import Search
    from llm_strategy.optimize.search.setup import SearchSetup

__all__ = ["gepa_search"]


def gepa_search(setup: SearchSetup) -> Search:
    """Search with gepa. The first proposer of the setup writes; with `merge` among them, gepa merges as well.

    Raises:
        MissingExtraError: gepa is not installed.
    """
    if find_spec("gepa") is None:
        raise MissingExtraError("optimize", "engine='gepa'")
    return _searched(setup)


def _searched(setup: SearchSetup) -> Search:
    from llm_strategy.optimize.engines.gepa_loop import GepaLoop

    run = Run(setup)
    run.active = len(run.val)

    def looped(ask: Ask) -> str:
        return GepaLoop(run, ask).carried_out()

    complete = yield from begun(run)
    reason = (yield from called_back(looped)) if complete else "budget"
    return (yield from finished(run, reason))
