"""The books of a budget, as an item on another machine sees them."""

from llm_strategy.executors.item_ledger import ItemLedger
from llm_strategy.flow.budgets.amounts import Amount, Limits
from llm_strategy.flow.budgets.ledger import Wanted
from llm_strategy.flow.budgets.local_ledger import LocalLedger


def test_a_wish_waits_no_longer_than_asked_for_and_is_granted_later():
    books = LocalLedger(Limits(calls=1))
    mine, other = ItemLedger(books), ItemLedger(books)
    held = other.reserve(Wanted())
    wish = mine.reserve(Wanted())

    assert wish.waiting
    assert mine.decided(wish, 0.0).waiting  # the time was over, and it is still in the queue

    other.settle(held, Amount())
    assert not mine.decided(wish, 5.0).waiting
