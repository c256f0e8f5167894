"""Requests under way."""

import threading

from llm_strategy.flow.cache.flights import Flight, Flights
from llm_strategy.flow.cache.work import WaitFor
from llm_strategy.messages import Message, Reply

REPLY = Reply(Message.assistant("Paris"))


def test_the_first_leads_and_the_others_follow_until_it_ends():
    flights = Flights()
    flight, leads = flights.join("a")
    assert leads
    assert flights.join("a") == (flight, False)
    assert flights.join("b")[1]
    flights.end(flight, REPLY)
    assert flight.outcome is REPLY
    assert flights.join("a")[1]


def test_all_are_told_of_the_end_once_and_later_ones_at_once():
    flight, told = Flight(), []
    for number in range(3):
        flight.on_end(lambda number=number: told.append(number))
    flight.end(REPLY)
    flight.on_end(lambda: told.append("late"))()
    assert told == [0, 1, 2, "late"]


def test_who_leaves_is_not_told():
    flight, told = Flight(), []
    leaves = [flight.on_end(lambda number=number: told.append(number)) for number in range(3)]
    leaves[0]()
    flight.on_end(lambda: told.append(3))
    flight.end(None)
    leaves[1]()
    assert sorted(told) == [1, 2, 3]


def test_waiting_takes_no_longer_than_asked_for():
    flights = []
    thread = threading.Thread(target=lambda: flights.append(Flight()))
    thread.start()
    thread.join()
    assert WaitFor(flights[0], 0.001).perform() is None
    flights[0].end(REPLY)
    assert WaitFor(flights[0]).perform() is REPLY


def test_the_thread_that_carries_it_out_does_not_wait_for_itself():
    assert WaitFor(Flight()).perform() == "alone"
