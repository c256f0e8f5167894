"""How the search asks for rollouts: nothing twice, nothing beyond what the end has to be kept for."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, TypeVar

from llm_strategy.optimize.search.orders import Order
from llm_strategy.optimize.search.requests import Evaluate, Evaluated, Note

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping, Sequence
    from typing import Any

    from llm_strategy.optimize.search.orders import Split
    from llm_strategy.optimize.search.record import Record
    from llm_strategy.optimize.search.requests import Purpose, SearchRequest
    from llm_strategy.optimize.search.run import Run

__all__ = ["Steps", "Wanted", "note", "rolled"]

T = TypeVar("T")
Steps: TypeAlias = "Generator[SearchRequest, Any, T]"
"""A part of the search that ends with a T."""
Wanted: TypeAlias = "tuple[Record, Split, str]"
"""A candidate at a case."""


def orders_of(run: Run, wanted: Iterable[Wanted]) -> list[Order]:
    """Return orders for what is not known: without noise what was answered is known, with noise it is repeated."""
    orders: list[Order] = []
    asked: dict[tuple[int, Split, str], int] = {}
    for record, split, case in wanted:
        name = (record.number, split, case)
        before = record.repeats(split, case) + asked.get(name, 0)
        if before and not run.noisy:
            continue
        asked[name] = asked.get(name, 0) + 1
        orders.append(Order(record.candidate.key, split, case, before))
    return orders


def rolled(run: Run, wanted: Sequence[Wanted], purpose: Purpose, keep: int | None = None) -> Steps[bool]:
    """Carry rollouts out; whether all of them were.

    Args:
        run: the search.
        wanted: candidates at cases.
        purpose: what for.
        keep: how many rollouts to keep for the end; None for what the end needs. If there is no room, nothing is asked.
    """
    orders = orders_of(run, wanted)
    if not orders:
        return True
    if len(orders) > run.spending.room(run.needed() if keep is None else keep):
        return False
    return (yield from carried_out(run, orders, purpose))


def carried_out(run: Run, orders: Sequence[Order], purpose: Purpose) -> Steps[bool]:
    """Carry orders out; whether all of them were."""
    numbers = sorted({run.by_key[order.candidate].number for order in orders})
    candidates = tuple(run.records[number].candidate for number in numbers)
    answer: Evaluated = yield Evaluate(tuple(orders), purpose, candidates)
    for rollout in answer.rollouts:
        run.learn(rollout)
    run.spending.spend(len(answer.rollouts), answer.left)
    if len(answer.rollouts) < len(orders):
        run.spending.over = True
        return False
    return True


def note(kind: str, data: Mapping[str, Any]) -> Steps[None]:
    """Write down what was decided."""
    yield Note(kind, data)
