"""A driver for tests and benchmarks: everything in memory, one thread, a hard end of the budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.optimize.search.requests import Estimate, Estimated, Evaluate, Evaluated, Propose, Proposed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from llm_strategy.optimize.search.candidate import Candidate, Proposal
    from llm_strategy.optimize.search.orders import Order, Rollout
    from llm_strategy.optimize.search.outcome import SearchOutcome
    from llm_strategy.optimize.search.requests import Search, SearchReply, SearchRequest

__all__ = ["answered"]


def answered(
    search: Search,
    *,
    evaluate: Callable[[Order, Candidate], Rollout],
    propose: Callable[[Propose], Sequence[Proposal]],
    estimate: Callable[[Estimate], float | None] | None = None,
    rollouts: int,
) -> SearchOutcome:
    """Run a search.

    Args:
        search: what to answer.
        evaluate: carries an order out.
        propose: makes new values up.
        estimate: says how probable an improvement is; None where nobody is to be asked.
        rollouts: the budget. What is wanted beyond it is not carried out.
    """
    spent = 0

    def left() -> float:
        return (rollouts - spent) / rollouts if rollouts else 0.0

    def reply(request: SearchRequest) -> SearchReply:
        nonlocal spent
        if isinstance(request, Evaluate):
            candidates = {candidate.key: candidate for candidate in request.candidates}
            orders = request.orders[: rollouts - spent]
            spent += len(orders)
            return Evaluated(tuple(evaluate(order, candidates[order.candidate]) for order in orders), left())
        if isinstance(request, Propose):
            return Proposed(tuple(propose(request)), left())
        if isinstance(request, Estimate):
            return Estimated(None if estimate is None else estimate(request), left())
        return None

    answer: SearchReply = None
    while True:
        try:
            request = search.send(answer)
        except StopIteration as end:
            outcome: SearchOutcome = end.value
            return outcome
        answer = reply(request)
