"""What is taken up from an earlier time."""

from llm_strategy.optimize.budget import Budget, OptimizationLedger
from llm_strategy.optimize.replaying import Replaying
from llm_strategy.optimize.store import OptimizationStore


def test_rollouts_that_were_lost_are_known_when_the_next_time_is_killed_at_once():
    with OptimizationStore() as store:
        store.begun(["seed/val/a/0", "seed/val/b/0"])
        for _ in range(2):
            ledger = OptimizationLedger(Budget(rollouts=5))
            Replaying(store, {}, ledger).begin()
            assert ledger.view().lost == 2
