"""Journeys: legs with a town, a date and nights, and what is wanted of the hotels and flights."""

from __future__ import annotations

import re
from dataclasses import dataclass

from benchmarks.m3.plans.reading import UnreadError, has
from benchmarks.m3.tasks import Task

__all__ = ["Leg", "journey", "plan"]

PLACE = re.compile(r'(?:to|visit(?: to)?|in|at|for) "(\w+)" on (\d{4}-\d{2}-\d{2})', re.IGNORECASE)
NIGHTS = re.compile(r"(\d+)[ -]nights?")
WISHES = ("wifi", "pool", "gym")


@dataclass
class Leg:
    """A stay, and the way there."""

    start: str
    town: str
    date: str
    nights: int
    purpose: str = ""
    wishes: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    rated: bool = False


def plan(task: Task) -> list[str]:
    """Return the actions."""
    text = task.instruction
    legs = journey(text)
    _add_wishes(legs, text)
    cheap = has(text, "cheap", "economical", "budget hotel", "lowest")
    blocks = ["budgets = []"]
    for leg in legs:
        blocks += _leg(leg, cheap=cheap)
    return [f"{blocks[0]}\n{blocks[1]}", *blocks[2:], "finish(sum(*budgets))"]


def journey(text: str) -> list[Leg]:
    """Return the legs that an instruction names, without the wishes. Raises UnreadError."""
    found = re.search(r'(?:You are (?:at|in)|starting (?:from|at|in)|from) "(\w+)"', text, re.IGNORECASE)
    if found is None:
        raise UnreadError("no place to start from")
    start = found[1]
    places = list(PLACE.finditer(text))
    if not places:
        raise UnreadError("no leg with a town and a date")
    legs: list[Leg] = []
    for place, following in zip(places, [*places[1:], None], strict=True):
        after = text[place.end() : following.start() if following else len(text)]
        nights = NIGHTS.search(after) or NIGHTS.search(text)
        if nights is None:
            raise UnreadError(f"no number of nights in {place[1]}")
        purpose = re.search(r"for (business|leisure)", after.split(".")[0])
        legs.append(Leg(start, place[1], place[2], int(nights[1]), purpose[1] if purpose else ""))
        start = place[1]
    return legs


def _add_wishes(legs: list[Leg], text: str) -> None:
    """Give each leg the wishes of the clauses that are about it: named towns, purposes, or no such thing."""
    for clause in re.split(r"[.;]\s", PLACE.sub(" ", text)):
        if not has(clause, "hotel", "stay", *WISHES):
            continue
        towns, purposes = re.findall(r'"(\w+)"', clause), re.findall(r"(business|leisure)", clause)
        for leg in legs:
            if re.match(r'\s*in "', clause, re.IGNORECASE):
                about = leg.town in towns
            else:
                about = not purposes or not leg.purpose or leg.purpose in purposes
            if about:
                _add(leg, clause)


def _add(leg: Leg, clause: str) -> None:
    unwanted = re.search(r"(?:without|no|not)(?: an?)? (wifi|pool|gym)", clause)
    leg.unwanted += (unwanted[1],) if unwanted else ()
    leg.wishes += tuple(wish for wish in WISHES if wish in clause and wish not in leg.unwanted)
    leg.rated = leg.rated or has(clause, "high(?:ly|er|est)?[- ]rat", "best[- ]rat", "luxur")


def _leg(leg: Leg, *, cheap: bool) -> list[str]:
    wishes = "".join(f", {wish!r}" for wish in dict.fromkeys(leg.wishes))
    look = (
        f"flights = find_flights({leg.start!r}, {leg.town!r}, {leg.date!r})\n"
        f"hotels = book_hotel({leg.town!r}{wishes})\nprint(flights)\nprint(hotels)"
    )
    choice = "hotels[0]"
    if leg.rated:
        choice = "sorted(hotels, key=lambda hotel: -hotel['rating'])[0]"
    elif cheap:
        choice = "sorted(hotels, key=lambda hotel: hotel['price_per_night'])[0]"
    flight = "min(*[flight['price'] for flight in flights])" if cheap else "flights[0]['price']"
    without = "".join(
        f"hotels = [hotel for hotel in hotels if {one!r} not in hotel['preferences']]\n" for one in leg.unwanted
    )
    count = (
        f"{without}hotel = {choice}\nbudget = budget_calculator({flight}, hotel['price_per_night'], {leg.nights})\n"
        "print(hotel, budget)\nbudgets.append(budget)"
    )
    return [look, count]
