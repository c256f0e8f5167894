"""Threads that are used again, keep no process alive, and end when they are told to."""

import os
import subprocess
import sys
import threading
import time

import pytest

from llm_strategy.flow import Parallel, run, threads
from llm_strategy.flow.stopping import Stop, current_stop, told_by
from llm_strategy.flow.threads import in_thread


def ran(*calls):
    """Have calls made, one after the other; return the threads that made them."""
    found = []
    for call in calls:
        done = threading.Event()

        def work(call=call, done=done):
            call()
            found.append(threading.current_thread())
            done.set()

        in_thread(work)
        assert done.wait(10)
        for _ in range(1000):
            if threads._IDLE:
                break
            time.sleep(0.001)
    return found


def test_a_thread_is_used_again():
    one, two, three = ran(*[lambda: None] * 3)

    assert one is two is three
    assert one.daemon


def test_calls_at_the_same_time_have_threads_of_their_own():
    both = threading.Barrier(3, timeout=10)

    in_thread(both.wait)
    in_thread(both.wait)
    both.wait()


def test_an_idle_thread_ends_after_a_moment(monkeypatch):
    monkeypatch.setattr(threads, "_KEPT_SECONDS", 0.01)
    (thread,) = ran(lambda: None)
    thread.join(10)

    assert not thread.is_alive()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_process_begins_threads_of_its_own():
    ran(lambda: None)
    child = os.fork()
    if child == 0:
        done = threading.Event()
        in_thread(done.set)
        os._exit(0 if done.wait(10) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


STUCK = """
import threading
from llm_strategy.flow import Parallel, run

class Stuck:
    def perform(self):
        begun.set()
        threading.Event().wait()

class Fail:
    def perform(self):
        begun.wait()
        raise ValueError("one fails")

def ask(request):
    return (yield request)

def flow():
    yield Parallel((ask(Stuck()), ask(Fail())))

begun = threading.Event()
try:
    run(flow())
except ValueError:
    print("ended")
"""


def test_a_call_that_nothing_interrupts_holds_up_neither_the_flow_nor_the_end_of_the_process():
    done = subprocess.run([sys.executable, "-c", STUCK], capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stdout) == (0, "ended\n"), done.stderr


def ask(request, got=None):
    answer = yield request
    if got is not None:
        got.append(answer)
    yield request


class Tell:
    def __init__(self, act):
        self.act = act

    def perform(self):
        return self.act()


def test_a_reply_that_came_is_taken_although_the_work_is_to_end():
    got, asked = [], []

    def act():
        asked.append(True)
        stop.set()
        return "paid for"

    stop = Stop()

    def work():
        told_by(stop)
        try:
            run(ask(Tell(act), got))
        except BaseException as error:  # noqa: BLE001
            ended.append(type(error).__name__)

    ended = []
    ran(work)
    assert got == ["paid for"]
    assert asked == [True]
    assert ended == ["Cancelled"]


def test_an_error_that_comes_of_being_told_to_end_does_not_reach_the_flow():
    stop, caught = Stop(), []

    def act():
        stop.set()
        raise OSError("closed")

    def flow():
        try:
            yield Tell(act)
        except OSError as error:
            caught.append(error)

    def work():
        told_by(stop)
        try:
            run(flow())
        except BaseException as error:  # noqa: BLE001
            ended.append(type(error).__name__)

    ended = []
    ran(work)
    assert (caught, ended) == ([], ["Cancelled"])


def test_flows_inside_flows_end_with_them_although_their_own_threads_are_stuck():
    begun, over, ended = threading.Barrier(3, timeout=10), threading.Event(), []

    def stuck():
        begun.wait()
        over.wait(10)

    def inner():
        try:
            yield Parallel((ask(Tell(stuck)), ask(Tell(stuck))))
        finally:
            ended.append(True)

    def fail():
        begun.wait()
        raise ValueError("one fails")

    def outer():
        yield Parallel((inner(), ask(Tell(fail))))

    began = time.monotonic()
    with pytest.raises(ValueError, match="one fails"):
        run(outer())
    assert time.monotonic() - began < 8
    over.set()
    for _ in range(500):
        if ended:
            break
        time.sleep(0.01)
    assert ended == [True]


def test_there_is_nothing_to_tell_outside_of_parallel_flows():
    assert current_stop() is None
