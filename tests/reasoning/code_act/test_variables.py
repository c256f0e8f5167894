"""Arguments as variables of the code."""

import pytest

from llm_strategy import llm_function
from llm_strategy.errors import InputError
from llm_strategy.reasoning import CodeAct
from llm_strategy.reasoning.code_act.variables import assignments, variable_names
from llm_strategy.testing import ScriptedModel


def test_an_argument_may_be_called_json_beside_a_long_one():
    @llm_function(reasoning=CodeAct(sandbox="monty"))
    def count(model, json: str, _json: int, rows: list[int]) -> int:
        """Count."""

    model = ScriptedModel(["```python\nfinish(len(rows) + len(json) + _json)\n```"])
    assert count(model, "abc", 4, list(range(5000))) == 5007


def test_long_arguments_leave_the_names_of_others_alone():
    values = {"_json": 1, "rows": ["a" * 6000]}
    names = variable_names(values, frozenset(), "find")
    scope: dict[str, object] = {}
    exec(assignments(values, names), scope)
    assert (scope["_json"], scope["rows"]) == (1, ["a" * 6000])


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"finish": 1}, "would hide the function `finish`.*Give the argument another name"),
        ({"price": 1}, "Give the tool another name"),
        ({"a-b": 1, "a_b": 2}, "another one would both be the variable 'a_b'"),
    ],
)
def test_a_name_that_stands_for_two_things_is_told_with_what_to_do(inputs, message):
    with pytest.raises(InputError, match=message):
        variable_names(inputs, frozenset({"finish", "price"}), "find")
