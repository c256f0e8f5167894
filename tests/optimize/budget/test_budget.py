import pytest

from llm_strategy.errors import ConfigurationError
from llm_strategy.flow.budgets import Limits
from llm_strategy.optimize.budget import Budget, LineView
from llm_strategy.optimize.budget.view import LedgerView


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"rollouts": -1}, "rollouts=-1"),
        ({"calls": 1.5}, "whole number"),
        ({"tokens": True}, "whole number"),
        ({"usd": float("nan")}, "number is needed"),
        ({"seconds": "3"}, "seconds='3'"),
    ],
)
def test_a_limit_that_is_no_number_is_refused(limits, said):
    with pytest.raises(ConfigurationError, match=said):
        Budget(**limits)


def test_a_budget_is_read_from_a_table():
    assert Budget.of({"rollouts": 3, "optimizer_usd": 0.5}) == Budget(rollouts=3, optimizer_usd=0.5)
    with pytest.raises(ConfigurationError, match=r"'dollars' names no limit.*usd"):
        Budget.of({"dollars": 3})


def test_each_account_has_its_limits():
    budget = Budget(calls=5, task_usd=2.0, optimizer_tokens=7)
    assert budget.of_account("total") == Limits(calls=5)
    assert budget.of_account("task") == Limits(money=2 * 10**12)
    assert budget.of_account("optimizer") == Limits(tokens=7)


def test_the_total_is_unknown_where_a_line_is():
    known = LedgerView(Budget(), task=LineView(1, 10, 0.5), optimizer=LineView(2, 5, 0.25))
    assert known.total == LineView(3, 15, 0.75)
    assert LedgerView(Budget(), task=LineView(1, 10, None), optimizer=LineView(2, 5, 0.25)).total.dollars is None
