"""Asking for one value: re-asking, stepping down, giving up."""

import asyncio
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from pydantic import BaseModel

from llm_strategy.chat import ChatChain, Question, ask, reader_for, resolve
from llm_strategy.errors import (
    AttemptsExhaustedError,
    EmptyReplyError,
    FilteredError,
    InvalidValueError,
    NotAModelError,
    NoValueError,
    RefusedError,
    TransportError,
    TruncatedError,
    UnknownToolError,
    UnsupportedError,
)
from llm_strategy.flow import ChatRequest, Sampling, arun, run
from llm_strategy.messages import Message, Reply, ToolCall
from llm_strategy.prompt import StructuredPrompt, Templates
from llm_strategy.schema import output_schema
from llm_strategy.schema.fenced import PythonCode, fence_of
from llm_strategy.testing import FakeLLM, ScriptedModel

METHODS = ("json_schema", "tool", "json_object", "prompt")


class Person(BaseModel):
    name: str
    age: int


GOOD = '{"name": "Ada", "age": 36}'
ADA = Person(name="Ada", age=36)


class DeclinedError(Exception):
    status_code = 400


def question_for(model, kind: Any = Person, templates=None, **options):
    output = output_schema(kind)
    prompt = StructuredPrompt(
        signature="find(query: str)",
        instruction="Find somebody.",
        output=output,
        inputs={"query": "Ada"},
        templates=templates or Templates(),
        fence=fence_of(kind),
    )
    return Question(where="shop.find", model=resolve(model), prompt=prompt, reader=reader_for(output), **options)


def asked(model, number=-1):
    return [(turn.type, turn.content) for turn in model.asked[number]]


def test_the_flow_of_a_question_can_be_driven_by_hand():
    flow = ask(question_for(ScriptedModel()))

    first = next(flow)
    assert isinstance(first, ChatRequest)
    second = flow.send(Reply(Message.assistant("no idea")))
    assert second.messages[:-2] == first.messages
    with pytest.raises(StopIteration) as end:
        flow.send(Reply(Message.assistant(GOOD)))
    assert end.value.value.value == ADA


@pytest.mark.parametrize("drive", [run, lambda flow: asyncio.run(arun(flow))], ids=["sync", "async"])
def test_a_good_reply_is_the_value_with_the_conversation_that_gave_it(drive):
    model = ScriptedModel([GOOD])
    question = question_for(model)

    answer = drive(ask(question))

    assert answer.value == ADA
    assert answer.messages == (*question.prompt.messages("prompt"), Message.assistant(GOOD))


def test_a_bad_reply_is_shown_to_the_model_with_its_problem():
    model = ScriptedModel(['{"name": "Ada", "age": "unknown"}', GOOD])

    answer = run(ask(question_for(model)))

    assert answer.value == ADA
    assert asked(model)[:2] == asked(model, 0)
    assert asked(model)[2] == ("ai", '{"name": "Ada", "age": "unknown"}')
    assert "`age`" in asked(model)[3][1]
    assert asked(model)[3][1].endswith("Reply again with the whole value, corrected.")
    assert [turn.content for turn in answer.messages][-1] == GOOD
    assert len(answer.messages) == 3


def test_only_the_last_bad_reply_is_shown_so_that_a_conversation_does_not_grow():
    model = ScriptedModel([f"no idea {number}" for number in range(5)] + [GOOD])

    run(ask(question_for(model, attempts=6)))

    assert [len(turns) for turns in model.asked] == [2, 4, 4, 4, 4, 4]
    assert asked(model)[2] == ("ai", "no idea 4")


def test_only_the_beginning_of_a_runaway_reply_is_shown_again():
    model = ScriptedModel(["x" * 100_000, GOOD])

    run(ask(question_for(model)))

    assert len(asked(model)[2][1]) == 4000


def test_an_empty_reply_is_not_shown_but_its_problem_is():
    model = ScriptedModel(["", GOOD])

    run(ask(question_for(model)))

    assert [kind for kind, _ in asked(model)] == ["system", "human", "human"]


def test_after_the_last_attempt_the_error_holds_all_of_them():
    model = ScriptedModel(["", "no idea", '{"name": 1}', GOOD])

    with pytest.raises(AttemptsExhaustedError, match=r"shop\.find got no usable reply in 3 attempts") as caught:
        run(ask(question_for(model)))
    assert [type(error) for error in caught.value.errors] == [EmptyReplyError, NoValueError, InvalidValueError]
    assert [error.reply for error in caught.value.errors] == ["", "no idea", '{"name": 1}']
    assert caught.value.__cause__ is caught.value.errors[-1]
    assert len(model.asked) == 3


@pytest.mark.parametrize("attempts", [1, 0])
def test_one_attempt_is_made_at_least_and_not_repeated(attempts):
    model = ScriptedModel(["no idea", GOOD])

    with pytest.raises(AttemptsExhaustedError):
        run(ask(question_for(model, attempts=attempts)))
    assert len(model.asked) == 1


def cut_off(text=""):
    return AIMessage(text, response_metadata={"finish_reason": "length"})


def test_after_a_reply_that_was_cut_off_more_room_is_given():
    model = ScriptedModel([cut_off('{"name": "A'), cut_off(), GOOD])

    run(ask(question_for(model, sampling=Sampling(max_tokens=100, temperature=0.0))))

    assert [arguments["max_tokens"] for arguments in model.arguments] == [100, 200, 400]
    assert all(arguments["temperature"] == 0.0 for arguments in model.arguments)
    assert "Reply again, shorter" in asked(model, 1)[-1][1]


def test_without_a_limit_of_the_call_none_is_made_up():
    model = ScriptedModel([cut_off("{"), GOOD])

    run(ask(question_for(model)))

    assert model.arguments == [{}, {}]


def test_a_reply_that_is_wrong_does_not_get_more_room():
    model = ScriptedModel(["no idea", GOOD])

    run(ask(question_for(model, sampling=Sampling(max_tokens=100))))

    assert [arguments["max_tokens"] for arguments in model.arguments] == [100, 100]


@pytest.mark.parametrize(
    ("message", "error"),
    [
        pytest.param(AIMessage("", additional_kwargs={"refusal": "I can't."}), RefusedError, id="refusal"),
        pytest.param(AIMessage("x", response_metadata={"stop_reason": "refusal"}), RefusedError, id="Anthropic"),
        pytest.param(AIMessage("", response_metadata={"finish_reason": "content_filter"}), FilteredError, id="filter"),
        pytest.param(AIMessage("", response_metadata={"finish_reason": "SAFETY"}), FilteredError, id="Gemini"),
    ],
)
def test_a_model_that_declines_is_not_asked_again(message, error):
    model = ScriptedModel([message, GOOD])

    with pytest.raises(error):
        run(ask(question_for(model)))
    assert len(model.asked) == 1


def test_a_failing_transport_is_not_asked_again():
    model = ScriptedModel([RuntimeError("cable cut"), GOOD])

    with pytest.raises(TransportError, match="cable cut"):
        run(ask(question_for(model)))
    assert len(model.asked) == 1


def test_the_words_of_both_reminders_are_templates():
    texts = Templates(retry="Wrong: {problem}", shorter="Cut: {problem}")
    model = ScriptedModel(["no idea", cut_off("{"), GOOD])

    run(ask(question_for(model, templates=texts)))

    assert asked(model, 1)[-1][1].startswith("Wrong: No value was found")
    assert asked(model, 2)[-1][1].startswith("Cut: ")


def tool_reply(name, arguments, content=""):
    return AIMessage(content, tool_calls=[{"name": name, "args": arguments, "id": "1"}])


def test_a_value_is_read_out_of_the_tool_call_and_said_as_text():
    model = ScriptedModel([tool_reply("Person", {"name": "Ada", "age": 36}, "Here:")], llm_strategy_methods=("tool",))

    answer = run(ask(question_for(model)))

    assert (answer.value, answer.messages[-1]) == (ADA, Message.assistant(GOOD))
    assert model.arguments[0]["tool_choice"]["function"]["name"] == "Person"


def test_a_model_that_answers_in_words_instead_of_the_tool_is_understood():
    model = ScriptedModel([f"```json\n{GOOD}\n```"], llm_strategy_methods=("tool",))

    assert run(ask(question_for(model))).value == ADA


def test_damaged_arguments_of_the_tool_call_are_mended():
    call = {
        "name": "Person",
        "args": "{'name': 'Ada', 'age': 36,}",
        "id": "1",
        "error": None,
        "type": "invalid_tool_call",
    }
    model = ScriptedModel([AIMessage("", invalid_tool_calls=[call])], llm_strategy_methods=("tool",))

    assert run(ask(question_for(model))).value == ADA


def test_a_call_of_another_tool_is_shown_to_the_model():
    model = ScriptedModel([tool_reply("search", {"q": 1}), tool_reply("Person", ADA.model_dump())])
    model.llm_strategy_methods = ("tool",)

    assert run(ask(question_for(model))).value == ADA
    assert "There is no tool `search`. Call one of: `Person`." in asked(model)[-1][1]


def test_a_call_of_a_tool_that_was_never_offered_is_an_error():
    model = ScriptedModel([tool_reply("search", {"q": 1})])

    with pytest.raises(AttemptsExhaustedError) as caught:
        run(ask(question_for(model, attempts=1)))
    assert isinstance(caught.value.errors[0], UnknownToolError)


@pytest.mark.parametrize("method", [*METHODS, "grammar"])
def test_a_method_that_the_caller_chose_is_the_one_that_is_used(method):
    model = ScriptedModel([GOOD], llm_strategy_methods=METHODS)

    assert run(ask(question_for(model, method=method))).value == ADA
    sent = model.arguments[0]
    assert ("tools" in sent) is (method == "tool")
    assert ("response_format" in sent) is (method not in {"tool", "prompt"})


def test_without_a_choice_the_best_method_is_used_and_where_it_is_turned_down_the_next():
    down = [DeclinedError("json_schema is not supported"), DeclinedError("tools are not supported")]
    model = ScriptedModel([*down, GOOD, GOOD], llm_strategy_methods=METHODS)

    assert run(ask(question_for(model))).value == ADA
    assert model.arguments[-1] == {"response_format": {"type": "json_object"}}

    assert run(ask(question_for(model))).value == ADA
    assert len(model.asked) == 4


def test_the_prompt_of_the_next_method_is_the_one_that_it_needs():
    model = ScriptedModel([DeclinedError("no json_schema"), GOOD], llm_strategy_methods=("json_schema", "prompt"))

    run(ask(question_for(model)))

    assert "Person {" not in asked(model, 0)[0][1]
    assert "Person {" in asked(model, 1)[0][1]


def test_a_method_that_the_caller_chose_is_not_exchanged():
    model = ScriptedModel([DeclinedError("no json_schema"), GOOD], llm_strategy_methods=METHODS)

    with pytest.raises(UnsupportedError, match="turned the structured-output method 'json_schema' down"):
        run(ask(question_for(model, method="json_schema")))
    assert len(model.asked) == 1


def test_a_model_that_turns_every_method_down_is_unsupported():
    down = [DeclinedError("no json_schema"), DeclinedError("no tools")]
    model = ScriptedModel(down, llm_strategy_methods=("json_schema", "tool"))

    with pytest.raises(UnsupportedError, match="'tool' down"):
        run(ask(question_for(model)))
    with pytest.raises(UnsupportedError, match=r"shop\.find: model 'ScriptedModel' has no structured-output method"):
        run(ask(question_for(model)))


def test_attempts_are_counted_over_all_methods():
    model = ScriptedModel(["no idea", DeclinedError("no json_schema"), "no idea", "never asked"])
    model.llm_strategy_methods = ("json_schema", "prompt")

    with pytest.raises(AttemptsExhaustedError, match="in 2 attempts"):
        run(ask(question_for(model, attempts=2)))
    assert len(model.asked) == 3


def test_code_is_read_out_of_a_fence_by_every_method():
    model = ScriptedModel(["Sure:\n```python\nx = 1\n```"], llm_strategy_methods=METHODS)

    assert run(ask(question_for(model, PythonCode))).value == "x = 1"
    assert model.arguments == [{}]


def test_code_that_was_cut_off_is_asked_for_again():
    model = ScriptedModel(["```python\nx =", "```python\nx = 1\n```"])

    assert run(ask(question_for(model, PythonCode))).value == "x = 1"
    assert "Reply again with the whole block" in asked(model)[-1][1]


def test_a_completion_model_is_asked_and_asked_again_in_one_text():
    class Noting(FakeLLM):
        prompts: list[str] = []

        def _call(self, prompt, *args, **kwargs):
            self.prompts.append(prompt)
            return "no idea" if len(self.prompts) == 1 else GOOD

    model = Noting()

    assert run(ask(question_for(model))).value == ADA
    assert model.prompts[1].startswith(f"{model.prompts[0]}\n\nReply: no idea\n\nNo value was found")


def test_a_reply_may_hold_no_call_and_several():
    calls = (ToolCall("Person", GOOD), ToolCall("Person", '{"name": "Eve", "age": 1}'))
    flow = ask(question_for(ScriptedModel(llm_strategy_methods=("tool",))))
    next(flow)

    with pytest.raises(StopIteration) as end:
        flow.send(Reply(Message("assistant", "", calls)))
    assert end.value.value.value == ADA


def test_truncation_is_found_before_the_value_is_looked_for():
    model = ScriptedModel([cut_off(GOOD)])

    with pytest.raises(AttemptsExhaustedError) as caught:
        run(ask(question_for(model, attempts=1)))
    assert isinstance(caught.value.errors[0], TruncatedError)


def test_an_html_page_as_the_reply_is_no_model_and_is_not_asked_again() -> None:
    model = ScriptedModel(["<html><body>502 Bad Gateway</body></html>"] * 3)
    with pytest.raises(NotAModelError, match=r"HTML page and no model: '<html><body>502.*Check the base URL"):
        ChatChain(model).structured_query("How many?", int)
    assert len(model.asked) == 1
