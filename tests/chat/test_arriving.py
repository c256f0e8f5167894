"""Bodies of streamed replies, whatever type they are said to be of."""

import json

import pytest

from llm_strategy.chat.arriving import Arriving
from llm_strategy.chat.completions import UnreadableError
from llm_strategy.messages import Chunk, Usage

EVENTS = b'data: {"choices": [{"delta": {"content": "yes"}, "finish_reason": "stop"}]}\n\n'
DONE = b"data: [DONE]\n\n"
WHOLE = json.dumps({"choices": [{"message": {"content": "yes"}, "finish_reason": "stop"}]}).encode()


def read(*pieces):
    body = Arriving()
    found = [chunk for piece in pieces for chunk in body.of(piece)]
    return [*found, *body.last()]


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"\r\n \t"])
@pytest.mark.parametrize("size", [1, 5, 1000])
@pytest.mark.parametrize("data", [EVENTS + DONE, WHOLE])
def test_the_first_bytes_say_what_comes(before, size, data):
    data = before + data
    chunks = read(*(data[start : start + size] for start in range(0, len(data), size)))

    assert [(chunk.text, chunk.finish_reason) for chunk in chunks] == [("yes", "stop")]


def test_nothing_is_read_behind_the_end():
    body = Arriving()

    assert list(body.of(DONE + b"data: {broken\n\n")) == []
    assert body.done
    assert list(body.last()) == []


@pytest.mark.parametrize("page", [b"<html>Log in</html>", b" \n<!DOCTYPE html>Log in"])
def test_a_page_is_unreadable_and_kept(page):
    with pytest.raises(UnreadableError) as caught:
        read(page)
    assert "Log in" in caught.value.text


def test_words_that_are_no_event_are_kept():
    with pytest.raises(UnreadableError, match="no event") as caught:
        read(b"Please ", b"log in")
    assert caught.value.text == "Please "


def test_numbers_of_a_bill_may_have_a_point():
    usage = b'data: {"choices": [], "usage": {"prompt_tokens": 3.0, "completion_tokens": 1.5}}\n\n'

    assert read(usage, DONE) == [Chunk(usage=Usage(3, 0))]
