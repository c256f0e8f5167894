"""How much room a budget leaves: what is left of each limit, and how many rollouts fit into that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.flow.budgets.amounts import Amount, Limits
from llm_strategy.optimize.budget.cost import ACCOUNTS, Account

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llm_strategy.optimize.budget.accounts import Accounts
    from llm_strategy.optimize.budget.budget import Budget

__all__ = ["affordable", "rests", "share_left"]


def rests(budget: Budget, taken: Mapping[Account, Amount]) -> dict[Account, Limits]:
    """Return what is left of the limits of each account; None where there is no limit."""
    return {account: _rest(budget.of_account(account), taken[account]) for account in ACCOUNTS}


def affordable(count: int, left: Mapping[Account, Limits], accounts: Accounts) -> int:
    """Return how many of so many rollouts may begin together.

    Those side by side are promised half of what is left, at most, by the worst that was seen: one of them that needs
    more finds it. Where two do not fit, one goes alone, and may have all that is left, if that is as much as a rollout
    takes on average. While nothing is known of what one takes, the first goes alone.
    """
    if not accounts.rollouts:
        limited = any(limit is not None for limits in left.values() for limit in _parts(limits))
        return min(count, 1) if limited else count
    for rest, worst, total in _pressed(left, accounts):
        alone = 1 if rest * accounts.rollouts >= total else 0
        count = min(count, max(rest // (2 * worst), alone) if worst else count)
    return count


def share_left(
    full: Mapping[Account, Limits],
    left: Mapping[Account, Limits],
    accounts: Accounts,
    rollouts: tuple[int, int] | None = None,
) -> float:
    """Return which share of its scarcest part is left to rollouts; time is left out, and rollouts count as a part.

    Args:
        full: what there was.
        left: what of it is left.
        accounts: the books.
        rollouts: how many rollouts there were, and how many are left; None where they are not limited.
    """
    shares = [1.0]
    if rollouts is not None:
        limit, rest = rollouts
        shares.append(_share(rest, limit))
    for account in ACCOUNTS:
        if account == "optimizer" and accounts.worst[account] == Amount():
            continue  # rollouts take nothing of it
        limits = zip(_parts(full[account]), _parts(left[account]), strict=True)
        shares += [_share(rest, limit) for limit, rest in limits if limit is not None and rest is not None]
    return max(0.0, min(shares))


def _share(rest: int, limit: int) -> float:
    return rest / limit if limit else 0.0


def _pressed(left: Mapping[Account, Limits], accounts: Accounts) -> Iterator[tuple[int, int, int]]:
    """What is left of each limit, with the worst that a rollout needed of it, and what all of them took."""
    for account in ACCOUNTS:
        worst, taken = accounts.worst[account], accounts.by_rollouts[account]
        needs = ((worst.calls, taken.calls), (worst.tokens, taken.tokens), (worst.money, taken.money))
        for rest, (most, total) in zip(_parts(left[account]), needs, strict=True):
            if rest is not None:
                yield rest, most, total


def _parts(limits: Limits) -> tuple[int | None, int | None, int | None]:
    return limits.calls, limits.tokens, limits.money


def _rest(limits: Limits, taken: Amount) -> Limits:
    spent = (taken.calls, taken.tokens, taken.money)
    pairs = zip(_parts(limits), spent, strict=True)
    return Limits(*(None if limit is None else max(0, limit - gone) for limit, gone in pairs))
