"""Names that are not there, and the ones that were meant."""

import pytest

from llm_strategy.reasoning.code_act.meant import meant
from llm_strategy.sandbox import CodeError
from llm_strategy.testing import ScriptedModel

MEANT = [
    pytest.param("mrna_sequence", "mRNA_sequence", id="case"),
    pytest.param("transcribe", "transcribed", id="ending"),
    pytest.param("pric", "price", id="tool"),
    pytest.param("ages", "age", id="loop"),
    pytest.param("Counters", "Counted", id="class"),
    pytest.param("summ", "summed", id="function"),
    pytest.param("nupy", "numpy", id="module"),
    pytest.param("something_else", "", id="nothing-close"),
    pytest.param("later", "", id="itself"),
]
CODE = """
import numpy.linalg
from collections import Counter as Tally
mRNA_sequence = transcribed = 'AUG'
class Counted: ...
def summed(x): ...
for age in [1]: ...
later = later + 1
"""


def missing(name, **told):
    return CodeError("NameError", f"name '{name}' is not defined", **told)


@pytest.mark.parametrize(("name", "found"), MEANT)
def test_the_closest_name_is_found(name, found):
    assert meant(missing(name), ["price", "finish"], ["no code at all (", CODE]) == found


@pytest.mark.parametrize(
    "error",
    [
        None,
        CodeError("KeyError", "'pric'"),
        CodeError("NameError", "no such thing"),
        CodeError("NameError", "name 'pric' is not defined. Did you mean: 'price'?"),
        missing("pric", traceback="NameError: name 'pric' is not defined. Did you mean: 'print'?"),
    ],
)
def test_other_errors_and_those_that_say_it_themselves_are_left_alone(error):
    assert meant(error, ["price"], []) == ""


def test_the_model_is_told_which_name_it_meant(acting, said):
    model = ScriptedModel(["```python\nTotal_Sum = 3\nprint(total_sum)\n```", "```python\nfinish(Total_Sum)\n```"])
    assert acting()(model, "?") == 3
    assert "(Did you mean Total_Sum?)" in said(model)[-1][1]
    model = ScriptedModel(["```python\nprint(prices('tea'))\n```", "```python\nfinish(price('tea'))\n```"])
    assert acting()(model, "?") == 2.5
    assert "(Did you mean price?)" in said(model)[-1][1]
