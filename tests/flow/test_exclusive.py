"""Changing what is shared, one at a time."""

import threading

import pytest

from llm_strategy.flow.exclusive import Exclusive


def test_calls_of_many_threads_are_made_one_at_a_time():
    shared, numbers = Exclusive(), [0]

    def add():
        before = numbers[0]
        numbers[0] = before + 1

    def work():
        for _ in range(500):
            shared.run(add)
            shared.soon(add)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert shared.run(lambda: numbers[0]) == 4_000


def test_what_comes_from_inside_of_a_call_is_made_after_it():
    shared, log = Exclusive(), []

    def outer():
        shared.soon(lambda: log.append("later"))
        log.append("first")

    shared.run(outer)
    assert log == ["first", "later"]


def test_an_error_leaves_it_usable():
    shared = Exclusive()
    with pytest.raises(ZeroDivisionError):
        shared.run(lambda: 1 / 0)
    assert shared.run(lambda: 1) == 1
