"""Trades: offers with a quantity, a price, a rate and a tariff, and what is asked about them.

An instruction can be read in more than one way (which numbers belong together). Of the readings the first is taken of
which the original's tools were asked every step, as the record says. Where there is none (a rate that goes up by 10%),
the record is read instead: those recorded trades whose every number comes from the instruction.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

from benchmarks.m3.plans.offers import Offer, recorded_offers
from benchmarks.m3.plans.reading import UnreadError, floats, has
from benchmarks.m3.tasks import Record, Task

__all__ = ["plan"]

NUMBER = r"(\d+(?:,\d{3})*(?:\.\d+)?)"
LISTED = rf"({NUMBER}(?:%?(?:, and |, | and | or ){NUMBER})*)"
SIGNS = {
    "quantity": (
        rf"(?<![\w.])(?<!price of )(?<!tariff of ){LISTED} units(?! or more)",
        rf"quantit(?:y|ies)(?: of)? {LISTED}",
    ),
    "price": (
        rf"price(?:s)?(?: per unit)?(?: is| of| at|:)? {LISTED}(?!%| units or)",
        rf"(?:at|for) {LISTED} (?:galactic )?credits",
    ),
    "rate": (rf"(?:conversion|exchange) rates?[^0-9%.]{{0,60}}{LISTED}",),
    "tariff": (
        rf"tariff(?: rates?)?(?: is| of| at|:)? {LISTED}(?:%| units)",
        rf"tariff(?: rates?)? for [\w ]{{0,60}} (?:is|of) {LISTED}%",
        rf"{LISTED}% tariff",
    ),
}
SEGMENT = (
    r"(?:Route|Commodity|Offer|Option|Strategy|Planet|Deal) (?:\d+|[A-Z])\b|\b[Tt]he (?:first|second|third) \w+ has"
)


def plan(task: Task, record: Record) -> list[str]:
    """Return the actions."""
    text = re.sub(r"Example:.*", "", task.instruction)
    readings = [offers for offers in _readings(text) if offers]
    if not readings:
        raise UnreadError("no offer with numbers")
    offers = next((one for one in readings if all(offer.recorded(record) for offer in one)), None)
    if offers is None or _changes(text) - {part for offer in offers for part in (offer.tariff, offer.discount)}:
        offers = recorded_offers(text, record) or offers or readings[0]
    values = [_valued(offer) for offer in offers]
    return ["values = []\n" + "\n".join([*values, "print(values)"]), f"finish({_asked(text, task)})"]


def _changes(text: str) -> set[float | None]:
    """The percentages of a text; but those that hold from a quantity on may belong to none of the offers."""
    return set(floats(re.findall(rf"{NUMBER}%(?! off for| discount is)", text)))


def _valued(offer: Offer) -> str:
    steps = [f"price = {offer.quantity} * {offer.price}"]
    if offer.discount:
        steps.append(f"price = price - calculate_tariff(price, {offer.discount})")
    if offer.rate is not None:
        steps.append(f"price = convert_currency(price, {offer.rate})")
    if offer.tariff is None:
        steps.append("values.append(price)")
    else:
        steps.append(f"values.append(estimate_final_value(price, calculate_tariff(price, {offer.tariff})))")
    return "\n".join(steps)


def _asked(text: str, task: Task) -> str:
    if task.answer is not float:
        return "values"
    if has(text, "subtract", "net profit", "difference"):
        return "values[0] - values[1]"
    question = text[max(text.rfind(". ", 0, len(text) - 2), text.rfind(".D"), 0) :]
    for words in (question, text):
        if has(words, "least", "lowest", "minimum", "smallest", "cheapest"):
            return "find_minimum(*values)"
        if has(words, "max", "highest", "largest", "best", "most profit"):
            return "find_maximum(*values)"
        if has(words, "total of", "sum of", "combined", "altogether"):
            return "sum(values)"
    return "values[0]"


def _readings(text: str) -> Iterator[list[Offer]]:
    """The ways to read a text: part by part, number by number in turn, or each with each."""
    parts = list(re.finditer(SEGMENT, text))
    if len(parts) > 1:
        yield from _part_by_part(text, parts)
    numbers = {name: _numbers(text, name) for name in SIGNS}
    most = max(map(len, numbers.values()))
    if not has(text, "of each") and all(len(found) in {0, 1, most} for found in numbers.values()):
        yield [_offer({name: _at(found, at) for name, found in numbers.items()}, text) for at in range(most)]
    choices = {name: found or [None] for name, found in numbers.items()}
    yield [_offer(dict(zip(choices, one, strict=True)), text) for one in product(*choices.values())]


def _part_by_part(text: str, parts: list[re.Match[str]]) -> Iterator[list[Offer]]:
    ends = [part.start() for part in parts[1:]]
    inner = [text[part.start() : end] for part, end in zip(parts, [*ends, len(text)], strict=True)]
    shared = {name: _numbers(text, name) for name in SIGNS}
    found = [{name: _numbers(part, name) for name in SIGNS} for part in inner]
    if any(len(numbers) > 1 for part in found for numbers in part.values()):
        return
    yield [_offer({name: _at(part[name] or shared[name][:1], 0) for name in SIGNS}, text) for part in found]


def _numbers(text: str, name: str) -> list[float]:
    found = sorted(  # a set: two signs may see the same numbers
        {(match.start(1), match[1]) for sign in SIGNS[name] for match in re.finditer(sign, text, re.IGNORECASE)}
    )
    return floats([number for _, listed in found for number in re.findall(NUMBER, listed)])


def _at(numbers: list[float], at: int) -> float | None:
    return numbers[at if len(numbers) > 1 else 0] if numbers else None


def _offer(found: dict[str, float | None], text: str) -> Offer:
    quantity, price = found["quantity"], found["price"]
    offer = Offer(1 if quantity is None else quantity, 1 if price is None else price, found["rate"], found["tariff"])
    if off := re.search(rf"{NUMBER}% (?:discount|off)", text):
        from_on = re.search(rf"{NUMBER} units or more", text)
        if from_on is None or offer.quantity >= floats([from_on[1]])[0]:
            return Offer(offer.quantity, offer.price, offer.rate, offer.tariff, floats([off[1]])[0])
    return offer
