"""A program that is broken off and run again: what was answered is not asked again, and all ends the same."""

import asyncio

import pytest

from llm_strategy import durable
from llm_strategy.errors import BudgetExceededError, TransportError, UnsupportedError
from llm_strategy.flow import Parallel, arun, layered


def broken(killed, journal, program):
    with pytest.raises(killed), durable(journal):
        program()


def test_what_was_answered_is_not_asked_again(driver, model, killed, journal, ask):
    first, second = model(dies_at=3), model()
    broken(killed, journal, lambda: driver.run(ask(first, "a", "b", "c", "d")))

    with durable(journal) as run:
        said = driver.run(ask(second, "a", "b", "c", "d"))

    assert second.asked == ["c", "d"]
    assert said[:2] == [f"a #1 of {id(first):x}", f"b #2 of {id(first):x}"]
    assert (run.totals.calls, run.replayed, run.totals.paid_calls) == (4, 2, 2)


def test_a_finished_program_costs_nothing_when_it_runs_again(driver, model, journal, ask):
    with durable(journal) as once:
        before = driver.run(ask(model(), "a", "b"))
    nobody = model(dies_at=1)

    with durable(journal) as again:
        assert driver.run(ask(nobody, "a", "b")) == before

    assert nobody.asked == []
    assert (again.totals.tokens, again.totals.cost) == (once.totals.tokens, once.totals.cost) == (240, 0.0009)
    assert (once.totals.known_paid, again.totals.known_paid) == (0.0009, 0.0)


@pytest.mark.parametrize("point", range(1, 13))
def test_side_by_side_branches_are_resumed_from_any_point(driver, model, killed, journal, ask, point):
    texts = [f"input {number % 4}" for number in range(12)]  # equal inputs, which must stay apart

    def program(asked):
        return (yield Parallel(tuple(ask(asked, text) for text in texts), limit=3))

    first, second = model(dies_at=point), model()
    broken(killed, journal, lambda: driver.run(program(first)))
    with durable(journal) as run:
        said = driver.run(program(second))

    assert [one[0].partition(" #")[0] for one in said] == texts
    assert len({one[0] for one in said}) == 12
    assert run.replayed + len(second.asked) == 12
    assert run.replayed == point - 1
    with durable(journal):
        assert driver.run(program(model(dies_at=1))) == said


def test_a_run_may_be_broken_off_again_and_again(driver, model, killed, journal, ask):
    texts = [f"input {number}" for number in range(10)]
    paid = 0
    for _ in range(4):
        asked = model(dies_at=3)
        broken(killed, journal, lambda asked=asked: driver.run(ask(asked, *texts)))
        paid += len(asked.asked) - 1
    with durable(journal) as run:
        driver.run(ask(model(), *texts))

    assert paid == 8
    assert (run.replayed, run.totals.calls) == (8, 10)


def test_what_was_under_way_is_reported(driver, model, killed, journal, ask):
    broken(killed, journal, lambda: driver.run(ask(model(dies_at=2), "a", "b")))

    with durable(journal) as run:
        driver.run(ask(model(), "a", "b"))
        [waiting] = run.in_flight
    assert (waiting.step, waiting.flow, waiting.about) == ("1", 1, "gpt-4o: b")
    with durable(journal) as run:
        driver.run(ask(model(), "a", "b"))
        assert run.in_flight == ()


def test_a_request_that_failed_at_the_end_is_tried_again(driver, model, journal, ask):
    with pytest.raises(TransportError), durable(journal):
        driver.run(ask(model(fails={"b": TransportError("busy", status=503)}), "a", "b"))
    second = model()

    with durable(journal) as run:
        driver.run(ask(second, "a", "b", "c"))

    assert second.asked == ["b", "c"]
    assert run.in_flight == ()


def falling_back(ask, asked):
    try:
        return (yield from ask(asked, "dear"))
    except (TransportError, UnsupportedError) as error:
        said = yield from ask(asked, "cheap")
        return [type(error), str(error), *said, *(yield from ask(asked, "last"))]


@pytest.mark.parametrize("error", [TransportError("busy", status=503), UnsupportedError("no schema")])
def test_a_failure_that_the_flow_went_on_after_fails_the_same_way(driver, model, killed, journal, ask, error):
    first, second = model(fails={"dear": error}, dies_at=3), model()
    broken(killed, journal, lambda: driver.run(falling_back(ask, first)))

    with durable(journal):
        said = driver.run(falling_back(ask, second))

    assert second.asked == ["last"]
    assert said[:3] == [type(error), str(error), f"cheap #2 of {id(first):x}"]


def test_paths_do_not_count_what_was_turned_down(driver, model, journal, ask):
    def call(asked, words, knows):
        if not knows:
            try:
                return (yield from ask(asked, f"{words} as schema"))
            except UnsupportedError:
                pass
        return (yield from ask(asked, words))

    def program(asked, knows):
        return [*(yield from call(asked, "first", knows)), *(yield from call(asked, "second", knows=True))]

    declined = {"first as schema": UnsupportedError("no schema")}
    with durable(journal):
        said = driver.run(program(model(fails=declined), knows=False))
    with durable(journal):  # a process that knows better from the beginning on
        assert driver.run(program(model(dies_at=1), knows=True)) == said
    with durable(journal):
        assert driver.run(program(model(dies_at=1), knows=False)) == said


def test_a_model_that_forgot_what_its_server_declines_is_told(driver, model, journal, ask):
    def call(asked, words, knows):
        if not knows:
            try:
                return (yield from ask(asked, f"{words} as schema"))
            except UnsupportedError:
                pass
        return (yield from ask(asked, words))

    def program(asked, knows):
        return (yield from call(asked, "first", knows=False)), (yield from call(asked, "second", knows))

    declined = {"first as schema": UnsupportedError("no schema")}
    with durable(journal):
        said = driver.run(program(model(fails=declined), knows=True))
    with durable(journal):
        assert driver.run(program(model(dies_at=1), knows=False)) == said


def test_a_program_may_go_another_way_when_what_failed_works_now(driver, model, journal, ask):
    def program(asked):
        results = yield Parallel((ask(asked, "one"), ask(asked, "two")), keep_errors=True)
        worked = sum(result.error is None for result in results)
        return (yield from ask(asked, f"{worked} worked"))

    with durable(journal):
        driver.run(program(model(fails={"two": TransportError("busy")})))
    second = model()
    with durable(journal):
        assert driver.run(program(second))[0].startswith("2 worked")

    assert second.asked == ["two", "2 worked"]


def test_layers_above_the_journal_may_ask_several_times(driver, model, killed, journal, ask):
    def thrice(request, path, onward):
        for _ in range(3):
            reply = yield from onward(request)
        return reply

    def program(asked):
        with layered(thrice):
            return driver.run(ask(asked, "a", "b"))

    first, second = model(dies_at=5), model()
    broken(killed, journal, lambda: program(first))
    with durable(journal) as run:
        program(second)

    assert second.asked == ["b", "b"]
    assert run.totals.calls == 6


def test_a_layer_that_tries_again_keeps_its_place(driver, model, killed, journal, ask):
    def stubborn(request, path, onward):
        for _ in range(2):
            try:
                return (yield from onward(request))
            except TransportError:
                asked_now[0].fails = {}
        raise AssertionError

    def program(asked):
        asked_now[:] = [asked]
        with layered(stubborn):
            return driver.run(ask(asked, "a", "b"))

    asked_now = []
    first = model(fails={"a": TransportError("busy")}, dies_at=3)
    broken(killed, journal, lambda: program(first))
    second = model()
    with durable(journal):
        assert program(second)[0] == f"a #2 of {id(first):x}"
    assert second.asked == ["b"]


def test_a_call_that_knows_less_than_the_one_in_its_place_is_told(driver, model, journal, ask):
    def call(asked, words, knows):
        if not knows:
            try:
                return (yield from ask(asked, f"{words} as schema"))
            except UnsupportedError:
                pass
        return (yield from ask(asked, words))

    def program(asked, knows):
        return driver.run(call(asked, "first", knows=False)), driver.run(call(asked, "second", knows))

    with durable(journal):
        said = program(model(fails={"first as schema": UnsupportedError("no schema")}), knows=True)
    with durable(journal):
        assert program(model(dies_at=1), knows=False) == said


def with_own_fallback(driver, ask, texts, first, second):
    said = []
    for text in texts:
        try:
            said += driver.run(ask(first, text))
        except TransportError as error:
            said += [str(error), *driver.run(ask(second, text))]
    return said


def test_a_call_that_the_program_went_on_after_fails_the_same_way(driver, model, journal, ask):
    texts, busy = ("a", "bad", "b"), {"bad": TransportError("busy")}
    with durable(journal):
        said = with_own_fallback(driver, ask, texts, model(fails=busy), model("gpt-4"))

    for _ in range(2):
        with durable(journal) as run:
            assert with_own_fallback(driver, ask, texts, model(dies_at=1), model("gpt-4", dies_at=1)) == said
        assert (run.replayed, run.totals.paid_calls) == (3, 0)


def test_it_does_so_where_the_run_was_broken_off_right_after_it(driver, model, killed, journal, ask):
    texts, busy = ("a", "bad", "b"), {"bad": TransportError("busy")}
    broken(
        killed,
        journal,
        lambda: with_own_fallback(driver, ask, texts, model(fails=busy), model("gpt-4", dies_at=1)),
    )
    first, second = model(), model("gpt-4")
    with durable(journal):
        said = with_own_fallback(driver, ask, texts, first, second)
    assert (first.asked, second.asked) == (["b"], ["bad"])
    assert said[1] == "busy"


def test_only_the_last_of_several_failures_is_tried_again(driver, model, journal, ask):
    def program(asked):
        said = []
        for text in ("a", "b", "c"):
            try:
                said += driver.run(ask(asked, text))
            except TransportError:
                said.append("none")
        return said

    busy = TransportError("busy")
    with durable(journal):
        assert program(model(fails={"b": busy, "c": busy}))[1:] == ["none", "none"]
    second = model()
    with durable(journal):
        assert program(second)[1] == "none"
    assert second.asked == ["c"]
    with durable(journal):
        program(model(dies_at=1))


def test_a_call_that_the_program_repeats_itself_is_answered_by_the_one_that_worked(driver, model, journal, ask):
    def program(asked):
        for number in range(4):
            try:
                return number, driver.run(ask(asked, "one"))
            except TransportError:
                asked.fails = {} if number else asked.fails
        raise AssertionError

    with durable(journal):
        said = program(model(fails={"one": TransportError("busy")}))
    assert said[0] == 2
    with durable(journal):
        assert program(model(dies_at=1)) == said


def test_a_call_is_tried_again_where_the_program_itself_ended_its_budget(driver, model, journal, ask):
    def program(asked):
        try:
            return driver.run(ask(asked, "one"))
        except BudgetExceededError:
            return driver.run(ask(asked, "cheap"))

    with durable(journal):
        program(model(fails={"one": BudgetExceededError("used up")}))
    second = model()
    with durable(journal):
        program(second)
    assert second.asked == ["one"]


def test_calls_beside_others_are_tried_again_whatever_came_after_them(model, journal, ask):
    async def program(asked):
        results = await asyncio.gather(*(arun(ask(asked, text)) for text in ("one", "two")), return_exceptions=True)
        worked = sum(isinstance(result, list) for result in results)
        return await arun(ask(asked, f"{worked} worked"))

    with durable(journal):
        asyncio.run(program(model(fails={"one": TransportError("busy")})))
    second = model()
    with durable(journal):
        asyncio.run(program(second))
    assert second.asked == ["one", "2 worked"]
    told = "holds 1 reply that this run did not ask for: .*or went another way when a request that had failed"
    with pytest.warns(RuntimeWarning, match=told), durable(journal):
        asyncio.run(program(model(dies_at=1)))
