"""Long replies that do not fit."""

import pytest

from llm_strategy.errors import InvalidValueError
from llm_strategy.parsing import ReplyReader
from llm_strategy.parsing.coerce import Coercion
from llm_strategy.parsing.limits import Budget
from llm_strategy.parsing.target import Target


def test_a_list_with_a_thousand_misfits_tells_a_hundred_of_them():
    target = Target({"type": "array", "items": {"type": "integer"}}, None)
    fit = Coercion(target.root, Budget(100_000)).fit([{}] * 1000, target.schema)
    assert len(fit.problems) == 100


def test_a_long_list_of_another_kind_does_not_fit_and_is_not_read_as_words():
    with pytest.raises(InvalidValueError):
        ReplyReader.of(dict[str, int], key="value").read("[" + "1," * 20_000 + "1]")
