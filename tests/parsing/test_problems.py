"""What the model reads about its mistakes."""

import pytest
from pydantic import TypeAdapter, ValidationError

from llm_strategy.parsing.problems import problems_of, shown, summary


def test_pydantic_problems_become_one_line_each() -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(dict[str, int]).validate_python({"a": "x", "b": None})
    lines = problems_of(caught.value, "answer")
    assert lines[0].startswith("`answer.a`: Input should be a valid integer")
    assert lines[0].endswith('got "x"')
    assert len(lines) == 2
    assert problems_of(caught.value)[1].startswith("`b`: ")


def test_only_the_first_problems_are_shown() -> None:
    text = summary([f"`f{number}`: must be a text, got null" for number in range(9)])
    assert text.startswith("The value does not fit in 9 places:\n- `f0`")
    assert "`f4`" in text
    assert "`f5`" not in text
    assert text.endswith("- and 4 more")


def test_long_values_are_cut() -> None:
    assert len(shown(["word"] * 100)) < 100
    assert shown({"a": 1j}) == '{"a": "1j"}'
