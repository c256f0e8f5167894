"""How long a call may take, by all that is in force."""

import time

import pytest

from llm_strategy import budget, retrying
from llm_strategy.errors import BudgetExceededError
from llm_strategy.flow import ChatRequest
from llm_strategy.flow.time_limits import TimeLimits, time_limits
from llm_strategy.messages import Message
from llm_strategy.testing import ScriptedModel


@pytest.fixture
def request_of():
    return lambda **options: ChatRequest(ScriptedModel([]), (Message.user("Hello."),), **options)


def test_without_scopes_nothing_limits_a_call(request_of):
    assert time_limits(request_of()) == TimeLimits()
    assert TimeLimits().left is None


def test_the_deadline_of_a_policy_counts_from_the_first_question(request_of):
    with retrying(deadline=30, timeout=2, attempts=3):
        assert time_limits(request_of(began=1_000.0)) == TimeLimits(1_030.0, 6)
        assert time_limits(request_of(began=1_000.0, deadline=1_010.0)) == TimeLimits(1_010.0, 6)


def test_only_the_policy_in_force_counts(request_of):
    with retrying(deadline=1), retrying(deadline=30):
        assert time_limits(request_of(began=1_000.0)).deadline == 1_030.0


def test_of_nested_budgets_each_one_holds(request_of):
    with budget(seconds=20), budget(seconds=50), budget(calls=1):
        assert time_limits(request_of()).left == pytest.approx(20, abs=5)


def test_a_budget_whose_time_is_over_says_so(request_of):
    with budget(seconds=0), pytest.raises(BudgetExceededError, match="seconds are over"):
        time_limits(request_of())


def test_a_deadline_that_is_over_leaves_no_time():
    assert TimeLimits(time.monotonic() - 1).left == 0
