"""The end of a search: leaders are scored again, the winner is judged against the seed, one of both is given back."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from llm_strategy.optimize.search.asking import note, rolled
from llm_strategy.optimize.search.gain import gain_of
from llm_strategy.optimize.search.growth import told_apart
from llm_strategy.optimize.search.outcome import Gain, Member, SearchOutcome
from llm_strategy.optimize.search.pooled import probes
from llm_strategy.optimize.search.standing import best_of, front_members, leaders_of

if TYPE_CHECKING:
    from llm_strategy.optimize.search.asking import Steps, Wanted
    from llm_strategy.optimize.search.orders import Split
    from llm_strategy.optimize.search.record import Record
    from llm_strategy.optimize.search.run import Run

__all__ = ["finished"]


def finished(run: Run, reason: str) -> Steps[SearchOutcome]:
    """End the search."""
    yield from note("stopped", {"reason": reason, "step": run.step})
    yield from (_pooled(run) if run.pooled else _repeated(run) if run.noisy else _completed(run))
    winner = best_of(run)
    yield from note("winner", {"number": winner.number, "step": run.step})
    gain, scores = (yield from _judged(run, winner)) if winner is not run.seed else (None, {})
    best, verdict = _verdict(run, winner, gain)
    return SearchOutcome(
        best=best.candidate,
        winner=winner.candidate,
        seed=run.seed.candidate,
        members=tuple(_member(run, record) for record in run.records),
        gain=gain,
        reason=f"{reason}; {verdict}",
        steps=run.step,
        test_scores=scores,
        front=tuple(record.number for record in front_members(run)),
        brier=run.improvement.brier,
        estimates=run.improvement.checked,
    )


def _completed(run: Run) -> Steps[None]:
    """Try the leaders at the validation cases that are left, as long as there is room; drop those that fall back."""
    keep = run.judging()
    leaders = leaders_of(run, run.settings.leaders)
    while run.active < len(run.val) and len(leaders) > 1:
        active = min(len(run.val), run.active + run.settings.block)
        wanted: list[Wanted] = [(record, "val", case) for record in leaders for case in run.val[run.active : active]]
        if not (yield from rolled(run, wanted, "rescore", keep)):
            return
        run.active = active
        best = best_of(run)
        leaders = [record for record in leaders if record is best or not told_apart(best, record)]


def _repeated(run: Run) -> Steps[None]:
    """Try the leaders anew, the half of them that is left after each round; what was lucky does not stay so."""
    leaders = leaders_of(run, run.settings.leaders)
    most = run.repeating()
    rounds = max(1, math.ceil(math.log2(max(2, len(leaders)))))
    for turn in range(rounds):
        if len(leaders) < 2:
            return
        room = min(run.spending.room(run.judging()), most)
        each = int(room / (rounds - turn) / len(leaders))
        wanted = [one for record in leaders for one in _anew(run, record, each)]
        if not wanted or not (yield from rolled(run, wanted, "rescore", run.judging())):
            return
        kept = max(1, len(leaders) // 2) if turn + 1 < rounds else 1
        standing = [record for record in leaders_of(run, len(run.records)) if record in leaders]
        leaders = standing[:kept]


def _pooled(run: Run) -> Steps[None]:
    """Try the leaders at more cases, and judge all candidates anew after each round; half of the leaders are left."""
    leaders = leaders_of(run, run.settings.leaders)
    rounds = max(1, math.ceil(math.log2(max(2, len(leaders)))))
    while len(leaders) > 1:
        room = min(run.spending.room(run.judging()), run.repeating() / rounds)
        wanted = [one for record in leaders for one in probes(run, record, int(room / len(leaders)))]
        if not wanted or not (yield from rolled(run, wanted, "rescore", run.judging())):
            break
        run.pool_together()
        standing = [record for record in leaders_of(run, len(run.records)) if record in leaders]
        leaders = standing[: math.ceil(len(leaders) / 2)]
    run.pool_together()


def _anew(run: Run, record: Record, count: int) -> list[Wanted]:
    order = sorted(run.val, key=lambda case: record.repeats("val", case))
    return [(record, "val", order[place % len(order)]) for place in range(count)]


def _judged(run: Run, winner: Record) -> Steps[tuple[Gain | None, dict[str, float]]]:
    """Open the test once, for the seed and the winner together; without one, the validation cases kept aside."""
    split: Split = "test" if run.setup.test else "val"
    cases = list(run.setup.test or run.judged)
    run.draws("judged").shuffle(cases)
    room = run.spending.room(0)
    cases = cases[: int(min(len(cases), room / 2))]
    wanted: list[Wanted] = [(record, split, case) for case in cases for record in (run.seed, winner)]
    yield from rolled(run, wanted, "test", 0)
    pairs = [
        (seed, best)
        for case in cases
        if (seed := run.seed.score(split, case)) is not None and (best := winner.score(split, case)) is not None
    ]
    gain = gain_of(
        [best - seed for seed, best in pairs],
        split=split,
        confidence=run.settings.confidence,
        resamples=run.settings.resamples,
        draws=run.draws("gain"),
    )
    if split == "val" or not pairs:
        return gain, {}
    means = [math.fsum(column) / len(pairs) for column in zip(*pairs, strict=True)]
    return gain, {"seed": means[0], "winner": means[1]}


def _verdict(run: Run, winner: Record, gain: Gain | None) -> tuple[Record, str]:
    if winner is run.seed:
        return run.seed, "nothing better than the seed was found"
    if gain is None:
        told = "the gain was not judged"
    else:
        told = f"the gain is {gain.low:+.3f} to {gain.high:+.3f} at {gain.confidence:.0%} on {gain.split}"
        if gain.is_real:
            return winner, told
    if run.settings.guard:
        return run.seed, f"{told}, so the seed is given back"
    return winner, f"{told}, and nothing guards against a loss"


def _member(run: Run, record: Record) -> Member:
    aside = set(run.judged)
    scores = {case: cell.mean for case, cell in record.cells["val"].items() if case not in aside}
    return Member(record.candidate, record.fate, scores, record.objectives, record.step, record.spent)
