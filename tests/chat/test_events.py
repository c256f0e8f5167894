"""Server-sent events, however they are cut into pieces."""

import pytest

from llm_strategy.chat.events import EventReader

STREAM = (
    'data: {"a": "ä€😀"}\n\n: a comment\r\n\r\nevent: other\r\nid: 7\r\ndata: one\r\ndata:two\r\n\r\ndata: three\r\r'
)
READ = ['{"a": "ä€😀"}', "one\ntwo", "three"]


def read(pieces):
    events = EventReader()
    found = [data for piece in pieces for data in events.feed(piece)]
    return [*found, *events.rest()]


@pytest.mark.parametrize("size", range(1, 12))
def test_events_are_whole_however_they_are_cut(size):
    data = STREAM.encode()

    assert read([data[start : start + size] for start in range(0, len(data), size)]) == READ


def test_an_event_without_its_empty_line_is_read_at_the_end():
    assert read([b"data: one\n\ndata: two"]) == ["one", "two"]
    assert read([b"data: one\n\ndata: two\n"]) == ["one", "two"]
    assert read([b"event: ping\n\n"]) == []


def test_an_event_that_is_named_an_error_says_so():
    events = EventReader()

    assert [(data, events.failed) for data in events.feed(b"event: error\ndata: x\n\ndata: y\n\n")] == [
        ("x", True),
        ("y", False),
    ]


def test_what_is_no_text_is_replaced():
    assert read([b"data: \xff\n\n"]) == ["\N{REPLACEMENT CHARACTER}"]
