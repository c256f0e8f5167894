"""Strings whose quotes are damaged."""

import pytest

from llm_strategy.parsing.limits import Budget
from llm_strategy.parsing.tolerant import parse_tolerantly


def parse(text: str) -> object:
    return parse_tolerantly(text, 0, Budget(len(text))).value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('{"a": "say "hi" now", "b": 1}', {"a": 'say "hi" now', "b": 1}, id="word-in-quotes"),
        pytest.param('{"a": "5" wide", "b": 1}', {"a": '5" wide', "b": 1}, id="one-quote"),
        pytest.param(
            '{"a": "He said "yes", "no" and left", "b": 1}',
            {"a": 'He said "yes", "no" and left', "b": 1},
            id="list-of-words",
        ),
        pytest.param('{"a": "print("x")", "b": 1}', {"a": 'print("x")', "b": 1}, id="code"),
        pytest.param('{"a": "<p class="b">c</p>"}', {"a": '<p class="b">c</p>'}, id="markup"),
        pytest.param('["one "two" three", "four"]', ['one "two" three', "four"], id="in-a-list"),
        pytest.param(
            '{"a": "gave {"k": "v"}, which is wrong"}', {"a": 'gave {"k": "v"}, which is wrong'}, id="json-inside"
        ),
        pytest.param("{'a': 'it's fine', 'b': 2}", {"a": "it's fine", "b": 2}, id="apostrophe"),
        pytest.param('{"na"m"e": "x"}', {'na"m"e': "x"}, id="in-a-key"),
        pytest.param('"a 24" screen"', 'a 24" screen', id="outermost"),
    ],
)
def test_an_unescaped_quote_belongs_to_the_string(text: str, expected: object) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('{"a": "b, "c": 1}', {"a": "b", "c": 1}, id="next-key"),
        pytest.param('{"a": "b, c: "d"}', {"a": "b", "c": "d"}, id="next-bare-key"),
        pytest.param('["abc,\n"def"]', ["abc", "def"], id="next-line"),
        pytest.param('{"a": "b}', {"a": "b"}, id="end-of-object"),
        pytest.param('{"a": ["b]}', {"a": ["b"]}, id="end-of-both"),
        pytest.param('{"a: 1}', {"a": 1}, id="key"),
        pytest.param('{"a": "b}```', {"a": "b"}, id="before-a-fence"),
    ],
)
def test_a_missing_closing_quote_is_put_where_the_string_must_end(text: str, expected: object) -> None:
    assert parse(text) == expected


def test_a_bracket_that_belongs_to_the_text_closes_nothing() -> None:
    parsed = parse_tolerantly('{"code": "if x { y }', 0, Budget(100))
    assert parsed.cut

    parsed = parse_tolerantly('{"code": "f(x) { return 1; }', 0, Budget(100))
    assert parsed.cut


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('{"a": """two\n"lines" here""", "b": 1}', {"a": 'two\n"lines" here', "b": 1}, id="triple"),
        pytest.param('{""a"": ""b""}', {"a": "b"}, id="doubled"),
        pytest.param('{"a": "", "b": ""}', {"a": "", "b": ""}, id="empty"),
        pytest.param('{"code": ```python\nx = "1"\n```}', {"code": 'x = "1"\n'}, id="fence"),
        pytest.param('{"a": ```x```}', {"a": "x"}, id="fence-on-one-line"),
        pytest.param('{"a": "one\ntwo\tthree"}', {"a": "one\ntwo\tthree"}, id="line-breaks"),
        pytest.param('{"a": "x" // note\n}', {"a": "x"}, id="comment-behind"),
        pytest.param('{"a": "x" b: 1}', {"a": "x", "b": 1}, id="bare-key-behind"),
        pytest.param('["a" 1]', ["a", 1], id="number-behind"),
        pytest.param('["a" # one\n, "b"]', ["a", "b"], id="hash-behind"),
        pytest.param('{"a": "x", {"b": 1}}', {"a": "x"}, id="object-without-key-behind"),
    ],
)
def test_strings_in_other_clothes(text: str, expected: object) -> None:
    assert parse(text) == expected


def test_a_text_cut_in_a_string_with_quotes_inside_is_still_cut() -> None:
    parsed = parse_tolerantly('{"a": "say "hi" and th', 0, Budget(100))
    assert parsed.cut


def test_a_doubtful_end_is_taken_when_no_better_one_comes() -> None:
    parsed = parse_tolerantly('{"a": "x", then more words, and no end', 0, Budget(100))
    assert parsed.value["a"] == "x"
