"""From what a user types to a trace."""

import os

import pytest

from llm_strategy.errors import TraceFileError
from llm_strategy.tracing.records import SpanRecord, line_of
from llm_strategy.tracing.resolve_trace import resolve_trace


@pytest.fixture
def directory(tmp_path):
    def write(stem, name, start, trace):
        session = SpanRecord(trace, "s", None, name, "session", start)
        (tmp_path / f"{stem}.jsonl").write_bytes(
            line_of(session) + line_of(SpanRecord(trace, "f", "s", "f", "function", start))
        )

    write("20260101-shop-aa", "shop", 1, "abc1")
    write("20260102-shop-bb", "shop", 50, "ff01")
    write("20260103-plan-cc", "plan", 20, "ff02")
    (tmp_path / "junk.jsonl").write_bytes(b"junk")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("latest", "20260102-shop-bb"),
        ("-1", "20260102-shop-bb"),
        ("-2", "20260103-plan-cc"),
        ("-3", "20260101-shop-aa"),
        ("20260101-shop-aa", "20260101-shop-aa"),
        ("20260101-shop-aa.jsonl", "20260101-shop-aa"),
        ("20260103", "20260103-plan-cc"),
        ("plan", "20260103-plan-cc"),
        ("pl", "20260103-plan-cc"),
        ("ff01", "20260102-shop-bb"),
        ("abc", "20260101-shop-aa"),
    ],
)
def test_a_trace_is_named_in_many_ways(directory, name, stem):
    assert resolve_trace(directory, name) == directory / f"{stem}.jsonl"


def test_a_path_is_a_trace(directory, tmp_path_factory):
    path = directory / "20260101-shop-aa.jsonl"
    assert resolve_trace(tmp_path_factory.mktemp("elsewhere"), str(path)) == path


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("shop", r"'shop' may be one of several traces: '20260102-shop-bb', '20260101-shop-aa'"),
        ("2026", "several traces"),
        ("ff0", "several traces"),
        ("plam", "no trace 'plam' in .*'20260103-plan-cc'"),
        ("-4", "There are 3 traces"),
        ("-0", "no trace '-0'"),
        ("", "no trace ''"),
        ("x\x00y", "no trace"),
        ("x" * 5000, "no trace"),
    ],
)
def test_a_trace_that_is_not_clear_is_refused(directory, name, problem):
    with pytest.raises(TraceFileError, match=problem):
        resolve_trace(directory, name)


def test_a_directory_without_traces_is_named(tmp_path):
    with pytest.raises(TraceFileError, match=r"There is no trace in .*nowhere"):
        resolve_trace(tmp_path / "nowhere", "latest")


@pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="needs a file that cannot be read")  # noqa: PTH110
def test_a_file_that_cannot_be_read_is_no_trace(directory):
    (directory / "20270101.jsonl").symlink_to("/proc/self/mem")
    assert resolve_trace(directory, "latest").stem == "20260102-shop-bb"


def test_a_file_without_its_session_has_the_name_of_the_file_only(tmp_path):
    (tmp_path / "cut.jsonl").write_bytes(line_of(SpanRecord("t1", "f", "s", "f", "function", 1)))
    assert resolve_trace(tmp_path, "cut") == resolve_trace(tmp_path, "t1") == tmp_path / "cut.jsonl"
    with pytest.raises(TraceFileError):
        resolve_trace(tmp_path, "f")
