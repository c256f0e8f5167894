"""How the search asks for proposals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.optimize.search.asking import note
from llm_strategy.optimize.search.candidate import Candidate, key_of
from llm_strategy.optimize.search.requests import Propose, Proposed
from llm_strategy.optimize.search.standing import best_of, estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llm_strategy.optimize.search.asking import Steps
    from llm_strategy.optimize.search.candidate import Proposal
    from llm_strategy.optimize.search.record import Record, Shown
    from llm_strategy.optimize.search.run import Run

__all__ = ["READS_NO_RUNS", "proposed"]

READS_NO_RUNS = frozenset({"optuna", "local", "merge", "response", "restart"})
"""Proposers that look at no runs of the parent: none are paid for them."""


def proposed(run: Run, name: str, parents: Sequence[Record], shown: Sequence[Shown], slot: int) -> Steps[list[Record]]:
    """Ask a proposer; the new candidates. What was proposed before is no new candidate.

    Args:
        run: the search.
        name: who is asked.
        parents: what to start from.
        shown: training cases of the first parent to show.
        slot: counts the proposals of the step.
    """
    for attempt in range(2):
        answer = yield from _asked(run, name, parents, shown, (slot, attempt))
        if answer.over:
            run.silent.add(name)
            return []
        for proposal in answer.proposals:
            if proposal.values is None:
                yield from note("invalid", {"proposer": name, "problem": proposal.problem, "step": run.step})
        valid = [proposal for proposal in answer.proposals if proposal.values is not None]
        if valid or run.spending.over:
            made = yield from _new(run, name, parents, valid)
            run.dry = 0 if made or name not in READS_NO_RUNS else run.dry
            return made
    run.dry += name not in READS_NO_RUNS
    return []


def _asked(
    run: Run, name: str, parents: Sequence[Record], shown: Sequence[Shown], place: tuple[int, int]
) -> Steps[Proposed]:
    cells = [parents[0].cells[split].get(case) for split, case in shown]
    runs = tuple(cell.last for cell in cells if cell is not None and cell.last is not None)
    answer: Proposed = yield Propose(
        name,
        tuple(parent.candidate for parent in parents),
        runs,
        run.told_pool,
        run.told,
        run.named("propose", run.step, *place),
        run.step,
        run.spending.left,
        best_of(run).candidate,
    )
    run.spending.spend(0, answer.left)
    known = set(run.learnt)
    made_up: list[Shown] = [("synthetic", case) for case in answer.synthetic]
    run.learnt += [case for case in made_up if case not in known]
    return answer


def _new(run: Run, name: str, parents: Sequence[Record], proposals: Sequence[Proposal]) -> Steps[list[Record]]:
    made: list[Record] = []
    for proposal in proposals:
        values = proposal.values or {}
        old = run.by_key.get(key_of(values))
        if old is not None and run.stuck and old.fate == "rejected: minibatch" and old not in made:
            made.append(old)  # it is tried at validation cases now
            yield from note("reopened", {"number": old.number, "proposer": name, "step": run.step})
            continue
        if old is not None and name == "response" and run.is_open(old) and old not in made:
            made.append(old)  # it may be the best, and is tried at more cases
            yield from note("reopened", {"number": old.number, "proposer": name, "step": run.step})
            continue
        if old is not None:
            yield from note("duplicate", {"proposer": name, "of": old.number, "step": run.step})
            continue
        numbers = tuple(parent.number for parent in parents)
        candidate = Candidate(len(run.records), values, numbers, name, proposal.hypothesis)
        made.append(run.add(candidate, estimate(run, parents[0])))
        data = {"number": candidate.number, "parents": list(numbers), "proposer": name, "step": run.step}
        yield from note("candidate", {**data, "hypothesis": proposal.hypothesis})
    return made
