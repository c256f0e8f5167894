"""`retrying`, as users write it."""

import asyncio
import threading

import pytest

from llm_strategy import llm_function, retrying
from llm_strategy.errors import ConfigurationError, TransportError
from llm_strategy.flow import ChatRequest, layered, layers_in_force, run
from llm_strategy.flow.retries import Backoff, Retries
from llm_strategy.messages import Message
from llm_strategy.testing import ScriptedModel


def attempts_in_force():
    (layer,) = [layer for layer in layers_in_force() if isinstance(layer, Retries)]
    return layer.policy.attempts


def test_the_innermost_scope_counts_and_ends():
    seen = [attempts_in_force()]
    with retrying(attempts=2):
        seen.append(attempts_in_force())
        with retrying(attempts=3):
            seen.append(attempts_in_force())
        seen.append(attempts_in_force())
    seen.append(attempts_in_force())

    assert seen == [4, 2, 3, 2, 4]


def test_a_scope_tells_its_rules():
    with retrying(attempts=2, deadline=9.5, timeout=3) as rules:
        assert (rules.attempts, rules.deadline, rules.timeout) == (2, 9.5, 3)


def test_one_scope_can_be_opened_again_while_it_is_open():
    scope, seen = retrying(attempts=2), []
    with scope, retrying(attempts=3):
        with scope:
            seen.append(attempts_in_force())
        seen.append(attempts_in_force())

    assert [*seen, attempts_in_force()] == [2, 3, 4]


def test_one_scope_can_be_open_in_several_threads():
    scope, inside, leave, seen = retrying(attempts=2), threading.Event(), threading.Event(), []

    def other():
        with scope:
            inside.set()
            leave.wait()
            seen.append(attempts_in_force())
        seen.append(attempts_in_force())

    thread = threading.Thread(target=other)
    with scope:
        thread.start()
        inside.wait()
    leave.set()
    thread.join()

    assert [*seen, attempts_in_force()] == [2, 4, 4]


def test_a_scope_ends_with_an_error_too():
    with pytest.raises(KeyError), retrying(attempts=2):
        raise KeyError
    assert attempts_in_force() == 4


def test_it_decorates_functions():
    @retrying(attempts=2)
    def decorated(number):
        """Say what is in force."""
        return number, attempts_in_force()

    assert (decorated(7), decorated.__doc__, attempts_in_force()) == ((7, 2), "Say what is in force.", 4)


def test_it_decorates_async_functions():
    @retrying(attempts=2)
    async def decorated():
        await asyncio.sleep(0)
        return attempts_in_force()

    async def main():
        return await decorated(), attempts_in_force()

    assert asyncio.run(main()) == (2, 4)


def test_it_does_not_decorate_generators():
    with pytest.raises(ConfigurationError, match=r"'.*numbers'.*generator"):

        @retrying()
        def numbers():
            yield 1


def test_it_does_not_decorate_async_generators():
    with pytest.raises(ConfigurationError, match="generator"):

        @retrying()
        async def numbers():
            yield 1


@pytest.mark.parametrize(
    "bad",
    [
        {"attempts": 0},
        {"attempts": -1},
        {"attempts": True},
        {"attempts": 2.0},
        {"attempts": "4"},
        {"deadline": 0},
        {"deadline": -1.0},
        {"deadline": float("nan")},
        {"deadline": float("inf")},
        {"deadline": True},
        {"deadline": "10"},
        {"timeout": 0},
        {"timeout": float("nan")},
        {"longest_wait": -1},
        {"longest_wait": float("inf")},
    ],
)
def test_what_cannot_be_is_an_error(bad):
    with pytest.raises(ConfigurationError, match=next(iter(bad))):
        retrying(**bad)


@llm_function
def capital(model, country: str) -> str:
    """Return the capital of the country."""


def test_a_function_is_called_under_it():
    model = ScriptedModel([ConnectionResetError("lost"), "Paris"])

    with retrying(attempts=2, backoff=Backoff(base=0)):
        assert capital(model, "France") == "Paris"


def test_a_re_ask_has_the_time_that_is_left_of_its_call():
    began = []

    def watching(request, path, onward):
        if isinstance(request, ChatRequest):
            began.append(request.began)
        return (yield from onward(request))

    with layered(watching):
        capital(ScriptedModel(["", "Paris"]), "France")

    assert len(began) == 2
    assert began[0] == began[1] is not None


def test_retries_are_shown_in_a_trace():
    from llm_strategy import trace
    from llm_strategy.tracing.exporters.terminal import span_label

    with trace() as t, retrying(attempts=2, backoff=Backoff(base=0)):
        capital(ScriptedModel([ConnectionResetError("lost"), "Paris"]), "France")
    chats = [span for span in t.spans if span.kind == "chat"]

    assert [span.attributes.get("llm_strategy.retry") for span in chats] == [None, 1]
    assert [str(span_label(span)).endswith("[retry]") for span in chats] == [False, True]
    assert t.totals.retries == 1


def test_requests_that_are_sent_by_hand_are_under_it_too(failing):
    model = failing(TransportError("down", retryable=True), "fine")

    def flow():
        return (yield ChatRequest(model, (Message.user("hi"),)))

    with retrying(attempts=2, backoff=Backoff(base=0)):
        assert run(flow()).message.content == "fine"
