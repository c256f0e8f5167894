"""Many calls at once: results in order and as they come, inputs of any number, and ends before the end."""

import asyncio
import threading
from contextlib import aclosing, closing

import pytest

from llm_strategy import llm_function
from llm_strategy.errors import AttemptsExhaustedError, BudgetExceededError, ConfigurationError, InputError
from llm_strategy.executors.threads import ThreadExecutor
from llm_strategy.flow import ChatRequest, Parallel, Profile, Result, iterate, layered
from llm_strategy.function.awaited_inputs import AwaitedCalls, NextCall
from llm_strategy.function.many import Many, OneCall


@llm_function(attempts=1)
def double(model, number: int) -> int:
    """Twice the number."""


class Doubling:
    """A model that doubles the number in its prompt, or does what a test wants of it."""

    def __init__(self, act=lambda number: None):
        self.act = act
        self.asked = []
        self.name = "doubling"
        self.profile = Profile()

    def reply(self, request):
        number = number_in(request)
        self.asked.append(number)
        self.act(number)
        return reply_of(2 * number)

    async def areply(self, request):
        number = number_in(request)
        self.asked.append(number)
        done = self.act(number)
        if done is not None:
            await done
        return reply_of(2 * number)

    def stream(self, request):
        raise NotImplementedError

    astream = stream


def number_in(request):
    text = request.messages[-1].content
    return int("".join(character for character in text.split("number")[-1] if character.isdigit()))


def reply_of(value):
    from llm_strategy.messages import Message, Reply

    return Reply(Message.assistant(str(value)))


@pytest.fixture(params=["sync", "async"])
def mapped(request):
    if request.param == "sync":
        return double.map
    return lambda model, inputs, **options: asyncio.run(double.amap(model, inputs, **options))


@pytest.fixture(params=["sync", "async"])
def first(request):
    """Take so many results, and leave."""

    def take(model, inputs, count, **options):
        with closing(double.map_as_completed(model, inputs, **options)) as results:
            return [next(results) for _ in range(count)]

    async def atake(model, inputs, count, **options):
        async with aclosing(double.amap_as_completed(model, inputs, **options)) as results:
            return [await anext(results) for _ in range(count)]

    return take if request.param == "sync" else lambda *args, **options: asyncio.run(atake(*args, **options))


def test_results_are_in_order_with_their_places(mapped):
    results = mapped(Doubling(), range(40), limit=7)

    assert [result.value for result in results] == [2 * number for number in range(40)]
    assert [result.index for result in results] == list(range(40))


def test_errors_are_among_the_results(mapped):
    def act(number):
        if number == 1:
            raise ValueError("one")

    results = mapped(Doubling(act), [0, 1, "two"])

    assert [result.ok for result in results] == [True, False, False]
    assert isinstance(results[1].error, ValueError)
    assert isinstance(results[2].error, AttemptsExhaustedError | ValueError | InputError)


def test_no_inputs_give_no_results(mapped):
    assert mapped(Doubling(), []) == []


def test_inputs_are_taken_as_places_become_free(first):
    taken = []

    def inputs():
        for number in range(10**9):
            taken.append(number)
            yield number

    results = first(Doubling(), inputs(), 20, limit=4)

    assert sorted(result.value for result in results) != []
    assert len(taken) <= 20 + 4


def test_results_come_as_they_are_there():
    third = threading.Event()

    def act(number):
        if number == 0:
            third.wait(10)

    with closing(double.map_as_completed(Doubling(act), range(3), limit=2)) as results:
        assert {next(results).index, next(results).index} == {1, 2}
        third.set()
        assert next(results) == Result(0)
        assert next(results, None) is None


def test_scopes_around_the_call_hold_although_results_are_taken_later():
    seen = []

    def layer(request, path, onward):
        seen.append(path)
        return (yield from onward(request))

    with layered(layer):
        results = double.map_as_completed(Doubling(), range(3))
    list(results)

    assert len(seen) == 3


def test_a_request_stands_at_the_same_place_in_any_order_and_any_way():
    def paths(call):
        seen = {}

        def layer(request, path, onward):
            if isinstance(request, ChatRequest):
                seen[number_in(request)] = path[-3:]
            return (yield from onward(request))

        with layered(layer):
            call()
        return seen

    model = Doubling()
    expected = {number: (0, number, 0) for number in range(9)}
    assert paths(lambda: double.map(model, range(9), limit=2)) == expected
    assert paths(lambda: list(double.map_as_completed(model, range(9)))) == expected
    assert paths(lambda: asyncio.run(double.amap(model, range(9), limit=5))) == expected
    flows = Parallel(tuple(double._operative.answer(model, double._call_of((n,), {})) for n in range(9)))

    def beside():
        yield flows

    assert paths(lambda: list(iterate(beside()))) == expected


def test_ctrl_c_ends_a_map_and_what_was_there_is_in_the_exception():
    over = threading.Event()

    def act(number):
        if number == 3:
            over.wait(10)

    def inputs():
        yield from (3, 0, 1, 2)  # asked for more only when all but the first have ended
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        double.map(Doubling(act), inputs(), limit=2)
    over.set()
    assert caught.value.results == [Result(0), Result(2), Result(4)]
    assert [result.index for result in caught.value.results] == [1, 2, 3]


def test_what_a_worker_finished_is_kept_although_nobody_took_it():
    def inputs():
        yield 0
        while not many._kept:
            pass
        raise KeyboardInterrupt

    many = Many(OneCall(double._operative, Doubling()), (double._call_of((n,), {}) for n in inputs()), None, {})
    with pytest.raises(KeyboardInterrupt) as caught:
        many.all()
    assert caught.value.results == [Result(0)]


def test_an_error_of_what_gives_the_inputs_ends_a_map(mapped):
    def inputs():
        yield 1
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more") as caught:
        mapped(Doubling(), inputs())
    assert caught.value.results in ([], [Result(2)])


def test_an_error_that_holds_nothing_is_raised_as_it_is():
    class Bare(KeyboardInterrupt):
        __slots__ = ()

        def __setattr__(self, name, value):
            raise AttributeError(name)

    def inputs():
        yield 1
        raise Bare

    with pytest.raises(Bare):
        double.map(Doubling(), inputs())


def test_a_cancelled_map_keeps_what_was_there_and_ends_the_rest():
    ended = []

    async def wait(number):
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(number)

    async def cancel():
        task = asyncio.ensure_future(double.amap(Doubling(lambda n: wait(n) if n > 2 else None), range(40), limit=5))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        return caught.value.results

    assert asyncio.run(cancel()) == [Result(0), Result(2), Result(4)]
    assert sorted(ended) == [3, 4, 5, 6, 7]


def test_a_used_up_budget_ends_a_map_and_keeps_what_is_there(mapped):
    error = BudgetExceededError("calls")

    def act(number):
        if number >= 5:
            raise error

    model = Doubling(act)
    results = mapped(model, iter(range(100)), limit=2)

    assert results[:5] == [Result(2 * number) for number in range(5)]
    assert results[5:] == [Result(error=error)] * 95
    assert [result.index for result in results] == list(range(100))
    assert len(model.asked) <= 7


def test_where_a_budget_is_used_up_results_as_they_come_end(first):
    def act(number):
        raise BudgetExceededError("calls")

    taken = []

    def inputs():
        for number in range(100):
            taken.append(number)
            yield number

    with closing(double.map_as_completed(Doubling(act), inputs(), limit=3)) as results:
        assert [type(result.error) for result in results] == [BudgetExceededError] * 3
    assert taken == [0, 1, 2]


def test_closing_the_results_ends_the_calls_under_way(first):
    ended = []

    async def wait(number):
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(number)

    async def leave():
        async with aclosing(
            double.amap_as_completed(Doubling(lambda n: wait(n) if n else None), range(9), limit=4)
        ) as results:
            assert await anext(results) == Result(0)
            await asyncio.sleep(0)
        assert sorted(ended) == sorted(set(ended))
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(leave())


def test_a_bound_function_offers_the_same():
    bound = double.bind(Doubling())

    assert bound.map([1, 2]) == [Result(2), Result(4)]
    assert sorted(result.value for result in bound.map_as_completed([1, 2])) == [2, 4]
    assert asyncio.run(bound.amap([1, 2])) == [Result(2), Result(4)]

    async def taken():
        return sorted([result.value async for result in bound.amap_as_completed([1, 2])])

    assert asyncio.run(taken()) == [2, 4]


def test_an_unknown_option_is_refused():
    with pytest.raises(TypeError, match="'limits'"):
        double.map(Doubling(), [1], limits=3)


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_that_begins_no_call_is_refused_at_once(limit):
    with pytest.raises(ConfigurationError, match=f"limit={limit} would never begin a call"):
        double.map_as_completed(Doubling(), [1], limit=limit)


@pytest.mark.parametrize("limit", [None, 1.5, "3", True])
def test_a_limit_that_is_no_number_of_calls_is_refused_at_once(limit):
    with pytest.raises(ConfigurationError, match=f"limit={limit!r} is no whole number"):
        double.map_as_completed(Doubling(), [1], limit=limit)


@pytest.mark.parametrize(
    ("inputs", "problem"),
    [
        (5, "the inputs are 5, and not several"),
        ("abc", "the inputs are 'abc', and each character would be"),
        (b"a", "the inputs are b'a'"),
    ],
)
def test_what_is_no_several_inputs_is_refused(mapped, inputs, problem):
    with pytest.raises(InputError, match=f"double: {problem}.* Pass a list"):
        mapped(Doubling(), inputs)


async def numbers(count, taken=None, error=None):
    for number in range(count):
        await asyncio.sleep(0)
        if taken is not None:
            taken.append(number)
        yield number
    if error is not None:
        raise error


def test_inputs_may_be_awaited():
    results = asyncio.run(double.amap(Doubling(), numbers(40), limit=7))
    assert [(result.index, result.value) for result in results] == [(n, 2 * n) for n in range(40)]
    assert asyncio.run(double.amap(Doubling(), numbers(0))) == []
    assert asyncio.run(double.bind(Doubling()).amap(numbers(2))) == [Result(0), Result(2)]


def test_inputs_that_are_awaited_are_taken_as_places_become_free():
    taken = []

    async def take():
        async with aclosing(double.amap_as_completed(Doubling(), numbers(10**6, taken), limit=4)) as results:
            return [(await anext(results)).value for _ in range(20)]

    assert sorted(asyncio.run(take()))[:10] == list(range(0, 20, 2))
    assert len(taken) <= 24


def test_an_error_of_inputs_that_are_awaited_leaves_the_map_with_what_was_there():
    with pytest.raises(LookupError, match="gone") as caught:
        asyncio.run(double.amap(Doubling(), numbers(3, error=LookupError("gone")), limit=2))
    assert [result.value for result in caught.value.results] == [0, 2, 4]


def test_awaited_inputs_behind_the_end_of_a_budget_have_its_error():
    def act(number):
        if number == 2:
            raise BudgetExceededError("used up")

    results = asyncio.run(double.amap(Doubling(act), numbers(6), limit=1))
    assert [type(result.error) for result in results] == [type(None)] * 2 + [BudgetExceededError] * 4


def test_inputs_that_are_awaited_need_an_event_loop():
    with pytest.raises(InputError, match="Use amap"):
        double.map(Doubling(), numbers(3))
    with pytest.raises(InputError, match="cannot be sent to an executor"):
        asyncio.run(double.amap(Doubling(), numbers(3), executor=ThreadExecutor()))
    with pytest.raises(InputError, match="Use amap"):
        NextCall(AwaitedCalls(numbers(1), lambda given: given)).perform()


def test_the_threads_of_a_map_end_a_moment_after_it():
    double.map(Doubling(), range(50))
    for _ in range(200):
        running = [thread for thread in threading.enumerate() if thread.name == "llm-strategy"]
        if not running:
            return
        threading.Event().wait(0.05)
    pytest.fail(f"{len(running)} threads are left")
