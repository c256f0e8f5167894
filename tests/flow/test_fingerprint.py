"""What of a request decides about its reply."""

from dataclasses import dataclass, field, replace

import pytest

from llm_strategy.flow import ChatRequest, OutputFormat, Profile, Sampling
from llm_strategy.flow.fingerprint import fingerprint, request_data
from llm_strategy.messages import Attachment, Message, ToolCall


@dataclass(frozen=True)
class Named:
    name: str = "gpt-4o"
    profile: Profile = field(default_factory=Profile, compare=False)


REQUEST = ChatRequest(Named(), (Message.user("a"),))


def test_equal_requests_have_one_fingerprint():
    again = ChatRequest(Named(), (Message.user("a"),))
    assert fingerprint(REQUEST) == fingerprint(again)
    assert len(fingerprint(REQUEST)) == 64


@pytest.mark.parametrize("changes", [{"timeout": 3.0}, {"retry": 2}, {"cached": False}])
def test_what_says_nothing_about_the_reply_is_no_part_of_it(changes):
    assert fingerprint(replace(REQUEST, **changes)) == fingerprint(REQUEST)


DIFFERENT = [
    {"model": Named("gpt-5")},
    {"messages": (Message.user("b"),)},
    {"messages": (Message.system("a"),)},
    {"messages": (Message.user("a"), Message.user(""))},
    {"messages": (Message("user", "a", attachments=(Attachment("image", "image/png", b"1"),)),)},
    {"messages": (Message("user", "a", attachments=(Attachment("image", "image/png", b"2"),)),)},
    {"messages": (Message("assistant", "a", (ToolCall("f", "{}"),)),)},
    {"output": OutputFormat("json_object")},
    {"output": OutputFormat("json_schema", schema={"type": "object"})},
    {"sampling": Sampling(0.0)},
    {"sampling": Sampling(seed=0)},
    {"sample": 1},
]


def test_whatever_decides_about_the_reply_is_part_of_it():
    found = {fingerprint(replace(REQUEST, **changes)) for changes in ({}, *DIFFERENT)}
    assert len(found) == len(DIFFERENT) + 1


def test_a_model_says_itself_what_tells_it_from_others():
    @dataclass(frozen=True)
    class Telling(Named):
        identity: object = None

    told = replace(REQUEST, model=Telling(identity={"base": "here", "temperature": 0}))
    assert request_data(told)["model"] == {"base": "here", "temperature": 0}
    assert request_data(replace(REQUEST, model=Telling(identity="no mapping")))["model"] == {"name": "gpt-4o"}
