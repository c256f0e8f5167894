"""Messages, replies and usage as values."""

import pytest

from llm_strategy.messages import Message, Reply, Usage


@pytest.mark.parametrize("role", ["system", "user", "assistant"])
def test_each_speaker_has_a_constructor(role):
    assert getattr(Message, role)("Hi") == Message(role, "Hi")


def test_messages_are_equal_by_content_and_can_be_keys():
    assert {Message.user("Hi"): 1}[Message.user("Hi")] == 1


def test_messages_cannot_be_changed():
    with pytest.raises(AttributeError):
        Message.user("Hi").content = "Bye"


def test_usage_adds_up_by_kind_of_token():
    assert Usage(1, 2, 3, 4) + Usage(10, 20, 30, 40) == Usage(11, 22, 33, 44)


def test_a_reply_without_a_bill_costs_nothing():
    assert Reply(Message.assistant("Hi")).usage == Usage()
