"""Escapes of strings."""

import pytest

from llm_strategy.parsing.limits import Budget
from llm_strategy.parsing.tolerant import parse_tolerantly


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(r"tab\tline\nquote\"slash\/back\\", 'tab\tline\nquote"slash/back\\', id="known"),
        pytest.param(r"\u00e9\ud83d\ude00", "é😀", id="unicode"),
        pytest.param(r"\d+\.\w", r"\d+\.\w", id="unknown-keeps-its-backslash"),
        pytest.param(r"it\'s", "it's", id="apostrophe"),
        pytest.param(r"\ud800x", "\ufffdx", id="lone-surrogate"),
        pytest.param(r"\d\ud83d\ude00\u0041\udc00", "\\d😀A\ufffd", id="unicode-beside-unknown"),
        pytest.param("one\\\ntwo", "one\ntwo", id="line-continuation"),
        pytest.param(r"\uZZ", r"\uZZ", id="broken-unicode"),
    ],
)
def test_escapes_are_undone(content: str, expected: str) -> None:
    text = f'["{content}"]'
    assert parse_tolerantly(text, 0, Budget(len(text))).value == [expected]


@pytest.mark.parametrize("ending", ["\\", "\\u", "\\u00", "\\d\\u12"])
def test_an_escape_that_the_text_ends_in_is_dropped(ending: str) -> None:
    text = f'["abc{ending}'
    parsed = parse_tolerantly(text, 0, Budget(len(text)))
    assert parsed.cut
    assert parsed.value[0].startswith("abc")
    assert not parsed.value[0].endswith(("\\", "u", "2"))
