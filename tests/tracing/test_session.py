"""What a session learns, counts and hands on."""

import gc
import json
import math
import threading
from collections.abc import Callable

import pytest
from pydantic import BaseModel, SecretStr

from llm_strategy import llm_function
from llm_strategy.hyperparameters import Hyperparameters, track_hyperparameters
from llm_strategy.testing import ScriptedModel
from llm_strategy.tracing import fork_locks, semconv, span, trace
from llm_strategy.tracing.capture import Capture
from llm_strategy.tracing.fork_locks import ForkLock
from llm_strategy.tracing.masking import wordless
from llm_strategy.tracing.open_span import OpenSpan
from llm_strategy.tracing.prices import Prices
from llm_strategy.tracing.session import Session
from llm_strategy.tracing.sinks import MemorySink
from llm_strategy.tracing.tracer import Tracer


@llm_function
def capital(model, country: str) -> str:
    """The capital of the country."""


class Keeper(BaseModel):
    api_key: SecretStr


@pytest.fixture
def session():
    return Session(capture=Capture(), prices=Prices(), sink=MemorySink(), tracer=Tracer())


def test_secrets_of_models_that_are_met_at_once_are_all_kept(session):
    names = [f"k3y-number-{number:04d}" for number in range(64)]
    models = [Keeper(api_key=SecretStr(name)) for name in names]
    threads = [threading.Thread(target=lambda some=models[n::8]: [session.learn(m) for m in some]) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(names) <= session.capture.secrets.known


def test_a_model_is_looked_at_once(session):
    looked = []

    class Counting:
        @property
        def model(self):
            return self

        def __getattribute__(self, name):
            if name == "__dict__":
                looked.append(name)
            return object.__getattribute__(self, name)

    one = Counting()
    session.learn(one)
    seen = len(looked)
    session.learn(one)
    assert seen
    assert len(looked) == seen


def test_a_model_that_cannot_be_remembered_is_looked_at_each_time(session):
    session.learn({"api_key": "k3y-of-a-dict"})
    session.learn({"api_key": "k3y-of-other-dict"})
    assert {"k3y-of-a-dict", "k3y-of-other-dict"} <= session.capture.secrets.known


def test_what_is_known_already_changes_nothing(session):
    session.keep_secret(frozenset({"k3y-of-mine"}))
    session.keep_secret(frozenset({"k3y-of-mine"}))
    session.keep_secret(frozenset())
    assert session.revision == 1


def test_a_session_that_has_not_begun_has_nothing_to_finish(session):
    assert session.finish() is False


def test_an_iterator_that_the_garbage_collector_closes_while_totals_are_counted_does_no_harm():
    def held():
        with span("held"):
            yield

    def forget():
        generator = held()
        next(generator)
        cycle = [generator]
        cycle.append(cycle)

    threshold = gc.get_threshold()
    gc.set_threshold(5)
    try:
        with trace() as t:
            for _ in range(300):
                forget()
                with span("work"):
                    pass
                _ = t.totals
            gc.collect()
    finally:
        gc.set_threshold(*threshold)

    assert len(t.spans) == 601


def test_totals_of_calls_that_are_under_way_in_many_threads_add_up():
    with trace() as t:
        capital.map(ScriptedModel(lambda _: '{"return_value": "Paris"}'), [str(n) for n in range(60)], limit=8)
        during = t.totals
    assert (during.calls, during.chats) == (60, 60)
    assert t.recorded().totals.chats == t.totals.chats == 60


def test_spans_that_end_while_they_are_looked_at_are_never_missing():
    stop, found = threading.Event(), []

    def look(t):
        while not stop.is_set():
            spans = {one.name for one in t.spans}
            found.append(all(f"n{n}" in spans for n in range(1, len(spans))))

    with trace() as t:
        thread = threading.Thread(target=look, args=(t,))
        thread.start()
        for number in range(1, 150):
            with span(f"n{number}"):
                pass
        stop.set()
        thread.join()

    assert all(found)


def test_a_span_before_all_others_is_there_in_the_middle_of_the_trace():
    with trace("session") as t, span("open"):
        assert [(one.name, one.end) for one in t.spans] == [("session", None), ("open", None)]


def test_hyperparameters_that_were_used_stand_on_the_session():
    hparams = Hyperparameters()
    hparams[capital].temperature = 0.5
    with trace() as t, hparams:
        capital(ScriptedModel(['{"return_value": "Paris"}']), "France")

    assert t.recorded().hyperparameters[f"{__name__}.capital"]["temperature"] == 0.5


def test_what_is_no_json_has_no_words():
    assert wordless("{") == "{}"
    assert wordless('{"a": ["secret", 1, null, true]}') == '{"a": ["[text not recorded]", 1, null, true]}'


def test_a_fork_waits_for_a_lock_and_leaves_it_free_on_both_sides():
    lock, stuck = ForkLock(), ForkLock()
    taken, done = threading.Event(), threading.Event()

    def hold():
        stuck.acquire()
        taken.set()
        done.wait(20)

    thread = threading.Thread(target=hold)
    thread.start()
    taken.wait(20)
    fork_locks._hold()
    assert not free_elsewhere(lock)
    fork_locks._let_go()
    assert free_elsewhere(lock)

    fork_locks._hold()
    fork_locks._let_go_in_child()
    assert free_elsewhere(lock)
    assert free_elsewhere(stuck)
    done.set()
    thread.join()


def test_a_lock_that_is_taken_says_so():
    lock = ForkLock()
    with lock:
        assert not lock.acquire(blocking=False)
        assert not lock.acquire(timeout=0.01)
        assert not free_elsewhere(lock)
    assert free_elsewhere(lock)


def free_elsewhere(lock):
    """Whether another thread finds a lock free."""
    found = []

    def look():
        found.append(lock.acquire(blocking=False))
        if found[0]:
            lock.release()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    return found[0]


@track_hyperparameters
def summed(text, _key: Callable = len, _mark: str = "\ud800", _rate: float = math.inf):
    return text


@pytest.mark.parametrize("content", [True, False])
def test_hyperparameters_without_a_json_form_are_described_and_the_session_ends(content):
    with trace("odd", content=content) as t:
        summed("a")
    (session,) = t.spans
    assert (session.end is not None, session.status) == (True, "ok")
    (told,) = json.loads(session.attributes[semconv.HYPERPARAMETERS_OPERATIVE]).values()
    assert set(told) == {"_key", "_mark", "_rate"} or set(told) == {"key", "mark", "rate"}


def test_the_users_own_error_is_never_replaced():
    def fail():
        raise KeyError(summed("mine"))

    with pytest.raises(KeyError, match="mine"), trace("odd"):
        fail()


class Failing(MemorySink):
    def close(self):
        raise OSError("no")


class FailingTracer(Tracer):
    closed = 0

    def close(self):
        self.closed += 1
        raise RuntimeError("no")


def test_whatever_a_step_of_the_end_does_the_others_are_done(caplog, monkeypatch):
    tracer = FailingTracer()
    session = Session(capture=Capture(), prices=Prices(), sink=Failing(), tracer=tracer)
    session.begin("s")

    def fail(*_):
        raise RecursionError

    monkeypatch.setattr(Session, "_note_used", fail)
    monkeypatch.setattr(OpenSpan, "leave", fail)
    assert session.finish(ValueError("mine"))
    (span_of_session,) = session.records()
    assert (span_of_session.status, span_of_session.end is not None) == ("error", True)
    assert (tracer.closed, session.is_over) == (1, True)
    assert caplog.text.count("did not end as it should") == 4
