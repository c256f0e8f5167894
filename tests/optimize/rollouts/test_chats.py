"""Conversations of runs, as they are kept."""

from llm_strategy import trace
from llm_strategy.optimize.rollouts.chats import chats_of
from llm_strategy.testing import ScriptedModel
from llm_strategy.tracing.records import SpanRecord


def chat(number, said, parent=None, replies=()):
    messages = {"gen_ai.input.messages": said, "gen_ai.output.messages": list(replies)}
    import json

    attributes = {
        name: json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]} for role, text in many])
        for name, many in messages.items()
    }
    return SpanRecord("t", str(number), parent, "chat", "chat", number, number + 1, attributes=attributes)


def test_a_conversation_that_another_one_continues_is_a_part_of_it():
    first = chat(1, [("user", "Hi")], replies=[("assistant", "Ho")])
    second = chat(2, [("user", "Hi"), ("assistant", "Ho"), ("user", "And?")], replies=[("assistant", "So.")])
    (kept,) = chats_of([first, second])
    assert [turn["content"] for turn in kept["turns"]] == ["Hi", "Ho", "And?", "So."]


def test_what_begins_alike_stands_in_each():
    replies = [chat(number, [("user", "Hi")], replies=[("assistant", text)]) for number, text in enumerate("ab", 1)]
    assert [[turn["content"] for turn in kept["turns"]] for kept in chats_of(replies)] == [["Hi", "a"], ["Hi", "b"]]


def test_a_chat_belongs_to_the_nearest_function_around_it():
    outer = SpanRecord("t", "o", None, "outer", "function", 0, 9, attributes={"llm_strategy.function": "app.outer"})
    inner = SpanRecord("t", "i", "o", "inner", "function", 1, 8, attributes={"llm_strategy.function": "app.inner"})
    attempt = SpanRecord("t", "a", "i", "attempt", "attempt", 1, 8)
    kept = chats_of([outer, inner, attempt, chat(2, [("user", "Hi")], "a"), chat(4, [("user", "Ho")], "gone")])
    assert [one["function"] for one in kept] == ["app.inner", ""]


def test_a_model_that_is_asked_without_a_function_is_kept_too(lab):
    def task(parameters):
        return ScriptedModel(["Rome"]).invoke(parameters).content

    with trace("t"):
        _, record = lab.run(task)
    assert [turn["content"] for turn in record["chats"][0]["turns"]] == ["Italy", "Rome"]
