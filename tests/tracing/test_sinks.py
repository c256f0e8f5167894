"""Files that survive what happens to a program, and memory that stays bounded."""

import contextvars
import gc
import os
import resource
import signal
import stat
import subprocess
import sys
import threading
import tracemalloc
import warnings
from pathlib import Path

import pytest

from llm_strategy.errors import TraceFileError
from llm_strategy.tracing import SpanRecord, span, trace
from llm_strategy.tracing.records import read_spans
from llm_strategy.tracing.sinks import FileSink, MemorySink

SCRIPT = """
import os, signal, sys, threading, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from llm_strategy import llm_function
from llm_strategy.flow import carried
from llm_strategy.testing import ScriptedModel
from llm_strategy.tracing import span, trace

@llm_function
def echo(model, text: str) -> str:
    '''The text.'''

def call(number):
    echo(ScriptedModel(['{"return_value": "yes"}']), str(number))
    os.write(1, b"%d\\n" % number)

folder = Path(sys.argv[1])
"""


def record(number, end=2):
    return SpanRecord("0" * 32, f"{number:016x}", None, f"span {number}", "step", number, end)


def started(folder, code, **options):
    command = [sys.executable, "-c", SCRIPT + code, str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def ran(folder, code, **options):
    with started(folder, code, **options) as process:
        out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def only_file(folder):
    (path,) = folder.glob("*.jsonl")
    return path


def whole(path):
    """All spans of a file whose every line is whole."""
    lines = path.read_bytes().splitlines()
    spans = read_spans(path)
    assert all(line.startswith(b'{"v":1,') and line.endswith(b"}") for line in lines)
    return spans


def test_a_file_is_its_owners_alone(tmp_path):
    with trace("private", directory=tmp_path / "deep" / "down") as t:
        pass

    assert stat.S_IMODE(t.path.stat().st_mode) == 0o600


def test_a_span_is_in_the_file_as_soon_as_it_has_ended(tmp_path):
    with trace("session", directory=tmp_path) as t:
        assert [(one.name, one.end) for one in read_spans(t.path)] == [("session", None)]
        with span("work"):
            pass
        assert read_spans(t.path)[1].end is not None


def test_a_directory_that_cannot_be_written_to_is_an_error_that_says_so(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(TraceFileError, match=r"cannot be written to '.*file/.*\.jsonl': .*Name a directory"):
        trace("session", directory=tmp_path / "file").__enter__()


def test_a_kill_in_the_middle_of_many_calls_loses_no_finished_one(tmp_path):
    code = """
with trace("killed", directory=folder), ThreadPoolExecutor(4) as pool:
    list(pool.map(carried(call), range(1000)))
"""
    with started(tmp_path, code) as process:
        told = [process.stdout.readline() for _ in range(100)]
        process.send_signal(signal.SIGKILL)
        told += process.stdout.read().splitlines()
    done = {int(line) for line in told if line.strip()}

    spans = read_spans(only_file(tmp_path))
    finished = {one.text("llm_strategy.arguments") for one in spans if one.kind == "function" and one.end}
    assert 100 <= len(done) < 1000
    assert {f'{{"text":"{number}"}}' for number in done} <= finished
    assert spans[0].kind == "session"
    assert spans[0].end is None


def test_a_termination_loses_no_finished_call(tmp_path):
    code = """
with trace("terminated", directory=folder):
    call(1)
    with span("long"):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)
"""
    status, out, _ = ran(tmp_path, code)

    assert (status, out) == (-signal.SIGTERM, "1\n")
    assert [one.kind for one in whole(only_file(tmp_path))] == ["session", "function", "prompt", "attempt", "chat"]


def test_a_full_disk_is_one_warning_and_the_program_goes_on(tmp_path):
    limit = 6000
    code = """
with trace("full", directory=folder):
    for number in range(20):
        call(number)
"""
    status, out, err = ran(tmp_path, code, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))

    assert (status, out.split()) == (0, [str(number) for number in range(20)])
    assert err.count("RuntimeWarning") == 1
    assert "is not complete: a span could not be written (" in err
    assert only_file(tmp_path).stat().st_size == limit
    assert len(read_spans(only_file(tmp_path))) > 3


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_device_that_takes_nothing_is_one_warning():
    sink = FileSink(Path("/dev/full"))

    with pytest.warns(RuntimeWarning, match="No space left"):
        sink.add(record(1))
    sink.add(record(2))  # warnings are errors here


def test_after_half_a_line_the_next_one_is_whole_again(tmp_path, monkeypatch):
    sink = FileSink(tmp_path / "t.jsonl")
    sink.add(record(1))
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[:20]))
    with pytest.warns(RuntimeWarning, match="the disk is full"):
        sink.add(record(2))
    monkeypatch.undo()
    sink.add(record(3))
    sink.add(record(4))

    assert [one.name for one in sink.records()] == ["span 1", "span 3", "span 4"]


def test_a_span_that_ends_after_the_session_is_in_the_file(tmp_path):
    sink = FileSink(tmp_path / "t.jsonl")
    sink.add(record(1))
    sink.close()
    sink.close()
    sink.add(record(2))

    assert len(sink.records()) == 2


def test_threads_that_hammer_a_file_write_whole_lines(tmp_path):
    def work(number):
        for turn in range(200):
            with span("work", {"number": number, "text": "x" * (turn * 10)}):
                pass

    with trace("hammered", directory=tmp_path) as t:
        threads = [threading.Thread(target=contextvars.copy_context().run, args=(work, n)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(whole(t.path)) == 801


def test_forked_processes_write_whole_lines_and_leave_the_session_to_their_parent(tmp_path):
    code = """
import warnings
warnings.simplefilter("ignore")  # Python 3.12 on warns of forks beside threads
stop = threading.Event()
def busy():
    while not stop.is_set():
        with span("busy"):
            time.sleep(0.0002)
with trace("forked", directory=folder) as t:
    threads = [threading.Thread(target=carried(busy)) for _ in range(2)]
    for thread in threads: thread.start()
    children = []
    for number in range(6):
        child = os.fork()
        if not child:
            signal.alarm(20)
            call(number)
            assert t.totals.calls >= 1
            sys.exit(0)
        children.append(child)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    stop.set()
    for thread in threads: thread.join()
assert codes == [0] * 6, codes
"""
    status, out, err = ran(tmp_path, code)

    assert (status, err) == (0, "")
    assert sorted(map(int, out.split())) == list(range(6))
    spans = whole(only_file(tmp_path))
    assert len([one for one in spans if one.kind == "function"]) == 6
    lines = [line for line in only_file(tmp_path).read_bytes().splitlines() if b'"kind":"session"' in line]
    assert len([line for line in lines if b'"end":null' not in line]) == 1


def test_memory_moves_to_a_file_at_its_limit_which_goes_away(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    sink = MemorySink(held=10)
    for number in range(25):
        sink.add(record(number + 1))

    assert len(only_file(tmp_path).read_bytes().splitlines()) == 20
    assert [one.start for one in sink.records()] == list(range(1, 26))
    sink.close()
    sink.add(record(26))
    assert len(sink.records()) == 26
    assert sink.path is None
    del sink
    gc.collect()
    assert list(tmp_path.iterdir()) == []


def test_a_forked_child_that_ends_leaves_its_parent_the_file(tmp_path):
    code = """
import tempfile
from llm_strategy.tracing import sinks
sinks.MemorySink.__init__.__defaults__ = (10,)
tempfile.tempdir = str(folder)
with trace("forked") as t:
    for number in range(30):
        with span("work"): pass
    child = os.fork()
    if not child:
        sys.exit(0)
    os.waitpid(child, 0)
print(len(t.spans))
"""
    assert ran(tmp_path, code)[:2] == (0, "31\n")
    assert list(tmp_path.iterdir()) == []


def test_where_there_is_no_place_for_a_file_memory_has_to_do(monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", "/nonexistent")
    sink = MemorySink(held=2)
    for number in range(9):
        sink.add(record(number))

    assert len(sink.records()) == 9
    sink.close()


def test_many_threads_may_use_memory_at_its_limit():
    sink = MemorySink(held=7)

    def work(first):
        for number in range(first, first + 300):
            sink.add(record(number))
            if number % 50 == 0:
                sink.records()

    threads = [threading.Thread(target=work, args=(1000 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({one.span for one in sink.records()}) == 1200


@pytest.mark.parametrize("directory", [True, False])
def test_memory_does_not_grow_with_the_number_of_spans(directory, tmp_path, monkeypatch):
    monkeypatch.setattr(MemorySink.__init__, "__defaults__", (500,))

    def grown(count):
        for number in range(count):
            with span("work", {"number": number}):
                pass
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    with trace("long", directory=tmp_path if directory else None):
        grown(100)
        tracemalloc.start()
        try:
            early = grown(1000)
            late = grown(4000)
        finally:
            tracemalloc.stop()

    assert late - early < 300_000


def test_a_file_that_is_gone_holds_nothing(tmp_path):
    sink = FileSink(tmp_path / "t.jsonl")
    sink.close()
    (tmp_path / "t.jsonl").unlink()
    assert sink.records() == ()


def test_a_sink_warns_once_however_many_spans_are_lost(tmp_path):
    folder = tmp_path / "gone"
    sink = FileSink(folder / "t.jsonl")
    sink.close()
    (folder / "t.jsonl").unlink()
    folder.rmdir()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        sink.add(record(1))
        sink.add(record(2))
    assert [one.category for one in caught] == [RuntimeWarning]
