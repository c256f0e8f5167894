"""The journal and the books of an item that is begun anew where a worker has died."""

import pytest

from llm_strategy import durable
from llm_strategy.executors.item_journal import ItemJournal
from llm_strategy.executors.item_ledger import ItemLedger
from llm_strategy.flow.budgets.amounts import Amount, Limits
from llm_strategy.flow.budgets.ledger import Wanted
from llm_strategy.flow.budgets.local_ledger import LocalLedger


class Store:
    """Takes note of what it is told, and asks for everything."""

    def __init__(self):
        self.calls = []

    def ask(self, flow, path, asked):
        self.calls.append(("ask", flow["key"], flow["inside"], path))
        return told("ask", len(self.calls))

    def __getattr__(self, name):
        return lambda *args, **options: self.calls.append((name, *args))


def told(what, ticket=0):
    return {
        "told": what,
        "ticket": ticket,
        "answer": None,
        "partial": False,
        "error": None,
        "message": "",
        "where": "",
        "inside": [],
    }


def flow(key, around="root", inside=0):
    return {"key": key, "around": around, "inside": inside, "straight": True}


def asked(text):
    return {"kind": "chat", "fingerprint": text, "about": {}}


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def journal(store):
    journal = ItemJournal(store, flow("root", "", 7))
    journal.begin()
    return journal


def test_what_was_answered_is_told_again_to_the_next_attempt(store, journal):
    ticket = journal.ask(flow("root"), (0, 3, 0), asked("a"))["ticket"]
    journal.answered(ticket, {"x": 1}, False)
    journal.begin()

    again = journal.ask(flow("root"), (0, 3, 0), asked("a"))

    assert (again["told"], again["answer"]) == ("answer", {"x": 1})
    assert [call[0] for call in store.calls] == ["ask", "answered"]


def test_what_was_under_way_is_asked_again_under_its_old_number(store, journal):
    ticket = journal.ask(flow("root"), (0, 3, 0), asked("a"))["ticket"]
    journal.begin()

    assert journal.ask(flow("root"), (0, 3, 0), asked("a")) == told("ask", ticket)
    assert len(store.calls) == 1


def test_what_failed_fails_again(store, journal):
    ticket = journal.ask(flow("root"), (0, 3, 0), asked("a"))["ticket"]
    error = {"type": "TransportError", "message": "no", "status": 500}
    journal.failed(ticket, error)
    journal.begin()

    assert journal.ask(flow("root"), (0, 3, 0), asked("a"))["error"] == error


def test_what_was_abandoned_or_forgotten_is_asked_anew(store, journal):
    for drop in (lambda ticket: journal.failed(ticket, None), journal.forget):
        ticket = journal.ask(flow("root"), (0, 3, 0), asked("a"))["ticket"]
        drop(ticket)
        journal.begin()
    assert journal.ask(flow("root"), (0, 3, 0), asked("a"))["ticket"] > ticket


def test_a_flow_of_its_own_keeps_its_name_over_all_attempts(store, journal):
    ticket = journal.ask(flow("one"), (0,), asked("a"))["ticket"]
    journal.answered(ticket, "x", False)
    journal.begin()

    assert journal.ask(flow("two"), (0,), asked("a"))["answer"] == "x"
    journal.ask(flow("two"), (1,), asked("b"))
    journal.ended("two")

    assert store.calls[-2:] == [("ask", "one", 7, (1,)), ("ended", "one")]


def test_two_flows_that_ask_the_same_are_told_each_its_own(store, journal):
    for name in ("one", "two"):
        journal.answered(journal.ask(flow(name), (0,), asked("a"))["ticket"], name, False)
    journal.begin()

    answers = [journal.ask(flow(name), (0,), asked("a"))["answer"] for name in ("three", "four")]

    assert answers == ["one", "two"]
    journal.ask(flow("four"), (1,), asked("c"))
    assert store.calls[-1][1] == "two"


def test_a_changed_program_is_told_so_each_time(store, journal):
    store.ask = lambda *_: told("changed")
    assert journal.ask(flow("root"), (0,), asked("a"))["told"] == "changed"
    journal.begin()
    assert journal.ask(flow("root"), (0,), asked("a"))["told"] == "changed"


def test_outcomes_of_requests_that_nobody_knows_are_passed_on(store, journal):
    journal.answered(99, "x", True)
    journal.failed(98, {"type": "X", "message": "", "status": None})
    journal.forget(97)
    assert [call[:2] for call in store.calls] == [("answered", 99), ("failed", 98), ("forget", 97)]


def test_it_stands_before_a_real_journal(tmp_path):
    with durable(tmp_path / "run.db") as run:
        journal = ItemJournal(run.store, flow("root", ""))
        journal.begin()
        ticket = journal.ask(flow("root", ""), (0, 1, 0), {**asked("a"), "kind": "own"})["ticket"]
        journal.answered(ticket, 5, False)
        journal.begin()
        assert journal.ask(flow("root", ""), (0, 1, 0), {**asked("a"), "kind": "own"})["answer"] == 5


def test_what_is_reserved_by_a_worker_that_died_is_counted():
    ledger = LocalLedger(Limits(calls=3))
    item = ItemLedger(ledger)
    item.begin()
    item.reserve(Wanted())
    item.begin()
    item.settle(item.reserve(Wanted()), Amount(calls=1))

    assert ledger.state().spent.calls == 2
    assert ledger.state().held.calls == 0


def test_what_a_journal_tells_the_next_attempt_is_in_the_books_already():
    ledger = LocalLedger(Limits(calls=9))
    item = ItemLedger(ledger)
    item.begin()
    item.charge(Amount(calls=1, tokens=5))  # an earlier run
    item.settle(item.reserve(Wanted()), Amount(calls=1, tokens=7))
    item.begin()
    item.charge(Amount(calls=1, tokens=5))
    item.charge(Amount(calls=1, tokens=7))
    item.charge(Amount(calls=1, tokens=7))  # an earlier run again, further on

    assert item.state().spent == Amount(calls=3, tokens=19)


def test_a_wish_that_waits_is_decided_and_given_back():
    ledger = LocalLedger(Limits(calls=1))
    first, second = ItemLedger(ledger), ItemLedger(ledger)
    held = first.reserve(Wanted())
    waiting = second.reserve(Wanted())
    assert waiting.waiting
    first.settle(held, Amount())

    decided = second.decided(waiting)

    assert not decided.waiting
    second.opened(decided)
    second.close()
    assert ledger.state().spent.calls == 1
