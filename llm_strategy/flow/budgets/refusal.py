"""Saying that a budget is used up: which limit, what is spent, what was wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llm_strategy.errors import BudgetExceededError
from llm_strategy.flow.budgets.amounts import PICO

if TYPE_CHECKING:
    from llm_strategy.flow.budgets.ledger import State, Wanted

__all__ = ["dollars_of", "refusal"]


def dollars_of(money: int) -> str:
    """Return an amount of money as text.

    >>> dollars_of(1_500_000_000)
    '$0.0015'
    """
    text = f"{money / PICO:.12f}".rstrip("0")
    whole, _, part = text.partition(".")
    return f"${whole}.{part:0<2}"


def refusal(state: State, wanted: Wanted, limit: str, *, sent: bool = False) -> BudgetExceededError:
    """Return the error for a request that was not sent, or was ended where it `sent`."""
    spent, held = state.spent, state.held
    if limit == "calls":
        told = f"{_counted(spent.calls, 'call')} spent{_held(held.calls, str(held.calls))}, and one more was wanted"
    elif limit == "tokens":
        told = (
            f"{_counted(spent.tokens, 'token')} spent{_held(held.tokens, f'{held.tokens:,}')}, and a prompt of up to "
            f"{_counted(wanted.prompt, 'token')} was to be sent"
        )
    elif limit == "dollars":
        told = (
            f"{dollars_of(spent.money)} spent{_held(held.money, dollars_of(held.money))}, and a prompt was to be sent "
            f"that may cost {dollars_of(wanted.prompt * wanted.input_price)}, its reply not counted"
        )
    else:
        told = f"{state.seconds:.1f} seconds are over, and one more request was {'under way' if sent else 'wanted'}"
    end = "ended" if sent else "not sent"
    return BudgetExceededError(
        f"{state.limits}: {told}. It was {end}. Raise the budget to go on; what was finished beside it is in "
        "`error.results`.",
        limit=limit,
    )


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _held(number: int, shown: str) -> str:
    return f" and {shown} reserved by requests under way" if number else ""
