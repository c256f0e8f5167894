"""Spans that take long stand in the file before they end."""

import gc
import threading
import time
import weakref

import pytest

from llm_strategy.tracing import heartbeat, span, trace
from llm_strategy.tracing.heartbeat import Heartbeat
from llm_strategy.tracing.records import line_of, read_spans


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(heartbeat, "_SECONDS", 0.02)


def until(check):
    for _ in range(500):
        if check():
            return True
        time.sleep(0.01)
    return False


def lines_of(path, name):
    return [line for line in path.read_text().splitlines() if f'"name":"{name}"' in line]


def test_a_long_span_is_announced_once_and_replaced_by_its_end(tmp_path):
    with trace("session", directory=tmp_path) as t:
        with span("short"):
            pass
        with span("long", {"known": 1}):
            assert until(lambda: lines_of(t.path, "long"))
            announced = next(one for one in read_spans(t.path) if one.name == "long")
            time.sleep(0.1)
            assert len(lines_of(t.path, "long")) == 1
        ended = next(one for one in read_spans(t.path) if one.name == "long")

    assert (announced.end, announced.attributes["known"]) == (None, 1)
    assert ended.end is not None
    assert len(lines_of(t.path, "long")) == 2
    assert len(lines_of(t.path, "short")) == 1


def test_an_end_wins_over_an_announcement_that_came_late(tmp_path):
    with trace("session", directory=tmp_path) as t, span("work") as work:
        late = work.record()
    with t.path.open("ab") as file:
        file.write(line_of(late))

    assert all(one.end is not None for one in read_spans(t.path))
    assert all(one.end is not None for one in t.spans)


def test_a_trace_in_memory_has_no_heartbeat():
    before = threading.active_count()
    with trace():
        assert threading.active_count() == before


def test_it_stops_with_the_trace(tmp_path):
    with trace("session", directory=tmp_path):
        assert any(thread.name == "llm-strategy-trace" for thread in threading.enumerate())

    assert until(lambda: not any(thread.name == "llm-strategy-trace" for thread in threading.enumerate()))


def test_it_stops_where_the_session_is_forgotten():
    class Session:
        open = {}

    session = Session()
    forgotten = weakref.ref(session)
    beat = Heartbeat(session)
    del session
    gc.collect()

    assert until(lambda: forgotten() is None)
    assert until(lambda: not beat._thread.is_alive())
