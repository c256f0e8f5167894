"""Tools that plan journeys, over the flights and hotels that were recorded.

The original's tables are not known, only what was asked of them. Every town was asked for without a wish, so the hotels
are known. Flights that nobody asked for are not: to ask for those is an error, not an empty list. One more thing is
known of some: a budget was asked for with their price. Where a task flies where no flight is recorded, and exactly one
price that no recorded flight has was put together with a hotel of that town and that number of nights, it is the price.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypedDict

from benchmarks.m3.plans.reading import UnreadError
from benchmarks.m3.plans.travel_itinerary import journey
from benchmarks.m3.tasks import Record

__all__ = ["FAMILY", "Flight", "Hotel", "tools"]

FAMILY = "travel_itinerary_planning"


class Flight(TypedDict):
    """A flight."""

    from_location: str
    to_location: str
    date: str
    price: float


class Hotel(TypedDict):
    """A hotel."""

    location: str
    preferences: list[str]
    price_per_night: float
    rating: int


def tools(record: Record, instruction: str = "") -> tuple[Callable[..., Any], ...]:
    """Return the tools over what is recorded, and what a task's instruction lets one infer."""
    hotels = _hotels(record)
    flights = _flights(record)
    flights |= _inferred(record, instruction, flights, hotels)

    def find_flights(from_location: str, to_location: str, date: str) -> list[Flight]:
        route = (_town(from_location), _town(to_location), date.strip())
        if route not in flights:
            raise LookupError(f"no flights are recorded from {route[0]} to {route[1]} on {route[2]}")
        return flights[route]

    def book_hotel(location: str, *preferences: str) -> list[Hotel]:
        town = _town(location)
        if town not in hotels:
            raise LookupError(f"no hotels are recorded in {town}")
        return [hotel for hotel in hotels[town] if set(preferences) <= set(hotel["preferences"])]

    return find_flights, book_hotel, budget_calculator, maximum, minimum, total


def _flights(record: Record) -> dict[tuple[str, ...], list[Flight]]:
    return {tuple(map(_town, one.arguments)): one.result for one in record.of(FAMILY, "find_flights")}


def _hotels(record: Record) -> dict[str, list[Hotel]]:
    hotels: dict[str, list[Hotel]] = {}
    for one in record.of(FAMILY, "book_hotel"):
        known = hotels.setdefault(_town(one.arguments[0]), [])
        known.extend(hotel for hotel in one.result if hotel not in known)
    for one in record.of(FAMILY, "book_hotel"):
        if len(one.arguments) == 1:  # without a wish: all there are, in their order
            hotels[_town(one.arguments[0])] = one.result
    return hotels


def _inferred(
    record: Record, instruction: str, flights: dict[tuple[str, ...], list[Flight]], hotels: dict[str, list[Hotel]]
) -> dict[tuple[str, ...], list[Flight]]:
    """The flights of a task that only a recorded budget tells of."""
    try:
        legs = journey(instruction)
    except UnreadError:
        return {}
    known = {flight["price"] for found in flights.values() for flight in found}
    budgets = [one.arguments for one in record.of(FAMILY, "budget_calculator") if one.arguments[0] not in known]
    found: dict[tuple[str, ...], list[Flight]] = {}
    for leg in legs:
        nightly = {hotel["price_per_night"] for hotel in hotels.get(leg.town, [])}
        prices = {price for price, night, nights in budgets if night in nightly and nights == leg.nights}
        route = (leg.start, leg.town, leg.date)
        if route not in flights and len(prices) == 1:
            place, target = f'"{leg.start}"', f'"{leg.town}"'
            found[route] = [Flight(from_location=place, to_location=target, date=leg.date, price=prices.pop())]
    return found


def budget_calculator(flight_price: float, hotel_price_per_night: float, num_nights: int) -> float:
    return flight_price + hotel_price_per_night * num_nights


def maximum(*args: float) -> float:
    return max(args)


def minimum(*args: float) -> float:
    return min(args)


def total(*args: float) -> float:
    return sum(args)


def _town(name: str) -> str:
    """A town without the quotes that the tasks, and the recorded calls, put around it."""
    return name.strip().strip("\"'")
