# ruff: noqa: RUF001 (typographic quotes are what is tested)
"""The tolerant parser: each kind of damage that models do to JSON, and its repair."""

from typing import Any

import pytest

from llm_strategy.errors import MalformedReplyError, OversizedReplyError
from llm_strategy.parsing.limits import MAX_DEPTH, Budget
from llm_strategy.parsing.tolerant import Parsed, parse_tolerantly


def parse(text: str) -> Parsed:
    return parse_tolerantly(text, 0, Budget(len(text)))


@pytest.mark.parametrize(
    ("text", "expected", "repair"),
    [
        pytest.param("{'size': 3}", {"size": 3}, "other quotes", id="single-quotes"),
        pytest.param("{“size”: “big”}", {"size": "big"}, "other quotes", id="smart-double-quotes"),
        pytest.param("{‘size’: `big´}", {"size": "big"}, "other quotes", id="smart-single-quotes"),
        pytest.param('{size: "big"}', {"size": "big"}, "unquoted key", id="bare-key"),
        pytest.param('{main size: "big"}', {"main size": "big"}, "unquoted key", id="bare-key-of-two-words"),
        pytest.param('{size": "big"}', {"size": "big"}, "unquoted key", id="key-without-first-quote"),
        pytest.param('{7: "lucky"}', {"7": "lucky"}, "unquoted key", id="number-as-key"),
        pytest.param("{size: very big}", {"size": "very big"}, "unquoted value", id="bare-words"),
        pytest.param('[big", "small"]', ["big", "small"], "unquoted value", id="value-without-first-quote"),
        pytest.param("[1, 2,]", [1, 2], "surplus comma", id="trailing-comma"),
        pytest.param("[,1,, 2]", [1, 2], "surplus comma", id="doubled-comma"),
        pytest.param('{"a": 1 "b": 2}', {"a": 1, "b": 2}, "missing comma", id="missing-comma-in-object"),
        pytest.param('["a" "b"]', ["a", "b"], "missing comma", id="missing-comma-in-list"),
        pytest.param("[1 2]", [1, 2], "missing comma", id="missing-comma-between-numbers"),
        pytest.param('{"a" 1}', {"a": 1}, "missing colon", id="missing-colon"),
        pytest.param('{"a" => 1, "b" = 2}', {"a": 1, "b": 2}, "", id="other-colons"),
        pytest.param('{"a": , "b": 2}', {"a": None, "b": 2}, "missing value", id="missing-value"),
        pytest.param("{a, b}", ["a", "b"], "set read as a list", id="set"),
        pytest.param('("a", 1)', ["a", 1], "tuple", id="tuple"),
        pytest.param('[("a"), 1]', ["a", 1], "tuple", id="brackets-around-one-value"),
        pytest.param(
            "[True, None, undefined, FALSE]", [True, None, None, False], "literal of another language", id="literals"
        ),
        pytest.param("[1, // one\n2 # two\n, /* three */ 3]", [1, 2, 3], "comment", id="comments"),
        pytest.param('{"a": 1, # the last line }', {"a": 1}, "comment", id="comment-before-the-last-bracket"),
        pytest.param("[1, 2, ...]", [1, 2], "ellipsis", id="ellipsis"),
        pytest.param(
            "[0x1F, +5, .5, 5., 1_000, 2e]", [31, 5, 0.5, 5.0, 1000, 2.0], "number in another notation", id="numbers"
        ),
        pytest.param('["a" + "b" + \'c\']', ["abc"], "joined strings", id="joined-strings"),
        pytest.param(
            '{"d": Decimal("1.50"), "t": (1, 2)}', {"d": "1.50", "t": [1, 2]}, "call around a value", id="calls"
        ),
        pytest.param('{"a": 1}, "b": 2}', {"a": 1, "b": 2}, "premature closing bracket", id="premature-bracket"),
        pytest.param('[{"a": 1]', [{"a": 1}], "mismatched bracket", id="missing-brace-in-list"),
        pytest.param('{"a": [1, 2}', {"a": [1, 2]}, "mismatched bracket", id="missing-bracket-in-object"),
        pytest.param("[1, 2}", [1, 2], "mismatched bracket", id="brace-for-bracket"),
        pytest.param(
            '[{"a": 1{"a": 2}]', [{"a": 1}, {"a": 2}], "missing closing bracket", id="next-object-in-place-of-brace"
        ),
        pytest.param('{{"a": 1}}', {"a": 1}, "doubled brackets", id="doubled-braces"),
        pytest.param('["a": 1]', [{"a": 1}], "missing opening bracket", id="member-without-braces"),
        pytest.param('{"a": [1], [2]}', {"a": [1, 2]}, "list without a key", id="list-without-a-key"),
        pytest.param('{"a": 1\n```', {"a": 1}, "missing closing bracket", id="fence-in-place-of-brace"),
        pytest.param('{"a": ```json\n{"b": 1}\n```}', {"a": {"b": 1}}, "fence inside a value", id="fenced-value"),
        pytest.param('{"a": true, NOTE "b": 1}', {"a": True, "b": 1}, "stray text", id="stray-word-before-a-key"),
        pytest.param('{"a": "x" NOTE }', {"a": "x"}, "stray text", id="stray-word-after-a-value"),
        pytest.param("[2e999]", ["2e999"], "unquoted value", id="infinite-number-stays-text"),
    ],
)
def test_damage_is_mended_and_named(text: str, expected: Any, repair: str) -> None:
    parsed = parse(text)

    assert parsed.value == expected
    assert not parsed.cut
    assert repair in ("", *parsed.repairs)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            '{"a": "one, two", "b": [1.5, -2, true, null]}', {"a": "one, two", "b": [1.5, -2, True, None]}, id="plain"
        ),
        pytest.param('{"a": "x: {y}, [z]"}', {"a": "x: {y}, [z]"}, id="brackets-in-a-string"),
        pytest.param(
            '["# no comment", "// none", "/* none */"]',
            ["# no comment", "// none", "/* none */"],
            id="comment-signs-in-strings",
        ),
    ],
)
def test_well_formed_json_is_read_as_it_is(text: str, expected: Any) -> None:
    assert parse(text) == Parsed(expected, len(text), (), cut=False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('{"a": "half a sen', {"a": "half a sen"}, id="text-is-kept"),
        pytest.param('{"a": 1, "b": 23', {"a": 1}, id="number-may-go-on"),
        pytest.param('{"a": [1, tr', {"a": [1]}, id="word-may-go-on"),
        pytest.param('{"a": 1, "b":', {"a": 1}, id="value-not-begun"),
        pytest.param('{"a": 1, "b', {"a": 1}, id="key-unfinished"),
        pytest.param("[[1], [2, ", [[1], [2]], id="nested"),
        pytest.param("[", [], id="only-a-bracket"),
    ],
)
def test_a_text_that_ends_inside_a_value_is_marked_and_kept_as_far_as_it_is_certain(text: str, expected: Any) -> None:
    parsed = parse(text)

    assert parsed.cut
    assert parsed.value == expected


def test_only_missing_braces_behind_a_whole_value_are_told_from_other_cuts() -> None:
    assert parse('{"a": {"b": "x"}').only_objects_open
    assert not parse('[{"a": "x"}').only_objects_open
    assert not parse('{"a": 1').only_objects_open
    assert not parse('{"a": "x",').only_objects_open


def test_text_behind_the_value_is_left_alone() -> None:
    assert parse("[1,] and so on").end == len("[1,]")


def test_an_empty_text_is_a_cut_one() -> None:
    assert parse("") == Parsed(None, 0, (), cut=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('["a" + ', ["a"], id="join-without-a-second-part"),
        pytest.param('{"a": ```json\n[1]}', {"a": [1]}, id="fence-inside-without-end"),
        pytest.param('{"a": ```\nx\n```}', {"a": "x\n"}, id="fence-without-language"),
        pytest.param('{{"a": 1}, 2', {"a": 1}, id="doubled-brace-without-end"),
        pytest.param('{"a": 1, [2]}', {"a": 1}, id="list-behind-a-number"),
        pytest.param("[: 1]", [1], id="stray-mark-in-list"),
        pytest.param("{{}}", {}, id="doubled-and-empty"),
    ],
)
def test_rarer_damage(text: str, expected: Any) -> None:
    assert parse(text).value == expected


def test_nothing_but_a_bracket_is_malformed() -> None:
    with pytest.raises(MalformedReplyError, match="no value"):
        parse("}")


def test_nesting_beyond_the_limit_is_oversized_and_up_to_it_is_not() -> None:
    assert parse("[" * MAX_DEPTH + "]" * MAX_DEPTH).value != []
    with pytest.raises(OversizedReplyError, match="64 levels"):
        parse("[" * (MAX_DEPTH + 1))


def test_a_number_of_a_million_digits_is_oversized() -> None:
    with pytest.raises(OversizedReplyError, match="digits"):
        parse("[" + "7" * 1_000_000 + "]")


def test_the_work_is_paid_from_the_budget() -> None:
    budget = Budget(0)
    before = budget.left
    parse_tolerantly("[1, 2, 'three']", 0, budget)
    assert 3 <= before - budget.left < 100
