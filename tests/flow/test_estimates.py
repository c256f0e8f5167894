"""How many tokens a request may cost."""

import random

import pytest

from llm_strategy.flow import ChatRequest, OutputFormat
from llm_strategy.flow.estimates import Estimates, bytes_of, prompt_bound
from llm_strategy.messages import Attachment, Message, ToolCall, Usage


class Model:
    def __init__(self, name="m"):
        self.name = name


def asking(*texts, model=None, **options):
    return ChatRequest(model or Model(), tuple(Message.user(text) for text in texts), **options)


def tokens_of(request):
    """A tokenizer of ours: words and signs, with some tokens around each message."""
    return sum(4 + sum(1 + len(word) // 4 for word in message.content.split()) for message in request.messages)


@pytest.mark.parametrize(("text", "length"), [("abc", 3), ("ä€", 5), (chr(0xD83D), 3)])
def test_texts_are_measured_in_bytes(text, length):
    assert bytes_of(text) == length


def test_a_prompt_is_never_taken_for_less_than_it_costs():
    estimates, dice = Estimates(), random.Random(5)
    words = ["a", "the", "extraordinary", "1234567890", "x" * 60]
    for _ in range(300):
        system = "You extract what is asked for. " * dice.choice([1, 20])
        request = asking(system, " ".join(dice.choices(words, k=dice.randrange(30))))
        real = tokens_of(request)
        assert real <= estimates.prompt(request) <= prompt_bound(request)
        estimates.learn(request, Usage(real, 10))


def test_what_two_prompts_begin_with_is_counted_as_the_provider_did():
    estimates = Estimates()
    long = "Extract. " * 500
    estimates.learn(asking(long, "Ada"), Usage(900, 10))

    assert estimates.prompt(asking(long, "Ada")) == 900
    assert estimates.prompt(asking(long, "Bob")) < 1_000
    assert estimates.prompt(asking("Something else.", "Bob")) < 100


def test_only_the_latest_prompts_are_compared():
    estimates = Estimates()
    for number in range(10):
        estimates.learn(asking(f"{number}" * 1_000), Usage(300, 10))

    assert estimates.prompt(asking("9" * 1_000)) == 300
    assert estimates.prompt(asking("1" * 1_000)) > 1_000


def test_a_prompt_of_any_length_is_compared():
    estimates = Estimates()
    long = "x" * 100_000
    estimates.learn(asking(long), Usage(20_000, 10))

    assert estimates.prompt(asking(long)) < 20_000 + 34_600


def test_replies_are_expected_to_be_up_to_twice_as_long_as_the_longest():
    estimates = Estimates()
    request = asking("Hello.")
    assert estimates.reply(request) == 1_024
    estimates.learn(request, Usage(0, 100))
    estimates.learn(request, Usage(0, 50))
    assert estimates.reply(request) == 200
    estimates.learn(asking("Hello.", model=Model("other")), Usage(5, 1))
    assert estimates.reply(asking("Hello.", model=Model("other"))) == 64
    assert estimates.prompt(request) == prompt_bound(request)


def test_a_schema_that_is_sent_along_counts():
    schema = {"type": "object", "description": "x" * 500}
    form = OutputFormat("json_schema", "person", schema=schema)
    estimates = Estimates()

    assert estimates.prompt(asking("Hello.", output=form)) == prompt_bound(asking("Hello.", output=form)) > 500
    estimates.learn(asking("Hello.", output=form), Usage(80, 10))
    assert estimates.prompt(asking("Hello.", output=form)) == 80
    assert estimates.prompt(asking("Hello.")) < 80


def test_what_is_no_text_counts_by_an_assumption():
    picture = Message("user", "Look: ", attachments=(Attachment("image", "image/png", data=b"1"),))
    other = Message("user", "Look: ", attachments=(Attachment("image", "image/png", url="https://pictures/2"),))
    called = Message("assistant", tool_calls=(ToolCall("look", '{"a": 1}'),))
    request = ChatRequest(Model(), (picture, other, called))

    assert 4_000 < prompt_bound(request) < 4_500
    estimates = Estimates()
    estimates.learn(ChatRequest(Model(), (picture,)), Usage(700, 1))
    assert 2_700 < estimates.prompt(request) < 3_200


def test_many_models_and_forms_are_forgotten_in_the_end():
    estimates = Estimates()
    for number in range(200):
        form = OutputFormat("json_schema", schema={"number": number})
        estimates.learn(asking("Hello.", model=Model(str(number)), output=form), Usage(5, 5))

    assert len(estimates._known) == 64
    assert len(estimates._schemas) <= 64
