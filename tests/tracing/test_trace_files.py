"""Trace files: their names, and who writes to them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from llm_strategy.tracing import span, trace
from llm_strategy.tracing.sinks import FileSink
from llm_strategy.tracing.trace_files import is_held, new_trace_file


def test_names_are_sorted_by_time_readable_and_their_own(tmp_path):
    names = [new_trace_file(tmp_path, "my trace/../x").name for _ in range(3)]
    assert len(set(names)) == 3
    assert all(re.fullmatch(r"\d{8}T\d{6}-my-trace-x-[0-9a-f]{8}\.jsonl", name) for name in names)


def test_a_name_without_letters_is_replaced(tmp_path):
    assert "-trace-" in new_trace_file(tmp_path, "...").name


def test_a_file_is_held_while_it_is_written_to(tmp_path):
    sink = FileSink(tmp_path / "a.jsonl")
    assert is_held(sink.path) is True
    sink.close()
    assert is_held(sink.path) is False


def test_a_process_that_is_killed_holds_nothing(tmp_path):
    path = tmp_path / "a.jsonl"
    code = (
        "import os, signal, sys; from pathlib import Path; from llm_strategy.tracing.sinks import FileSink; "
        "sink = FileSink(Path(sys.argv[1])); os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == -9
    assert is_held(path) is False


def test_of_a_file_that_is_not_there_nothing_is_known(tmp_path):
    assert is_held(tmp_path / "none.jsonl") is None


@pytest.mark.parametrize("problem", [OSError("no locks here")])
def test_a_file_system_without_locks_is_no_obstacle(tmp_path, monkeypatch, problem):
    import fcntl

    def refuse(*_):
        raise problem

    monkeypatch.setattr(fcntl, "flock", refuse)
    sink = FileSink(tmp_path / "a.jsonl")
    assert is_held(sink.path) is None
    sink.close()


def test_a_system_without_locks_is_no_obstacle(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fcntl", None)
    sink = FileSink(tmp_path / "a.jsonl")
    assert is_held(sink.path) is None
    sink.close()


def test_a_relative_directory_stays_where_it_was_when_the_program_moves(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with trace("moving", directory="traces") as t:
        os.chdir("elsewhere")
    with span("late"):
        pass
    assert t.path == next((tmp_path / "traces").iterdir())
    assert t.spans[0].end is not None
    assert FileSink(Path("own.jsonl")).path == tmp_path / "elsewhere" / "own.jsonl"
