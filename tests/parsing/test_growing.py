"""JSON that is parsed while it is written."""

import json
import random

import pytest

from llm_strategy.parsing.cursor import ABSENT
from llm_strategy.parsing.growing import GrowingJson, NotPlainError

VALUES = [
    {"a": [1, 2.5, -3e5, True, None, {"b": 'x"y\\é😀\n/'}], "c": {}, "d": [], "e": "", "f": {"g": [[]]}},
    [],
    {},
    [[1], "text", {"x": None}],
    "a text alone",
]


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("value", VALUES, ids=str)
def test_a_value_is_the_same_however_it_is_cut(value, seed):
    chance = random.Random(seed)
    text = json.dumps(value, ensure_ascii=seed % 2 == 0, indent=seed % 3 or None)
    growing, at = GrowingJson(), 0
    while at < len(text):
        size = chance.randint(1, 5)
        growing.feed(text[at : at + size])
        at += size

    assert growing.done
    assert (growing.root, growing.width, growing.text) == (value, 0, None)


def fed(*pieces):
    growing = GrowingJson()
    for piece in pieces:
        growing.feed(piece)
    return growing


def test_what_has_come_can_be_seen_at_any_time():
    growing = fed('{"name": "Ad', 'a", "tags": [1, "fir')

    assert growing.root == {"name": "Ada", "tags": [1]}
    assert growing.open == [growing.root, growing.root["tags"]]
    assert (growing.text, growing.written, growing.width) == ("fir", 3, 3)
    assert not growing.done


def test_a_key_that_is_being_written_is_no_text():
    growing = fed('{"na')

    assert (growing.text, growing.key, growing.root) == (None, None, {})


def test_a_number_or_a_word_that_may_go_on_is_not_there_yet():
    assert fed("[1, 2").root == [1]
    assert fed("[tru").root == []
    assert fed("12").root is ABSENT


def test_an_escape_that_is_cut_is_waited_for():
    growing = fed('["a\\', "n\\u00", "e9\\ud83d", "\\ude00")

    assert growing.text == "a\né\U0001f600"


def test_what_comes_behind_the_value_is_left_alone():
    assert fed("[1] and so on", '"{').root == [1]


@pytest.mark.parametrize(
    "text",
    [
        "{'a': 1}",
        "{a: 1}",
        "[1,, 2]",
        "[1 2]",
        "[1}",
        '{"a" 1}',
        '{"a": 1,}',
        '{"a": 1, "a": 2}',
        "[NaN]",
        "[1.2.3]",
        "[tru ]",
        "[@]",
        '["\\x"          ]',
        '["\\ud83d and more"]',
        "]",
        "[" * 100,
        "[" + "1" * 5000,
    ],
)
def test_what_is_no_plain_json_is_told(text):
    with pytest.raises(NotPlainError):
        fed(text)
