"""Which flow is under way, in both drivers."""

import asyncio
import contextvars

import pytest

from llm_strategy.flow import Parallel, aiterate, arun, iterate, run
from llm_strategy.flow.requests import Emit
from llm_strategy.flow.root import Root, current_root, rooted


def where_it_runs(tell):
    return (yield tell(current_root))


def test_each_flow_has_a_root_of_its_own(driver, tell):
    one, other = driver.run(where_it_runs(tell)), driver.run(where_it_runs(tell))
    assert one is not other
    assert one.key != other.key
    assert current_root() is None


def test_flows_side_by_side_have_the_root_of_the_flow_that_asked(driver, tell):
    def flow():
        own = yield tell(current_root)
        inside = yield Parallel((where_it_runs(tell), where_it_runs(tell)))
        return own, *inside

    assert len(set(driver.run(flow()))) == 1


def test_a_flow_that_a_request_runs_stands_inside_the_one_that_asked(tell):
    def flow():
        own = yield tell(current_root)
        inner = yield tell(lambda: run(where_it_runs(tell)))
        return own, inner, (yield tell(current_root))

    own, inner, after = run(flow())
    assert inner is not own
    assert inner.around is own
    assert after is own


def test_a_flow_tells_of_its_end(driver, tell):
    ends = []

    def flow():
        root = yield tell(current_root)
        root.on_end(lambda: ends.append("over"))
        assert ends == []
        raise KeyError("whatever way it ends")

    with pytest.raises(KeyError):
        driver.run(flow())
    assert ends == ["over"]


def test_an_iterator_keeps_its_root_to_itself(driver, tell):
    ends = []

    def flow():
        while True:
            root = yield tell(current_root)
            if root not in seen:
                root.on_end(lambda: ends.append("over"))
            seen.append(root)
            yield Emit(root)

    seen = []
    taken = driver.first(flow(), 3)
    assert len(set(taken)) == 1
    assert current_root() is None
    assert ends == ["over"]


def test_the_caller_of_an_iterator_does_not_see_its_root(tell):
    def flow():
        yield Emit((yield tell(current_root)))
        yield Emit((yield tell(current_root)))

    values = iterate(flow())
    first = next(values)
    assert current_root() is None
    assert next(values) is first

    async def pulled():
        avalues = aiterate(flow())
        one = await anext(avalues)
        here = current_root()
        other = await anext(avalues)
        await avalues.aclose()
        return one is other, here

    assert asyncio.run(pulled()) == (True, None)


def test_flows_of_several_tasks_do_not_mix(tell):
    async def together():
        return await asyncio.gather(*(arun(where_it_runs(tell)) for _ in range(3)))

    assert len(set(asyncio.run(together()))) == 3


def test_a_guest_has_the_key_of_its_host_and_never_ends_the_flow():
    ends = []
    host = Root()
    guest = Root(key=host.key)
    guest.on_end(lambda: ends.append("over"))
    with rooted(guest) as here:
        assert here.key == host.key
    assert ends == []


def test_a_root_that_is_left_in_another_context_ends_all_the_same():
    ends = []
    scope = rooted()
    contextvars.copy_context().run(scope.__enter__).on_end(lambda: ends.append("over"))
    scope.__exit__(None, None, None)
    assert ends == ["over"]
