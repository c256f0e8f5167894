import pytest
from langchain_core.messages import AIMessage, ChatMessage, FunctionMessage, HumanMessage, SystemMessage, ToolMessage

from llm_strategy.errors import InputError, UnsupportedError
from llm_strategy.models.local_messages import plain_messages

TOOL = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}


def test_roles_and_texts_are_kept() -> None:
    messages = [SystemMessage("s"), HumanMessage("u"), AIMessage("a"), ChatMessage("c", role="user")]
    assert [tuple(each.values()) for each in plain_messages(messages)] == [
        ("system", "s"),
        ("user", "u"),
        ("assistant", "a"),
        ("user", "c"),
    ]


def test_text_blocks_are_joined_and_thoughts_left_out() -> None:
    blocks = [{"type": "text", "text": "a"}, "b", {"type": "reasoning", "reasoning": "hm"}]
    assert plain_messages([HumanMessage(blocks)]) == [{"role": "user", "content": "ab"}]


def test_an_image_is_refused_by_its_type() -> None:
    with pytest.raises(UnsupportedError, match=r"reads text only.*'image_url'"):
        plain_messages([HumanMessage([{"type": "image_url", "image_url": {"url": "data:"}}])])


def test_a_message_of_another_kind_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="'FunctionMessage'"):
        plain_messages([FunctionMessage("x", name="f")])


def test_no_message_is_refused() -> None:
    with pytest.raises(InputError, match="got no messages"):
        plain_messages([])


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(InputError, match=r"'\\ud800', half of a surrogate pair"):
        plain_messages([HumanMessage("a\ud800b")])


def test_tools_are_introduced_after_the_system_message() -> None:
    (system, user) = plain_messages([SystemMessage("Be kind."), HumanMessage("u")], [TOOL])
    assert system["content"].startswith("Be kind.\n\n# Tools")
    assert '"name": "add"' in system["content"]
    assert user == {"role": "user", "content": "u"}


def test_tools_get_a_system_message_where_there_is_none() -> None:
    assert [each["role"] for each in plain_messages([HumanMessage("u")], [TOOL])] == ["system", "user"]


def test_calls_and_their_results_travel_as_text() -> None:
    call = AIMessage("I see.", tool_calls=[{"name": "add", "args": {"a": "ä"}, "id": "1"}])
    plain = plain_messages(
        [HumanMessage("u"), call, ToolMessage("3", tool_call_id="1"), ToolMessage("4", tool_call_id="2")]
    )
    assert plain[1]["content"] == 'I see.\n<tool_call>\n{"name": "add", "arguments": {"a": "ä"}}\n</tool_call>'
    assert plain[2:] == [
        {
            "role": "user",
            "content": "<tool_response>\n3\n</tool_response>\n<tool_response>\n4\n</tool_response>",
        }
    ]
