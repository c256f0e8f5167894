"""Finding values in text."""

import pytest

from llm_strategy.errors import OversizedReplyError
from llm_strategy.parsing import looks_like_html
from llm_strategy.parsing.limits import Budget
from llm_strategy.parsing.scan import next_candidate, strip_fence, strip_thinking, unescape_once


def values(text: str) -> list[object]:
    found, at, budget = [], 0, Budget(len(text))
    while (candidate := next_candidate(text, at, budget)) is not None:
        found.append(candidate.value)
        at = candidate.end
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('First {"a": 1}, then [2].', [{"a": 1}, [2]], id="prose"),
        pytest.param('```json\n{"a": "```"}\n```', [{"a": "```"}], id="fence-inside-a-string"),
        pytest.param("```json5\n{a: 1,}\n```\n```\n[2]\n```", [{"a": 1}, [2]], id="fences"),
        pytest.param("```\n[1, 2]", [[1, 2]], id="unclosed-fence"),
        pytest.param("```python\n(1, 2)\n```", [[1, 2]], id="fenced-tuple"),
        pytest.param('"a": 1, "b": 2}', [{"a": 1, "b": 2}], id="missing-first-bracket"),
        pytest.param('{"a": "}{"} x', [{"a": "}{"}], id="brackets-in-strings"),
        pytest.param("] [1]", [[1]], id="stray-bracket"),
        pytest.param("nothing here", [], id="nothing"),
    ],
)
def test_candidates_are_found_in_order(text: str, expected: list[object]) -> None:
    assert values(text) == expected


def test_well_formed_candidates_need_no_repair() -> None:
    candidate = next_candidate('So: {"a": [1]} ok', 0, Budget(50))
    assert candidate is not None
    assert (candidate.repairs, candidate.start, candidate.end) == ((), 4, 14)


def test_nesting_in_prose_is_limited() -> None:
    with pytest.raises(OversizedReplyError):
        next_candidate("text { " * 100, 0, Budget(700))


@pytest.mark.parametrize(
    ("text", "rest", "unclosed"),
    [
        pytest.param("<think>{1}</think>[2]", "[2]", False, id="one"),
        pytest.param("<thinking>a</thinking>\n<reasoning>b</reasoning> c", "\n c", False, id="several"),
        pytest.param("<THINK>a</think>b", "b", False, id="upper-case"),
        pytest.param("so it is\n</think>\n[2]", "\n[2]", False, id="only-the-end"),
        pytest.param("<think>a [1]", "a [1]", True, id="unclosed"),
        pytest.param('{"a": "<think>x</think>"}', '{"a": "<think>x</think>"}', False, id="inside-a-value"),
        pytest.param("plain", "plain", False, id="none"),
    ],
)
def test_thinking_is_removed(text: str, rest: str, unclosed: bool) -> None:
    assert strip_thinking(text) == (rest, unclosed)


@pytest.mark.parametrize(
    ("text", "inner"),
    [("```json\n4\n```", "4"), ("```\nx", "x"), ("json```4```", "4"), ("plain", "plain")],
)
def test_a_fence_around_everything_is_removed(text: str, inner: str) -> None:
    assert strip_fence(text) == inner


def test_one_level_of_escapes_is_undone_only_where_all_quotes_are_escaped() -> None:
    assert unescape_once(r"{\"a\": \"x\\\"y\"}") == r'{"a": "x\"y"}'
    assert unescape_once('{"a": 1}') is None


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("<!DOCTYPE html><html></html>", True),
        ("\n <html lang='en'>", True),
        ("<?xml version='1.0'?><!-- note --><html>", True),
        ("<head><title>502</title>", True),
        ("<htmlx>", False),
        ("Write <html> first.", False),
        ("", False),
    ],
)
def test_an_html_page_is_recognised(text: str, verdict: bool) -> None:
    assert looks_like_html(text) is verdict
