"""Conversations of a trace as trees."""

import json

import pytest

from llm_strategy.testing.sample_traces import sample_trace
from llm_strategy.tracing import semconv
from llm_strategy.tracing.chats import merged_chats
from llm_strategy.tracing.records import SpanRecord


def text(role, content):
    return {"role": role, "parts": [{"type": "text", "content": content}]}


def chat(name, said=None, replies=None, *, start=1, end=2, status="ok", kind="chat"):
    attributes = {}
    if said is not None:
        attributes[semconv.INPUT_MESSAGES] = said if isinstance(said, str) else json.dumps(said)
    if replies is not None:
        attributes[semconv.OUTPUT_MESSAGES] = replies if isinstance(replies, str) else json.dumps(replies)
    return SpanRecord("t", name, None, name, kind, start, end, status, "", attributes)


def shape(nodes):
    return [(node.role, node.content, shape(node.children)) for node in nodes]


ASK, YES, NO, MORE = text("user", "ask"), text("assistant", "yes"), text("assistant", "no"), text("user", "more")


def test_what_conversations_begin_with_stands_once():
    first, second = chat("a", [ASK], [YES]), chat("b", [ASK, YES, MORE], [NO], start=2)
    (root,) = merged_chats([second, first])
    assert shape([root]) == [("user", "ask", [("assistant", "yes", [("user", "more", [("assistant", "no", [])])])])]
    assert root.spans == ["a", "b"]
    (reply,) = root.children
    assert (reply.spans, reply.replies, reply.reply) == (["a", "b"], ["a"], True)
    assert reply.children[0].reply is False


def test_what_differs_are_branches():
    other = chat("b", [ASK], [NO], start=2)
    (root,) = merged_chats([chat("a", [ASK], [YES]), other, chat("c", [text("user", "else")], [YES])])[:1]
    assert [(child.content, child.spans) for child in root.children] == [("yes", ["a"]), ("no", ["b"])]
    assert len(merged_chats([chat("a", [ASK], [YES]), chat("c", [text("system", "ask")], [YES])])) == 2


def test_choices_of_one_reply_are_branches():
    (root,) = merged_chats([chat("a", [ASK], [YES, NO, YES])])
    assert [(child.content, child.spans, child.replies) for child in root.children] == [
        ("yes", ["a"], ["a"]),
        ("no", ["a"], ["a"]),
    ]


def test_a_turn_that_was_sent_along_becomes_a_reply_where_a_model_says_it():
    (root,) = merged_chats([chat("a", [ASK, YES, MORE], [NO]), chat("b", [ASK], [YES], start=5)])
    assert root.children[0].replies == ["b"]


def test_a_failed_chat_ends_with_what_was_sent():
    (root,) = merged_chats([chat("a", [ASK], status="error")])
    assert (root.children, root.failures, root.captured) == ([], ["a"], True)


def test_a_chat_under_way_has_no_reply_yet():
    (root,) = merged_chats([chat("a", [ASK], end=None, status="unset")])
    assert (root.children, root.failures) == ([], [])


def test_what_was_not_captured_is_known_to_have_been_said():
    roots = merged_chats([chat("a"), chat("b"), chat("c", "[cut", "off")])
    assert len(roots) == 3
    for root in roots:
        assert (root.role, root.content, root.captured, root.reply) == ("user", "", False, False)
        assert [(one.role, one.content, one.captured, one.reply) for one in root.children] == [
            ("assistant", "", False, True)
        ]


def test_an_empty_text_is_a_text():
    (root,) = merged_chats([chat("a", [text("user", "")], [{"role": "assistant", "parts": []}])])
    assert (root.captured, root.children[0].captured) == (True, True)


def test_a_text_without_content_was_not_captured():
    said = [{"role": "user", "parts": [{"type": "text"}]}, {"role": "user"}]
    (root,) = merged_chats([chat("a", said, [YES])])
    assert (root.captured, root.children[0].captured) == (False, False)


@pytest.mark.parametrize("arguments", ['{"x": [1, "ü"]}', '{"x":[1,"\\u00fc"]}', {"x": [1, "ü"]}])
def test_a_call_of_a_tool_is_the_same_as_text_and_as_object(arguments):
    call = {"role": "assistant", "parts": [{"type": "tool_call", "name": "find", "arguments": arguments, "id": "1"}]}
    (root,) = merged_chats([chat("a", [ASK], [call])])
    assert (root.children[0].content, root.children[0].tools) == ('find({"x": [1, "ü"]})', ("find",))


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ({"type": "tool_call", "name": "f", "arguments": "{cut"}, "f({cut)"),
        ({"type": "tool_call", "name": "f", "arguments": "[" * 9000}, f"f({'[' * 9000})"),
        ({"type": "tool_call", "name": "f"}, "f()"),
        ({"type": "tool_call", "name": "f", "arguments": ""}, "f()"),
        ({"type": "tool_call"}, "()"),
        ({"type": "tool_call_response", "id": "1", "response": {"a": 1}}, '{"a": 1}'),
        ({"type": "tool_call_response", "id": "1", "result": "old"}, "old"),
        ({"type": "blob", "mime_type": "image/png"}, "(image/png)"),
        ({"content": 3}, "3"),
        ("plain", "plain"),
        (None, ""),
        (7, "7"),
    ],
)
def test_parts_are_shown_as_text(part, content):
    (root,) = merged_chats([chat("a", [{"role": "user", "parts": [part]}])])
    assert root.content == content


def test_early_versions_of_the_conventions_are_read():
    (root,) = merged_chats([chat("a", [{"role": "user", "content": "hello"}])])
    assert root.content == "hello"


@pytest.mark.parametrize("odd", ["{}", "3", "null", '[1, null, "x", []]', "[" * 100_000, "\ud800"])
def test_messages_that_are_none_are_not_captured(odd):
    (root,) = merged_chats([chat("a", odd, odd)])
    assert (root.content, root.captured) == ("", False)


def test_odd_roles_are_text():
    (root,) = merged_chats([chat("a", [{"role": ["x"], "parts": [{"type": "text", "content": "\x1b\ud800"}]}])])
    assert (root.role, root.content) == ("['x']", "\x1b\ud800")


def test_other_spans_say_nothing():
    assert merged_chats([chat("a", [ASK], kind="function")]) == ()
    assert merged_chats([]) == ()


def test_a_span_that_is_there_twice_counts_once():
    (root,) = merged_chats([chat("a", [ASK], end=None), chat("a", [ASK], [YES])])
    assert (root.spans, len(root.children)) == (["a"], 1)


def test_a_conversation_of_20_000_turns_is_walked():
    turns = [text("user", str(number)) for number in range(20_000)]
    (root,) = merged_chats([chat("a", turns, [YES])])
    *_, (depth, last) = root.walk()
    assert (depth, last.content) == (20_000, "yes")
    assert len(repr(root)) < 500


def test_the_sample_branches_where_its_calls_differ():
    (system,) = merged_chats(sample_trace(4).spans)
    assert [node.content for node in system.children] == [f"article: a red bicycle {number}" for number in range(4)]
    retried = system.children[2]
    assert [[len(child.spans), child.reply] for child in retried.children] == [[1, True], [1, False]]
