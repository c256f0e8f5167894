"""CodeAct with code as its actions, in monty and in a process of its own."""

import json
from dataclasses import dataclass

import pytest
from langchain_core.messages import AIMessage

from llm_strategy import Markdown, llm_function
from llm_strategy.errors import ActionsExhaustedError, AttemptsExhaustedError
from llm_strategy.reasoning import CodeAct
from llm_strategy.reasoning.code_act.wording import Wording
from llm_strategy.sandbox import Limits
from llm_strategy.testing import ScriptedModel

BODIES = ["monty", "unsafe-process"]


@dataclass
class Offering:
    name: str
    price: float


def block(code: str) -> str:
    return f"```python\n{code}\n```"


@pytest.fixture(params=BODIES)
def body(request):
    return request.param


def test_names_stay_and_the_value_is_typed(acting, body, said):
    model = ScriptedModel([block("x = limit * 2\nprint('x is', x)"), block("finish({'name': question, 'price': x})")])
    assert acting(Offering, sandbox=body)(model, "tea") == Offering("tea", 6.0)
    assert said(model)[-1] == ("human", f"Observation:\nx is 6\n\n{Wording().next_code}")


def test_the_value_of_the_last_line_is_shown(acting, body, said):
    model = ScriptedModel([block("rows = [1, 2]\nrows"), block("finish(1)")])
    acting(int, sandbox=body)(model, "?")
    assert said(model)[-1][1].startswith("Observation:\n[1, 2]\n\n")


def test_where_nothing_was_printed_the_model_is_told_to_print(acting, body, said):
    model = ScriptedModel([block("x = 1"), block("finish(x)")])
    assert acting(int, sandbox=body)(model, "?") == 1
    assert "printed nothing" in said(model)[-1][1]


def test_a_traceback_is_the_observation_and_names_are_kept(acting, body, said):
    model = ScriptedModel([block("x = 4\nprint('so far')\nx / 0"), block("finish(x)")])
    assert acting(int, sandbox=body)(model, "?") == 4
    seen = said(model)[-1][1]
    assert "so far" in seen
    assert "ZeroDivisionError" in seen
    assert "line 3" in seen


@pytest.mark.parametrize("code", ["nothing_of_that_name", "print(len)"])
def test_the_same_error_again_and_again_ends_the_run(acting, body, said, code):
    model = ScriptedModel([block(code)] * 5)
    with pytest.raises(ActionsExhaustedError, match="the same 4 times"):
        acting(int, sandbox=body)(model, "?")
    assert "the same 3 times now" in said(model, 3)[-1][1]


def test_tools_are_composed_by_control_flow(acting, body, shop):
    code = (
        "prices = {}\nfor one in articles():\n    prices[one] = price(article=one)\nbest = min([(prices[one], one) for one in prices])[1]\n"
        "if prices[best] < 3:\n    finish({'name': best, 'price': price(best)})"
    )
    assert acting(Offering, sandbox=body)(ScriptedModel([block(code)]), "cheapest?") == Offering("tea", 2.5)
    assert shop[1] == [(), ("tea", "EUR"), ("coffee", "EUR"), ("tea", "EUR")]


def test_a_tool_that_raises_can_be_caught_by_the_code(acting, body, said):
    code = "try:\n    price('milk')\nexcept Exception as error:\n    print('caught', error)"
    model = ScriptedModel([block(code), block("price('milk')"), block("finish(1)")])
    assert acting(int, sandbox=body)(model, "?") == 1
    assert "caught" in said(model, 1)[-1][1]
    assert "KeyError: 'milk'" in said(model, 2)[-1][1]


def test_a_result_of_the_wrong_type_is_raised_inside_so_that_the_model_corrects_it(acting, body, said):
    model = ScriptedModel([block("finish({'name': 3})"), block("finish({'name': 'tea', 'price': 1})")])
    assert acting(Offering, sandbox=body)(model, "?") == Offering("tea", 1.0)
    assert "`price`: Field required" in said(model)[-1][1]
    assert "finish: this is not the return value" in said(model)[-1][1]


def test_a_value_that_does_not_fit_can_be_caught_and_mended_by_the_code(acting, body):
    code = "try:\n    finish('many')\nexcept Exception:\n    finish(7)"
    assert acting(int, sandbox=body)(ScriptedModel([block(code)]), "?") == 7


def test_code_behind_an_accepted_finish_is_not_run(acting, body, shop):
    assert acting(int, sandbox=body)(ScriptedModel([block("finish(1)\nprice('tea')")]), "?") == 1
    assert shop[1] == []


def test_text_types_are_given_as_text(acting, body):
    text = "# Tea\n```\nhot\n```\n"
    value = acting(Markdown, sandbox=body)(ScriptedModel([block(f"finish({text!r})")]), "?")
    assert value == text
    assert type(value) is Markdown


def test_instances_and_frames_of_the_code_arrive_as_data(acting):
    code = (
        "from dataclasses import dataclass\nimport numpy\n@dataclass\nclass Row:\n    name: str\n    price: float\n"
        "finish([Row('a', numpy.float64(2)), {'name': 'b', 'price': numpy.int64(3)}])"
    )
    found = acting(list[Offering], sandbox="unsafe-process")(ScriptedModel([block(code)]), "?")
    assert found == [Offering("a", 2.0), Offering("b", 3.0)]
    frame = "import pandas\nfinish(pandas.DataFrame({'name': ['a'], 'price': [2.0]}))"
    assert acting(list[Offering], sandbox="unsafe-process")(ScriptedModel([block(frame)]), "?") == [Offering("a", 2.0)]


ARGUMENTS = [
    'a "quote" \\ and {braces} ```fence```\n\x00\u2028',
    ["x", None, True, 1.5, -3, {"k": [float("inf")]}],
    {"": {"a b": 1}},
    10**30,
    "long " * 5000,
    list(range(5000)),
]


@pytest.mark.parametrize("value", ARGUMENTS, ids=lambda value: str(type(value).__name__))
def test_arguments_are_there_as_variables_whatever_they_hold(body, value):
    @llm_function(reasoning=CodeAct(sandbox=body))
    def length(model, thing: object) -> list[str]:
        """Tell."""

    code = "finish([str(type(thing).__name__), str(len(repr(thing)))])"
    shown = json.loads(json.dumps(value))
    if isinstance(value, list) and "x" in value:
        shown[-1]["k"] = ["Infinity"]
    assert length(ScriptedModel([block(code)]), value) == [type(value).__name__, str(len(repr(shown)))]


def test_the_prompt_shows_long_arguments_shortened(said):
    @llm_function(reasoning=CodeAct(sandbox="monty", argument_characters=100))
    def total(model, table: str, rows: list[int], note: str) -> int:
        """The total."""

    model = ScriptedModel([block("finish(sum(rows))")])
    assert total(model, "a,b\n" * 500, list(range(1000)), "short") == 499500
    shown = said(model)[-1][1]
    assert len(shown) < 800
    assert "table: str (2000 characters; shortened here)" in shown
    assert "rows: list of 1000 int (" in shown
    assert "note: str = 'short'" in shown


def test_several_blocks_are_one_action_that_ends_at_the_first_error(acting, body, said):
    reply = f"First\n{block('print(1)')}\nthen\n{block('1/0')}\nand\n{block('print(3)')}"
    model = ScriptedModel([reply, f"{block('x = 2')}\n{block('finish(x)')}"])
    assert acting(int, sandbox=body)(model, "?") == 2
    seen = said(model)[-1][1]
    assert "1\n" in seen
    assert "ZeroDivisionError" in seen
    assert "\n3" not in seen


def test_code_in_an_unclosed_block_is_run_where_it_is_whole(acting, body, said):
    model = ScriptedModel(["```python\nprint('one'", "```python\nfinish(1)"])
    assert acting(int, sandbox=body)(model, "?") == 1
    assert "no closing ```" in said(model)[-1][1]


def test_a_reply_that_was_cut_off_is_not_run_and_gets_more_room(acting, body, said):
    cut = AIMessage("```python\nfinish(1)\n```\nNow", response_metadata={"finish_reason": "length"})
    model = ScriptedModel([cut, block("finish(2)")])
    assert acting(int, sandbox=body, options={"max_tokens": 50})(model, "?") == 2
    assert [one["max_tokens"] for one in model.arguments] == [50, 100]
    assert "nothing of it was done" in said(model)[-1][1]


def test_a_model_that_never_sends_code_is_given_up(acting, body, said):
    model = ScriptedModel(["I cannot.", "It is tea.", "Really."])
    with pytest.raises(AttemptsExhaustedError) as caught:
        acting(sandbox=body)(model, "?")
    assert [error.reply for error in caught.value.errors] == ["I cannot.", "It is tea.", "Really."]
    assert "Reply with one ```python block" in said(model)[-1][1]


def test_what_the_model_makes_up_is_dropped_and_it_is_told(acting, body, said):
    model = ScriptedModel([f"{block('print(limit)')}\nObservation:\n7\n{block('finish(7)')}", block("finish(limit)")])
    assert acting(int, sandbox=body)(model, "?") == 3
    assert said(model)[-2][1] == block("print(limit)")
    assert "was not read" in said(model)[-1][1]


def test_syntax_errors_are_shown(acting, body, said):
    model = ScriptedModel([block("x = = 1"), block("finish(1)")])
    acting(int, sandbox=body)(model, "?")
    assert "SyntaxError" in said(model)[-1][1]


def test_a_sandbox_that_is_lost_in_mid_run_is_filled_again(acting, shop, said):
    model = ScriptedModel([block("x = price('tea')"), block("import os\nos._exit(3)"), block("finish(x + limit)")])
    assert acting(float, sandbox="unsafe-process")(model, "?") == 5.5
    assert shop[1] == [("tea", "EUR")]
    assert "Lost" in said(model)[-1][1]


def test_an_endless_loop_is_ended_and_names_are_kept(acting, body, said):
    model = ScriptedModel([block("x = 5\nwhile True:\n    pass"), block("finish(limit)")])
    assert acting(int, sandbox=body, limits=Limits(seconds=0.3))(model, "?") == 3
    assert "TimeLimit" in said(model)[-1][1]
