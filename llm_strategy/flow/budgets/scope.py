"""The scope of a budget."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING

from llm_strategy.errors import ConfigurationError
from llm_strategy.flow.budgets.amounts import Limits, picodollars
from llm_strategy.flow.budgets.layer import BudgetLayer
from llm_strategy.flow.budgets.local_ledger import LocalLedger
from llm_strategy.flow.budgets.pricing import Pricing
from llm_strategy.flow.budgets.spent import Spent
from llm_strategy.flow.estimates import Estimates
from llm_strategy.flow.layers import layered
from llm_strategy.flow.scope import Scope
from llm_strategy.tracing.prices import Prices

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from llm_strategy.tracing.prices import Price

__all__ = ["budget"]


def budget(
    *,
    calls: int | None = None,
    tokens: int | None = None,
    dollars: float | None = None,
    seconds: float | None = None,
    prices: Mapping[str, Price] | None = None,
) -> Scope[Spent]:
    """Let everything that runs inside spend no more than this, with any number of threads and tasks.

    What a request may cost is reserved before it is sent, and settled when its reply is there. A request for which not
    enough is left waits while others under way may give something back; else it is not sent. Of nested budgets, each
    one holds.

    - `calls` are requests sent, those that failed among them. Replies out of a cache cost nothing.
    - `tokens` and `dollars` hold because each request is sent with the `max_tokens` that it may take, never more than
      it asked for. A reply that is cut off because of that, with nothing left, is a BudgetExceededError.
    - `seconds` after it was opened, no request starts, and those under way get a timeout.

    It holds in tasks, and in threads that have its context: those of `.map`, those that run a function made by
    `carried`, and those of a `ContextThreadPoolExecutor`. Any other thread of yours, such as one of a
    `ThreadPoolExecutor`, is outside, and so is another process, unless a `RayExecutor` began it; a forked process has a
    copy that counts by itself. What began inside and goes on when the scope is left is counted to the end.

    Where nobody tells what a reply cost, an estimate is counted, and `spent.estimated` says how often. Covered: text.
    Not covered: tokens of images, sound and files beyond an assumed number, prompts that a provider adds by itself, a
    model that takes no notice of `max_tokens`, one that is billed under another price than its name has.

    Args:
        calls: requests to models.
        tokens: tokens of prompts and replies.
        dollars: US dollars, by the prices that traces use.
        seconds: time.
        prices: further prices by the name of the model.

    Returns:
        A scope, for `with`, or to decorate a function, `async` or not: each call has a budget of its own.

    Raises:
        BudgetExceededError: a request inside would cost more than is left.
        ConfigurationError: a limit is negative, or no number; none is given; or, when a request is sent, the price of
            its model is not known to a budget of `dollars`.

    Examples:
        >>> from llm_strategy import budget, llm_function
        >>> from llm_strategy.testing import ScriptedModel
        >>> @llm_function
        ... def capital(model, country: str) -> str:
        ...     '''The capital of the country.'''
        >>> with budget(calls=2) as spent:
        ...     answers = [capital(ScriptedModel(['"Paris"']), "France") for _ in range(2)]
        >>> answers, spent.calls, spent.left.calls
        (['Paris', 'Paris'], 2, 0)
    """
    limits = Limits(
        _counted("calls", calls),
        _counted("tokens", tokens),
        None if dollars is None else picodollars(_amount("dollars", dollars)),
        None if seconds is None else _amount("seconds", seconds),
    )
    if limits == Limits():
        raise ConfigurationError("budget() limits nothing. Give it calls, tokens, dollars or seconds.")
    return Scope("budget", lambda: _opened(limits, prices or {}))


@contextmanager
def _opened(limits: Limits, prices: Mapping[str, Price]) -> Generator[Spent]:
    ledger = LocalLedger(limits)
    with layered(BudgetLayer(ledger, Pricing(Prices.known().including(prices)), Estimates())):
        yield Spent(ledger)


def _counted(name: str, limit: object) -> int | None:
    if limit is None or (isinstance(limit, int) and not isinstance(limit, bool) and limit >= 0):
        return limit
    raise ConfigurationError(f"budget({name}={limit!r}): a whole number is needed, 0 or more.")


def _amount(name: str, limit: object) -> float:
    if isinstance(limit, int | float) and not isinstance(limit, bool) and math.isfinite(limit) and limit >= 0:
        return limit
    raise ConfigurationError(f"budget({name}={limit!r}): a finite number is needed, 0 or more.")
