"""Actions that are calls of tools: JSON, lines of text, and the model's own interface. They need no sandbox."""

import json
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

import pytest
from langchain_core.messages import AIMessage
from pydantic import BaseModel

from llm_strategy import Markdown, PythonCode
from llm_strategy.errors import (
    ActionsExhaustedError,
    AttemptsExhaustedError,
    DefinitionError,
    InputError,
    MalformedReplyError,
    RefusedError,
)
from llm_strategy.messages import Message, Reply
from llm_strategy.reasoning import CodeAct
from llm_strategy.reasoning.code_act.formats import format_named
from llm_strategy.reasoning.code_act.offer import Offer
from llm_strategy.reasoning.code_act.wording import Wording
from llm_strategy.reasoning.code_act.written_call import literal_in, read_call
from llm_strategy.schema import output_schema
from llm_strategy.testing import ScriptedModel


class Size(Enum):
    SMALL = "s"
    LARGE = "l"


@dataclass
class Offering:
    name: str
    price: float


class Choice(BaseModel):
    value: int


def calls(form, text, tools=(), kind=int, **reply):
    offer = Offer(tuple(tools), output_schema(kind), Wording())
    action = format_named(form).read(Reply(Message.assistant(text), **reply), offer, ())
    return [(call.name, json.loads(call.arguments)) for call in action.calls], action


JSON_CALLS = [
    pytest.param('{"tool": "price", "arguments": {"article": "tea"}}', id="plain"),
    pytest.param('```json\n{"tool": "price", "arguments": {"article": "tea"}}\n```', id="fenced"),
    pytest.param('I look it up: {"tool": "price", "arguments": {"article": "tea"}} Wait.', id="text-around"),
    pytest.param('{"name": "price", "parameters": {"article": "tea"}}', id="other-keys"),
    pytest.param('{"action": "price", "action_input": {"article": "tea"}}', id="react-keys"),
    pytest.param('{"action": {"tool": "price", "args": {"article": "tea"}}}', id="nested"),
    pytest.param('{"thought": "hm", "tool": "price", "arguments": {"article": "tea"}}', id="thought"),
    pytest.param('{"tool": "price", "arguments": "{\\"article\\": \\"tea\\"}"}', id="arguments-as-text"),
    pytest.param("{'tool': 'price', 'arguments': {'article': 'tea',}}", id="damaged"),
    pytest.param('<tool_call>{"name": "price", "arguments": {"article": "tea"}}</tool_call>', id="hermes"),
    pytest.param('<think>{"tool": "no"}</think>{"tool": "price", "arguments": {"article": "tea"}}', id="thinking"),
]


@pytest.mark.parametrize("text", JSON_CALLS)
def test_a_call_in_json_is_read_in_the_forms_that_models_write(text):
    assert calls("json", text)[0] == [("price", {"article": "tea"})]


def test_several_calls_in_one_reply_are_all_read():
    one, two = '{"tool": "a", "arguments": {}}', '{"tool": "b"}'
    for text in (f"{one}\n{two}", f"[{one}, {two}]", f"First {one}, then {two}."):
        assert calls("json", text)[0] == [("a", {}), ("b", {})]


def test_calls_behind_a_made_up_observation_do_not_count():
    found, action = calls("json", '{"tool": "a", "arguments": {}}\nObservation: 3\n{"tool": "b", "arguments": {}}')
    assert found == [("a", {})]
    assert action.turn.content == '{"tool": "a", "arguments": {}}'
    assert "not read" in action.note


def test_json_that_ends_inside_a_call_is_not_done():
    with pytest.raises(MalformedReplyError, match="no end"):
        calls("json", '{"tool": "a", "arguments": {"text": "abc')


@pytest.mark.parametrize("form", ["json", "text", "native", "code"])
def test_a_reply_that_is_the_value_itself_counts_as_finish(form):
    assert calls(form, " 42 ")[0] == [("finish", {"value": 42})]
    assert calls(form, '{"name": "tea", "price": 2}', kind=Offering)[0][0][0] == "finish"


@pytest.mark.parametrize("form", ["json", "text", "native"])
def test_a_reply_is_not_taken_for_a_text_that_any_reply_would_be(form):
    with pytest.raises(Exception, match="nothing was done"):
        calls(form, "I am thinking.", kind=str)
    with pytest.raises(Exception, match="nothing was done"):
        calls(form, '"quoted"', kind=str)


TEXT_CALLS = [
    pytest.param("Action: price(article='tea')", {"article": "tea"}, id="plain"),
    pytest.param(
        "Thought: I look.\nAction: price('tea', 'USD')", {"article": "tea", "currency": "USD"}, id="positions"
    ),
    pytest.param('action: price(article="tea",\n   currency="USD")', {"article": "tea", "currency": "USD"}, id="lines"),
    pytest.param("**Action:** `price('tea')`", {"article": "tea"}, id="markdown"),
    pytest.param('Action: price\nAction Input: {"article": "tea"}', {"article": "tea"}, id="react-json"),
    pytest.param("Action: articles\nAction Input: None", {}, id="no-input"),
    pytest.param("Action: price('tea')\nObservation: 3\nFinal Answer: 3", {"article": "tea"}, id="made-up"),
]


@pytest.mark.parametrize(("text", "arguments"), TEXT_CALLS)
def test_a_call_in_a_line_of_text_is_read(shop, text, arguments):
    if "articles" in text:
        text = text.replace("\nAction Input: None", "")
    found, _ = calls("text", text, shop[0])
    assert found == [("articles" if "articles" in text else "price", arguments)]


def test_an_input_of_one_parameter_needs_no_name():
    from llm_strategy.tools import tool

    @tool
    def find(query: str) -> str:
        """Find."""
        return query

    assert calls("text", "Action: find\nAction Input: green tea", [find])[0] == [("find", {"query": "green tea"})]
    assert calls("text", "Action: find\nAction Input: 'tea'", [find])[0] == [("find", {"query": "tea"})]


def test_an_input_without_names_for_several_parameters_is_refused(shop):
    with pytest.raises(MalformedReplyError, match="no object"):
        calls("text", "Action: price\nAction Input: tea", shop[0])


@pytest.mark.parametrize(
    "text",
    [
        "Action: price(open('/etc/passwd').read())",
        "Action: price(article=__import__('os').getcwd())",
        "Action: price(article='a' + 'b')",
        "Action: price(*['a'])",
        "Action: price(**{'article': 'tea'})",
        "Action: price('a', 'b', 'c')",
        "Action: price(article=x)",
        "Action: price(article=[x for x in 'abc'])",
        "Action: price(article=f'{1}')",
        "Action: price(article=b'tea')",
        "Action: price(article=-'a')",
        "Action: price(article=1j)",
        "Action: look at the price",
        "Action: price(article=" + "(" * 5000,
    ],
)
def test_nothing_in_a_line_of_text_is_evaluated(shop, text):
    with pytest.raises(MalformedReplyError):
        calls("text", text, shop[0])


ANSWERS = [
    pytest.param("Final Answer: 42", int, 42, id="number"),
    pytest.param("Thought: done.\n**Final Answer:** 42", int, 42, id="markdown"),
    pytest.param("Final Answer: [1, 2]", list[int], [1, 2], id="list"),
    pytest.param("Final Answer: {'name': 'tea', 'price': 2}", Offering, {"name": "tea", "price": 2}, id="python"),
    pytest.param('Final Answer:\n{"name": "tea",\n "price": 2}', Offering, {"name": "tea", "price": 2}, id="json"),
    pytest.param("Final Answer: It is 3, or so.", str, "It is 3, or so.", id="text"),
    pytest.param("Final Answer: 42", str, "42", id="number-as-text"),
    pytest.param("Final Answer: 'tea'", str, "tea", id="quoted-text"),
    pytest.param("Final Answer: 42\nI hope that helps.", int, 42, id="line"),
    pytest.param("Final Answer: s", Size, "s", id="enum"),
]


@pytest.mark.parametrize(("text", "kind", "value"), ANSWERS)
def test_a_final_answer_is_read_as_what_fits(text, kind, value):
    assert calls("text", text, kind=kind)[0] == [("finish", {"value": value})]


def test_an_answer_behind_an_action_was_given_too_early(shop):
    assert calls("text", "Action: articles()\nFinal Answer: 3", shop[0])[0] == [("articles", {})]


def test_calls_that_are_written_as_python_are_read_without_evaluating():
    assert read_call("f(1, b=[-2.5, (True, null)], c={'k': {1: None}})", {"f": ("a",)}).arguments == (
        '{"a": 1, "b": [-2.5, [true, null]], "c": {"k": {"1": null}}}'
    )
    assert read_call("f(1, 2, 3)", {"f": ("a", "*rest")}).arguments == '{"a": 1, "rest": [2, 3]}'
    assert read_call("f(a=1)", {"f": ("a", "*rest")}).arguments == '{"a": 1}'
    assert read_call("f.g(1)", {}) is None
    assert read_call("f", {}) is None
    assert read_call("f(); g()", {}) is None
    assert literal_in("x = 1") == (False, None)
    assert literal_in("open('x')") == (False, None)


FINISHED = [
    pytest.param(int, '{"value": 3}', 3, id="int"),
    pytest.param(int, '{"value": "3"}', 3, id="int-as-text"),
    pytest.param(int, '{"return_value": 3}', 3, id="by-key"),
    pytest.param(Offering, '{"value": {"name": "a", "price": 1}}', Offering("a", 1.0), id="dataclass"),
    pytest.param(Offering, '{"name": "a", "price": 1}', Offering("a", 1.0), id="fields"),
    pytest.param(Choice, '{"value": 3}', Choice(value=3), id="field-called-value"),
    pytest.param(Choice, '{"value": {"value": 3}}', Choice(value=3), id="field-called-value-inside"),
    pytest.param(list[Decimal], '{"value": ["1.5"]}', [Decimal("1.5")], id="decimal"),
    pytest.param(Size, '{"value": "s"}', Size.SMALL, id="enum"),
    pytest.param(str, '{"value": "a"}', "a", id="text"),
    pytest.param(PythonCode, '{"value": "x = 1"}', PythonCode("x = 1"), id="code"),
    pytest.param(Markdown, '{"value": "# A\\n```\\nb\\n```"}', Markdown("# A\n```\nb\n```"), id="markdown"),
    pytest.param(None, '{"value": null}', None, id="none"),
    pytest.param(dict[str, int], '{"value": {"a": 1}}', {"a": 1}, id="dict"),
]


@pytest.mark.parametrize(("kind", "arguments", "value"), FINISHED)
def test_finish_takes_values_of_the_declared_type(kind, arguments, value):
    found = Offer((), output_schema(kind), Wording()).finished(arguments)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("arguments", ['{"value": "x"}', '{"value": null}', "{}", "", "[1", "3 4"])
def test_finish_says_what_does_not_fit(arguments):
    with pytest.raises(Exception, match=r"does not fit|no JSON"):
        Offer((), output_schema(int), Wording()).finished(arguments)


RUNS = {
    "json": ['{"tool": "price", "arguments": {"article": "tea"}}', '{"tool": "finish", "arguments": {"value": 2.5}}'],
    "text": ["Action: price(article='tea')", "Final Answer: 2.5"],
    "native": [
        '<tool_call>{"name": "price", "arguments": {"article": "tea"}}</tool_call>',
        '<tool_call>{"name": "finish", "arguments": {"return_value": 2.5}}</tool_call>',
    ],
}


@pytest.mark.parametrize("form", RUNS)
def test_a_run_calls_tools_until_it_finishes(acting, shop, form):
    model = ScriptedModel(RUNS[form])
    value, chain = acting(action_format=form).chat(model, "What is tea?")
    assert value == 2.5
    assert shop[1] == [("tea", "EUR")]
    assert [message.role for message in chain.messages] == [
        "system",
        "user",
        "assistant",
        "tool" if form == "native" else "user",
        "assistant",
    ]
    assert "2.5" in chain.messages[3].content


def test_tool_calls_of_the_providers_channel_are_answered_by_their_ids(acting, shop):
    model = ScriptedModel(
        [
            AIMessage(
                "",
                tool_calls=[
                    {"name": "price", "args": {"article": "tea"}, "id": "call_a"},
                    {"name": "price", "args": {"article": "milk"}, "id": "call_b"},
                    {"name": "nothing", "args": {}, "id": "call_c"},
                ],
            ),
            AIMessage("", tool_calls=[{"name": "finish", "args": {"return_value": "1"}, "id": "call_d"}]),
        ]
    )
    assert acting(action_format="native")(model, "?") == 1.0
    answers = model.asked[1][-3:]
    assert [(one.type, one.tool_call_id) for one in answers] == [("tool", f"call_{letter}") for letter in "abc"]
    assert "2.5" in answers[0].content
    assert "KeyError: 'milk'" in answers[1].content
    assert "no tool 'nothing'" in answers[2].content
    offered = {one["function"]["name"] for one in model.arguments[0]["tools"]}
    assert offered == {"price", "articles", "finish"}


def test_an_error_of_a_tool_is_shown_to_the_model(acting, said):
    model = ScriptedModel(['{"tool": "price", "arguments": {"article": "milk"}}', '{"finish": 0}'])
    assert acting(action_format="json")(model, "?") == 0
    who, shown = said(model)[-1]
    assert (who, shown.split("\n\n")[0]) == ("human", "Observation:\nError: KeyError: 'milk'")
    assert "If you know the result of the task now, give it" in shown


def test_arguments_that_do_not_fit_are_shown_to_the_model(acting, said, shop):
    model = ScriptedModel(['{"tool": "price", "arguments": {"articel": "tea"}}', '{"finish": 0}'])
    acting(action_format="json")(model, "?")
    assert "Use these: article, currency" in said(model)[-1][1]
    assert shop[1] == []


def test_a_value_of_the_wrong_type_is_told_where_it_does_not_fit(acting, said):
    wrong, right = '{"tool": "finish", "arguments": {"value": {"name": 3}}}', '{"finish": {"name": "a", "price": 1}}'
    model = ScriptedModel([wrong, right])
    assert acting(Offering, action_format="json")(model, "?") == Offering("a", 1.0)
    assert "`price`: Field required" in said(model)[-1][1]


def test_calls_behind_an_accepted_finish_are_not_made(acting, shop):
    both = '{"finish": 3}\n{"tool": "price", "arguments": {"article": "tea"}}'
    assert acting(action_format="json")(ScriptedModel([both]), "?") == 3
    assert shop[1] == []


def test_a_model_that_never_acts_is_given_up_with_all_its_replies(acting, said):
    model = ScriptedModel(["I think.", "I still think.", "Hm."])
    with pytest.raises(AttemptsExhaustedError) as caught:
        acting(action_format="json")(model, "?")
    assert [error.reply for error in caught.value.errors] == ["I think.", "I still think.", "Hm."]
    told = said(model, 1)
    assert told[-2] == ("ai", "I think.")
    assert "Reply with one JSON object" in told[-1][1]
    assert len(said(model, 2)) == len(told)


def test_an_action_starts_the_patience_anew(acting):
    act, prose = '{"tool": "articles", "arguments": {}}', "Hm."
    model = ScriptedModel([prose, prose, act, prose, prose, '{"finish": 1}'])
    assert acting(action_format="json")(model, "?") == 1


def test_a_model_that_declines_is_not_asked_again(acting):
    refusal = AIMessage("", additional_kwargs={"refusal": "No."})
    with pytest.raises(RefusedError):
        acting(action_format="json")(ScriptedModel([refusal]), "?")


def test_the_turns_are_limited_and_the_model_is_told_before_the_last_one(acting, said):
    act = '{"tool": "price", "arguments": {"article": "tea"}}'
    model = ScriptedModel([act, act, act])
    with pytest.raises(ActionsExhaustedError, match="3 turns") as caught:
        acting(action_format="json", turns=3, repeats=9)(model, "?")
    assert len(caught.value.transcript) == 3
    assert caught.value.transcript[0].seen == ("2.5",)
    assert "in your next reply" in said(model, 2)[-1][1]
    assert "give it: " not in said(model, 2)[-1][1]  # one order, not two
    assert "in your next reply" not in said(model, 1)[-1][1]


def test_the_same_action_with_the_same_observation_ends_the_run(acting, said):
    act = '{"tool": "price", "arguments": {"article": "tea"}}'
    model = ScriptedModel([act] * 4)
    with pytest.raises(ActionsExhaustedError, match="the same 4 times"):
        acting(action_format="json", turns=20)(model, "?")
    assert "the same 3 times now" in said(model, 3)[-1][1]
    assert "the same 2 times now" in said(model, 2)[-1][1]
    assert "times now" not in said(model, 1)[-1][1]


def test_another_observation_is_no_repetition(acting, shop):
    from llm_strategy.tools import tool

    count = iter(range(100))

    @tool
    def poll() -> int:
        """The state."""
        return next(count)

    act = '{"tool": "poll"}'
    model = ScriptedModel([*[act] * 8, '{"finish": 1}'])
    assert acting(action_format="json", tools=[poll])(model, "?") == 1


def test_long_observations_are_cut_in_the_middle(acting, said):
    from llm_strategy.tools import tool

    @tool
    def read() -> str:
        """A text."""
        return "a" * 500 + "b" * 500

    model = ScriptedModel(['{"tool": "read"}', '{"finish": 1}'])
    acting(action_format="json", tools=[read], observation_characters=100)(model, "?")
    text = said(model)[-1][1]
    assert "a" * 50 + "\n[... 900 of 1000 characters are left out here ...]\n" + "b" * 50 in text


def test_old_observations_are_shortened_so_that_a_conversation_stays_bounded(acting, said):
    from llm_strategy.tools import tool

    @tool
    def read(page: int) -> str:
        """A page."""
        return f"{page}" * 1000

    replies = [f'{{"tool": "read", "arguments": {{"page": {number}}}}}' for number in range(1, 40)]
    model = ScriptedModel([*replies, '{"finish": 1}'])
    acting(action_format="json", tools=[read], turns=40, history_characters=8000)(model, "?")
    sizes = [sum(len(text) for _, text in said(model, number)[2:]) for number in range(40)]
    assert max(sizes) < 39 * 400  # the actions themselves stay, and 200 characters of each observation
    assert "characters left out" in said(model)[3][1]
    assert "If you know the result" not in said(model)[3][1]  # it stands where it is of use
    assert "39" * 500 in said(model)[-1][1]


def test_a_failed_reply_is_forgotten_after_the_next_action(acting, said):
    model = ScriptedModel(["Hm.", '{"tool": "articles"}', '{"finish": 1}'])
    acting(action_format="json")(model, "?")
    assert all("Hm." not in text for _, text in said(model))


def test_a_tool_may_not_be_called_finish(shop):
    from llm_strategy.tools import tool

    @tool
    def finish(value: int) -> None:
        """End."""

    with pytest.raises(DefinitionError, match="finish"):
        CodeAct(tools=[finish])


def test_two_tools_may_not_have_one_name(shop):
    with pytest.raises(DefinitionError, match="two tools"):
        CodeAct(tools=[shop[0][0], shop[0][0]])


def test_an_argument_may_not_have_the_name_of_a_tool(shop, acting):
    from llm_strategy import llm_function

    @llm_function(reasoning=CodeAct(tools=shop[0], sandbox="monty"))
    def find(model, price: float) -> float:
        """Find."""

    with pytest.raises(InputError, match="'price'"):
        find(ScriptedModel(), 3.0)
