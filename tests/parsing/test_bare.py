"""Values without quotes."""

import pytest

from llm_strategy.parsing.limits import Budget
from llm_strategy.parsing.tolerant import parse_tolerantly


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("{u: https://a.b/c, n: 1}", {"u": "https://a.b/c", "n": 1}, id="address"),
        pytest.param("{d: 2024-01-02, t: 12:30}", {"d": "2024-01-02", "t": "12:30"}, id="date-and-time"),
        pytest.param("{w: 12 kg, p: 45%, c: $5}", {"w": "12 kg", "p": "45%", "c": "$5"}, id="units"),
        pytest.param("{a: one\nb: two\nc: [x, y]}", {"a": "one", "b": "two", "c": ["x", "y"]}, id="lines"),
        pytest.param("{a: hello, world,\nb: 1}", {"a": "hello, world", "b": 1}, id="comma-inside"),
        pytest.param("{a: use {x} and [y], b: 1}", {"a": "use {x} and [y]", "b": 1}, id="brackets-inside"),
        pytest.param("{zip: 05, v: 1.1.1, f: 1/3}", {"zip": "05", "v": "1.1.1", "f": "1/3"}, id="not-numbers"),
        pytest.param("{a: 1/*one*/, b: 2}", {"a": 1, "b": 2}, id="comment-at-once"),
        pytest.param("[a\nb]", ["a", "b"], id="list-of-lines"),
        pytest.param("(a, b c)", ["a", "b c"], id="tuple-of-words"),
        pytest.param('{a: word "b": 1}', {"a": "word", "b": 1}, id="quoted-key-behind"),
        pytest.param("{a: one ```", {"a": "one"}, id="fence-behind"),
        pytest.param('[{"a": x y}\n, 2]', [{"a": "x y"}, 2], id="nested"),
    ],
)
def test_bare_values_end_where_the_next_thing_begins(text: str, expected: object) -> None:
    assert parse_tolerantly(text, 0, Budget(len(text))).value == expected


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_not_finite_stays_text(word: str) -> None:
    assert parse_tolerantly(f"[{word},]", 0, Budget(20)).value == [word]


def test_a_call_is_read_as_its_arguments() -> None:
    text = "[date(2024, 1, 2), ObjectId('x'), f()]"
    assert parse_tolerantly(text, 0, Budget(len(text))).value == [[2024, 1, 2], "x", []]
