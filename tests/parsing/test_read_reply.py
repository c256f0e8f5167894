"""The one-call form."""

from typing import Annotated

import pytest
from annotated_types import Gt

from llm_strategy.errors import InvalidValueError
from llm_strategy.parsing import read_reply


def test_a_type_or_a_schema_may_be_asked_for() -> None:
    assert read_reply("[1, 2,]", list[int]) == [1, 2]
    assert read_reply('{"n": "1"}', {"properties": {"n": {"type": "integer"}}}) == {"n": 1}


def test_partial_replies_may_be_read() -> None:
    assert read_reply("[1, 2", list[int], partial=True) == [1]


def test_types_that_cannot_be_hashed_are_read_too() -> None:
    target = Annotated[int, Gt(0), ["a note"]]
    assert read_reply("4", target) == 4
    with pytest.raises(InvalidValueError):
        read_reply("-4", target)
