"""What a request to a model may cost, and what it did cost, in the units of the books."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from llm_strategy.errors import UnknownPriceError
from llm_strategy.flow.budgets.amounts import PICO, picodollars
from llm_strategy.messages import Usage

if TYPE_CHECKING:
    from llm_strategy.flow.model import ChatModel
    from llm_strategy.tracing.prices import Prices

__all__ = ["Pricing"]

_MILLION: Final = 1_000_000
_MILLION_TOKENS: Final = (Usage(_MILLION), Usage(_MILLION, 0, _MILLION), Usage(0, _MILLION))


class Pricing:
    """Prices of models, in picodollars a token. Safe to use from any thread."""

    def __init__(self, prices: Prices) -> None:
        self._prices = prices
        self._known: dict[tuple[str, str], tuple[int, int]] = {}

    def of_tokens(self, model: ChatModel) -> tuple[int, int]:
        """Return the price of a token of a prompt, and of a reply; rounded up, and what is cached taken as it is not.

        Raises:
            UnknownPriceError: the price of the model is not known, so no budget of money can be kept.
        """
        key = (model.name, _provider(model))
        if key not in self._known:
            costs = [self._prices.cost([key[0]], usage, key[1]) for usage in _MILLION_TOKENS]
            fresh, cached, replied = (None if cost is None else _a_token(cost) for cost in costs)
            if fresh is None or cached is None or replied is None:
                raise UnknownPriceError(
                    f"budget(dollars=...) cannot be kept: the price of model {model.name!r} is not known. Tell it with "
                    f"register_price({model.name!r}, input=..., output=...) or with budget(..., prices=...)."
                )
            self._known[key] = max(fresh, cached), replied
        return self._known[key]

    def cost(self, model: ChatModel, answered_by: str, usage: Usage) -> int | None:
        """Return what tokens cost, as traces tell it; None where the price is not known."""
        names = [name for name in (answered_by, model.name) if name]
        cost = self._prices.cost(names, usage, _provider(model))
        return None if cost is None else picodollars(cost)


def _provider(model: ChatModel) -> str:
    own: object = getattr(model, "provider", "")
    return own if isinstance(own, str) else ""


def _a_token(price: float) -> int:
    return math.ceil(Fraction(str(price)) * PICO / _MILLION)
