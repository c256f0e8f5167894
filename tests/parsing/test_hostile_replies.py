"""Replies made to stall or crash a reader: each ends in a value or a typed error, within its budget."""

import pytest

from llm_strategy.errors import ReplyError
from llm_strategy.parsing import ReplyReader
from llm_strategy.parsing.limits import Budget
from llm_strategy.parsing.target import all_finite

N = 4_000
HOSTILE = {
    "opening brackets": "[" * 1_000_000,
    "balanced brackets": "[" * N + "]" * N,
    "nested objects": '{"a":' * N,
    "long number": "1" * 1_000_000,
    "long number in a list": "[" + "1" * 1_000_000 + ",]",
    "huge exponent": '{"a": 1e999999999}',
    "negative huge exponent": "[-1e999,]",
    "words for infinity": "{'a': Infinity, 'b': -Infinity, 'c': NaN}",
    "two megabytes of open string": '{"a": "' + "x" * 2_000_000,
    "quotes": "{" + '"' * N,
    "escaped quotes": '{"a": "' + '\\"' * N + '",}',
    "brackets in prose": "text { " * N,
    "many keys cut": "{" + ",".join(f'"k{n}": {n}' for n in range(N)),
    "many keys damaged": "{" + ",".join(f"'k{n}': {n}" for n in range(N)) + ",}",
    "doubtful quotes": '{"a": "' + 'b" c, ' * N + '"}',
    "open strings in a list": '["' + '"x, ' * N,
    "quotes before line breaks": '{"a": "' + '",\n "' * N,
    "fences": "```json\n" * N,
    "thinking": "<think>" * N + "{}",
    "thinking ends": "</think> " * N,
    "commas": "[" + "," * 100_000 + "1",
    "blanks": "{" + " " * 100_000 + '"a" 1',
    "comments": "{" + "/*" * 50_000,
    "line comments": "{" + "//\n" * N,
    "NUL and a lone surrogate": '{"a": "\ud800\x00",}',
    "escaped surrogates": '{"a": "\\ud800\\ud800",}',
    "backslashes": '{"a": "' + "\\" * 100_001,
    "tags": "<html" + "<" * 100_000,
    "calls": "a(" * N,
    "calls in a list": "[" + "a(" * N,
    "lists in a row": "[1]" * N,
    "doubled quotes": '{""a' + '""' * N,
    "bare words": "{a: " + "b c " * N,
    "pluses": '"a"' + ' + "b"' * N,
    "ellipses": "[" + "..." * N,
    "stray marks": "[" + ":" * N,
}
SCHEMAS = {
    "object": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
    "anything": {},
    "text": {"type": "string"},
    "numbers": {"type": "array", "items": {"type": "number"}},
    "choice": {"enum": ["alpha", "beta"]},
}


@pytest.mark.parametrize("partial", [False, True], ids=["whole", "partial"])
@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS.keys())
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_it_ends_in_a_finite_value_or_a_typed_error(text: str, schema: dict, partial: bool) -> None:
    try:
        value = ReplyReader.of(schema, key="return_value").read(text, partial=partial).value
    except ReplyError:
        return
    assert all_finite(value)


def test_the_budget_grows_no_faster_than_the_text() -> None:
    assert Budget(10_000_000).left - Budget(0).left <= 10_000_000 / 5
