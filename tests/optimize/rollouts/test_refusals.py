"""Telling the budgets around a run from those inside of it."""

import pytest

from llm_strategy import budget
from llm_strategy.errors import BudgetExceededError
from llm_strategy.flow.model import ChatModel
from llm_strategy.flow.requests import ChatRequest, OpenStream, Stream
from llm_strategy.flow.waiting import Sleep
from llm_strategy.messages import Chunk, Message
from llm_strategy.optimize.rollouts.refusals import Refusals


class Nobody(ChatModel):
    name = "nobody"


@pytest.fixture
def request_to_nobody():
    return ChatRequest(Nobody(), (Message.user("Hi"),))


def passed(layer, request, answer):
    """Let a layer pass a request on that is answered with this, or raises it."""

    def onward(given):
        assert given is request
        if isinstance(answer, Exception):
            raise answer
        return answer
        yield

    flow = layer(request, (), onward)
    with pytest.raises(StopIteration) as end:
        next(flow)
    return end.value.value


def test_a_refusal_is_noted_and_goes_on_its_way(request_to_nobody):
    layer, first, second = Refusals(), BudgetExceededError("no"), BudgetExceededError("no more")
    for error in (first, second):
        with pytest.raises(BudgetExceededError, match="no"):
            passed(layer, request_to_nobody, error)
    assert layer.error is first


def test_other_errors_and_answers_pass(request_to_nobody):
    layer = Refusals()
    assert passed(layer, Sleep(0), None) is None
    with pytest.raises(ValueError, match="other"):
        passed(layer, request_to_nobody, ValueError("other"))
    assert layer.error is None


def test_a_stream_that_is_cut_off_by_a_budget_is_a_refusal(request_to_nobody):
    def pieces():
        yield Chunk("Ro")
        raise BudgetExceededError("cut off")

    layer = Refusals()
    stream = passed(layer, OpenStream(request_to_nobody), Stream(pieces()))
    assert next(stream.chunks).text == "Ro"
    assert layer.error is None
    with pytest.raises(BudgetExceededError):
        next(stream.chunks)
    assert str(layer.error) == "cut off"


def test_a_stream_that_ends_is_none(request_to_nobody):
    layer = Refusals()
    stream = passed(layer, OpenStream(request_to_nobody), Stream.of([Chunk("Rome")]))
    assert [chunk.text for chunk in stream.chunks] == ["Rome"]
    assert layer.error is None


def test_where_the_time_of_a_budget_around_is_over_requests_are_refused_before_they_are_sent(request_to_nobody):
    with budget(seconds=0), budget(calls=1):
        layer = Refusals()
        with pytest.raises(BudgetExceededError, match="seconds are over"):
            layer.time_limits(request_to_nobody)
    assert layer.error is not None


def test_the_least_time_of_those_around_counts(request_to_nobody):
    with budget(seconds=1000), budget(seconds=10):
        assert 0 < Refusals().time_limits(request_to_nobody).left <= 10
    assert Refusals().time_limits(request_to_nobody).left is None
