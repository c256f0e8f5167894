"""What a model thought aloud is no action."""

import pytest

from llm_strategy.errors import NoValueError, TruncatedError
from llm_strategy.messages import Message, Reply, ToolCall
from llm_strategy.reasoning.code_act.formats import format_named
from llm_strategy.reasoning.code_act.offer import Offer
from llm_strategy.reasoning.code_act.spoken import spoken
from llm_strategy.reasoning.code_act.thinking import without_thinking
from llm_strategy.reasoning.code_act.wording import Wording
from llm_strategy.schema import output_schema

DRAFT = "```python\ndelete()\n```"
ACTION = "```python\nprint(1)\n```"


def read(form, text, called=()):
    offer = Offer((), output_schema(int), Wording())
    return format_named(form).read(Reply(Message("assistant", text, called)), offer, ())


THOUGHT = [
    pytest.param(f"<think>{DRAFT}</think>\n{ACTION}", id="first"),
    pytest.param(f"Let me see.\n<think>\n{DRAFT}\n</think>\n{ACTION}", id="behind-text"),
    pytest.param(f"Let me see. <think>\n{DRAFT}\n</think>\n{ACTION}", id="behind-text-in-its-line"),
    pytest.param(f"Hm.\n{DRAFT}\nNo.\n</think>\n\n{ACTION}", id="no-beginning"),
    pytest.param(f"Hm.\n{DRAFT}\nNo. </think>{ACTION}", id="no-beginning-glued"),
    pytest.param(f"Hm.\n```python\ndelete(\n</think>\n\n{ACTION}", id="draft-that-breaks-off"),
    pytest.param(f"<thinking>{DRAFT}</thinking>\nThen:\n<think>{DRAFT}</think>{ACTION}", id="two"),
    pytest.param(f"{ACTION}\n<think>\nAnd then:\n{DRAFT}\n</think>", id="behind-the-action"),
]


@pytest.mark.parametrize("text", THOUGHT)
def test_code_in_thinking_is_not_run(text):
    assert read("code", text).code == "print(1)"


CALL, DRAFTED = '{"tool": "look", "arguments": {}}', '{"tool": "delete", "arguments": {}}'
MARKED = '<tool_call>{"name": "look", "arguments": {}}</tool_call>'


@pytest.mark.parametrize(
    ("form", "draft", "call"),
    [
        ("json", DRAFTED, CALL),
        ("text", "Action: delete()", "Action: look()"),
        ("native", '<tool_call>{"name": "delete", "arguments": {}}</tool_call>', MARKED),
    ],
)
@pytest.mark.parametrize("around", ["I look.\n<think>\n{}\n</think>\n{}", "Hm.\n{}\n</think>\n{}"])
def test_calls_in_thinking_are_not_made(form, draft, call, around):
    assert [one.name for one in read(form, around.format(draft, call)).calls] == ["look"]


def test_only_thinking_is_no_action():
    with pytest.raises(NoValueError):
        read("code", f"{DRAFT}\n</think>\n")
    with pytest.raises(NoValueError):
        read("native", f"<think>{MARKED}</think>")


def test_calls_of_the_interface_stand_beside_thinking():
    action = read("native", "<think>Hm.</think>", (ToolCall("look", "{}", "a"),))
    assert [call.name for call in action.calls] == ["look"]
    assert action.turn.content == ""


@pytest.mark.parametrize("text", [f"<think>\n{DRAFT}", f"I look.\n<think>\n{DRAFT}", f"I look. <think>{DRAFT}"])
def test_a_reply_that_ends_inside_its_thinking_is_not_acted_on(text):
    with pytest.raises(TruncatedError, match="inside its thinking"):
        spoken(Reply(Message.assistant(text)))


@pytest.mark.parametrize(
    "text",
    [
        "```python\ntext = '''\n<think>\na\n</think>\n'''\nprint(text)\n```",
        "```python\nprint('<think>a</think> b')\n```",
        '{"tool": "write", "arguments": {"text": "<think>a</think> b"}}',
        "Action: write(text='<think>a</think> b')",
        f"I avoid <think> marks.\n{ACTION}",
        "1 < 2",
    ],
)
def test_marks_in_an_action_or_in_a_sentence_are_no_thinking(text):
    assert without_thinking(text) == text


@pytest.mark.parametrize("text", ["<think>" * 5_000, "</think>\n" * 5_000, "a<" * 20_000, "```\n<think>\n" * 2_000])
def test_marks_that_are_built_to_be_slow_are_read(text):
    assert without_thinking(text) is None or isinstance(without_thinking(text), str)
