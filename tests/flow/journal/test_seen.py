"""What traces and budgets see of a durable run: the same, whether it was broken off or not."""

import pytest

from llm_strategy import budget, durable, register_price, trace
from llm_strategy.errors import BudgetExceededError
from llm_strategy.flow import Parallel, run
from llm_strategy.messages import Usage
from llm_strategy.tracing import semconv
from llm_strategy.tracing.exporters.terminal import span_label


def figures(totals):
    return totals.chats, totals.input_tokens, totals.output_tokens, totals.cost, totals.unpriced, totals.cache_hits


def test_the_trace_of_a_resumed_run_adds_up_to_that_of_an_unbroken_one(driver, model, killed, journal, ask, stream):
    def program(asked):
        yield from ask(asked, "a", "b")
        yield from stream(asked, "tell")
        return (yield Parallel((ask(asked, "c"), ask(asked, "d"))))

    with trace("unbroken") as unbroken, durable(journal.with_name("other.db")):
        driver.run(program(model()))
    with pytest.raises(killed), durable(journal):
        driver.run(program(model(dies_at=4)))
    with trace("resumed") as resumed, durable(journal) as durable_run:
        driver.run(program(model()))

    assert figures(resumed.totals) == figures(unbroken.totals)
    assert resumed.totals.cost == pytest.approx(durable_run.totals.cost)
    chats = [span for span in resumed.spans if span.kind == "chat"]
    assert [span.attributes.get(semconv.REPLAYED, False) for span in chats] == [True] * 3 + [False] * 2
    assert "a #1 of" in chats[0].text(semconv.OUTPUT_MESSAGES)


def test_what_a_replayed_step_was_answered_is_in_the_trace(journal, model, ask):
    def program(asked):
        with trace("run") as recorded, durable(journal) as resumed:
            resumed.step("work", lambda: run(ask(asked, "a", "b")), type=list[str])
        return figures(recorded.totals)

    assert program(model()) == program(model(dies_at=1))


def test_a_reply_out_of_a_cache_is_replayed_as_one(driver, model, journal, ask):
    with durable(journal) as once:
        driver.run(ask(model(cached=True), "a"))
    with trace("run") as recorded, durable(journal) as again:
        driver.run(ask(model(dies_at=1), "a"))
    assert (once.totals.cache_hits, once.totals.cost, once.totals.paid_calls) == (1, 0.0, 0)
    assert (again.totals.replayed, again.totals.cost, recorded.totals.cache_hits) == (1, 0.0, 1)


def test_replayed_requests_count_in_a_budget(driver, model, killed, journal, ask):
    with pytest.raises(killed), durable(journal):
        driver.run(ask(model(dies_at=3), "a", "b", "c"))
    second = model()
    with pytest.raises(BudgetExceededError), durable(journal), budget(calls=2) as spent:
        driver.run(ask(second, "a", "b", "c"))
    assert second.asked == []
    assert spent.calls == 2
    with durable(journal), budget(calls=3):  # more money, and the run goes on where it stood
        driver.run(ask(second, "a", "b", "c"))
    assert second.asked == ["c"]


def test_what_a_budget_refused_is_refused_again_where_the_flow_went_on(driver, model, journal, ask):
    def program(asked):
        try:
            return (yield from ask(asked, "dear"))
        except BudgetExceededError:
            return (yield from ask(asked, "cheap"))

    with durable(journal):
        said = driver.run(program(model(fails={"dear": BudgetExceededError("not enough is left")})))
    with durable(journal):
        assert driver.run(program(model(dies_at=1))) == said


def test_costs_are_unknown_where_a_price_or_a_bill_is_missing(driver, model, journal, ask):
    class Unpriced(type(model())):
        def reply(self, request):
            from dataclasses import replace

            return replace(super().reply(request), model="nobody-knows")

    with durable(journal) as resumed:
        driver.run(ask(model(usage=Usage()), "a"))
        driver.run(ask(Unpriced("nobody-knows"), "b"))
        driver.run(ask(model(), "c"))
        totals = resumed.totals
    assert (totals.cost, totals.unmeasured, totals.unpriced, totals.known_cost) == (None, 1, 2, 0.00045)
    assert totals.tokens == 240
    register_price("nobody-knows", input=1, output=1)
    try:
        assert resumed.totals.unpriced == 1
    finally:
        from llm_strategy.tracing.prices import _REGISTERED

        del _REGISTERED["nobody-knows"]


def test_the_tree_marks_what_was_replayed(journal, model, ask):
    for marked in (False, True):
        with trace("run") as recorded, durable(journal):
            run(ask(model(), "a"))
        [chat] = [span for span in recorded.spans if span.kind == "chat"]
        assert ("[replayed]" in span_label(chat).plain) is marked


def test_a_stream_that_the_garbage_collector_closes_is_written_down_without_waiting(journal, model):
    from llm_strategy.flow.journal.ledger import Ledger

    ledger = Ledger(journal)
    asked = {"kind": "stream", "fingerprint": "a", "about": {}}
    told = ledger.ask({"key": "k", "around": "", "inside": 0}, (0,), asked)

    def collects():  # while the journal is at work in this very thread
        ledger.answered(told["ticket"], [{"text": "one"}], partial=True)
        ledger.failed(told["ticket"], None)
        ledger.ended("k")

    ledger._exclusive.run(collects)
    assert ledger.totals.calls == 1
    ledger.answered(told["ticket"], ["no piece"], partial=True)  # known no more
    ledger.close(finished=True)
    ledger.answered(told["ticket"], [], partial=True)
