"""Calls that a program makes in tasks and threads of its own, in whatever order."""

import asyncio
import threading

import pytest

from llm_strategy import ContextThreadPoolExecutor, carried, durable
from llm_strategy.flow import Parallel, arun, run
from llm_strategy.flow.root import rooted

TEXTS = [f"input {number}" for number in range(12)]


def in_threads(ask, asked, texts, workers=4):
    with ContextThreadPoolExecutor(workers) as pool:
        return list(pool.map(lambda text: run(ask(asked, text))[0], texts))


def in_tasks(ask, asked, texts):
    async def main():
        return [said[0] for said in await asyncio.gather(*(arun(ask(asked, text)) for text in texts))]

    return asyncio.run(main())


@pytest.mark.parametrize("together", [in_threads, in_tasks])
@pytest.mark.parametrize("point", [1, 2, 5, 9, 12])
def test_each_call_finds_its_reply_whatever_the_order(model, killed, journal, ask, together, point):
    first, second = model(dies_at=point), model()
    with pytest.raises(killed), durable(journal):
        together(ask, first, TEXTS)
    with durable(journal) as resumed:
        said = together(ask, second, TEXTS[::-1])

    assert [one.partition(" #")[0] for one in said] == TEXTS[::-1]
    assert resumed.replayed == point - 1
    assert not set(second.asked) & set(first.asked[: point - 1])
    with durable(journal):
        assert sorted(together(ask, model(dies_at=1), TEXTS)) == sorted(said)


@pytest.mark.parametrize("together", [in_threads, in_tasks])
def test_equal_calls_get_one_reply_each(model, killed, journal, ask, together):
    first, second = model(dies_at=4), model()
    with pytest.raises(killed), durable(journal):
        together(ask, first, ["same"] * 6)
    with durable(journal) as resumed:
        said = together(ask, second, ["same"] * 6)

    assert len(set(said)) == 6
    assert resumed.replayed == 3
    assert len(second.asked) == 3


def test_maps_of_several_threads_are_told_apart_by_what_they_ask(model, killed, journal, ask):
    """The first request that arrives may be one that had not begun in the earlier run."""

    def program(asked, name, order):
        return (yield Parallel(tuple(ask(asked, f"{name} {number}") for number in order), limit=1))

    def both(asked, order):
        begun = threading.Barrier(2)

        def one(name):
            begun.wait()
            return run(program(asked, name, order))

        with ContextThreadPoolExecutor(2) as pool:
            return list(pool.map(one, ["left", "right"]))

    first, second = model(dies_at=8), model()
    with pytest.raises(killed), durable(journal):
        both(first, range(10))
    with durable(journal) as resumed:
        both(second, range(10))
    assert resumed.replayed == 7
    assert len(second.asked) == 13


def test_a_flow_is_recognised_late_by_what_it_asks_later(model, killed, journal, ask):
    """Its first request was not answered in the earlier run, where another flow was under way beside it."""

    def pair(asked, name, later):
        def branch(number):
            return (yield from ask(asked, f"{name} {number}"))

        order = [branch(number) for number in range(3)]
        return (yield Parallel(tuple(order), limit=1))

    async def earlier(asked):
        return await asyncio.gather(arun(pair(asked, "left", False)), arun(pair(asked, "right", False)))

    with pytest.raises(killed), durable(journal):
        asyncio.run(earlier(model(dies_at=4)))
    second = model()
    with durable(journal) as resumed:
        asyncio.run(earlier(second))
    assert resumed.replayed == 3
    assert len(second.asked) == 3


def test_a_new_flow_turns_out_to_be_an_earlier_one(model, journal):
    """As where a branch comes first that had not begun: what it asked is put to the flow that it belongs to."""
    from llm_strategy.flow.journal.ledger import Ledger

    def asked(text):
        return {"kind": "chat", "fingerprint": text, "about": {}}

    def flow(key):
        return {"key": key, "around": "", "inside": 0, "straight": False}

    ledger = Ledger(journal)
    for key in ("one", "other"):
        told = ledger.ask(flow(key), (0, 1, 0), asked(f"{key} 1"))
        ledger.answered(told["ticket"], {"message": {"role": "assistant", "content": key}})
    ledger.close(finished=False)
    ledger = Ledger(journal)
    began = [ledger.ask(flow(key), (0, 0, 0), asked(f"{key} 0"))["told"] for key in ("other", "one")]
    found = [ledger.ask(flow(key), (0, 1, 0), asked(f"{key} 1")) for key in ("one", "other")]
    assert began == ["ask", "ask"]
    assert [told["answer"]["message"]["content"] for told in found] == ["one", "other"]
    assert ledger.close(finished=True) is None


def test_a_thread_without_the_context_is_no_part_of_the_run(model, journal, ask):
    with durable(journal) as resumed:
        thread = threading.Thread(target=lambda: run(ask(model(), "a")))
        thread.start()
        thread.join()
        assert resumed.totals.calls == 0
        thread = threading.Thread(target=carried(lambda: run(ask(model(), "a"))))
        thread.start()
        thread.join()
        assert resumed.totals.calls == 1


def test_flows_that_a_model_runs_belong_to_its_request(model, journal, ask):
    class Router(type(model())):
        def reply(self, request):
            run(ask(inner, "inner"))
            return super().reply(request)

    inner, router = model(), Router()
    with durable(journal) as first:
        run(ask(router, "outer"))
    with durable(journal) as second:  # what was asked inside is neither asked again nor left over
        run(ask(Router(dies_at=1), "outer"))
    assert inner.asked == ["inner"]
    assert first.totals.calls == second.totals.calls == 2
    assert second.replayed == 2


def test_flows_inside_a_request_that_was_broken_off_are_resumed(model, killed, journal, ask):
    class Router(type(model())):
        def reply(self, request):
            run(ask(inner, "inner"))
            return super().reply(request)

    inner = model()
    with pytest.raises(killed), durable(journal):
        run(ask(Router(dies_at=1), "outer"))
    with durable(journal) as resumed:
        run(ask(Router(), "outer"))
    assert inner.asked == ["inner"]
    assert resumed.replayed == 1


def test_a_branch_in_another_place_has_the_root_of_its_flow(model, journal, ask):
    """As a worker of a cluster does it: the path and the key of the root come with the branch."""
    from llm_strategy.flow.root import Root, current_root
    from llm_strategy.flow.run import _last
    from llm_strategy.flow.step import Position

    class Elsewhere:
        def __init__(self, asked):
            self.asked = asked

        def perform(self):
            key = current_root().key
            said = []
            for index, text in enumerate(["a", "b"]):
                with rooted(Root(key=key)):
                    said += _last(Position(ask(self.asked, text), (0, index)))
            return said

    def here(asked):
        return (yield Parallel((ask(asked, "a"), ask(asked, "b"))))

    def there(asked):
        return (yield Elsewhere(asked))

    with durable(journal):
        before = run(here(model()))
    with durable(journal) as resumed:
        assert [[one] for one in run(there(model(dies_at=1)))] == list(before)
    assert resumed.replayed == 2


def test_a_branch_that_had_not_begun_is_no_change_of_the_program(model, journal, ask):
    """It may be the first to arrive when the program runs again."""

    def program(asked, order):
        return (yield Parallel(tuple(ask(asked, f"input {number}") for number in order), limit=1))

    def first_branch(asked):
        return (yield Parallel((ask(asked, "input 0"),)))

    def other_branch_first(asked):
        def nothing():
            return []
            yield

        return (yield Parallel((nothing(), ask(asked, "input 1"))))

    with durable(journal):
        run(first_branch(model()))
    second = model()
    with pytest.warns(RuntimeWarning, match="holds 1 reply"), durable(journal):
        run(other_branch_first(second))
    assert second.asked == ["input 1"]
    with durable(journal) as resumed:  # both belong to one flow now
        run(program(model(dies_at=1), range(2)))
    assert resumed.replayed == 2
