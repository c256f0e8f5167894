"""Endings without a value."""

import pytest

from llm_strategy.errors import (
    EmptyReplyError,
    FilteredError,
    RefusedError,
    ReplyError,
    TruncatedError,
    UnknownToolError,
)
from llm_strategy.parsing import check_finish


@pytest.mark.parametrize(
    ("text", "options", "error", "words"),
    [
        pytest.param(None, {"refusal": "I cannot."}, RefusedError, "I cannot", id="refusal"),
        pytest.param("No.", {"finish_reason": "refusal"}, RefusedError, "No", id="refusal-as-reason"),
        pytest.param("x", {"finish_reason": "content_filter"}, FilteredError, "content_filter", id="filter"),
        pytest.param("x", {"finish_reason": "SAFETY"}, FilteredError, "safety", id="filter-upper-case"),
        pytest.param("{", {"finish_reason": "length"}, TruncatedError, "length limit", id="length"),
        pytest.param("{", {"finish_reason": "max_tokens"}, TruncatedError, "length limit", id="max-tokens"),
        pytest.param(
            "",
            {"tool_names": ["fly"], "known_tools": ["walk", "run"]},
            UnknownToolError,
            "`fly`. Call one of: `run`, `walk`",
            id="tool",
        ),
        pytest.param("", {"tool_names": ["fly"], "known_tools": []}, UnknownToolError, "no tools", id="no-tools"),
        pytest.param("  \n", {"finish_reason": "stop"}, EmptyReplyError, "empty", id="blank"),
        pytest.param(None, {}, EmptyReplyError, "empty", id="nothing"),
    ],
)
def test_each_ending_has_its_error(text: str | None, options: dict, error: type[ReplyError], words: str) -> None:
    with pytest.raises(error, match=words) as caught:
        check_finish(text, **options)
    assert caught.value.reply == (options.get("refusal") or text or "")


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("x", {}),
        ("x", {"finish_reason": "stop"}),
        (None, {"tool_names": ["fly"]}),
        ("", {"tool_names": ["fly"], "known_tools": ["fly"]}),
    ],
)
def test_a_reply_that_may_hold_a_value_passes(text: str | None, options: dict) -> None:
    check_finish(text, **options)


def test_a_refusal_is_not_asked_again_and_a_cut_reply_is() -> None:
    assert not RefusedError.retryable
    assert not FilteredError.retryable
    assert TruncatedError.retryable
