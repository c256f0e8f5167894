"""What tokens cost, by the name of a model. A model whose price is not known has no cost: never 0, never a guess."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

from llm_strategy.errors import ConfigurationError
from llm_strategy.tracing.price_list import PRICE_LIST

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Self

    from llm_strategy.messages import Usage

__all__ = ["Price", "Prices", "register_price"]

_LOCAL = frozenset({"llm_strategy.local", "local"})
"""Providers whose models run on this machine: they cost nothing."""
_PREFIXES = ("openai/", "anthropic/", "google/", "azure/", "gemini/", "vertex_ai/", "models/", "openrouter/")
_DATE = re.compile(r"(?:-20\d\d-[01]\d-[0-3]\d|[-@]20\d\d[01]\d[0-3]\d)\Z")


@dataclass(frozen=True, slots=True)
class Price:
    """The price of a model's tokens.

    >>> Price(input=2.5, output=10, cached_input=1.25).input
    2.5

    Raises:
        ConfigurationError: a price is negative, or no finite number.
    """

    input: float
    """US dollars for a million tokens of prompts."""
    output: float
    """US dollars for a million tokens of replies, reasoning included."""
    cached_input: float | None = None
    """US dollars for a million tokens of prompts that came from the provider's cache; None where they cost the same."""

    def __post_init__(self) -> None:
        for name in ("input", "output", "cached_input"):
            price: object = getattr(self, name)
            if name == "cached_input" and price is None:
                continue
            if not _is_amount(price):
                raise ConfigurationError(
                    f"The price {name}={price!r} is no amount of money. Use US dollars for a million tokens, 0 or more."
                )

    def of(self, usage: Usage) -> float:
        """Return what tokens cost, in US dollars, rounded once from the exact sum."""
        cached = min(max(usage.cached_input_tokens, 0), usage.input_tokens)
        cached_price = self.input if self.cached_input is None else self.cached_input
        exact = (
            (usage.input_tokens - cached) * _exact(self.input)
            + cached * _exact(cached_price)
            + usage.output_tokens * _exact(self.output)
        )
        return float(exact / 1_000_000)


@dataclass(frozen=True)
class Prices:
    """Prices by the name of a model.

    A model is looked up by its name, then without the prefix of a provider (`openai/gpt-4o`), then without the date of
    a version (`gpt-4o-2024-08-06`); nothing else is tried.

    >>> from llm_strategy.messages import Usage
    >>> Prices.known().cost(["gpt-4o-mini-2024-07-18"], Usage(1000, 100))
    0.00021
    >>> print(Prices.known().cost(["gpt-4o-ours"], Usage(1000, 100)))
    None
    """

    table: Mapping[str, Price] = field(default_factory=dict[str, Price])
    """Prices by name."""

    @classmethod
    def known(cls) -> Self:
        """Return the list of the library, with what `register_price` has added by now."""
        with _LOCK:
            return cls({**_LISTED, **_REGISTERED})

    def including(self, prices: Mapping[str, Price] | Prices) -> Self:
        """Return these prices and further ones, which take the place of those with the same names."""
        further = prices.table if isinstance(prices, Prices) else prices
        return type(self)({**self.table, **further})

    def price_of(self, name: str) -> Price | None:
        """Return the price of a model; None where it is not known."""
        return next((self.table[one] for one in _names(name) if one in self.table), None)

    def cost(self, model_names: Iterable[str], usage: Usage, provider: str = "") -> float | None:
        """Return what a reply cost in US dollars; None where no price is known.

        Args:
            model_names: names of the model, the one that the reply tells first.
            usage: tokens of the reply.
            provider: who answered; what runs on this machine costs nothing.
        """
        if provider in _LOCAL:
            return 0.0
        names = list(model_names)
        own = Prices({**_REGISTERED, **self._own})
        found = next((price for table in (own, self) for name in names if (price := table.price_of(name))), None)
        return None if found is None else found.of(usage)

    @cached_property
    def _own(self) -> dict[str, Price]:
        """Prices that are not from the list of the library: what a user says of any name of a model comes first."""
        return {name: price for name, price in self.table.items() if _LISTED.get(name) is not price}


def register_price(model: str, *, input: float, output: float, cached_input: float | None = None) -> Price:  # noqa: A002
    """Tell the price of a model, for all of this process.

    >>> register_price("our-model", input=0.5, output=1.5)
    Price(input=0.5, output=1.5, cached_input=None)

    Raises:
        ConfigurationError: a price is negative, or no finite number.
    """
    price = Price(input, output, cached_input)
    with _LOCK:
        _REGISTERED[model] = price
    return price


def _names(name: str) -> Iterable[str]:
    yield name
    short = name
    while short.startswith(_PREFIXES):
        short = short.partition("/")[2]
        yield short
    yield _DATE.sub("", name)
    yield _DATE.sub("", short)


def _is_amount(price: object) -> bool:
    return isinstance(price, int | float) and not isinstance(price, bool) and math.isfinite(price) and price >= 0


def _exact(price: float) -> Fraction:
    return Fraction(str(price))  # 0.1 is meant as written, and not as the nearest binary fraction


_LOCK = Lock()
_LISTED = {name: Price(*prices) for name, prices in PRICE_LIST.items()}
_REGISTERED: dict[str, Price] = {}
