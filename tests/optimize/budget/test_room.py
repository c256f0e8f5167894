from llm_strategy.flow.budgets.amounts import Amount, Limits
from llm_strategy.optimize.budget.accounts import Accounts
from llm_strategy.optimize.budget.budget import Budget
from llm_strategy.optimize.budget.cost import ACCOUNTS, Cost
from llm_strategy.optimize.budget.room import affordable, rests, share_left


def left(**limits):
    return {"total": Limits(**limits), "task": Limits(), "optimizer": Limits()}


def after(*costs):
    accounts = Accounts()
    for cost in costs:
        accounts.add_rollout(cost)
    return accounts


def test_the_first_rollout_goes_alone_where_anything_but_rollouts_is_limited():
    assert affordable(9, left(calls=100), Accounts()) == 1
    assert affordable(9, left(), Accounts()) == 9


def test_half_of_what_is_left_is_promised_by_the_worst_that_was_seen():
    seen = after(Cost(Amount(calls=2)), Cost(Amount(calls=5)))
    assert affordable(9, left(calls=100), seen) == 9
    assert affordable(99, left(calls=100), seen) == 10


def test_what_was_reserved_counts_and_not_what_was_spent():
    seen = after(Cost(Amount(1, 30), worst={"total": Amount(1, 500)}))
    assert affordable(9, left(tokens=3_000), seen) == 3


def test_one_goes_alone_where_there_is_as_much_as_a_rollout_takes_on_average():
    seen = after(Cost(Amount(calls=1)), Cost(Amount(calls=5)))
    assert affordable(9, left(calls=3), seen) == 1
    assert affordable(9, left(calls=2), seen) == 0


def test_what_rollouts_never_take_does_not_hold_them_up():
    assert affordable(9, {**left(), "optimizer": Limits(tokens=0)}, after(Cost(Amount(1, 5)))) == 9


def test_the_scarcest_part_says_what_is_left():
    budget = Budget(rollouts=10, calls=100, optimizer_calls=4)
    full = rests(budget, dict.fromkeys(ACCOUNTS, Amount()))
    seen = after(Cost(Amount(calls=60)))
    taken = {"total": Amount(calls=60), "task": Amount(calls=60), "optimizer": Amount(calls=4)}
    assert share_left(full, rests(budget, taken), seen, (10, 9)) == 0.4
    judged = after(Cost(Amount(calls=1), Amount(calls=4)))
    assert share_left(full, rests(budget, taken), judged) == 0.0
    assert share_left(full, full, seen, (10, 1)) == 0.1


def test_nothing_is_left_of_a_limit_of_zero():
    budget = Budget(usd=0.0)
    taken = dict.fromkeys(("total", "task", "optimizer"), Amount())
    assert share_left(rests(budget, taken), rests(budget, taken), Accounts()) == 0.0
