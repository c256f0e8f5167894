"""Tools that plan journeys, over the flights and hotels that were recorded.

The original's tables are not known, only what was asked of them. Every town was asked for without a wish, so the hotels
are known. Flights that nobody asked for are not: to ask for those is an error, not an empty list.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypedDict

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


def tools(record: Record) -> tuple[Callable[..., Any], ...]:
    """Return the tools over what is recorded."""
    flights = {tuple(map(_town, one.arguments)): one.result for one in record.of(FAMILY, "find_flights")}
    hotels: dict[str, list[Hotel]] = {}
    for one in record.of(FAMILY, "book_hotel"):
        known = hotels.setdefault(_town(one.arguments[0]), [])
        known.extend(hotel for hotel in one.result if hotel not in known)
    for one in record.of(FAMILY, "book_hotel"):
        if len(one.arguments) == 1:  # without a wish: all there are, in their order
            hotels[_town(one.arguments[0])] = one.result

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
