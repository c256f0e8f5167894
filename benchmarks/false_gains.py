"""How often a gain is claimed where there is none: python -m benchmarks.false_gains [--quick] [--runs N].

S5 is pure noise: no proposal changes the true quality, and a third of them learn the training cases by heart. Each run
has constants of its own. A gain is claimed where the search gives back anything but the seed. Each run has 500
rollouts, of which the search keeps 200 for its test; half of the runs have no test, so that validation cases judge.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from math import comb

from rich.console import Console
from rich.table import Table

from benchmarks.surfaces_named import surface_of
from benchmarks.surfaces_ours import driven, setup_of
from benchmarks.surfaces_surface import SHIPPED
from llm_strategy.optimize.search.search import search

GOAL = 0.05
ROLLOUTS = 500


def main() -> int:
    given = sys.argv[sys.argv.index("--runs") + 1] if "--runs" in sys.argv else ""
    runs = int(given or ("40" if "--quick" in sys.argv else "200"))
    with ProcessPoolExecutor(max_workers=2) as pool:
        tested = list(pool.map(claims_a_gain, range(runs), chunksize=5))
        untested = list(pool.map(claims_without_a_test, range(runs), chunksize=5))
    table = Table(title="Gains that are claimed where nothing helps")
    for column in ("judged by", "runs", "claims", "share", "at most, at 95 %"):
        table.add_column(column, justify="right")
    for judge, claims in (("100 test cases", tested), ("25 validation cases set aside", untested)):
        share = sum(claims) / runs
        table.add_row(judge, str(runs), str(sum(claims)), f"{share:.1%}", f"{upper(sum(claims), runs):.1%}")
    Console().print(table)
    worst = max(sum(tested), sum(untested)) / runs
    print(
        f"false_gains: {worst:.1%} of {runs} runs claim a gain (goal at most 5%) {'ok' if worst <= GOAL else 'short'}"
    )
    return int(worst > GOAL)


def claims_a_gain(seed: int, *, tested: bool = True) -> bool:
    """Whether a search on pure noise gives back anything but the seed."""
    surface = surface_of("S5", seed, SHIPPED, 5000 + seed)
    outcome = driven(search(setup_of(surface, ROLLOUTS, {}, tested=tested)), surface, ROLLOUTS)
    return outcome.best != outcome.seed


def claims_without_a_test(seed: int) -> bool:
    """The same where there are no test cases."""
    return claims_a_gain(seed, tested=False)


def upper(hits: int, runs: int) -> float:
    """The upper end of the one-sided interval at 95 % for a share: the exact one, of the binomial distribution.

    >>> round(upper(0, 200), 3), round(upper(5, 200), 3)
    (0.015, 0.052)
    """
    low, high = hits / runs, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        below = sum(comb(runs, count) * middle**count * (1 - middle) ** (runs - count) for count in range(hits + 1))
        low, high = (middle, high) if below > 0.05 else (low, middle)
    return high


if __name__ == "__main__":
    sys.exit(main())
