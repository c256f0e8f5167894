from __future__ import annotations

import threading
from contextvars import ContextVar

import pytest

from llm_strategy.optimize.engines.calling_back import Ended, called_back
from llm_strategy.optimize.search.requests import Note

WHERE: ContextVar[str] = ContextVar("WHERE", default="nowhere")


def noted(kind):
    answer = yield Note(kind)
    return answer


def run(steps, answers=()):
    """The requests of a part of a search, with what it ends with."""
    asked, left, reply = [], list(answers), None
    while True:
        try:
            asked.append(steps.send(reply).kind)
        except StopIteration as end:
            return asked, end.value
        reply = left.pop(0) if left else None


def test_what_the_loop_asks_for_is_asked_by_the_search():
    def work(ask):
        return [ask(noted("one")), ask(noted("two"))]

    assert run(called_back(work), ["first", "second"]) == (["one", "two"], ["first", "second"])


def test_a_loop_that_asks_for_nothing_just_ends():
    assert run(called_back(lambda _: 3)) == ([], 3)


def test_the_loop_runs_in_a_thread_of_its_own_that_is_gone_at_the_end():
    seen = []
    run(called_back(lambda _: seen.append(threading.current_thread())))
    assert seen[0] is not threading.current_thread()
    assert not seen[0].is_alive()


def test_the_loop_sees_the_context_in_which_it_was_begun():
    token = WHERE.set("here")
    try:
        assert run(called_back(lambda _: WHERE.get())) == ([], "here")
    finally:
        WHERE.reset(token)


def test_an_error_of_the_loop_is_raised_where_the_search_goes_on():
    def work(ask):
        ask(noted("one"))
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        run(called_back(work))


def test_a_search_that_is_closed_unwinds_the_loop():
    unwound = []

    def work(ask):
        try:
            ask(noted("one"))
        except Exception:  # noqa: BLE001
            unwound.append("caught as an error")
        except Ended:
            unwound.append("ended")
            raise

    steps = called_back(work)
    next(steps)
    steps.close()
    assert unwound == ["ended"]


def test_an_error_of_the_driver_unwinds_the_loop_and_stays_what_it_is():
    unwound = []

    def work(ask):
        try:
            ask(noted("one"))
        finally:
            unwound.append("ended")

    steps = called_back(work)
    next(steps)
    with pytest.raises(KeyError, match="disk"):
        steps.throw(KeyError("disk"))
    assert unwound == ["ended"]


def test_a_loop_that_catches_the_end_is_told_again_at_its_next_question():
    told = []

    def work(ask):
        for kind in ("one", "two"):
            try:
                ask(noted(kind))
            except Ended:
                told.append(kind)

    steps = called_back(work)
    next(steps)
    steps.close()
    assert told == ["one", "two"]
