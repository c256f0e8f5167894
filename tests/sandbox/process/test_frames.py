"""Frames that somebody hostile wrote."""

import json

import pytest

from llm_strategy.sandbox.process.frames import FrameReader, Violation, frame_of


def raw(body):
    body = body if isinstance(body, bytes) else body.encode()
    return len(body).to_bytes(4, "big") + body


def test_frames_come_out_whole_however_they_come_in():
    reader = FrameReader("n")
    data = frame_of({"nonce": "n", "a": 1}) + frame_of({"nonce": "n", "b": "é"})
    found = []
    for one in data:
        reader.feed(bytes([one]))
        while (frame := reader.next()) is not None:
            found.append(frame)
    assert found == [{"a": 1}, {"b": "é"}]
    assert reader.rest == 0


def test_text_without_bytes_is_sent_with_a_mark():
    assert json.loads(frame_of({"a": "\ud800"})[4:]) == {"a": "?"}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("{}", "did not send"),
        ('{"nonce": "m"}', "did not send"),
        ('{"nonce": 1}', "did not send"),
        ('{"nonce": "é"}', "did not send"),
        ("[]", "no object"),
        ("", "no JSON"),
        ("nonsense", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        ('{"nonce": "n", "a": 1, "a": 2}', "twice"),
        ('{"nonce": "n", "a": {"b": 1, "b": 2}}', "twice"),
        ('{"nonce": "n", "a": NaN}', "no JSON"),
        ('{"nonce": "n", "a": Infinity}', "no JSON"),
        ('{"nonce": "n", "a": 1e999}', "not finite"),
        ('{"nonce": "n", "a": ' + "1" * 5000 + "}", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ('{"nonce": "n", "a": ' + '{"a":' * 1000 + "1" + "}" * 1001, "no JSON"),
        ('{"nonce": "n", "a": "\\ud800"}', "no JSON"),
        ('{"nonce": "n"} {"nonce": "n"}', "no JSON"),
        (b"\x80\x04\x95\x0c\x00\x00\x00\x00\x00\x00\x00\x8c\x02os.", "no JSON"),
    ],
)
def test_what_is_no_frame_is_refused(body, told):
    reader = FrameReader("n")
    reader.feed(raw(body))
    with pytest.raises(Violation, match=told):
        reader.next()


def test_a_frame_that_is_too_large_is_refused_before_it_comes():
    with pytest.raises(Violation, match="1073741824 bytes"):
        FrameReader("n").feed((1 << 30).to_bytes(4, "big"))


def test_half_a_frame_is_no_frame():
    reader = FrameReader("n")
    reader.feed(frame_of({"nonce": "n"})[:-1])
    assert reader.next() is None
    assert reader.rest > 0
