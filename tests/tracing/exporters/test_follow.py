from dataclasses import replace

import pytest

from llm_strategy.errors import TraceFileError
from llm_strategy.testing.sample_traces import sample_trace
from llm_strategy.tracing.exporters.follow import Follower, followed
from llm_strategy.tracing.records import line_of

SPANS = sample_trace(2).spans
SESSION = SPANS[0]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "trace.jsonl"


def append(path, data):
    with path.open("ab") as file:
        file.write(data)


def test_only_what_was_added_is_read(path):
    follower = Follower(path)
    append(path, line_of(SPANS[1]))
    assert follower.read() == (SPANS[1],)
    append(path, line_of(SPANS[2]) + line_of(SPANS[3]))
    assert follower.read() == (SPANS[2], SPANS[3])
    assert follower.read() == ()
    assert len(follower.trace.spans) == 3


def test_bytes_that_were_read_are_not_read_again(path):
    follower = Follower(path)
    append(path, line_of(SPANS[1]))
    follower.read()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.write(b"#" * size)
    append(path, line_of(SPANS[2]))
    assert follower.read() == (SPANS[2],)


def test_a_file_that_is_not_there_yet_has_no_spans(path):
    follower = Follower(path)
    assert follower.read() == ()
    assert not follower.ended
    append(path, line_of(SESSION))
    assert follower.read() == (SESSION,)


def test_a_line_that_is_half_written_waits_for_its_rest(path):
    follower = Follower(path)
    line = line_of(SPANS[1])
    append(path, line[:40])
    assert follower.read() == ()
    append(path, line[40:-1])
    assert follower.read() == ()
    append(path, line[-1:])
    assert follower.read() == (SPANS[1],)


def test_a_damaged_line_is_passed_over(path):
    follower = Follower(path)
    append(path, b'{"v": 1, "tr\n\n' + line_of(SPANS[1]))
    assert follower.read() == (SPANS[1],)


def test_an_open_span_is_replaced_by_its_end(path):
    follower = Follower(path)
    append(path, line_of(replace(SESSION, end=None)))
    assert follower.read()[0].end is None
    assert not follower.ended
    append(path, line_of(SESSION))
    assert follower.read() == (SESSION,)
    assert follower.ended
    assert follower.trace.spans == (SESSION,)


def test_a_span_that_was_announced_too_late_stays_ended(path):
    follower = Follower(path)
    append(path, line_of(SESSION) + line_of(replace(SESSION, end=None)))
    assert follower.read() == (SESSION,)
    assert follower.ended


def test_a_session_inside_the_trace_does_not_end_it(path):
    follower = Follower(path)
    inner = replace(SPANS[1], kind="session", parent=SESSION.span)
    append(path, line_of(replace(SESSION, end=None)) + line_of(inner))
    follower.read()
    assert not follower.ended


def test_a_session_of_another_trace_ends_its_own_file(path):
    append(path, line_of(replace(SESSION, parent="f" * 16)))
    follower = Follower(path)
    follower.read()
    assert follower.ended


def test_a_file_that_was_begun_anew_is_read_anew(path):
    follower = Follower(path)
    append(path, b"".join(map(line_of, SPANS)))
    follower.read()
    path.write_bytes(line_of(SPANS[1]))
    assert follower.read() == (SPANS[1],)
    assert follower.trace.spans == (SPANS[1],)


def test_a_file_that_was_replaced_is_read_anew(path, tmp_path):
    follower = Follower(path)
    append(path, line_of(SPANS[1]))
    follower.read()
    other = tmp_path / "other"
    append(other, b"".join(map(line_of, SPANS)))
    other.replace(path)
    assert len(follower.read()) == len(SPANS)


def test_a_file_that_cannot_be_read_is_an_error(path):
    path.mkdir()
    with pytest.raises(TraceFileError, match="cannot be read"):
        Follower(path).read()


def test_following_ends_with_the_session(path):
    steps = [b"", line_of(replace(SESSION, end=None)), line_of(SPANS[1]), line_of(SESSION)]
    waits = []

    def sleep(seconds):
        waits.append(seconds)
        append(path, steps[len(waits)] if len(waits) < len(steps) else b"")

    seen = [len(spans) for spans in followed(Follower(path), interval=0.5, sleep=sleep)]
    assert seen == [0, 1, 1, 1]
    assert waits == [0.5] * 3


def test_a_program_that_was_killed_is_followed_to_its_last_line_only(tmp_path):
    path = tmp_path / "killed.jsonl"
    path.write_bytes(line_of(replace(sample_trace(1).session, end=None)))
    looks = list(followed(Follower(path), sleep=lambda _seconds: None))
    assert len(looks[0]) == 1
    assert len(looks) > 2  # a file that has just been made is not given up at once
