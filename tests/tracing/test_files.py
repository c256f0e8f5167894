"""Files that are touched, and files of traces."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from llm_strategy.tracing import record_file, semconv, span, trace
from llm_strategy.tracing.trace_files import new_trace_file


def test_an_access_stands_on_the_open_span():
    with trace() as t, span("edit"):
        record_file("src/app.py", "read")
        record_file(Path("src") / "app.py", "write", size=120)

    assert [event.name for event in t.spans[1].events] == [semconv.FILE] * 2
    assert t.spans[1].events[0].attributes == {semconv.FILE_PATH: "src/app.py", semconv.FILE_OPERATION: "read"}
    assert t.spans[1].events[1].attributes[semconv.FILE_SIZE] == 120


def test_without_a_trace_nothing_happens():
    record_file("src/app.py", "delete")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nightly run", "nightly-run"),
        ("../../etc/passwd", "etc-passwd"),
        ("größe", "gr-e"),
        ("", "trace"),
        ("日本", "trace"),
        ("x" * 200, "x" * 60),
    ],
)
def test_the_name_of_a_file_says_when_and_what(tmp_path, name, words):
    path = new_trace_file(tmp_path, name)

    began, _, rest = path.stem.partition("-")
    assert abs((datetime.now(UTC) - datetime.strptime(began, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)).total_seconds()) < 60
    assert rest.rpartition("-")[0] == words
    assert path.parent == tmp_path
    assert path.suffix == ".jsonl"


def test_no_two_files_have_one_name(tmp_path):
    assert len({new_trace_file(tmp_path, "same") for _ in range(100)}) == 100


def test_the_home_directory_may_be_named_by_its_sign():
    assert new_trace_file(Path("~/traces"), "x").is_relative_to(Path.home())
