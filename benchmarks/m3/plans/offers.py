"""An offer of a trade, and the offers that the record knows of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from benchmarks.m3.plans.reading import floats
from benchmarks.m3.tasks import Record

__all__ = ["Offer", "recorded_offers"]

FAMILY = "trade_calculator"


@dataclass(frozen=True)
class Offer:
    """One trade."""

    quantity: float = 1
    price: float = 1
    rate: float | None = None
    tariff: float | None = None
    discount: float = 0
    """In percent; below 0 for a surcharge."""

    @property
    def amount(self) -> float:
        """What is converted."""
        return self.quantity * self.price * (1 - self.discount / 100)

    def recorded(self, record: Record) -> bool:
        """Return whether the original's tools were asked for this."""
        return any(
            _near(amount, self.amount) and self.rate in {None, rate} and self.tariff in {None, tariff}
            for amount, rate, tariff in _trades(record)
        )


def recorded_offers(text: str, record: Record) -> list[Offer]:
    """Return the recorded trades whose every number comes from a text, as it stands or changed by a percentage."""
    numbers = dict.fromkeys(floats(re.findall(r"\d+(?:,\d{3})*(?:\.\d+)?", text)))
    changes = [0, *(sign * one for one in floats(re.findall(r"(\d+(?:\.\d+)?)%", text)) for sign in (1, -1))]
    amounts = [Offer(one, other) for one, other in combinations([1, *numbers], 2)]
    found: list[Offer] = []
    for amount, rate, tariff in _trades(record):
        rates = [one for one in numbers for change in changes if rate and _near(one * (1 + change / 100), rate)]
        if tariff not in numbers or (rate is not None and not rates):
            continue
        for offer in amounts:
            change = next((one for one in changes if _near(amount, offer.amount * (1 - one / 100))), None)
            if change is not None:
                found.append(Offer(offer.quantity, offer.price, rate, tariff, change))
                break
    return found


def _trades(record: Record) -> Iterator[tuple[float, float | None, float]]:
    """Amount, rate and tariff of the recorded trades: conversions with the tariffs that were asked for their values."""
    tariffs = [one.arguments for one in record.of(FAMILY, "calculate_tariff")]
    converted = [(*one.arguments, one.result) for one in record.of(FAMILY, "convert_currency")]
    for amount, rate, value in converted:
        yield from ((amount, rate, tariff) for price, tariff in tariffs if _near(price, value))
    values = [value for _, _, value in converted]
    yield from ((price, None, tariff) for price, tariff in tariffs if not any(_near(price, one) for one in values))


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-9 * max(abs(one), abs(other))
